"""`miyabi-infra lint`: the findings of each environment, what is waived, and whether that is good enough."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from miyabi_infra.lint.findings import Finding, findings, overlays
from miyabi_infra.lint.policies import Scan, missing, scan
from miyabi_infra.lint.rule import SEVERITIES, Severity
from miyabi_infra.lint.rules import RULES
from miyabi_infra.pages.pipelines import Form, page
from miyabi_infra.pages.pipelines.findings import Findings, Found, Level
from miyabi_infra.place import Place
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack, chosen, read
from miyabi_infra.text import count, table

NEVER: Final = "never"


def run(
    root: Path,
    environment: str | None = None,
    *,
    policies: bool = False,
    today: str | None = None,
    fail_on: str = "warning",
    form: Form = "text",
) -> int:
    """Print the findings; return 1 when one that is not waived is as severe as `fail_on`.

    Args:
        root: The project's root.
        environment: The only one whose findings are shown.
        policies: Whether the scanner is asked too.
        today: The day that the ends of waivers are compared with, instead of today.
        fail_on: The least severity that makes the exit code 1, or `never`.
        form: How they are shown.

    Raises:
        Refused: when stacks, overlays or options cannot be read, or the scanner fails.
    """
    day, least = _day(today), _least(fail_on)
    stacks = read(root / OUT)
    shown = chosen(stacks, environment)
    scanned = _scan(root, shown) if policies else None
    everything = findings(stacks, overlays(root), day, None if scanned is None else scanned.violated)
    names = {"", *(stack.environment for stack in shown)} if environment is None else {environment}
    found = [each for each in everything if each.environment in names]
    if form == "json":
        print(json.dumps(_data(found, scanned, day), indent=2))
    elif form == "text":
        print(_text(shown, found, scanned))
    else:
        stacks_shown = tuple(stack.name for stack in shown)
        print(page(Findings("lint", stacks_shown, tuple(_of_pipelines(each, least) for each in found)), form))
    return int(any(_fails(each, least) for each in found))


def _fails(found: Finding, least: Sequence[Severity]) -> bool:
    return not found.waived and found.severity in least


def rules(*, as_json: bool = False) -> int:
    """Print what each rule is about."""
    if as_json:
        data = [{"finding": rule.name, "severity": rule.severity, "why": rule.why} for rule in RULES]
        print(json.dumps(data, indent=2))
        return 0
    lines = [[rule.name, rule.severity, rule.why] for rule in RULES]
    print(table(["finding", "severity", "why"], lines))
    return 0


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text!r} is not a day; allowed: a day such as 2027-03-31") from error


def _least(fail_on: str) -> tuple[Severity, ...]:
    allowed = (*SEVERITIES, NEVER)
    if fail_on not in allowed:
        raise Refused(f"{fail_on!r} is not a severity; allowed: {', '.join(allowed)}")
    return () if fail_on == NEVER else SEVERITIES[: allowed.index(fail_on) + 1]


def _scan(root: Path, stacks: Sequence[Stack]) -> Scan | None:
    reason = missing(root)
    if reason is not None:
        print(f"policies were not checked: {reason}", file=sys.stderr)
        return None
    return scan(root, stacks, root / OUT)


# ---- text --------------------------------------------------------------------------------------------------------


def _text(stacks: Sequence[Stack], found: Sequence[Finding], scanned: Scan | None) -> str:
    blocks = [_stack_text(stack.environment, found, scanned) for stack in stacks]
    of_base = [each for each in found if not each.environment]
    if of_base:
        blocks.append("\n".join(_finding_text(each) for each in of_base))
    return "\n\n".join(blocks)


def _stack_text(environment: str, found: Sequence[Finding], scanned: Scan | None) -> str:
    own = [each for each in found if each.environment == environment]
    open_ones = [each for each in own if not each.waived]
    counted = Counter(each.severity for each in open_ones)
    total = ", ".join(count(counted[severity], severity) for severity in SEVERITIES if counted[severity])
    lines = [f"{environment}: {total or 'nothing found'}"]
    for severity in SEVERITIES:
        lines += [_finding_text(each) for each in open_ones if each.severity == severity]
    lines += _waived_text([each for each in own if each.waived])
    if scanned is not None:
        lines.append(f"  checkov {scanned.version}: {count(scanned.passed[environment], 'check')} passed")
    return "\n".join(lines)


def _finding_text(found: Finding) -> str:
    where = "" if found.place is None else f"{found.place}: "
    default = "" if found.written else " (default)"
    ended = f"; its waiver ended on {found.waiver.until}" if found.waiver is not None else ""
    return (
        f"  {found.severity} {found.name}{ended}\n"
        f"      {where}{found.subject}{default}: {found.text}\n"
        f"      why: {found.why}\n"
        f"      fix: {found.fix}"
    )


def _waived_text(found: Sequence[Finding]) -> list[str]:
    """A line for each waiver in use."""
    counted = Counter(each.name for each in found)
    waivers = {each.name: each.waiver for each in found}
    lines: list[str] = []
    for name, waiver in waivers.items():
        assert waiver is not None
        times = f" ({counted[name]} times)" if counted[name] > 1 else ""
        lines.append(f"  waived until {waiver.until}: {name}{times}: {' '.join(waiver.reason.split())}")
    return lines


# ---- for pipelines ---------------------------------------------------------------------------------------------------

_LEVELS: Final[Mapping[Severity, Level]] = {"error": "error", "warning": "warning", "info": "note"}


def _of_pipelines(found: Finding, least: Sequence[Severity]) -> Found:
    default = "" if found.written else " (default)"
    ended = (f"its waiver ended on {found.waiver.until}",) if found.expired and found.waiver is not None else ()
    subject = f"{found.subject}{default}"
    return Found(
        rule=found.name,
        about=found.why,
        level=_LEVELS[found.severity],
        fails=_fails(found, least),
        subject=f"{found.environment}: {subject}" if found.environment else subject,
        lines=(found.text, *ended, f"why: {found.why}", f"fix: {found.fix}"),
        place=found.place or Place(Path("environments", f"{found.environment}.yaml"), 1),
        accepted=found.waiver.reason if found.waived and found.waiver is not None else "",
    )


# ---- JSON --------------------------------------------------------------------------------------------------------


def _data(found: Sequence[Finding], scanned: Scan | None, today: date) -> dict[str, Any]:
    return {
        "today": today.isoformat(),
        "checkov": None if scanned is None else {"version": scanned.version, "passed": dict(scanned.passed)},
        "findings": [_finding_data(each) for each in found],
    }


def _finding_data(found: Finding) -> dict[str, Any]:
    waiver = found.waiver
    return {
        "environment": found.environment or None,
        "finding": found.name,
        "severity": found.severity,
        "subject": found.subject,
        "file": None if found.place is None else found.place.file.as_posix(),
        "line": None if found.place is None else found.place.line,
        "default": not found.written,
        "text": found.text,
        "why": found.why,
        "fix": found.fix,
        "waived": found.waived,
        "waiver": None if waiver is None else {"reason": waiver.reason, "until": waiver.until.isoformat()},
    }
