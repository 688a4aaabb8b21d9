"""What parity reports: where two configurations differ, what that means, and which settings decide it."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from miyabi_infra.hcl.instance import By
from miyabi_infra.hcl.values import plain
from miyabi_infra.place import Place
from miyabi_infra.stacks.compare import ABSENT

Kind: TypeAlias = Literal["difference", "invalid", "not evaluated", "not compared", "no effect"]


@dataclass(frozen=True)
class DecidingSetting:
    """A setting that a generated value depends on."""

    setting: str
    value: Any
    place: Place | None
    """File and line in an overlay; None for a default."""


@dataclass(frozen=True)
class Remark:
    """Where the two sides differ."""

    kind: Kind
    address: str
    """An instance, a module, an output, the provider."""
    argument: str = ""
    """The path of an argument; empty for the whole."""
    hcl: Any = ABSENT
    """As JSON has it, ABSENT where it is not written; the expression where it cannot be evaluated."""
    generated: Any = ABSENT
    why: str = ""
    place: Place | None = None
    """Where the HCL has it."""
    by: By = "Terraform"
    """Of what is invalid: who refuses it."""
    settings: tuple[DecidingSetting, ...] = ()
    """The settings that the generated value may depend on."""


def shown(value: object) -> Any:  # noqa: ANN401  # JSON, or ABSENT
    """A value as a remark has it: JSON, ABSENT for none."""
    return ABSENT if value is None or value is ABSENT else plain(value)
