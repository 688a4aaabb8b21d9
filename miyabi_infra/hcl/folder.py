"""The HCL of one folder, read from its files."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from miyabi_infra.hcl import json_files
from miyabi_infra.hcl.parsing import HclError, parse
from miyabi_infra.hcl.syntax import Argument, Block
from miyabi_infra.text import count

_CREDENTIALS: Final = frozenset(
    {"access_key", "alias", "allowed_account_ids", "profile", "s3_use_path_style", "secret_key", "token"}
    | {"shared_config_files", "shared_credentials_files"}
)
"""Arguments of a provider that say who asks, and not what is planned; so do those that begin with `skip_`."""

_LABELS: Final = json_files.LABELS
"""How many labels blocks at the top of a file have."""


@dataclass(frozen=True)
class HclFolder:
    """The HCL of one folder."""

    folder: Path
    shown: Path
    """The folder as places name it."""
    blocks: tuple[Block, ...]

    def of_type(self, *labels: str) -> Iterator[Block]:
        """The blocks whose type and first labels these are."""
        kind, *wanted = labels
        first = tuple(wanted)
        return (each for each in self.blocks if each.type == kind and each.labels[: len(first)] == first)

    @cached_property
    def locals(self) -> dict[str, Argument]:
        """The locals, by name."""
        return {name: held for block in self.of_type("locals") for name, held in block.arguments.items()}

    @cached_property
    def _declared(self) -> dict[tuple[str, ...], Block]:
        """The first block of each type and labels."""
        return {(each.type, *each.labels): each for each in reversed(self.blocks)}

    def declared(self, kind: str, *labels: str) -> Block | None:
        """The block of a type with all of these labels."""
        return self._declared.get((kind, *labels))


def read(folder: Path, shown: Path) -> HclFolder:
    """Read the HCL of a folder, all its files.

    Raises:
        HclError: when a file cannot be read, or there is one of a kind that is not known here.
    """
    blocks: list[Block] = []
    for file in sorted((*folder.glob("*.tf"), *folder.glob("*.tf.json"))):
        if file.name.startswith("."):
            continue  # as Terraform does: it is an editor's
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise HclError(f"{(shown / file.name).as_posix()}: cannot be read: {error}") from error
        is_json = file.name.endswith(".tf.json")
        found = json_files.parse(text, shown / file.name) if is_json else parse(text, shown / file.name).blocks
        stem = file.name.removesuffix(".json").removesuffix(".tf")
        if stem != "override" and not stem.endswith("_override"):
            blocks += found
        elif overriding := [block for block in found if not _where_to_run(block)]:
            raise HclError(f"{overriding[0].place}: an override file is not merged; do it by hand")
    for block in blocks:
        _check_labels(block)
    return HclFolder(folder, shown, tuple(blocks))


def _where_to_run(block: Block) -> bool:
    """Whether a block of an override file configures Terraform itself (a backend, credentials), and no resource."""
    if block.type != "provider":
        return block.type == "terraform"
    named = all(name in _CREDENTIALS or name.startswith("skip_") for name in block.arguments)
    return named and all(each.type == "endpoints" for each in block.blocks)


def _check_labels(block: Block) -> None:
    """Refuse a block with the wrong number of labels."""
    if block.type in _LABELS and len(block.labels) != _LABELS[block.type]:
        raise HclError(f"{block.place}: {block.type} needs {count(_LABELS[block.type], 'label')}")
    inner = list(block.blocks)
    while inner:
        each = inner.pop()
        if each.type == "dynamic" and len(each.labels) != 1:
            raise HclError(f"{each.place}: dynamic needs 1 label")
        inner += each.blocks
