"""What an overlay tells `miyabi-infra lint`: which findings are waived, why, and until when. It changes no output."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from modules.platform import Platform
from modules.settings import Settings, Violation, matching, refuse, rule

FINDINGS: Final = (
    "alarm-before-scaling",
    "alarms-nobody-hears",
    "any-account",
    "change-at-once",
    "cache-without-failover",
    "cache-without-snapshots",
    "deletion-protection-off",
    "deployment-takes-all-tasks-down",
    "desired-count-fought-over",
    "draining-cuts-requests",
    "draining-outlasts-stop-timeout",
    "exec-without-permission",
    "fewer-tasks-than-zones",
    "grace-period-too-short",
    "health-check-takes-errors-for-health",
    "health-checks-disagree",
    "image-from-another-region",
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
    "plain-http-beside-https",
    "redis-url-scheme",
    "response-alarm-above-service-level",
    "sick-tasks-serve-for-long",
    "single-nat-for-several-zones",
    "tasks-cannot-start",
    "throughput-out-of-reach",
    "vpcs-overlap",
)
"""Names of the findings of `miyabi-infra lint`; `miyabi-infra lint --rules` says what each is about."""

_POLICY: Final = r"CKV2?_AWS_\d{1,4}"
_ALLOWED: Final = "the name of a finding (miyabi-infra lint --rules), or of a checkov policy such as CKV_AWS_91"

FindingName = Annotated[str, matching(rf"[a-z][a-z-]*|{_POLICY}", "is no name of a finding", _ALLOWED)]


_NAMES_ALONE: Final[dict[str, Any]] = {
    "additionalProperties": False,
    "propertyNames": {"anyOf": [{"enum": list(FINDINGS)}, {"pattern": f"^{_POLICY}$"}]},
}
"""What editors complete."""


def _date(value: object) -> object:
    """YAML reads 2027-03-31 as a date; in quotes, or from JSON, it is text."""
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
    if type(value) is not date:  # a moment is one as well
        raise refuse("is no date", "a day such as 2027-03-31")
    return value


Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
"""A day, as in 2027-03-31."""


class Waiver(Settings):
    """A finding that is known and accepted for a time."""

    reason: Annotated[str, matching(r"(?:.|\n)*\S(?:.|\n)*", "says nothing", "why the finding is accepted")]
    """Why it is accepted."""

    until: Day
    """Last day on which it is; afterwards the finding counts again."""


class LintSettings(Settings):
    """What `miyabi-infra lint` takes for accepted, and what it can't read off any resource."""

    waive: dict[FindingName, Waiver] = Field(default={}, json_schema_extra=_NAMES_ALONE)
    """Findings that are accepted, by name: a reason, and a last day. An overlay adds to those of `base.yaml`."""

    application_keep_alive: Annotated[int, Field(ge=1)] | None = None
    """Seconds for which the application keeps an idle connection open. Default: not known, and not judged."""

    @rule("waive")
    def waived_findings_exist(self, _platform: Platform) -> Iterator[Violation]:
        """A name that is written wrongly would waive nothing, and nobody would notice."""
        for name in self.waive:
            if name not in FINDINGS and not name.startswith("CKV"):
                near = get_close_matches(name, FINDINGS, 1)
                meant = f" (did you mean {near[0]}?)" if near else ""
                yield Violation(("waive", name), name, f"is no name of a finding{meant}", _ALLOWED)


def settings_of(data: dict[str, Any]) -> LintSettings:
    """The section of a merged overlay.

    Raises:
        ValidationError: when it can't be used; `make synth` says why.
    """
    return LintSettings.model_validate(data.get("lint") or {})
