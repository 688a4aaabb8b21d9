"""What `miyabi-infra addresses` prints: the contract with every state, and what has broken it since a revision."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from environments.retired import STACKS as RETIRED
from environments.retired import STATES as MIGRATED
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.merging import documents
from miyabi_infra.overlays.problems import OverlayError
from miyabi_infra.pages.pipelines import Form, page
from miyabi_infra.pages.pipelines.findings import Findings, Found
from miyabi_infra.place import Place
from miyabi_infra.project import ROOT
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, revision
from miyabi_infra.stacks.addresses import Changes, Contract, Loss, Lost, Overlays, changes, read
from miyabi_infra.stacks.causes import Cause
from miyabi_infra.terraform import address
from miyabi_infra.text import count, table

_LOST: Final[Mapping[Loss, str]] = {
    "undeclared": "LOST: nothing declares where it went",
    "nowhere": "LOST: declared moved to {to}, which the stack does not have",
    "occupied": "LOST: declared moved to {to}, which another resource already has",
    "type": "LOST: declared moved to {to}, which is of another type",
    "stack": "LOST: its stack is gone",
    "indexes": "LOST: its instances have other keys, by number before and by name now, or the other way round",
    "stays": "REFUSED: declared moved to {to}, and still there: Terraform plans neither",
    "ambiguous": "REFUSED: declared moved to two addresses, one of them {to}",
    "state": "LOST: its state is elsewhere now, where nothing is",
    "fewer": "LOST: it has fewer instances, and no setting that differs decides how many",
}


def run(
    root: Path, environment: str | None, *, since: str | None = None, check: bool = False, form: Form = "text"
) -> int:
    """Print the contract, or what differs from a revision; return 1 when an address was lost.

    Args:
        root: The project's root.
        environment: One environment only.
        since: Git revision to compare with.
        check: Compare with `revision.base`, if no revision is given.
        form: How it is shown; a list of addresses is text or JSON.

    Raises:
        Refused: for an environment or a revision that does not exist.
    """
    contracts = read(root / OUT)
    if not check and since is None:
        chosen = _chosen(contracts, environment)
        print(json.dumps(_data(chosen), indent=2) if form == "json" else _text(chosen))
        return 0
    shown = since
    if since is None:
        if revision.cut_off(root):
            raise Refused(
                "addresses cannot be checked: this is a shallow clone without the commit to compare with; "
                f"run 'git fetch --unshallow', or name the commit in {revision.BASE_VARIABLE}"
            )
        base = revision.base(root)
        if base is None:
            print("no earlier commit is here to compare with: addresses were not checked", file=sys.stderr)
            _show(root, [], tuple(contracts), None, form)
            return 0
        since, shown = base.revision, str(base)
    with revision.tree(root, since) as then:
        before = read(then / OUT)
        overlays = Overlays(ROOT, _documents(then), _documents(root))
        sides = (before, contracts)
        _chosen({**before, **contracts}, environment)
        chosen = {
            name: None for side in sides for name, each in side.items() if environment in (None, each.environment)
        }
        found = [each for each in changes(before, contracts, overlays, RETIRED, MIGRATED) if each.stack in chosen]
    _show(root, found, tuple(chosen), shown, form)
    return int(any(each.lost for each in found))


def _show(root: Path, found: Sequence[Changes], stacks: tuple[str, ...], since: str | None, form: Form) -> None:
    """Print what has changed since a revision; since None, nothing is known to compare with."""
    if form == "json":
        print(json.dumps([_changes_data(each) for each in found], indent=2))
    elif form != "text":
        print(page(_of_pipelines(root, found, stacks), form))
    elif since is not None:
        print(_changes_text(found, since))


def _documents(root: Path) -> Mapping[str, Document]:
    """The overlays by environment; none where one cannot be read, so that nothing counts as turned off."""
    try:
        return documents(root)
    except OverlayError:
        return {}


def _chosen(contracts: dict[str, Contract], environment: str | None) -> dict[str, Contract]:
    if not contracts:
        raise Refused(f"{OUT} holds no stacks: run 'make synth'")
    if environment is None:
        return contracts
    chosen = {name: each for name, each in contracts.items() if each.environment == environment}
    if not chosen:
        known = ", ".join(each.environment for each in contracts.values())
        raise Refused(f"there is no stack of an environment {environment}; there are {known}")
    return chosen


# ---- for people ------------------------------------------------------------------------------------------------------


def _text(contracts: Mapping[str, Contract]) -> str:
    blocks: list[str] = []
    for name, contract in contracts.items():
        rows = [(address, str(number)) for address, number in contract.instances.items()]
        rows += [(f"{old} -> {new}", "moved") for old, new in contract.moved.items()]
        rows += [(f"{old} ({why})", "retired") for old, why in contract.retired.items()]
        blocks.append(table((name, "instances"), rows, right={1}))
    return "\n\n".join(blocks)


def _changes_text(found: Sequence[Changes], shown: str) -> str:
    lines = [f"compared with {shown}"]
    for each in found:
        lines += _stack_lines(each)
    left = [each.stack for each in found if each.is_gone and each.lost and not each.taken_by]
    elsewhere = [each for each in found if any(one.why == "state" for one in each.lost)]
    lost = {one.address: one for each in found if each.stack not in left for one in each.lost if one.why != "state"}
    if not lost and not left and not elsewhere:
        return "\n".join([*lines, "no address was lost" if found else "the addresses are the same"])
    if lost:
        lines.append(f"{count(len(lost), 'lost address', 'lost addresses')}: Terraform would destroy what runs there.")
    within = [one for one in lost.values() if one.why != "stack"]
    if within:
        example = address.within(within[0].address)
        lines += [
            "In the module, declare",
            f"  self.moved({example!r}, <the new address>)   or   self.retired({example!r}, <why>)",
        ]
    if left:
        lines += [
            f"A stack that is gone leaves its resources running, in a state that nobody plans: destroy it from {shown}",
            f'first, then add {{"{left[0]}": "<why>"}} to STACKS in environments/retired.py.',
        ]
    for each in elsewhere:
        before = each.state[0] if each.state else ""
        lines += [
            f"In a state that holds nothing, Terraform would make all of {each.stack} anew, beside what runs: move it",
            "(terraform init -migrate-state), and say in STATES of environments/retired.py where it was:",
            f'  {{"{each.stack}": "{before}"}}',
        ]
    return "\n".join(lines)


def _stack_lines(each: Changes) -> list[str]:
    if each.is_gone:
        said = f"gone, declared: {each.retired}" if each.retired else "LOST: the stack is gone, its overlay removed or "
        said += "" if each.retired else f"renamed; {count(len(each.lost), 'address', 'addresses')} in its state"
        if each.taken_by:
            addresses = count(len(each.lost), "address", "addresses")
            said = (
                f"LOST: its state is now of {each.taken_by}: Terraform would destroy the {addresses} in it, and make "
            )
            said += "that stack's"
        return [f"  {each.stack}: {said}"]
    if each.is_new:
        return [f"  {each.stack}: new stack, {count(len(each.new), 'address', 'addresses')}"]
    lines = [f"  {each.stack}: - {one.address}: {_lost(one)}" for one in each.lost if one.why != "state"]
    if each.state:
        lost = any(one.why == "state" for one in each.lost)
        said = "LOST: it went" if lost else "declared moved"
        lines.append(f"  {each.stack}: its state: {said} from {each.state[0]} to {each.state[1]}")
    for one in each.declared:
        said = f"declared moved to {one.to}" if one.to else f"declared retired: {one.reason}"
        lines.append(f"  {each.stack}: > {one.address}: {said}")
    lines += [
        f"  {each.stack}: - {one.address}: turned off by {'; '.join(map(_cause, one.causes))}" for one in each.off
    ]
    return [*lines, *(f"  {each.stack}: + {address}" for address in each.new)]


def _lost(one: Lost) -> str:
    return _LOST[one.why].format(to=one.to)


def _cause(cause: Cause) -> str:
    return f"{cause.name} ({', '.join(map(str, cause.places)) or 'a default'})"


# ---- for pipelines ---------------------------------------------------------------------------------------------------


def _of_pipelines(root: Path, found: Sequence[Changes], stacks: tuple[str, ...]) -> Findings:
    return Findings(
        "addresses",
        stacks,
        tuple(
            Found(
                rule=f"lost-{one.why}",
                about="An address that a state has is gone: Terraform would destroy what runs there.",
                level="error",
                fails=True,
                subject=f"{each.stack}: {one.address}",
                lines=(_lost(one), "Terraform would destroy what runs there, or nobody would plan it any more."),
                place=_place(root, each),
            )
            for each in found
            for one in each.lost
        ),
    )


def _place(root: Path, changes: Changes) -> Place:
    """The stack that lacks the address; of a stack that is gone, where its end would be declared."""
    if changes.is_gone:
        return Place(Path("environments", "retired.py"), 1)
    return Place(root / OUT / "stacks" / changes.stack / "cdk.tf.json", 1)


# ---- for programs ----------------------------------------------------------------------------------------------------


def _data(contracts: Mapping[str, Contract]) -> dict[str, Any]:
    return {
        name: {
            "addresses": dict(contract.instances),
            "moved": dict(contract.moved),
            "retired": dict(contract.retired),
        }
        for name, contract in contracts.items()
    }


def _changes_data(changes: Changes) -> dict[str, Any]:
    return {
        "stack": changes.stack,
        "is_new": changes.is_new,
        "is_gone": changes.is_gone,
        **({"retired": changes.retired} if changes.retired else {}),
        **({"taken_by": changes.taken_by} if changes.taken_by else {}),
        **({"state": {"before": changes.state[0], "now": changes.state[1]}} if changes.state else {}),
        "lost": [{"address": each.address, "why": each.why, "to": each.to} for each in changes.lost],
        "declared": [{"address": each.address, "to": each.to, "reason": each.reason} for each in changes.declared],
        "off": [{"address": each.address, "settings": [cause.name for cause in each.causes]} for each in changes.off],
        "new": list(changes.new),
    }
