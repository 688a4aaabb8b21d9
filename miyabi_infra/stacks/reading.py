"""Reading a stack: the root module's JSON, the bodies of the modules that it calls, and the values in them."""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast
from urllib.parse import quote_plus

from miyabi_infra.stacks import expressions
from miyabi_infra.stacks.expressions import (
    Attribute,
    Call,
    Constant,
    Expression,
    ExpressionError,
    Index,
    Name,
    Splat,
    Sum,
)
from miyabi_infra.stacks.model import Module, Reference, Resource, Stack, StackError, Template, Value

_META: Final = frozenset({"//", "count", "depends_on", "for_each", "lifecycle", "provider"})
_REFUSED: Final = frozenset({"provisioner", "connection", "dynamic"})
_REFUSED_OF_CALLS: Final = _REFUSED | {"count", "for_each"}
_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


class _Missing(Exception):  # noqa: N818  # no error: what `try` waits for
    """An instance or an item that is not there."""


@dataclass(frozen=True)
class Each:
    """An instance of `for_each`."""

    key: str
    raw: object
    """What the mapping has under the key, before it is evaluated."""


Instance: TypeAlias = int | Each | None
"""An instance of a resource: an index of `count`, one of `for_each`, None for a single one."""


@dataclass(frozen=True)
class _Target:
    """What a path leads to before an attribute is asked of it: all instances of a resource, or one."""

    body: "Body"
    type: str
    name: str
    index: Instance = None


@dataclass(frozen=True)
class _Scope:
    """A word that is followed by a name: `local`, `var`, a resource's type; or `module.<name>`, `data.<type>`."""

    word: str
    name: str | None = None


_Result: TypeAlias = "Value | _Target | _Scope | _Items"


@dataclass(frozen=True)
class _Items:
    """What `[*]` selects: what follows applies to each."""

    items: "tuple[_Result, ...]"


class Body:
    """A module's body: its JSON, and the values in it."""

    def __init__(
        self, root: "Root", name: str, file: Path, data: Mapping[str, Any], call: Mapping[str, Any] = _EMPTY
    ) -> None:
        """`call` is the module's call in the root: what it passes is evaluated there."""
        self.root = root
        self.name = name
        self.file = file
        self.data = data
        self.call = call

    @property
    def prefix(self) -> str:
        """What the addresses in it begin with."""
        return f"module.{self.name}." if self.name else ""

    # ---- what it holds -------------------------------------------------------------------------------------------

    def resources(self) -> Iterator[Resource]:
        """The resource instances, by type, name and index."""
        for kind, by_name in sorted(self._section("resource").items()):
            for name, raw in sorted(by_name.items()):
                refused = _REFUSED & raw.keys()
                if refused:
                    raise self._error(f"{kind}.{name}", f"holds {', '.join(sorted(refused))}, not known here")
                for index in self.instances(kind, name):
                    yield self._resource(kind, name, index, raw)

    def _resource(self, kind: str, name: str, index: Instance, raw: Mapping[str, Any]) -> Resource:
        lifecycle: Mapping[str, Any] = raw.get("lifecycle", {})
        with self.root.noting() as seen:
            arguments = {key: self.value(held, index) for key, held in sorted(raw.items()) if key not in _META}
        return Resource(
            address=self.address(kind, name, index),
            type=kind,
            name=name,
            index=index.key if isinstance(index, Each) else index,
            module=self.name,
            file=self.file,
            arguments=MappingProxyType(arguments),
            references=tuple(seen),
            depends_on=tuple(f"{self.prefix}{each}" for each in raw.get("depends_on", ())),
            ignore_changes=tuple(lifecycle.get("ignore_changes", ())),
            prevent_destroy=bool(lifecycle.get("prevent_destroy", False)),
            region=self._region(f"{kind}.{name}", raw.get("provider")),
        )

    def _region(self, subject: str, provider: str | None) -> str:
        """The region of a provider that a resource names; empty for the stack's."""
        if provider in (None, "aws"):
            return ""
        regions = self.root.other_regions
        if provider not in regions or (self.name and self.call.get("providers") != _passing(regions)):
            raise self._error(subject, f"uses the provider {provider}, not known here")
        return regions[provider]

    def outputs(self) -> Mapping[str, Value]:
        """The outputs, by name."""
        return MappingProxyType({name: self.output(name) for name in sorted(self._section("output"))})

    def output(self, name: str) -> Value:
        """The value of an output."""
        return self.value(_held(self._section("output"), name, f"output.{name} of module.{self.name}")["value"], None)

    def instances(self, kind: str, name: str) -> Sequence[Instance]:
        """A resource's instances; None alone for one without `count` and `for_each`."""
        raw = self._section("resource")[kind][name]
        if "for_each" in raw:
            over: object = raw["for_each"]
            if isinstance(over, str):  # of a local value
                over = self.value(over, None)
            if not isinstance(over, Mapping):
                raise self._error(f"{kind}.{name}", "has a for_each that is not a mapping")
            mapping = cast("Mapping[str, object]", over)
            return [Each(key, mapping[key]) for key in sorted(mapping)]
        if "count" not in raw:
            return (None,)
        count = self.value(raw["count"], None)
        if not isinstance(count, int) or isinstance(count, bool):
            raise self._error(f"{kind}.{name}", f"has a count that is not known before apply: {raw['count']}")
        return range(count)

    def address(self, kind: str, name: str, index: Instance) -> str:
        """The full address of an instance."""
        key = f'"{index.key}"' if isinstance(index, Each) else index
        return f"{self.prefix}{kind}.{name}" + ("" if key is None else f"[{key}]")

    def attribute(self, kind: str, name: str, index: Instance, attribute: str) -> Value:
        """An attribute of an instance: what its arguments say, else a reference to it."""
        raw = self._section("resource")[kind][name]
        unknown = Reference(self.address(kind, name, index), attribute)
        if attribute in _META or raw.get(attribute) is None:
            return unknown
        with self.root.noting():  # what the other resource refers to is its own affair
            known = self.value(raw[attribute], index)
        return unknown if known is None else known

    def _section(self, name: str) -> Mapping[str, Any]:
        return self.data.get(name, {})

    def _error(self, subject: str, problem: str) -> StackError:
        return StackError(f"{self.root.shown}/{self.file}: {subject} {problem}")

    # ---- values --------------------------------------------------------------------------------------------------

    def value(self, raw: object, index: Instance) -> Value:
        """A value of the JSON with its expressions evaluated; `index` is the instance that it is of."""
        if isinstance(raw, Mapping):
            mapping = cast("Mapping[str, object]", raw)
            return MappingProxyType({key: self.value(held, index) for key, held in mapping.items() if key != "//"})
        if isinstance(raw, list):
            return tuple(self.value(held, index) for held in cast("list[object]", raw))
        if isinstance(raw, str):
            return self._text(raw, index) if "${" in raw or "%{" in raw else raw
        return cast("Value", raw)

    def _text(self, raw: str, index: Instance) -> Value:
        try:
            parts = expressions.template(raw)
            values = [part if isinstance(part, str) else self._evaluated(part, index) for part in parts]
        except ExpressionError as error:
            raise StackError(f"{self.root.shown}/{self.file}: {error}") from error
        except _Missing as error:
            raise self._error(raw, f"refers to {error}, which does not exist") from error
        if len(values) == 1 and not isinstance(parts[0], str):
            return values[0]
        return self._joined(raw, values)

    def _joined(self, raw: str, values: Sequence[Value]) -> Value:
        joined: list[str | Reference] = []
        for value in values:
            pieces = value.parts if isinstance(value, Template) else (value,)
            for piece in pieces:
                if isinstance(piece, bool):
                    text: str | Reference = "true" if piece else "false"
                elif isinstance(piece, str | int | float):
                    text = str(piece)
                elif isinstance(piece, Reference):
                    text = piece
                else:
                    raise self._error(raw, "puts a list, a mapping or null into a text")
                if isinstance(text, str) and joined and isinstance(joined[-1], str):
                    joined[-1] += text
                else:
                    joined.append(text)
        if all(isinstance(part, str) for part in joined):
            return "".join(map(str, joined))
        return Template(tuple(joined))

    def _evaluated(self, expression: Expression, index: Instance) -> Value:
        result = self._result(expression, index)
        if isinstance(result, _Items):
            return tuple(self._whole(item) for item in result.items)
        return self._whole(result)

    def _whole(self, result: "_Result") -> Value:
        if isinstance(result, _Target | _Scope | _Items):
            raise ExpressionError("a whole resource, module or scope as a value is a form that is not known here")
        return result

    def _result(self, expression: Expression, index: Instance) -> "_Result":  # noqa: C901, PLR0911, PLR0912  # one case a form
        match expression:
            case Constant(value):
                return value
            case Name(name):
                return _Scope(name)
            case Sum(left, right):
                return self._sum(self._evaluated(left, index), self._evaluated(right, index))
            case Call("jsonencode", (data,)):
                return self._evaluated(data, index)
            case Call("urlencode", (text,)):
                known = self._evaluated(text, index)  # what is known after apply stays what it refers to
                return quote_plus(known) if isinstance(known, str) else known
            case Call("zipmap", (_, values)):
                held = self._evaluated(values, index)
                if not isinstance(held, Reference):  # what is known would have to be paired
                    raise ExpressionError("zipmap of values that are known before apply")
                return held
            case Call("cidrsubnet", (block, bits, number)):
                held = self._evaluated(block, index)
                if not isinstance(held, Reference):  # what is known would have to be divided
                    raise ExpressionError("cidrsubnet of a block that is known before apply")
                place = ", ".join(str(self._evaluated(each, index)) for each in (bits, number))
                return Reference(held.address, f"cidrsubnet({held.attribute}, {place})")
            case Call("try", tried):
                return self._tried(tried, index)
            case Call(function, _):
                raise ExpressionError(f"{function} with other arguments than the generator writes")
            case Attribute(Name("count"), "index"):
                if not isinstance(index, int):
                    raise ExpressionError("count.index is used outside a counted resource")
                return index
            case Attribute(Name("each"), name):
                if not isinstance(index, Each):
                    raise ExpressionError(f"each.{name} is used outside a resource with for_each")
                return index.key if name == "key" else self.value(index.raw, None)
            case Attribute(of, name):
                return self._attribute(self._result(of, index), name)
            case Index(of, at):
                return self._item(self._result(of, index), self._evaluated(at, index))
            case Splat(of):
                return self._all(self._result(of, index))

    def _sum(self, left: Value, right: Value) -> Value:
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise ExpressionError("a sum of a value that is not a number before apply")
        return left + right

    def _tried(self, tried: Sequence[Expression], index: Instance) -> Value:
        for expression in tried:
            try:
                return self._evaluated(expression, index)
            except _Missing:
                continue
        raise _Missing("what try() asks for")

    def _attribute(self, of: "_Result", name: str) -> "_Result":  # noqa: C901, PLR0911, PLR0912  # one case a form
        match of:
            case _Scope("local", None):
                return self.value(_held(self._section("locals"), name, f"local.{name}"), None)
            case _Scope("var", None):
                return self._variable(name)
            case _Scope("module", None):
                return _Scope("module", name)
            case _Scope("module", module):
                return self.root.module(str(module)).output(name)
            case _Scope("data", None):
                return _Scope("data", name)
            case _Scope("data", kind):  # what AWS tells when Terraform plans
                return Reference(f"{self.prefix}data.{kind}.{name}", "")
            case _Scope(kind, _):
                if name not in self._section("resource").get(kind, {}):
                    raise _Missing(f"{self.prefix}{kind}.{name}")
                return _Target(self, kind, name)
            case _Target(body, kind, label, at):
                if at is None and body.instances(kind, label) != (None,):
                    raise ExpressionError(f"{kind}.{label} has a count, so an index must follow it")
                return self._noted(body, kind, label, at, name)
            case _Items(items):
                return _Items(tuple(self._attribute(item, name) for item in items))
            case Reference(address, attribute):
                return Reference(address, f"{attribute}.{name}" if attribute else name)
            case Mapping():
                return cast("Mapping[str, Value]", of).get(name)
            case _:
                raise ExpressionError(f"an attribute ({name}) of a plain value")

    def _noted(self, body: "Body", kind: str, label: str, at: Instance, name: str) -> Value:
        self.root.note(Reference(body.address(kind, label, at), name))
        return body.attribute(kind, label, at, name)

    def _item(self, of: "_Result", at: Value) -> "_Result":
        if not isinstance(at, int | str) or isinstance(at, bool):
            raise ExpressionError("an index that is not known before apply")
        match of:
            case _Target(body, kind, label, None):
                for each in body.instances(kind, label):
                    if at == (each.key if isinstance(each, Each) else each):
                        return _Target(body, kind, label, each)
                raise _Missing(f"{body.address(kind, label, None)}[{at}]")
            case Reference(address, attribute):
                return Reference(address, f"{attribute}[{at}]" if isinstance(at, int) else f'{attribute}["{at}"]')
            case Mapping() if isinstance(at, str):
                mapping = cast("Mapping[str, Value]", of)
                if at not in mapping:
                    raise _Missing(f"key {at} of a mapping")
                return mapping[at]
            case tuple() if isinstance(at, int):
                items = cast("tuple[Value, ...]", of)
                if at >= len(items):
                    raise _Missing(f"item {at} of a list of {len(items)}")
                return items[at]
            case _:
                raise ExpressionError("an index of a value that is not a list")

    def _all(self, of: "_Result") -> "_Result":
        match of:
            case _Target(body, kind, label, None):
                return _Items(tuple(_Target(body, kind, label, at) for at in body.instances(kind, label)))
            case tuple():
                return _Items(cast("tuple[Value, ...]", of))
            case Reference(address, attribute):
                return Reference(address, f"{attribute}[*]")
            case _:
                raise ExpressionError("[*] of a value that is not a list")

    def _variable(self, name: str) -> Value:
        declared = _held(self._section("variable"), name, f"var.{name}")
        if name in self.call:
            return self.root.value(self.call[name], None)
        if "default" in declared:
            return self.value(declared["default"], None)
        if self.name:
            raise _Missing(f"var.{name}, which the call does not pass")
        return Reference(f"var.{name}", "")


class Root(Body):
    """The root module of a stack, with the modules that it calls."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.shown = out.name
        self._out = out
        self._folder = folder
        file = folder / "cdk.tf.json"
        super().__init__(self, "", file.relative_to(out), self._load(file))
        self._modules: dict[str, Body] = {}
        self._noted_now: dict[Reference, None] = {}

    def stack(self) -> Stack:
        """All of it, read."""
        provider = self._provider()
        calls = sorted(self._section("module"))
        modules = [self._module(name) for name in calls]
        own = tuple(self.resources())
        if own:
            modules.append(Module("", "", self.file, own, _EMPTY, self.outputs()))
        tags: dict[str, str] = {}
        for block in provider.get("default_tags", ()):
            tags |= block["tags"]
        for needed in ("Environment", "Project"):
            if needed not in tags:
                raise self._error("provider.aws", f"has no default tag {needed}")
        return Stack(
            name=self._folder.name,
            region=provider["region"],
            default_tags=MappingProxyType(tags),
            modules=tuple(modules),
            outputs=self.outputs(),
            variables=MappingProxyType({name: self._variable(name) for name in sorted(self._section("variable"))}),
            provider=cast("Mapping[str, Value]", self.value(provider, None)),
            backend=cast("Mapping[str, Value]", self.value(self._section("terraform").get("backend", {}), None)),
        )

    def module(self, name: str) -> Body:
        """The body of a module, with what its call passes."""
        if name not in self._modules:
            call = _held(self._section("module"), name, f"module.{name}")
            refused = _REFUSED_OF_CALLS & call.keys()
            if refused:
                raise self._error(f"module.{name}", f"holds {', '.join(sorted(refused))}, not known here")
            file = self._folder / call["source"] / "main.tf.json"
            self._modules[name] = Body(self, name, file.relative_to(self._out), self._load(file), call)
        return self._modules[name]

    @contextmanager
    def noting(self) -> Generator[dict[Reference, None]]:
        """Note the references that values evaluated meanwhile go through, in any module."""
        outer, self._noted_now = self._noted_now, dict[Reference, None]()
        try:
            yield self._noted_now
        finally:
            self._noted_now = outer

    def note(self, reference: Reference) -> None:
        """Note a reference for the caller that is noting."""
        self._noted_now[reference] = None

    def _module(self, name: str) -> Module:
        body = self.module(name)
        call = self._section("module")[name]
        return Module(
            name=name,
            folder=Path(call["source"]).name,
            file=body.file,
            resources=tuple(body.resources()),
            inputs=MappingProxyType({key: self.value(held, None) for key, held in _passed(call)}),
            outputs=body.outputs(),
            depends_on=tuple(call.get("depends_on", ())),
        )

    def _provider(self) -> Mapping[str, Any]:
        providers = [each for each in self._section("provider").get("aws", []) if "alias" not in each]
        if len(providers) != 1:
            raise self._error("provider.aws", f"is there {len(providers)} times; only one is supported")
        return providers[0]

    @cached_property
    def other_regions(self) -> Mapping[str, str]:
        """The regions of the providers with an alias, by name: `aws.us_east_1`."""
        providers = self._section("provider").get("aws", [])
        return {f"aws.{each['alias']}": each["region"] for each in providers if "alias" in each}

    def _load(self, file: Path) -> Mapping[str, Any]:
        shown = f"{self.shown}/{file.relative_to(self._out)}"
        try:
            data: object = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise StackError(f"{shown}: cannot be read: {error.strerror}; run 'make synth'") from error
        except ValueError as error:
            raise StackError(f"{shown}: is not JSON: {error}") from error
        if not isinstance(data, dict):
            raise StackError(f"{shown}: does not contain an object")
        return cast("Mapping[str, Any]", data)


def _passed(call: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    return ((key, held) for key, held in sorted(call.items()) if key not in {"//", "source", "depends_on", "providers"})


def _passing(regions: Mapping[str, str]) -> dict[str, str]:
    """What a call says that passes all providers on under their own names."""
    return {name: name for name in ("aws", *regions)}


def _held(section: Mapping[str, Any], name: str, shown: str) -> Any:  # noqa: ANN401  # JSON
    if name not in section:
        raise _Missing(shown)
    return section[name]
