"""Settings for `miyabi-infra lint`: which findings are waived, why, and until when. They do not change the output."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from modules.platform import Platform
from modules.settings import Settings, Violation, matching, refuse, rule

FINDINGS: Final = (
    "addresses-the-firewall-never-sees",
    "alarm-before-scaling",
    "alarm-rings-outside-running-hours",
    "alarms-nobody-hears",
    "any-account",
    "any-authority-may-issue",
    "cache-without-failover",
    "cache-without-snapshots",
    "cache-without-tls",
    "callers-without-ipv6",
    "cdn-can-be-passed-by",
    "cdn-connects-without-tls",
    "certificate-nobody-uses",
    "change-at-once",
    "database-alarm-that-never-changes",
    "database-in-one-zone",
    "database-of-administrators",
    "database-version-that-ends",
    "database-without-backups",
    "deletion-protection-off",
    "deployment-takes-all-tasks-down",
    "desired-count-fought-over",
    "draining-cuts-requests",
    "draining-outlasts-spot",
    "draining-outlasts-stop-timeout",
    "endpoints-that-belong-together",
    "exec-without-permission",
    "fewer-tasks-than-zones",
    "firewall-can-be-passed-by",
    "firewall-lets-many-pass",
    "firewall-only-counts",
    "grace-period-too-short",
    "health-check-takes-errors-for-health",
    "health-checks-disagree",
    "hsts-is-short",
    "image-from-another-region",
    "internal-and-open-to-all",
    "keep-alive-shorter-than-idle-timeout",
    "local-state",
    "logs-gone-too-soon",
    "logs-kept-for-ever",
    "low-tasks-alarm-above-minimum",
    "low-tasks-alarm-without-metric",
    "mutable-image-tag",
    "no-budget",
    "no-https",
    "no-room-to-scale",
    "old-tls",
    "open-port-nobody-answers",
    "other-distributions-connect",
    "parameter-that-is-not-known",
    "plain-http-beside-https",
    "redirect-that-nobody-reaches",
    "redis-url-scheme",
    "response-alarm-above-service-level",
    "scripts-from-anywhere",
    "setting-without-effect",
    "shell-into-tasks",
    "sick-tasks-serve-for-long",
    "single-nat-for-several-zones",
    "source-that-cannot-come",
    "spot-without-tasks-on-demand",
    "tasks-cannot-start",
    "throughput-out-of-reach",
    "traffic-moves-without-alarms",
    "unprotected-database",
    "vpcs-overlap",
)
"""Names of the findings of `miyabi-infra lint`; `miyabi-infra lint --rules` describes each."""

_POLICY: Final = r"CKV2?_AWS_\d{1,4}"
_ALLOWED: Final = "the name of a finding (miyabi-infra lint --rules), or of a checkov policy such as CKV_AWS_91"

FindingName = Annotated[str, matching(rf"[a-z][a-z-]*|{_POLICY}", "is not the name of a finding", _ALLOWED)]


_NAMES_ALONE: Final[dict[str, Any]] = {
    "additionalProperties": False,
    "propertyNames": {"anyOf": [{"enum": list(FINDINGS)}, {"pattern": f"^{_POLICY}$"}]},
}
"""The keys that editors complete."""


def _date(value: object) -> object:
    """YAML reads 2027-03-31 as a date; in quotes, or from JSON, it is a string."""
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
    if type(value) is not date:  # a datetime is a date too
        raise refuse("is not a date", "a date such as 2027-03-31")
    return value


Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
"""A date, such as 2027-03-31."""


class Waiver(Settings):
    """A finding that is accepted for a limited time."""

    reason: Annotated[str, matching(r"(?:.|\n)*\S(?:.|\n)*", "is empty", "the reason why the finding is accepted")]
    """Why the finding is accepted."""

    until: Day
    """Last day of the waiver; afterwards the finding counts again."""


class LintSettings(Settings):
    """Which findings `miyabi-infra lint` accepts, and facts that no resource contains."""

    waive: dict[FindingName, Waiver] = Field(default={}, json_schema_extra=_NAMES_ALONE)
    """Accepted findings by name, each with a reason and a last day. An overlay adds to those of `base.yaml`."""

    application_keep_alive: Annotated[int, Field(ge=1)] | None = None
    """Seconds for which the application keeps an idle connection open. Default: unknown, and not checked."""

    @rule("waive")
    def waived_findings_exist(self, _platform: Platform) -> Iterator[Violation]:
        """A misspelled name would waive nothing, and nobody would notice."""
        for name in self.waive:
            if name not in FINDINGS and not name.startswith("CKV"):
                near = get_close_matches(name, FINDINGS, 1)
                meant = f" (did you mean {near[0]}?)" if near else ""
                yield Violation(("waive", name), name, f"is not the name of a finding{meant}", _ALLOWED)


def settings_of(data: dict[str, Any]) -> LintSettings:
    """The section of a merged overlay.

    Raises:
        ValidationError: the section is invalid; `make synth` prints the reason.
    """
    return LintSettings.model_validate(data.get("lint") or {})
