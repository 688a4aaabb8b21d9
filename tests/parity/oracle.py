"""The evaluator against the oracle: expressions that hypothesis makes up, evaluated here and by `terraform console`.

`make fuzz` (`python -m tests.parity.oracle 20000`) compares tens of thousands, prints what differs, and writes the
figures to docs/parity.md. The tests compare a share of them.
"""

import base64
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed

from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.conversion import json_text
from miyabi_infra.hcl.folder import HclFolder
from miyabi_infra.hcl.parsing import parse
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.syntax import Block
from miyabi_infra.hcl.values import Missing, NotEvaluated, known
from miyabi_infra.terraform.cli import environment, executable
from tests.parity.expressions import DECLARATIONS, expressions

ERROR: Final = "error"
UNKNOWN: Final = "not evaluated"
PAGE: Final = Path(__file__).resolve().parent.parent.parent / "docs/parity.md"
BEGIN: Final = "<!-- fuzz: written by `make fuzz` -->\n"
END: Final = "<!-- /fuzz -->"

Outcome = Literal["same", "not evaluated", "wrong"]


@dataclass(frozen=True)
class Compared:
    """An expression with what both make of it."""

    expression: str
    ours: str
    """JSON, ERROR or UNKNOWN."""
    terraforms: str
    """JSON, ERROR, or UNKNOWN: of some errors Terraform makes an unknown value."""

    @property
    def outcome(self) -> Outcome:
        """What comes of it: only another value is wrong."""
        if UNKNOWN in {self.ours, self.terraforms}:
            return "not evaluated"
        return "same" if self.ours == self.terraforms else "wrong"


def compare(drawn: Sequence[str]) -> list[Compared]:
    """Expressions, evaluated here and in one process of `terraform console`."""
    return [
        Compared(expression, ours(expression), theirs)
        for expression, theirs in zip(drawn, terraforms(drawn), strict=True)
    ]


def ours(expression: str) -> str:
    """What the evaluator makes of an expression, as JSON."""
    folder = Path()
    scope = Scope(Checkout(folder, "default"), HclFolder(folder, folder, _declarations()))
    argument = parse(f"x = {expression}\n", Path("x.tf")).arguments["x"]
    try:
        result = scope.result(argument.expression, {})
        known(result)
        return json_text(result)
    except NotEvaluated:
        return UNKNOWN
    except Missing:
        return ERROR


@cache
def _declarations() -> tuple[Block, ...]:
    return parse(DECLARATIONS, Path("main.tf")).blocks


def terraforms(drawn: Sequence[str]) -> list[str]:
    """What Terraform makes of expressions, as JSON: all of them are locals of one root module."""
    with tempfile.TemporaryDirectory(prefix="miyabi-oracle-") as folder:
        tried = [
            f"  e{at} = try(nonsensitive(jsonencode({each})), {json.dumps(ERROR)})\n" for at, each in enumerate(drawn)
        ]
        text = f"{DECLARATIONS}\nlocals {{\n{''.join(tried)}}}\n"
        Path(folder, "main.tf").write_text(text, encoding="utf-8")
        names = ", ".join(f"local.e{at}" for at in range(len(drawn)))
        done = subprocess.run(
            [executable() or "terraform", "console"],
            input=f"base64encode(jsonencode([{names}]))\n",
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise AssertionError(done.stdout[-3000:] + done.stderr[-3000:])
    shown = done.stdout.strip().splitlines()[-1]
    if shown.startswith('"'):
        return json.loads(base64.b64decode(shown.strip('"')))
    if len(drawn) == 1:
        return [UNKNOWN]
    half = len(drawn) // 2  # one of them is unknown, and with it the whole: search for it
    return [*terraforms(drawn[:half]), *terraforms(drawn[half:])]


def draw(count: int, seed: int) -> list[str]:
    """Expressions that hypothesis makes up, each once."""
    found: dict[str, None] = {}

    @with_seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.filter_too_much],
    )
    @given(expressions())
    def collect(expression: str) -> None:
        found[expression] = None

    collect()
    return list(found)


def table(compared: Iterable[Compared]) -> str:
    """The figures, in Markdown."""
    counts = Counter(each.outcome for each in compared)
    total = counts.total()
    rows = [
        f"| {name} | {counts[key]:,} | {counts[key] / total:.1%} |"
        for name, key in (
            ("the same value, or an error in both", "same"),
            ("not evaluated", "not evaluated"),
            ("another value", "wrong"),
        )
    ]
    return "\n".join(["| expressions | number | share |", "| --- | ---: | ---: |", *rows, f"| **all** | {total:,} | |"])


def main(arguments: Sequence[str]) -> int:
    """Compare as many expressions as the first argument says; return 1 when one has another value."""
    wanted = int(arguments[0]) if arguments else 20000
    seed = int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().randrange(10**6)
    compared: dict[str, Compared] = {}
    while len(compared) < wanted:
        drawn = [each for each in draw(2000, seed) if each not in compared]
        compared |= {each.expression: each for each in compare(drawn)}
        wrong = [each for each in compared.values() if each.outcome == "wrong"]
        print(f"seed {seed}: {len(compared)} expressions, {len(wrong)} wrong", file=sys.stderr)
        seed += 1
    for each in sorted(
        (each for each in compared.values() if each.outcome == "wrong"), key=lambda each: len(each.expression)
    ):
        print(f"{each.expression}\n    here:      {each.ours}\n    terraform: {each.terraforms}")
    text = table(compared.values())
    print(text)
    page = PAGE.read_text(encoding="utf-8")
    if BEGIN in page and not any(each.outcome == "wrong" for each in compared.values()):
        before, after = page.partition(BEGIN)[0], page.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n\n{END}{after}", encoding="utf-8")
    return int(any(each.outcome == "wrong" for each in compared.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
