"""Whatever root people have, `parity` gives an answer: 240 roots in many styles, and random edits of them."""

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import hcl2
import pytest

from miyabi_infra.hcl.parsing import parse
from miyabi_infra.parity.judgement import parity
from miyabi_infra.refused import Refused
from tests.parity.corpus import edited, roots
from tests.parity.support import HCL

COUNT = 240


def answer(root: Path, folder: Path, files: Mapping[str, str]) -> str:
    """What comes of a root: an exception that is no refusal fails the test."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    try:
        result = parity(root, folder, "dev")
    except Refused:
        return "refused"
    assert not result.same, "no root here is the platform's"
    return "compared"


@pytest.mark.slow
def test_every_root_gets_an_answer(root: Path, tmp_path: Path) -> None:
    answers = Counter(answer(root, tmp_path / "root", files) for files in roots(COUNT))
    assert answers.total() == COUNT
    assert answers["compared"] > COUNT * 0.8


@pytest.mark.slow
def test_every_edited_root_gets_an_answer(root: Path, tmp_path: Path) -> None:
    answers = Counter(answer(root, tmp_path / "root", edited(files, seed)) for seed, files in enumerate(roots(COUNT)))
    assert answers.total() == COUNT


@pytest.mark.parametrize("file", sorted(HCL.rglob("*.tf")), ids=lambda file: file.relative_to(HCL).as_posix())
def test_python_hcl2_reads_the_same_blocks(file: Path) -> None:
    """A second reader of the same files, which knows no lines: the same blocks with the same arguments."""
    text = file.read_text(encoding="utf-8")
    theirs = cast("dict[str, list[dict[str, Any]]]", hcl2.loads(text))  # pyright: ignore[reportUnknownMemberType]
    block = parse(text, file)
    assert Counter(each.type for each in block.blocks) == {
        kind: len(held) for kind, held in theirs.items() if not kind.startswith("__")
    }
    for kind in ("variable", "output"):
        ours = {each.labels[0]: set(each.arguments) for each in block.of_type(kind)}
        held = [pair for each in theirs.get(kind, []) for pair in cast("dict[str, dict[str, Any]]", each).items()]
        arguments = {
            name.strip('"'): {key for key in body if not key.startswith("__")}
            for name, body in held
            if not name.startswith("__")
        }
        assert ours == arguments
