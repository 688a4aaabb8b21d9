"""Lazy loading in Python: a provider of the generated form is loaded on use, one of any other form as it is."""

import importlib
import sys
import typing
from collections.abc import Callable, Generator
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import cast

import cdktf
import cdktf_cdktf_provider_aws
import pytest
import typeguard
from hypothesis import given
from hypothesis import strategies as st
from jsii import _reference_map as references  # pyright: ignore[reportPrivateUsage]

from miyabi_infra.fast_cdktf.kernel import CHANNEL, WORKER, is_known_kernel
from miyabi_infra.fast_cdktf.lazy import (
    PREFIX,
    LazyPackage,
    _Finder,  # pyright: ignore[reportPrivateUsage]
    _quicker,  # pyright: ignore[reportPrivateUsage]
    submodule,
)

HEAD = """\
from . import _jsii
import publication
__all__ = []
publication.publish()
"""
LIST = "\n# Loading modules to ensure their types are registered with the jsii runtime library\n"
PACKAGE = f"{PREFIX}toy"


class Toy:
    """A provider's package of three modules, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / PACKAGE
        for name in ("_jsii", "bucket", "data_bucket", "queue"):
            module = self.folder / name / "__init__.py"
            module.parent.mkdir(parents=True)
            module.write_text(f"NAME = {name!r}\n", encoding="utf-8")
        register = f"from jsii import _reference_map as r\nr._assembly_to_module['@cdktf/toy'] = {PACKAGE!r}\n"
        (self.folder / "_jsii/__init__.py").write_text(register, encoding="utf-8")

    def load(self, init: str) -> ModuleType:
        (self.folder / "__init__.py").write_text(init, encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(PACKAGE)

    def loaded(self) -> set[str]:
        return {name.removeprefix(f"{PACKAGE}.") for name in sys.modules if name.startswith(f"{PACKAGE}.")} - {
            "_jsii",
            "_private",
        }


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Toy]:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for register in ("_assembly_to_module", "_submodule_fqn_map"):
        monkeypatch.setattr(references, register, dict(getattr(references, register)))
    yield Toy(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


IMPORTS = "from . import bucket\nfrom . import data_bucket\nfrom . import queue\n"


def test_a_module_of_the_list_is_loaded_when_it_is_first_used(toy: Toy) -> None:
    package = toy.load(HEAD + LIST + IMPORTS)
    assert toy.loaded() == set()
    assert package.data_bucket.NAME == "data_bucket"
    assert toy.loaded() == {"data_bucket"}


def test_a_lazy_package_lists_its_modules_and_has_no_others(toy: Toy) -> None:
    package = toy.load(HEAD + LIST + IMPORTS)
    assert {"bucket", "data_bucket", "queue"} <= set(dir(package))
    assert not hasattr(package, "topic")


def test_jsii_is_told_where_the_types_of_a_module_are(toy: Toy) -> None:
    toy.load(HEAD + LIST + IMPORTS)
    known: dict[str, str] = vars(references)["_submodule_fqn_map"]
    assert known["@cdktf/toy.dataBucket"] == f"{PACKAGE}.data_bucket"  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    "init",
    [
        pytest.param(HEAD + IMPORTS, id="no line before the list"),
        pytest.param(HEAD + "from . import bucket\n" + LIST + IMPORTS, id="an import in the head"),
        pytest.param(HEAD + LIST + IMPORTS + "bucket.NAME = 'other'\n", id="a statement after the list"),
        pytest.param(
            HEAD + LIST + IMPORTS.replace("import queue", "import queue as q"), id="an import of another form"
        ),
        pytest.param(HEAD + LIST + IMPORTS.rstrip(), id="a list that breaks off"),
        pytest.param(HEAD + LIST + "if True:\n    " + IMPORTS.replace("\n", "\n    ").rstrip(), id="a condition"),
    ],
)
def test_a_package_of_another_form_is_loaded_as_it_is(toy: Toy, init: str) -> None:
    toy.load(init)
    assert toy.loaded() == {"bucket", "data_bucket", "queue"}


def test_a_list_of_modules_that_are_not_there_fails_as_it_would(toy: Toy) -> None:
    with pytest.raises(ImportError, match="cannot import name 'topic'"):
        toy.load(HEAD + LIST + IMPORTS + "from . import topic\n")


def test_without_jsiis_register_of_submodules_it_is_loaded_as_it_is(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(references, "_submodule_fqn_map")
    toy.load(HEAD + LIST + IMPORTS)
    assert toy.loaded() == {"bucket", "data_bucket", "queue"}


def test_types_of_resources_are_told_of_when_they_are_imported(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[type] = []
    monkeypatch.setattr(sys, "meta_path", [_Finder(told.append), *sys.meta_path])
    package = toy.load(HEAD + LIST + IMPORTS)
    (toy.folder / "queue/__init__.py").write_text(
        "class Queue:\n    TF_RESOURCE_TYPE = 'toy_queue'\nclass QueueConfig:\n    pass\n", encoding="utf-8"
    )
    assert told == []
    queue = package.queue.Queue
    assert told == [queue]


def test_hints_and_versions_are_asked_for_once(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def version(name: str) -> str:
        asked.append(name)
        return "1"

    monkeypatch.setattr("miyabi_infra.fast_cdktf.lazy._version", cache(version))
    module = (
        "import typing\nfrom importlib.metadata import version\nVERSION = version('toy')\n"
        "def check_type(argname, value, expected_type): ...\ndef hinted(a: 'int'): ..."
    )
    for name in ("bucket", "queue"):
        (toy.folder / name / "__init__.py").write_text(module, encoding="utf-8")
    package = toy.load(HEAD + LIST + IMPORTS)
    hints = [each.typing.get_type_hints(each.hinted) for each in (package.bucket, package.bucket, package.queue)]
    assert hints == [{"a": int}] * 3
    assert hints[0] is hints[1]
    assert asked == ["toy"]
    assert metadata.version("pytest") == pytest.__version__


class Text(str):
    """A value of a class that no hint names."""

    __slots__ = ()


HINTS = (
    "typing.Any",
    "str",
    "float",
    "cdktf.Token",
    "typing.Optional[str]",
    "typing.Optional[float]",
    "typing.Optional[cdktf.Token]",
    "typing.Union[bool, cdktf.IResolvable]",
    "typing.Union[None, int, typing.Sequence[str]]",
    "typing.Union[cdktf.IResolvable, typing.Sequence[typing.Union[str, cdktf.Token]]]",
    "typing.Mapping[str, typing.Optional[int]]",
)
"""As jsii writes them."""

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.builds(Text) | st.builds(cdktf.Token),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=3,
)


@pytest.mark.slow
@given(st.sampled_from(HINTS), VALUES)
def test_what_is_checked_quickly_is_what_would_pass(written: str, value: object) -> None:
    def hinted() -> None: ...

    hinted.__annotations__["it"] = written
    hint = typing.get_type_hints(hinted)["it"]

    def outcome(check: Callable[..., None]) -> str:
        try:
            check(argname="argument it", value=value, expected_type=hint)
        except TypeError as error:
            return str(error)
        return "passes"

    as_it_is = cast("Callable[..., None]", typeguard.check_type)
    assert outcome(_quicker(as_it_is)) == outcome(as_it_is)


def test_an_error_in_the_head_is_the_imports_own(toy: Toy) -> None:
    with pytest.raises(ZeroDivisionError):
        toy.load("1 / 0\n" + HEAD + LIST + IMPORTS)


def test_the_aws_provider_has_the_generated_form() -> None:
    file = Path(cdktf_cdktf_provider_aws.__file__ or "")
    package = LazyPackage.parse(file.read_text(encoding="utf-8"), str(file))
    assert package is not None
    assert {"s3_bucket", "vpc", "data_aws_ami"} <= package.names
    assert len(package.names) > 1500


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("vpc", "vpc"),
        ("s3_bucket", "s3Bucket"),
        ("data_aws_ami", "dataAwsAmi"),
        ("ec2_capacity_block", "ec2CapacityBlock"),
    ],
)
def test_a_submodule_is_named_as_jsii_names_it(module: str, name: str) -> None:
    assert submodule(module) == name


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (f"a {CHANNEL} b {WORKER} c", True),
        (f"a {CHANNEL} b {CHANNEL} c {WORKER} d", False),
        (f"a {CHANNEL} b", False),
        (f"a {WORKER} b", False),
        ("", False),
    ],
)
def test_a_kernel_of_another_form_is_not_known(tmp_path: Path, text: str, *, known: bool) -> None:
    file = tmp_path / "kernel.js"
    file.write_text(text, encoding="utf-8")
    assert is_known_kernel(file) is known


def test_a_kernel_that_cannot_be_read_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "kernel.js").write_bytes(b"\xff\xfe")
    assert not is_known_kernel(tmp_path / "kernel.js")
    assert not is_known_kernel(tmp_path / "none.js")
