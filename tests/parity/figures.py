"""Which level of parity catches which mutation.

`python -m tests.parity.figures` holds all mutations against static parity, some two minutes, and writes the figures to
docs/parity.md. The tests do so for a sample, and hold the page against the number of mutations.
"""

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.overlays.document import Document
from miyabi_infra.parity import generated, roots, sides, variable_values
from miyabi_infra.parity.comparing import compare
from miyabi_infra.parity.configuration import Configuration
from miyabi_infra.parity.interfaces import Interface
from miyabi_infra.parity.judgement import flat_names
from miyabi_infra.parity.remark import Remark
from miyabi_infra.parity.settings import OverlaySettings
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import read
from miyabi_infra.text import markdown
from tests.parity.mutations import Mutation, of_generated, of_hcl
from tests.parity.support import AS_THE_HCL_IS, HCL
from tests.support import Project

ROOT: Final = Path(__file__).resolve().parent.parent.parent
PAGE: Final = ROOT / "docs/parity.md"
BEGIN: Final = "<!-- figures: written by `python -m tests.parity.figures` -->\n"
END: Final = "<!-- /figures -->"

ENVIRONMENT: Final = "prod"
EVERYTHING: Final[Mapping[str, Any]] = {
    "certificate_arn": "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555",
    "enable_service_discovery": True,
}
"""What prod has beyond its overlay, so that every resource is there to be broken."""

Level = Literal["static", "noted", "missed"]


@dataclass(frozen=True)
class Verdict:
    """What static parity makes of a mutation."""

    mutation: Mutation
    level: Level


class Judge:
    """Holds mutations against static parity: each must be found beyond what is found without it."""

    def __init__(self, folder: Path) -> None:
        """`folder` is an empty one, to work in."""
        project = Project.copy_of(ROOT, folder / "project")
        project.change(
            ENVIRONMENT,
            *AS_THE_HCL_IS[ENVIRONMENT],
            ('certificate_arn: ""', f"certificate_arn: {EVERYTHING['certificate_arn']}"),
            ("ecs_service:\n", "ecs_service:\n  enable_service_discovery: true\n"),
        )
        project.synthesize()
        self._out = folder / "out"
        self.stack = self._out / "stacks" / f"miyabi-{ENVIRONMENT}"
        shutil.copytree(project.out / "stacks" / self.stack.name, self.stack)
        self.hcl = Path(shutil.copytree(HCL, folder / "hcl"))
        self._settings = OverlaySettings(ROOT, Document(Path("prod.yaml")))
        self._generated = self._generated_side()
        self._hcl = self._hcl_side()
        self.baseline = self._found(self._hcl, *self._generated)
        """What is found without a mutation: nothing that has an effect."""

    def mutations(self) -> list[Mutation]:
        """All mutations of both sides."""
        return [*of_generated(self.stack), *of_hcl(self.hcl)]

    def verdict(self, mutation: Mutation) -> Verdict:
        """What is found of a mutation."""
        found = self.remarks(mutation)
        if found is None or any(each.kind != "no effect" for each in found):
            return Verdict(mutation, "static")
        return Verdict(mutation, "missed" if found == self.baseline else "noted")

    def remarks(self, mutation: Mutation) -> list[Remark] | None:
        """What is said of both sides with a mutation; None when a side is refused."""
        folder = self.stack if mutation.side == "generated" else self.hcl
        with changed(folder, mutation):
            try:
                if mutation.side == "generated":
                    return self._found(self._hcl, *self._generated_side())
                return self._found(self._hcl_side(), *self._generated)
            except Refused:
                return None

    def _generated_side(self) -> tuple[Configuration, Interface]:
        (stack,) = read(self._out)
        wires = {name: frozenset(names) for name, names in generated.wires(self._out, stack).items()}
        return sides.of_stack(self._out, stack), Interface(wires, self._settings.names, root=flat_names(self._settings))

    def _hcl_side(self) -> Configuration:
        checkout = Checkout(self.hcl, ENVIRONMENT)
        source = roots.chosen(checkout, roots.roots(checkout, ()))
        values = variable_values.values(checkout, source, (), ())
        return sides.of_root(checkout, Scope(checkout, source, inputs={**values.inputs, **EVERYTHING}))

    def _found(self, hcl: Configuration, stack: Configuration, interface: Interface) -> list[Remark]:
        return compare(hcl, stack, interface)


@contextmanager
def changed(folder: Path, mutation: Mutation) -> Generator[None]:
    """A folder with a mutation, as long as it lasts."""
    before = {file: (folder / file).read_text(encoding="utf-8") for file in mutation.files}
    for file, text in mutation.files.items():
        (folder / file).write_text(text, encoding="utf-8")
    yield
    for file, text in before.items():
        (folder / file).write_text(text, encoding="utf-8")


def table(verdicts: Iterable[Verdict]) -> str:
    """How many mutations of each kind there are, and which level caught them."""
    counts = Counter((each.mutation.kind, each.mutation.side, each.level) for each in verdicts)
    kinds = sorted({kind for kind, _, _ in counts})
    rows = [
        [
            kind,
            *(str(counts[kind, side, level] or "") for side in ("generated", "HCL") for level in ("static", "noted")),
        ]
        for kind in kinds
    ]
    total = [
        str(sum(number for (_, of, by), number in counts.items() if (of, by) == (side, level)))
        for side in ("generated", "HCL")
        for level in ("static", "noted")
    ]
    header = ["mutation", "JSON: static", "JSON: noted", "HCL: static", "HCL: noted"]
    return markdown(header, [*rows, ["**all**", *total]], right=range(1, 5))


def main() -> int:
    """Write the figures; return 1 when a mutation is missed."""
    with tempfile.TemporaryDirectory(prefix="miyabi-mutations-") as folder:
        judge = Judge(Path(folder))
        verdicts = [judge.verdict(mutation) for mutation in judge.mutations()]
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{table(verdicts)}\n\n{END}{after}", encoding="utf-8")
    for each in verdicts:
        if each.level != "static":
            print(f"{each.level}: {each.mutation.name}")
    print(f"{len(verdicts)} mutations")
    return int(any(each.level == "missed" for each in verdicts))


if __name__ == "__main__":
    sys.exit(main())
