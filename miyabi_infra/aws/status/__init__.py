"""The health of an environment right now, as an operator at night needs it: what its users feel, and why.

Every section asks AWS separately, all at the same time. A section that gets no answer says why (no permission,
time-out, missing …), and the others are still shown. Figures are AWS's; where they differ from the generated ones, the
line says so.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from miyabi_infra.aws.account import account_of
from miyabi_infra.aws.client import Aws, Kind
from miyabi_infra.aws.readers import READERS
from miyabi_infra.aws.status import (
    alarms,
    capacity,
    database,
    entrance,
    firewall,
    frontend,
    groups,
    image,
    keys,
    logs,
    names,
    probe,
    redis,
    secrets,
    service,
    targets,
    way_out,
)
from miyabi_infra.aws.status.model import (
    UNKNOWN,
    Ask,
    Level,
    Look,
    Observation,
    Status,
    StatusSection,
    ago,
    as_data,
    sections_of,
    unknown,
)
from miyabi_infra.aws.world import World
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform

SECTIONS: Final[Mapping[str, Ask]] = {
    "service": service.service,
    "image": image.image,
    "frontend": frontend.frontend,
    "names": names.names,
    "firewall": firewall.firewall,
    "entrance": entrance.entrance,
    "targets": targets.targets,
    "security groups": groups.groups,
    "way out": way_out.way_out,
    "capacity": capacity.capacity,
    "scaling": capacity.scaling,
    "stopped tasks": service.stopped,
    "other tasks": service.others,
    "redis": redis.redis,
    "database": database.database,
    "secrets": secrets.secrets,
    "keys": keys.keys,
    "alarms": alarms.alarms,
    "logs": logs.logs,
}
"""The sections, in the order in which they are shown."""


def read(stack: Stack, aws: Aws, now: datetime, *, probed: str | None = None) -> Status:
    """The status of an environment; `probed` is an address to send one request to, or "" for the load balancer's.

    Raises:
        Refused: when the stack runs no service, or the credentials belong to another account.
    """
    platform = Platform(stack)
    if platform.service is None:
        raise Refused(f"{stack.environment!r} runs no service whose status could be read")
    world = World(aws, stack, READERS)
    account = account_of(world)
    access = () if account.trouble is None else (StatusSection("account", (unknown(account.trouble),)),)
    if account.trouble is not None and account.trouble.kind is Kind.CREDENTIALS:  # nothing else would be answered
        return Status(stack, now, "", "", access)
    look = Look(world, platform, now)
    asked = dict(SECTIONS)
    if probed is not None:
        asked["probe"] = lambda look: probe.probe(look, probed)
    sections = sections_of(look, asked)
    shown = (each for each in sections if each.observations)  # what an environment does not have is no section
    return Status(stack, now, account.number, account.principal, (*access, *shown))


__all__ = [
    "SECTIONS",
    "UNKNOWN",
    "Level",
    "Observation",
    "Status",
    "StatusSection",
    "ago",
    "as_data",
    "read",
]
