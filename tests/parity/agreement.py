"""Static verdict, planned verdict and a real plan of one mutation: they must agree.

`python -m tests.parity.agreement` asks all three for every mutation, some hours, and writes the figures to
docs/parity.md; with a number, for so many of each kind and side. The tests do so for one of some kinds.
"""

import json
import re
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from miyabi_infra.parity.planned import judged
from miyabi_infra.parity.plans import Plan, Planned, Refusal
from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform, TerraformError
from miyabi_infra.text import markdown
from tests.parity.figures import ENVIRONMENT, EVERYTHING, PAGE, Judge, changed
from tests.parity.mutations import Mutation, Side

BEGIN: Final = "<!-- agreement: written by `python -m tests.parity.agreement` -->\n"
END: Final = "<!-- /agreement -->"

_ALIAS: Final = re.compile(r'"?alias"?\s*[=:]\s*"(\w+)"')

Outcome = Literal["all three", "the same in all three", "only the reading", "disagree"]

ONLY_READ: Final = frozenset(
    {
        "dependency lost",
        "lifecycle dropped",
        "module argument changed",
        "output changed",
        "output lost",
        "variable renamed",
        "wire crossed",
    }
)
"""Kinds of which a plan from nothing can say nothing: the order, what `lifecycle` says, the outputs of modules, and
which of two values that are both known after apply is meant."""

OFTEN: Final = frozenset(
    {
        "argument nulled",
        "data source changed",
        "module argument changed",
        "policy condition added",
        "policy widened",
        "provider changed",
    }
)
"""The kinds that every run of the tests plans: those about which the files alone are most easily wrong."""


@dataclass(frozen=True)
class Agreement:
    """What the three say of a mutation."""

    mutation: Mutation
    static: bool
    """Whether the files alone show that it is not the same."""
    planned: bool
    """Whether parity with plans says that it is not the same."""
    real: bool
    """Whether Terraform plans otherwise than without it, or refuses it."""

    @property
    def outcome(self) -> Outcome:
        """How they agree."""
        if self.static and self.planned and self.real:
            return "all three"
        if not (self.static or self.planned or self.real):
            return "the same in all three"
        if self.static and self.planned and self.mutation.kind in ONLY_READ:
            return "only the reading"
        return "disagree"


class Terraforms:
    """Plans both sides, each in a copy that is initialized once."""

    def __init__(self, judge: Judge, folder: Path) -> None:
        """`folder` is an empty one, to work in."""
        self._judge = judge
        hcl = Path(shutil.copytree(judge.hcl, folder / "hcl"))
        (hcl / offline.FILE).write_text(json.dumps(offline.override()), encoding="utf-8")
        (folder / "generated").mkdir()
        self._of: Mapping[Side, Terraform] = {
            "generated": offline.copy(judge.stack, folder / "generated"),
            "HCL": Terraform(hcl),
        }
        self._of["HCL"].init()
        self._before: Mapping[Side, dict[str, Any]] = {
            "generated": self._plan("generated"),
            "HCL": self._plan("HCL"),
        }

    def agreement(self, mutation: Mutation) -> Agreement:
        """What all three say."""
        remarks = self._judge.remarks(mutation)
        static = remarks is None or any(each.kind != "no effect" for each in remarks)
        after = self._mutated(mutation)
        sides = {side: _read(plan) for side, plan in self._before.items()}
        if after is None:
            planned = Planned(refusals=(Refusal("refused", None),))
        else:
            sides[mutation.side] = _read(after)
            planned = Planned(sides["HCL"], sides["generated"])
        decided = judged(remarks or [], planned)
        return Agreement(
            mutation,
            static,
            remarks is None or any(each.kind != "no effect" for each in decided),
            after is None or _facts(after) != _facts(self._before[mutation.side]),
        )

    def _mutated(self, mutation: Mutation) -> dict[str, Any] | None:
        """The plan with a mutation; None when Terraform refuses it."""
        folder = self._of[mutation.side].folder
        with changed(folder, mutation):
            override = folder / offline.FILE
            before = override.read_text(encoding="utf-8")
            override.write_text(json.dumps(offline.override(aliases=_aliases(mutation))), encoding="utf-8")
            try:
                return self._plan(mutation.side)
            except TerraformError:
                return None
            finally:
                override.write_text(before, encoding="utf-8")

    def _plan(self, side: Side) -> dict[str, Any]:
        given: list[str] = []
        if side == "HCL":
            given = [
                f"-var-file={ENVIRONMENT}.tfvars",
                *(f"-var={name}={_text(value)}" for name, value in EVERYTHING.items()),
            ]
        return self._of[side].plan("-refresh=false", "-lock=false", *given)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _aliases(mutation: Mutation) -> Sequence[str]:
    return sorted({found[1] for text in mutation.files.values() for found in _ALIAS.finditer(text)})


def _read(plan: Mapping[str, Any]) -> Plan:
    changes = [each for each in plan["resource_changes"] if each["mode"] == "managed"]
    return Plan(
        {each["address"]: each["change"]["after"] for each in changes},
        {each["address"]: each["change"]["after_unknown"] for each in changes},
        {name: each.get("after") for name, each in plan.get("output_changes", {}).items()},
    )


def _facts(plan: Mapping[str, Any]) -> Any:  # noqa: ANN401  # JSON
    """All that a plan says of instances and outputs, which provider each has, and how the providers are configured."""
    return (
        {each["address"]: each["change"] for each in plan["resource_changes"] if each["mode"] == "managed"},
        plan.get("output_changes"),
        dict(_providers(plan["configuration"]["root_module"], "")),
        plan["configuration"]["provider_config"],
    )


def _providers(module: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, str]]:
    for each in module.get("resources", []):
        yield f"{prefix}{each['address']}", each["provider_config_key"]
    for name, call in module.get("module_calls", {}).items():
        yield from _providers(call["module"], f"{prefix}module.{name}.")


def spread(mutations: Iterable[Mutation], most: int) -> list[Mutation]:
    """So many mutations of each kind and side, spread evenly."""
    groups: defaultdict[tuple[str, str], list[Mutation]] = defaultdict(list)
    for each in mutations:
        groups[each.side, each.kind].append(each)
    return [each for group in groups.values() for each in group[:: -(-len(group) // most)]]


def table(found: Sequence[Agreement]) -> str:
    """How the three agree, by kind."""
    header = ["mutation", "all three find it", "all three: the same", "only the reading can tell", "disagree"]
    outcomes: tuple[Outcome, ...] = ("all three", "the same in all three", "only the reading", "disagree")
    counts = Counter((each.mutation.kind, each.outcome) for each in found)
    rows = [
        [kind, *(str(counts[kind, each] or "") for each in outcomes)] for kind in sorted({kind for kind, _ in counts})
    ]
    total = [str(sum(number for (_, of), number in counts.items() if of == each)) for each in outcomes]
    return markdown(header, [*rows, ["**all**", *total]], right=range(1, 5))


def main() -> int:
    """Write the figures; return 1 when the three disagree."""
    most = int(sys.argv[1]) if sys.argv[1:] else None
    found: list[Agreement] = []
    with tempfile.TemporaryDirectory(prefix="miyabi-agreement-") as folder:
        work = Path(folder)
        judge = Judge(work / "judge")
        terraforms = Terraforms(judge, work)
        mutations = judge.mutations()
        if most is not None:
            mutations = spread(mutations, most)
        for mutation in mutations:
            found.append(terraforms.agreement(mutation))
            print(f"{found[-1].outcome}: {mutation.name}", flush=True)
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    asked = f"{len(found)} mutations, {'all' if most is None else f'at most {most} of each kind and side'}:"
    PAGE.write_text(f"{before}{BEGIN}\n{asked}\n\n{table(found)}\n\n{END}{after}", encoding="utf-8")
    return int(any(each.outcome == "disagree" for each in found))


if __name__ == "__main__":
    sys.exit(main())
