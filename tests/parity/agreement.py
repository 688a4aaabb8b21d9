"""Static verdict, planned verdict and a real plan of one mutation: they must agree.

`python -m tests.parity.agreement` asks all three for every mutation, an hour or two, and writes the figures to
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

from miyabi_infra.hcl.parsing import parse
from miyabi_infra.parity.planned import judged
from miyabi_infra.parity.plans import Plan, Planned, Refusal
from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import TerraformError
from miyabi_infra.terraform.together import plans, together
from miyabi_infra.text import markdown
from tests.parity.figures import ENVIRONMENT, EVERYTHING, PAGE, Judge, changed
from tests.parity.mutations import Mutation, Side

BEGIN: Final = "<!-- agreement: written by `python -m tests.parity.agreement` -->\n"
END: Final = "<!-- /agreement -->"

_ALIAS: Final = re.compile(r'"?alias"?\s*[=:]\s*"(\w+)"')

Outcome = Literal["all three", "the same in all three", "only the reading", "disagree"]

SIDES: Final[tuple[Side, ...]] = ("generated", "HCL")
AT_ONCE: Final = 8
"""Mutations in one run of Terraform: each has a process of the provider."""

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
    """Plans both sides, with mutations and without: many in one run of Terraform."""

    def __init__(self, judge: Judge, folder: Path) -> None:
        """`folder` is an empty one, to work in."""
        self._judge = judge
        self._folder = folder

    def agreements(self, mutations: Sequence[Mutation]) -> list[Agreement]:
        """What all three say of each."""
        as_they_are = [Mutation(side, "nothing", "", {}) for side in SIDES]
        generated, hcl, *mutated = self._plans([*as_they_are, *mutations])
        assert generated is not None
        assert hcl is not None
        before: Mapping[Side, dict[str, Any]] = {"generated": generated, "HCL": hcl}
        return [self._agreement(each, before, plan) for each, plan in zip(mutations, mutated, strict=True)]

    def _agreement(
        self, mutation: Mutation, before: Mapping[Side, dict[str, Any]], after: dict[str, Any] | None
    ) -> Agreement:
        remarks = self._judge.remarks(mutation)
        static = remarks is None or any(each.kind != "no effect" for each in remarks)
        sides = {side: _read(plan) for side, plan in before.items()}
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
            after is None or _facts(after) != _facts(before[mutation.side]),
        )

    def _plans(self, mutations: Sequence[Mutation]) -> list[dict[str, Any] | None]:
        """The plan with each mutation; None when Terraform refuses it."""
        try:
            return [*self._planned(mutations)]
        except TerraformError:
            if len(mutations) == 1:
                return [None]
        half = len(mutations) // 2  # one of them is refused, and with it the whole: search for it
        return [*self._plans(mutations[:half]), *self._plans(mutations[half:])]

    def _planned(self, mutations: Sequence[Mutation]) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory(dir=self._folder) as work:
            folder = Path(work)
            roots: dict[str, Path] = {}
            for number, each in enumerate(mutations):
                root = self._judge.stack if each.side == "generated" else self._judge.hcl
                with changed(root, each):
                    roots[f"root-{number}"] = Path(shutil.copytree(root, folder / f"{number}"))
            given = {name: _given(root) for name, root in roots.items() if not (root / offline.ROOT).is_file()}
            terraform = together(roots, folder / "together", given)
            for name, each in zip(roots, mutations, strict=True):
                cut_off = json.dumps(offline.override(aliases=_aliases(each)))
                (terraform.folder / name / offline.FILE).write_text(cut_off, encoding="utf-8")
            made = plans(terraform)
        return [made[name] for name in roots]


def _given(root: Path) -> str:
    """The values of a root of HCL, of the variables that it has."""
    declared = {
        block.labels[0]
        for file in root.glob("*.tf")
        for block in parse(file.read_text(encoding="utf-8"), file).of_type("variable")
    }
    file = root / f"{ENVIRONMENT}.tfvars"
    values = {name: held.text for name, held in parse(file.read_text(encoding="utf-8"), file).arguments.items()}
    values |= {name: json.dumps(value) for name, value in EVERYTHING.items()}
    return "\n".join(f"{name} = {value}" for name, value in values.items() if name in declared)


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
        for start in range(0, len(mutations), AT_ONCE):
            for each in terraforms.agreements(mutations[start : start + AT_ONCE]):
                found.append(each)
                print(f"{each.outcome}: {each.mutation.name}", flush=True)
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    asked = f"{len(found)} mutations, {'all' if most is None else f'at most {most} of each kind and side'}:"
    PAGE.write_text(f"{before}{BEGIN}\n{asked}\n\n{table(found)}\n\n{END}{after}", encoding="utf-8")
    return int(any(each.outcome == "disagree" for each in found))


if __name__ == "__main__":
    sys.exit(main())
