"""`miyabi-infra addresses`: the contract with every state there is, and what has broken it since a revision.

The contract is of resources: their addresses without an index. How many instances there are follows from settings, and
the address of a resource with `count = 0` is kept free for it.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.project import ROOT
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, revision
from miyabi_infra.stacks.provenance import STACKS
from miyabi_infra.stacks.provenance import read as read_provenance
from miyabi_infra.text import count, table

BASE_VARIABLE: Final = "MIYABI_BASE"
"""Names the commit or branch that `--check` compares with, where a pipeline knows it."""

_MAIN: Final = ("origin/main", "origin/master", "main", "master")


@dataclass(frozen=True)
class Contract:
    """The addresses of a stack, and what it declares about those of before."""

    stack: str
    instances: Mapping[str, int | str]
    """How many there are, by address without index; the expression where that is known at apply only."""
    moved: Mapping[str, str]
    """New addresses by old ones."""
    retired: Mapping[str, str]
    """Why an address is gone, by address."""

    def is_kept(self, address: str) -> bool:
        """Whether a state's address is still one, or is declared to be another or gone."""
        seen: set[str] = set()
        while address not in self.instances and address not in seen:
            seen.add(address)
            if address in self.retired:
                return True
            address = self._moved(address)
        return address in self.instances

    def _moved(self, address: str) -> str:
        """Where an address went, itself or the module that it is in."""
        for old, new in self.moved.items():
            if address == old or address.startswith(f"{old}."):
                return f"{new}{address.removeprefix(old)}"
        return address


@dataclass(frozen=True)
class Changes:
    """What differs from another contract of the same stack."""

    stack: str
    lost: tuple[str, ...]
    """Gone without a declaration."""
    declared: tuple[str, ...]
    """Gone, with one."""
    off: tuple[str, ...]
    """Gone because a setting turned them off: the sources still have them."""
    new: tuple[str, ...]


def read(out: Path) -> dict[str, Contract]:
    """The contracts of an output folder, by stack.

    Raises:
        Refused: when a file can't be read.
    """
    found: dict[str, Contract] = {}
    for file in sorted(out.glob("stacks/*/cdk.tf.json")):
        root = _json(file)
        instances, moved, retired = (dict[str, Any]() for _ in range(3))
        bodies = [("", root)]
        for name, call in cast("dict[str, dict[str, str]]", root.get("module", {})).items():
            bodies.append((f"module.{name}.", _json(file.parent / call["source"] / "main.tf.json")))
        for prefix, body in bodies:
            for kind, by_name in body.get("resource", {}).items():
                for name, resource in by_name.items():
                    instances[f"{prefix}{kind}.{name}"] = resource.get("count", 1)
            moved |= {f"{prefix}{each['from']}": f"{prefix}{each['to']}" for each in body.get("moved", ())}
            retired |= {f"{prefix}{old}": why for old, why in body.get("//", {}).get("retired", {}).items()}
        found[file.parent.name] = Contract(file.parent.name, dict(sorted(instances.items())), moved, retired)
    return found


def changes(
    before: Mapping[str, Contract], now: Mapping[str, Contract], sources: Collection[str] = ()
) -> Iterator[Changes]:
    """What differs, for each stack that both have: where a whole stack is gone, nobody will plan over its state.

    `sources`: the addresses that the sources may make, if the settings ask for them.
    """
    for name in sorted(before.keys() & now.keys()):
        gone = sorted(before[name].instances.keys() - now[name].instances.keys())
        declared = tuple(address for address in gone if now[name].is_kept(address))
        off = tuple(address for address in gone if address not in declared and address in sources)
        lost = tuple(address for address in gone if address not in declared + off)
        new = tuple(sorted(now[name].instances.keys() - before[name].instances.keys()))
        if gone or new:
            yield Changes(name, lost, declared, off, new)


def base(root: Path) -> tuple[str, str] | None:
    """The commit to compare with, and what it is: named by the pipeline, where the branch left main, or the last one.

    None where the history is not there: in a shallow clone, or before the second commit.
    """
    named = os.environ.get(BASE_VARIABLE)
    if named:
        return named, f"{named} ({BASE_VARIABLE})"
    head = _git(root, "rev-parse", "HEAD")
    for branch in _MAIN:
        left = _git(root, "merge-base", "HEAD", branch)
        if left and left != head:
            return left, f"{left[:9]}, where this branch left {branch}"
    before = _git(root, "rev-parse", "--verify", "--quiet", "HEAD~1")
    return (before, f"{before[:9]}, the commit before") if before else None


def run(
    root: Path, environment: str | None, *, since: str | None = None, check: bool = False, as_json: bool = False
) -> int:
    """Print the contract, or what differs from a revision; return 1 when an address was lost.

    Raises:
        Refused: for an environment or a revision that is not there.
    """
    now = _chosen(read(root / OUT), environment)
    if not check and since is None:
        print(json.dumps(_data(now), indent=2) if as_json else _text(now))
        return 0
    shown = since or ""
    if since is None:
        found_base = base(root)
        if found_base is None:
            print("no earlier commit is here to compare with (a shallow clone?): addresses were not checked")
            return 0
        since, shown = found_base
    with revision.tree(root, since) as then:
        found = list(changes(read(then / OUT), now, _made()))
    lost = any(each.lost for each in found)
    print(json.dumps([_changes_data(each) for each in found], indent=2) if as_json else _changes_text(found, shown))
    return int(lost)


def _made() -> set[str]:
    """The addresses that the modules and stacks of this program may make."""
    return {label for stack in STACKS for label in read_provenance(ROOT, stack).resources}


def _chosen(contracts: dict[str, Contract], environment: str | None) -> dict[str, Contract]:
    if not contracts:
        raise Refused(f"{OUT} holds no stacks: run 'make synth'")
    if environment is None:
        return contracts
    chosen = {name: each for name, each in contracts.items() if name.endswith(f"-{environment}")}
    if not chosen:
        known = ", ".join(name.partition("-")[2] for name in contracts)
        raise Refused(f"there is no stack of an environment {environment}; there are {known}")
    return chosen


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
        lines += [f"  {each.stack}: - {address}: LOST, nothing says where it went" for address in each.lost]
        lines += [f"  {each.stack}: > {address}: declared moved or retired" for address in each.declared]
        lines += [f"  {each.stack}: - {address}: turned off by a setting" for address in each.off]
        lines += [f"  {each.stack}: + {address}" for address in each.new]
    lost = sorted({address for each in found for address in each.lost})
    if lost:
        example = re.sub(r"^module\.\w+\.", "", lost[0])
        lines += [
            f"{count(len(lost), 'lost address')}: Terraform would destroy what runs there. In the module, say",
            f"  self.moved({example!r}, <the new address>)   or   self.retired({example!r}, <why>)",
        ]
    else:
        lines.append("no address was lost" if found else "the addresses are the same")
    return "\n".join(lines)


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
        "lost": list(changes.lost),
        "declared": list(changes.declared),
        "off": list(changes.off),
        "new": list(changes.new),
    }


def _json(file: Path) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise Refused(f"{file.name} of {file.parent.name} can't be read: {error}") from error


def _git(root: Path, *arguments: str) -> str:
    """What git says, empty where it can't."""
    program = shutil.which("git")
    if program is None:
        return ""
    done = subprocess.run([program, *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else ""
