"""RDS: the state of the database, its last backup, and its figures."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from miyabi_infra.aws.readers.common import part
from miyabi_infra.aws.status.figures import Metric, figures
from miyabi_infra.aws.status.model import Level, Look, Observation

_METRICS: Final = (
    Metric("CPU", "AWS/RDS", "CPUUtilization"),
    Metric("connections", "AWS/RDS", "DatabaseConnections", unit=""),
    Metric("free storage", "AWS/RDS", "FreeStorageSpace", unit=" GB", scale=1e-9),
    Metric("free memory", "AWS/RDS", "FreeableMemory", unit=" MB", scale=1e-6),
)
_LEVELS: Final = {
    "available": Level.OK,
    "backing-up": Level.OK,
    "storage-optimization": Level.OK,
    "configuring-enhanced-monitoring": Level.NOTE,
    "configuring-log-exports": Level.NOTE,
    "modifying": Level.NOTE,
}
"""States in which the database works as usual; in every other one it may not."""


def database(look: Look) -> Iterator[Observation]:
    """Each database of the stack."""
    for each in look.platform.stack.of_type("aws_db_instance"):
        name = str(each.get("identifier"))
        found = look.world.ask("rds", "describe_db_instances", DBInstanceIdentifier=name)["DBInstances"][0]
        state = str(found["DBInstanceStatus"])
        zones = "two zones" if found.get("MultiAZ") else "one zone"
        held = str(found["DBInstanceClass"])
        wanted = each.get("instance_class") or held
        size = held if held == wanted else f"{held} (generated: {wanted})"
        level = _LEVELS.get(state, Level.DEGRADED)
        level = level if size == held else max(level, Level.NOTE)
        if each.get("multi_az") is True and not found.get("MultiAZ"):
            zones, level = f"{zones} (generated: two): nothing takes over", Level.DEGRADED
        text = f"{name} {state}, {size}, PostgreSQL {found['EngineVersion']}, {zones}"
        yield Observation(level, text, {"status": state})
        yield from _certificate(look, found)
        restorable = found.get("LatestRestorableTime")
        if restorable is not None:
            yield Observation(Level.OK, f"can be restored to {restorable:%Y-%m-%d %H:%M} UTC", {})
        elif found.get("BackupRetentionPeriod"):
            yield Observation(Level.NOTE, "no backup yet", {})
        yield from figures(look, _METRICS, {"DBInstanceIdentifier": name})


def _certificate(look: Look, found: Mapping[str, Any]) -> Iterator[Observation]:
    """The certificate by which clients know the database: with one that has expired, TLS fails."""
    ends: datetime | None = part(found, "CertificateDetails").get("ValidTill")
    if ends is None:
        return
    days = (ends - look.now).days
    if days < _SOON:
        over = ends < look.now
        effect = ": clients that check it connect no more" if over else ""
        text = f"its certificate is valid until {ends:%Y-%m-%d}{effect}"
        yield Observation(Level.DEGRADED if over else Level.NOTE, text, {"days": days})


_SOON: Final = 45
"""Days before the end of a certificate from which it is said."""
