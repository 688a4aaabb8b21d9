"""`miyabi-infra verify`: what exists in AWS compared with what was generated, as text or as JSON."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from miyabi_infra.aws.client import Aws, Kind, Trouble
from miyabi_infra.aws.verify import IMAGE, NOT_TOLD, UNKNOWN, Verification, Verified, verify
from miyabi_infra.aws.world import Compared
from miyabi_infra.progress import shown
from miyabi_infra.stacks import OUT, chosen, plain
from miyabi_infra.stacks import read as read_stacks
from miyabi_infra.text import count


def run(root: Path, environment: str, *, as_json: bool = False) -> int:
    """Print how what exists differs from what was generated; return the exit code.

    Raises:
        Refused: when there is no such environment, or the credentials belong to another account.
    """
    (stack,) = chosen(read_stacks(root / OUT), environment)
    try:
        with shown():
            verification = verify(stack, Aws(stack.region))
    except KeyboardInterrupt:
        print("interrupted: no result", file=sys.stderr)
        return UNKNOWN
    print(json.dumps(as_data(verification), indent=2, default=str) if as_json else text(verification))
    return verification.exit_code


def text(verification: Verification) -> str:
    """The differences for people, by resource; then the differences that are allowed, and what was not compared."""
    stack = verification.stack
    lines: list[str] = []
    shared = [each for each in verification.resources if each.trouble and each.trouble.kind is Kind.CREDENTIALS]
    lines += [f"? {each.trouble}" for each in shared[:1]]  # one reason for all of them
    for each in verification.resources:
        lines += _resource_lines(each) if each not in shared else ()
    lines += [f"+ {extra.text} exists and was not generated" for extra in verification.extras]
    lines += [f"? {trouble}" for trouble in verification.troubles]
    lines += [""] if lines else []
    lines += _left_lines(verification)
    compared = sum(each.compared for each in verification.resources)
    same = sum(each.state == "same" for each in verification.resources)
    total = count(len(verification.resources), "resource")
    verdict = count(verification.differences, "difference") if verification.differences else verification.verdict
    unknown = f", {verification.undetermined} not determined" if verification.undetermined else ""
    where = f"account {verification.account}" if verification.account else "an unknown account"
    lines.append(
        f"{stack.name} in {where}, {stack.region}: {verdict}; "
        f"{same} of {total} the same{unknown}, {count(compared, 'argument')} compared"
    )
    return "\n".join(lines)


def _resource_lines(each: Verified) -> Iterator[str]:
    address = each.resource.address
    if each.state == "missing":
        yield f"- {address} does not exist"
    for trouble in each.troubles:
        yield f"? {address}: {trouble}"
    if each.unread:
        yield f"? {address}: verify cannot compare {', '.join(each.unread)}"
    for check in each.different:
        yield f"~ {address} {check.argument}: generated {_shown(check.generated)}, found {_shown(check.found)}"
    for extra in each.extras:
        yield f"+ {address}: {extra.text} exists and was not generated"


def _left_lines(verification: Verification) -> Iterator[str]:
    for each in verification.resources:
        for check in each.left:
            why = "given when Terraform runs" if check.argument.endswith(IMAGE) else "managed elsewhere"
            both = f"generated {_shown(check.generated)}, found {_shown(check.found)}"
            yield f"  {each.resource.address} {check.argument}: {both}, {why}"
    not_told = {f"{each.resource.type}.{name}" for each in verification.resources for name in each.not_compared}
    for name in sorted(not_told & NOT_TOLD.keys()):
        yield f"  {name} not compared: {NOT_TOLD[name]}"


def _shown(value: Any) -> str:  # noqa: ANN401  # JSON
    written = json.dumps(plain(value), default=str, ensure_ascii=False)
    longest = 160
    return written if len(written) <= longest else f"{written[:longest]}…"


def as_data(verification: Verification) -> dict[str, Any]:
    """The verification for programs."""
    return {
        "environment": verification.stack.environment,
        "stack": verification.stack.name,
        "account": verification.account,
        "region": verification.stack.region,
        "verdict": verification.verdict,
        "differences": verification.differences,
        "undetermined": verification.undetermined,
        "exit_code": verification.exit_code,
        "extras": [extra.text for extra in verification.extras],
        "troubles": [_trouble_data(each) for each in verification.troubles],
        "resources": [_resource_data(each) for each in verification.resources],
    }


def _resource_data(each: Verified) -> Mapping[str, Any]:
    def checks(some: tuple[Compared, ...]) -> list[dict[str, Any]]:
        return [{"argument": check.argument, "generated": check.generated, "found": check.found} for check in some]

    return {
        "address": each.resource.address,
        "state": each.state,
        "different": checks(each.different),
        "extras": [extra.text for extra in each.extras],
        "left_alone": checks(each.left),
        "compared": each.compared,
        "not_compared": list(each.not_compared),
        "unread": list(each.unread),
        "troubles": [_trouble_data(trouble) for trouble in each.troubles],
    }


def _trouble_data(trouble: Trouble) -> Mapping[str, str]:
    return {"kind": trouble.kind.value, "text": trouble.text}
