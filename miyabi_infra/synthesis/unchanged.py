"""What need not be synthesized again: a key for each stack, over everything that its output is made from.

A stack is skipped when its overlays, the sources, the installed packages and Python are what they were when it was
synthesized last, and when its output is, byte for byte, what was written then. If anything differs, it is synthesized.
`synth --check`, and so CI, never looks here: a key that forgets something cannot hide for longer than until then.

Nothing here imports cdktf: a synthesis that has nothing to do takes about as long as the start of Python.
"""

import hashlib
import json
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.overlays.files import SUFFIX, NotAnOverlayError, content, overlay_files
from miyabi_infra.project import BASE, OVERLAYS, ROOT, SHARED
from miyabi_infra.synthesis.publish import GENERATED, MANIFEST
from miyabi_infra.synthesis.result import Stack, Synthesis
from miyabi_infra.writing import write_whole

FILE: Final = ".synthesized"
"""What is remembered, in the output folder; git ignores it."""

_SOURCES: Final = ("environments", "miyabi_infra", "modules")
_SUFFIXES: Final = (".py", ".cjs")


@dataclass(frozen=True)
class Kept:
    """A stack as it was synthesized last."""

    key: str
    """Digest of what it was made from."""
    name: str
    """Name of the stack, and of its folder."""
    claims: Mapping[str, Any]
    """What of it concerns the other stacks, as `Claims.data` has it."""
    resources: int
    files: Mapping[str, str]
    """Digests of its files, by path relative to the output folder."""

    @property
    def stack(self) -> Stack:
        """It, as the summary shows it."""
        return Stack(self.name, Path("stacks", self.name), self.resources)


@dataclass
class Memory:
    """What is known of the last synthesis into an output folder, by environment."""

    out: Path
    keys: Mapping[str, str]
    """The keys of the overlays that are there now."""
    kept: dict[str, Kept] = field(default_factory=dict[str, Kept])
    """The stacks that are unchanged."""
    complete: bool = False
    """Whether all stacks are unchanged, none is left over, and the manifest names them."""

    def nothing_to_do(self, environment: str | None) -> Synthesis | None:
        """The result of a synthesis that has nothing to do; None when there is something to do."""
        if not self.complete or environment not in (None, *self.kept):
            return None
        wanted = [name for name in in_order(self.kept) if environment in (None, name)]
        return Synthesis(tuple(self.kept[name].stack for name in wanted), ())

    def write(self, now: Mapping[str, Kept]) -> None:
        """Remember what was synthesized."""
        text = json.dumps({environment: asdict(each) for environment, each in sorted(now.items())}, indent=1)
        file = self.out / FILE
        try:
            if file.is_file() and file.read_text(encoding="utf-8") == text:
                return
            write_whole(file, text)
        except OSError:  # a full disk, say: the next synthesis does everything
            with suppress(OSError):  # a folder that cannot be written
                file.unlink(missing_ok=True)

    def of(self, environment: str, name: str, claims: Mapping[str, Any], resources: int) -> Kept:
        """A stack that was just written."""
        files = {file: _digest(self.out / file) for file in _files(self.out, name)}
        return Kept(self.keys[environment], name, claims, resources, files)


def in_order(environments: Iterable[str]) -> list[str]:
    """Environments by name, then what is shared."""
    return sorted(environments, key=lambda name: (name == SHARED, name))


def remember(root: Path, out: Path) -> Memory:
    """What of the project at `root` is unchanged in `out`."""
    memory = Memory(out, _keys(root))
    before = _read(out / FILE)
    for environment, key in memory.keys.items():
        held = before.get(environment)
        if held is not None and held.key == key and _intact(out, held):
            memory.kept[environment] = held
    names = {each.name for each in memory.kept.values()}
    memory.complete = bool(names) and set(memory.kept) == set(memory.keys) == set(before)
    memory.complete = memory.complete and _named(out) == names and _folders(out) == names
    return memory


def _keys(root: Path) -> dict[str, str]:
    """The key of each overlay: a digest of its text, the base's, the sources and the versions."""
    folder = root / OVERLAYS
    common = hashlib.sha256(_code() + _overlay(folder / f"{BASE}{SUFFIX}"))
    keys: dict[str, str] = {}
    for file in overlay_files(root):
        key = common.copy()
        key.update(os.fsencode(file.name) + b"\0" + _overlay(file))
        keys[file.stem] = key.hexdigest()
    return keys


@cache
def _code() -> bytes:
    """Digest of the sources and the versions. Read once: this process goes on with the code that it has imported."""
    code = hashlib.sha256()
    for text in (*_versions(), *_sources()):
        code.update(hashlib.sha256(text).digest())
    return code.digest()


def _versions() -> Iterator[bytes]:
    yield sys.version.encode()
    packages = Path(sysconfig.get_path("purelib"))
    yield "\n".join(sorted(each.name for each in packages.glob("*.dist-info"))).encode()


def _sources() -> Iterator[bytes]:
    for package in _SOURCES:
        for folder, inner, files in sorted(os.walk(ROOT / package)):
            inner.sort()
            for name in sorted(files):
                if name.endswith(_SUFFIXES):
                    file = Path(folder, name)
                    yield file.relative_to(ROOT).as_posix().encode() + b"\0" + _bytes(file)


def _read(file: Path) -> dict[str, Kept]:
    try:
        data = cast("dict[str, dict[str, Any]]", json.loads(file.read_text(encoding="utf-8")))
        return {environment: Kept(**each) for environment, each in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # nothing is known


def _intact(out: Path, kept: Kept) -> bool:
    """Whether the output of a stack is what was written."""
    try:
        return set(_files(out, kept.name)) == set(kept.files) and all(
            _digest(out / file) == digest for file, digest in kept.files.items()
        )
    except OSError:
        return False


def _named(out: Path) -> set[str] | None:
    """The stacks that the manifest names; None where it cannot be read."""
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        return set(manifest["stacks"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _folders(out: Path) -> set[str]:
    """The stacks that have generated files."""
    return {file.relative_to(out).parts[1] for pattern in GENERATED[1:] for file in out.glob(pattern)}


def _files(out: Path, name: str) -> list[str]:
    folder = out / "stacks" / name
    patterns = [pattern.removeprefix("stacks/*/") for pattern in GENERATED[1:]]
    return sorted(file.relative_to(out).as_posix() for pattern in patterns for file in folder.glob(pattern))


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _overlay(file: Path) -> bytes:
    try:
        return content(file)
    except (NotAnOverlayError, OSError):
        return b""  # what synthesizes says what is wrong with it


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # what synthesizes says what is wrong with it
