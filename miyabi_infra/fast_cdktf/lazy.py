"""Lazy loading of the prebuilt provider: a module of it is loaded when it is first used, not all of them at start.

`import cdktf_cdktf_provider_aws.vpc` runs the package's `__init__`, which ends in a list of some 1,500 imports. jsii
generates newer packages so that they need no such list; the provider's packages are older, and will not be generated
again. So this does for them what jsii now does by itself: `__init__` is run up to the list, and the modules in the list
are imported on first use (PEP 562). `kernel.cjs` does the same in Node.js.

Whether a package has the form expected here is decided before anything of it is run; of another form, it is loaded as
if this file were not there. The output is the same, byte for byte; tests compare the two ways.
"""

import importlib
import logging
import re
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, NoneType
from typing import Final

log = logging.getLogger(__name__)

PREFIX: Final = "cdktf_cdktf_provider_"
"""What the names of the prebuilt providers' packages begin with."""

_LIST: Final = "\n# Loading modules to ensure their types are registered with the jsii runtime library\n"
_HEAD_ENDS: Final = "\npublication.publish()\n"
_IMPORT: Final = re.compile(r"from \. import ([a-z0-9_]+)\n")

_PLAIN: Final = frozenset({str, int, float, bool, NoneType})
_version: Final = cache(metadata.version)
_typing: Final = ModuleType("typing")
vars(_typing).update(vars(typing), get_type_hints=cache(typing.get_type_hints))


def switch_on(foresee: Callable[[type], None]) -> None:
    """Load providers lazily from here on; to be called before anything of cdktf is imported.

    `foresee`: told of each type of resource that is imported.
    """
    sys.meta_path.insert(0, _Finder(foresee))


@dataclass(frozen=True)
class LazyPackage:
    """A provider's `__init__`, taken apart."""

    head: CodeType
    """All but the list of imports: it loads the package into the kernel."""
    imports: str
    """The list, as it is written."""
    names: frozenset[str]
    """The modules in the list."""

    @classmethod
    def parse(cls, source: str, file: str) -> "LazyPackage | None":
        """The package whose `__init__` has the text `source`; None where it has another form than a generated one."""
        head, _, imports = source.partition(_LIST)
        names: list[str] = _IMPORT.findall(imports)
        if (
            not head.endswith(_HEAD_ENDS)
            or not names
            or imports != "".join(f"from . import {name}\n" for name in names)
        ):
            return None
        if not set(names).issubset(each.name for each in Path(file).parent.iterdir()):
            return None
        return cls(compile(head, file, "exec"), imports, frozenset(names))


def submodule(name: str) -> str:
    """The name that a Python module of a provider has in jsii: `s3_bucket` is `s3Bucket`."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


class _Loader(SourceFileLoader):
    """Runs the `__init__` of a provider, without the list of imports where that can be separated."""

    def exec_module(self, module: ModuleType) -> None:
        package = self._lazy_package()
        if package is None:
            log.info("%s in Python: unchanged: its __init__ has another form", self.name)
            super().exec_module(module)
            return
        exec(package.head, module.__dict__)  # noqa: S102  # the package's own code, as an import runs it
        if _serve(sys.modules[self.name], package.names):
            log.info("%s in Python: lazy", self.name)
        else:
            log.info("%s in Python: unchanged: jsii has no register of submodules", self.name)
            exec(compile(package.imports, self.path, "exec"), module.__dict__)  # noqa: S102  # as above

    def _lazy_package(self) -> LazyPackage | None:
        try:
            return LazyPackage.parse(self.get_source(self.name) or "", self.path)
        except (ImportError, OSError, SyntaxError, ValueError):
            return None  # the usual import will say what is wrong


def _serve(package: ModuleType, names: frozenset[str]) -> bool:
    """Let `package` import the modules `names` on first use; False where jsii cannot be told of them."""
    from jsii import _reference_map  # noqa: PLC0415  # loaded by the package

    modules: Mapping[str, str] = getattr(_reference_map, "_assembly_to_module", {})
    known: dict[str, str] | None = getattr(_reference_map, "_submodule_fqn_map", None)
    assembly = next((assembly for assembly, module in modules.items() if module == package.__name__), None)
    if assembly is None or known is None:
        return False
    # What jsii looks up when the kernel returns an object of a type that is not imported yet.
    known.update({f"{assembly}.{submodule(name)}": f"{package.__name__}.{name}" for name in names})

    def load(name: str) -> ModuleType:
        if name in names:
            return importlib.import_module(f"{package.__name__}.{name}")
        raise AttributeError(f"module {package.__name__!r} has no attribute {name!r}")

    vars(package).update(__getattr__=load, __dir__=lambda: sorted({*vars(package), *names}))
    return True


@cache
def _plain(hint: object) -> frozenset[object]:
    """The classes that a type hint names: a value of just such a class fits, and needs no closer look."""
    named = typing.get_args(hint) if typing.get_origin(hint) is typing.Union else (hint,)
    return frozenset(each for each in named if each in _PLAIN or hasattr(each, "__jsii_type__"))


def _quicker(check_type: Callable[..., None]) -> Callable[..., None]:
    """The check of an argument, which is not made where it is plain that the argument will pass."""
    # By identity, as a type hint takes long to hash. It is kept, too: no other one can then be in its place.
    known: dict[int, tuple[object, frozenset[object]]] = {}

    def quick_check_type(argname: str, value: object, expected_type: object) -> None:
        held = known.get(id(expected_type))
        if held is None:
            held = known[id(expected_type)] = expected_type, _plain(expected_type)
        if type(value) not in held[1]:
            check_type(argname=argname, value=value, expected_type=expected_type)

    return quick_check_type


class _Bindings(SourceFileLoader):
    """Imports what jsii generated, and has it find out once what it finds out again and again.

    Each module asks for the version of the same package; each call of a method evaluates its type hints, and holds
    each argument against them, most of which are None.
    """

    def exec_module(self, module: ModuleType) -> None:
        version, metadata.version = metadata.version, _version
        try:
            super().exec_module(module)
        finally:
            metadata.version = version
        if vars(module).get("typing") is typing and "check_type" in vars(module):
            vars(module).update(typing=_typing, check_type=_quicker(vars(module)["check_type"]))


class _Submodule(_Bindings):
    """Imports a module of a provider, and tells of its types of resources."""

    def __init__(self, name: str, path: str, foresee: Callable[[type], None]) -> None:
        super().__init__(name, path)
        self._foresee = foresee

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        for each in vars(module).values():
            if isinstance(each, type) and "TF_RESOURCE_TYPE" in vars(each):
                self._foresee(each)


class _Finder(MetaPathFinder):
    """Finds the prebuilt providers and what they are built on, and gives them to the loaders above."""

    def __init__(self, foresee: Callable[[type], None]) -> None:
        self._foresee = foresee

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, module = fullname.partition(".")
        if not package.startswith(PREFIX) and fullname not in {"cdktf", "constructs"}:
            return None
        if module and not hasattr(sys.modules.get(package), "__getattr__"):
            return None  # of a package that is loaded unchanged
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        if module:
            spec.loader = _Submodule(spec.loader.name, spec.loader.path, self._foresee)
        elif fullname.startswith(PREFIX):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        else:
            spec.loader = _Bindings(spec.loader.name, spec.loader.path)
        return spec
