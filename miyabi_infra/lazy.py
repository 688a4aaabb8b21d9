"""Lazy loading of the prebuilt provider: a module of it is loaded when it is first used, not all of them at start.

`import cdktf_cdktf_provider_aws.vpc` runs the package's `__init__`, which ends in a list of some 1,500 imports, and has
Node.js load as many modules again. jsii generates newer packages so that they need no such list; the provider's
packages are older, and will not be generated again. So this does for them what jsii now does by itself:

* in Python, `__init__` is run up to the list, and the modules in the list are imported on first use (PEP 562);
* in Node.js, `kernel.cjs` does the same to the provider's index, and runs jsii's kernel in one process in place of two;
* Python goes on importing while Node.js starts and loads the packages (`ahead.py`).

Whether a package has the form expected here is decided before anything of it is run; of another form, it is loaded as
if this file were not there. The output is the same, byte for byte; tests compare the two ways.
"""

import importlib
import logging
import os
import re
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

log = logging.getLogger(__name__)

PREFIX: Final = "cdktf_cdktf_provider_"
"""What the names of the prebuilt providers' packages begin with."""

KERNEL: Final = "lib__program.js"
"""jsii's kernel, as it lies in the Python package."""

CHANNEL: Final = "readFD:3,writeFD:3"
WORKER: Final = '"runtime-index-worker.js"'
"""What `kernel.cjs` replaces in jsii's kernel; each must stand there once."""

_LIST: Final = "\n# Loading modules to ensure their types are registered with the jsii runtime library\n"
_HEAD_ENDS: Final = "\npublication.publish()\n"
_IMPORT: Final = re.compile(r"from \. import ([a-z0-9_]+)\n")


def switch_on(node: Path) -> None:
    """Load providers lazily from here on; to be called before anything of cdktf is imported.

    `node`: a Node.js that knows `module.registerHooks`. Where jsii is to run another, its kernel is left as it is.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    if "constructs" not in sys.modules:
        _start_kernel(node)


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
    """Runs the `__init__` of a provider, without the list of imports where it can be told apart."""

    def exec_module(self, module: ModuleType) -> None:
        package = self._lazy_package()
        if package is None:
            log.info("%s in Python: as it is: its __init__ has another form", self.name)
            super().exec_module(module)
            return
        exec(package.head, module.__dict__)  # noqa: S102  # the package's own code, as an import runs it
        if _serve(sys.modules[self.name], package.names):
            log.info("%s in Python: lazy", self.name)
        else:
            log.info("%s in Python: as it is: jsii has no register of submodules", self.name)
            exec(compile(package.imports, self.path, "exec"), module.__dict__)  # noqa: S102  # as above

    def _lazy_package(self) -> LazyPackage | None:
        try:
            return LazyPackage.parse(self.get_source(self.name) or "", self.path)
        except (ImportError, OSError, SyntaxError, ValueError):
            return None  # the import as it is will say what is wrong


def _serve(package: ModuleType, names: frozenset[str]) -> bool:
    """Let `package` import the modules `names` on first use; False where jsii can't be told of them."""
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


class _Finder(MetaPathFinder):
    """Finds the prebuilt providers, and gives them to the loader above."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None or not fullname.startswith(PREFIX):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def _start_kernel(node: Path) -> None:
    """Start jsii's kernel through `kernel.cjs`; where it can't be, jsii starts it as always when it is first needed."""
    kernel = _kernel_file()
    if "JSII_RUNTIME" in os.environ or os.environ.get("JSII_NODE") != str(node):
        log.info("jsii's kernel: as it is: JSII_RUNTIME or JSII_NODE is set")
        return
    if kernel is None or not is_known_kernel(kernel):
        log.info("jsii's kernel: as it is: it has another form")
        return
    log.info("jsii's kernel: in one process, %s", "ahead" if _load_ahead() else "waited for")
    variables = {
        "JSII_RUNTIME": str(Path(__file__).with_name("kernel.cjs")),
        "MIYABI_JSII_KERNEL": str(kernel),
        "MIYABI_JSII_VERBOSE": "1" if log.isEnabledFor(logging.INFO) else "0",
        "NODE_PRESERVE_SYMLINKS": "1",  # as the option that jsii's first process gives the second
    }
    with _environment(variables):
        importlib.import_module("constructs")  # the first package that is loaded into the kernel starts it


def _load_ahead() -> bool:
    try:
        from miyabi_infra import ahead  # noqa: PLC0415  # not where jsii has another form
    except ImportError:
        return False
    return ahead.switch_on()


def _kernel_file() -> Path | None:
    spec = find_spec("jsii._embedded.jsii")
    return None if spec is None or spec.origin is None else Path(spec.origin).with_name(KERNEL)


def is_known_kernel(file: Path) -> bool:
    """Whether the file of jsii's kernel has the form that `kernel.cjs` expects."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return text.count(CHANNEL) == 1 and text.count(WORKER) == 1


@contextmanager
def _environment(variables: Mapping[str, str]) -> Generator[None]:
    """Environment variables that only what is started here inherits."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
