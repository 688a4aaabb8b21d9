"""HCL under the values of one environment: the instances of all resources, and what every module gives.

Evaluation goes the way of Terraform: lazily, from what is asked for. A value that AWS makes up is a `Reference` to the
resource; one that can't be told is `Opaque`, with the reason, and whatever is made from it is so too.
"""

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.expressions import NOTHING, Bindings, Evaluator, Handle, Result, pairs, traversal, whole_value
from miyabi_infra.hcl.parsing import HclError, parse
from miyabi_infra.hcl.syntax import Argument, Block, ListOf
from miyabi_infra.hcl.values import Located, Missing, NotEvaluated, Opaque, Value, converted, number_of, text_of
from miyabi_infra.place import Place
from miyabi_infra.stacks import Reference
from miyabi_infra.text import count

Key: TypeAlias = "int | str | None"
"""What tells instances apart: an index of `count`, a key of `for_each`, None for a single one."""

_WHERE_TO_RUN: Final = frozenset({"terraform", "provider"})
"""Blocks of an override file that say where Terraform runs (a backend, credentials), and nothing of what exists."""

_LABELS: Final = {"data": 2, "locals": 0, "module": 1, "output": 1, "provider": 1, "resource": 2, "variable": 1}
"""How many labels blocks at the top of a file have."""
_DEEPEST: Final = 8
"""Modules within modules that are followed; what is deeper calls itself."""
_META: Final = frozenset({"count", "for_each", "depends_on", "provider", "lifecycle"})
_META_BLOCKS: Final = frozenset({"lifecycle", "dynamic", "provisioner", "connection"})


@dataclass(frozen=True)
class Instance:
    """One instance of a resource, with the values that the HCL gives it."""

    address: str
    type: str
    label: str
    """The address without an index, within the whole configuration: `module.alb.aws_lb.main`."""
    key: Key
    place: Place
    arguments: Mapping[str, Value]
    """Arguments and blocks; blocks are tuples of mappings."""
    places: Mapping[str, Place]
    """Where each argument, or the first block of a name, is written."""
    references: frozenset[str]
    """Addresses of the instances that the arguments refer to."""
    depends_on: tuple[str, ...]
    """What `depends_on` names: addresses of resources without an index, and of modules."""
    lifecycle: Mapping[str, Value]


@dataclass(frozen=True)
class Finding:
    """What is wrong with the HCL itself, or can't be told from it."""

    kind: Literal["invalid", "not evaluated"]
    address: str
    """The resource, module or output; `label` form where instances don't matter."""
    argument: str
    text: str
    """What is written."""
    why: str
    place: Place | None


@dataclass(frozen=True)
class Source:
    """The HCL of one folder."""

    folder: Path
    shown: Path
    """How places name the folder."""
    blocks: tuple[Block, ...]

    def of_type(self, *labels: str) -> Iterator[Block]:
        """The blocks whose type and first labels these are."""
        kind, *wanted = labels
        return (each for each in self.blocks if each.type == kind and list(each.labels[: len(wanted)]) == list(wanted))

    @cached_property
    def locals(self) -> dict[str, Argument]:
        """The locals, by name."""
        return {name: held for block in self.of_type("locals") for name, held in block.arguments.items()}

    def declared(self, kind: str, *labels: str) -> Block | None:
        """The block of a type with all of these labels."""
        return next((each for each in self.of_type(kind, *labels) if len(each.labels) == len(labels)), None)


def read(folder: Path, shown: Path) -> Source:
    """Read the HCL of a folder, whichever files it is spread over.

    Raises:
        HclError: when a file can't be read, or there is one of a kind that is not known here.
    """
    blocks: list[Block] = []
    for file in sorted(folder.glob("*.tf")):
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise HclError(f"{(shown / file.name).as_posix()}: can't be read: {error}") from error
        found = parse(text, shown / file.name).blocks
        if file.stem != "override" and not file.stem.endswith("_override"):
            blocks += found
        elif overriding := [block for block in found if block.type not in _WHERE_TO_RUN]:
            raise HclError(f"{overriding[0].place}: an override file is not merged; do it by hand")
    for file in sorted(folder.glob("*.tf.json")):
        _check_json(file, (shown / file.name).as_posix())
    for block in blocks:
        _check_labels(block)
    return Source(folder, shown, tuple(blocks))


def _check_json(file: Path, shown: str) -> None:
    """Refuse Terraform JSON that says more than where to run."""
    try:
        held: object = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise HclError(f"{shown}: can't be read: {error}") from error
    if not isinstance(held, dict) or not set(cast("dict[str, object]", held)) <= _WHERE_TO_RUN:
        raise HclError(f"{shown}: Terraform JSON is not read, HCL is")


def _check_labels(block: Block) -> None:
    """Refuse a block whose labels are not as many as its type has."""
    if block.type in _LABELS and len(block.labels) != _LABELS[block.type]:
        raise HclError(f"{block.place}: {block.type} takes {count(_LABELS[block.type], 'label')}")
    inner = list(block.blocks)
    while inner:
        each = inner.pop()
        if each.type == "dynamic" and len(each.labels) != 1:
            raise HclError(f"{each.place}: dynamic takes 1 label")
        inner += each.blocks


@dataclass(frozen=True)
class Target(Handle):
    """A resource instance, before an attribute of it is asked for."""

    scope: "Scope"
    block: Block
    key: Key

    @property
    def address(self) -> str:
        """The full address."""
        return f"{self.scope.label(self.block)}{index_text(self.key)}"

    def member(self, name: str) -> Result:
        """An attribute: what its arguments say, else a reference to it."""
        return self.scope.attribute(self, name)


@dataclass
class Checkout:
    """What all modules of a configuration share."""

    base: Path
    """The folder that places are relative to."""
    environment: str
    findings: dict[Finding, None] = field(default_factory=dict[Finding, None])
    sources: dict[Path, Source] = field(default_factory=dict[Path, Source])
    noted: dict[str, None] = field(default_factory=dict[str, None])
    """Addresses that the value which is evaluated now refers to."""
    places: list[Place] = field(default_factory=list[Place])
    """Where the arguments that are evaluated now are written, the innermost last."""

    def source(self, folder: Path) -> Source:
        """The HCL of a folder, read once."""
        folder = folder.resolve()
        if folder not in self.sources:
            self.sources[folder] = read(folder, Path(os.path.relpath(folder, self.base.resolve())))
        return self.sources[folder]

    def find(self, finding: Finding) -> None:
        """Note a finding, once."""
        self.findings[finding] = None

    @contextmanager
    def noting(self) -> Generator[dict[str, None]]:
        """Note the addresses that values evaluated meanwhile refer to, apart from those noted so far."""
        outer, self.noted = self.noted, {}
        try:
            yield self.noted
        finally:
            self.noted = outer


class Scope(Evaluator, Handle):
    """One instance of a module: its source, and what it is called with."""

    def __init__(
        self,
        checkout: Checkout,
        source: Source,
        *,
        path: str = "",
        inputs: Mapping[str, Value] | None = None,
        call: Block | None = None,
        parent: "Scope | None" = None,
        bindings: Bindings = NOTHING,
    ) -> None:
        """Without `call` its variables have the values of `inputs`; with it, those that the call in `parent` passes."""
        self.checkout = checkout
        self.source = source
        self.path = path
        """Its address, `module.alb`; empty for the root."""
        self._inputs = inputs or {}
        self._call = call
        self._parent = parent
        self._bindings = bindings
        self._memo: dict[tuple[object, ...], tuple[Any, tuple[str, ...]]] = {}
        self._under_way: set[tuple[object, ...]] = set()

    def label(self, block: Block) -> str:
        """The full address of a resource or a data source, without an index."""
        mode = "data." if block.type == "data" else ""
        return f"{self.prefix}{mode}{'.'.join(block.labels)}"

    @property
    def prefix(self) -> str:
        """What the addresses in it begin with."""
        return f"{self.path}." if self.path else ""

    @property
    def address(self) -> str:
        """Its address."""
        return self.path

    def member(self, name: str) -> Result:
        """An output."""
        return self.output(name)

    @property
    def root(self) -> "Scope":
        """The root module."""
        return self if self._parent is None else self._parent.root

    # ---- what it holds -------------------------------------------------------------------------------------------

    def instances(self) -> Iterator[Instance]:
        """The instances of its resources; what can't be told how often it is there is a finding instead."""
        for block in self.source.of_type("resource"):
            _check(self, block)
            try:
                keys = self.keys(block)
            except (NotEvaluated, Missing) as error:
                repetition = block.arguments.get("count") or block.arguments["for_each"]
                self._not_evaluated(self.label(block), repetition.name, repetition.text, error, repetition.place)
                continue
            for key in keys:
                yield self._instance(Target(self, block, key))

    def modules(self) -> "Iterator[tuple[str, tuple[Scope, ...]]]":
        """The modules that it calls, by name, each with its instances."""
        for block in self.source.of_type("module"):
            name = block.labels[0]
            try:
                called = self.module(name)
            except (NotEvaluated, Missing) as error:
                self._not_evaluated(f"{self.prefix}module.{name}", "source", "", error, block.place)
                continue
            scopes = called.values() if isinstance(called, Mapping) else called
            yield name, tuple(scopes) if isinstance(scopes, tuple) or not isinstance(scopes, Scope) else (scopes,)

    def outputs(self) -> dict[str, tuple[Value, Place]]:
        """The outputs, by name."""
        found: dict[str, tuple[Value, Place]] = {}
        for block in self.source.of_type("output"):
            argument = block.arguments.get("value")
            if argument is not None:
                found[block.labels[0]] = (self.value(argument), argument.place)
        return found

    def variables(self) -> dict[str, Block]:
        """The variables that it declares."""
        return {block.labels[0]: block for block in self.source.of_type("variable")}

    def waits_for(self, block: Block) -> tuple[str, ...]:
        """What `depends_on` of a resource or a module's call names, as addresses; else a finding."""
        argument = block.arguments.get("depends_on")
        if argument is None:
            return ()
        named: list[str] = []
        for expression in argument.expression.items if isinstance(argument.expression, ListOf) else ():
            address = traversal(expression)
            first = address.partition(".")[0]
            if not address or first in ("var", "local", "each", "count", "path"):
                owner = f"{self.prefix}{block.type}.{block.labels[0]}" if block.type == "module" else self.label(block)
                why = "depends_on takes resources and modules; a value says by itself what must be there before"
                self.checkout.find(Finding("invalid", owner, "depends_on", argument.text, why, argument.place))
            elif first != "data":
                named.append(f"{self.prefix}{'.'.join(address.split('.')[:2])}")
        return tuple(named)

    def call_depends_on(self) -> tuple[str, ...]:
        """What its own call waits for, and the calls around it."""
        if self._call is None or self._parent is None:
            return ()
        return self._parent.waits_for(self._call) + self._parent.call_depends_on()

    def _instance(self, target: Target) -> Instance:
        block = target.block
        with self.checkout.noting() as noted:
            arguments, places = self._body(block, self._of(target), frozenset(_META))
        held = provider.without_faults(block.labels[0], arguments)
        return Instance(
            address=target.address,
            type=block.labels[0],
            label=self.label(block),
            key=target.key,
            place=block.place,
            arguments=held,
            places=places,
            references=frozenset(noted) - {target.address},
            depends_on=self.waits_for(block),
            lifecycle=self._lifecycle(block),
        )

    def _lifecycle(self, block: Block) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for inner in block.of_type("lifecycle"):
            for name, argument in inner.arguments.items():
                if name in ("ignore_changes", "replace_triggered_by"):
                    expression = argument.expression
                    items = expression.items if isinstance(expression, ListOf) else (expression,)
                    found[name] = tuple(sorted(map(traversal, items)))
                else:
                    found[name] = self.value(argument)
        return found

    # ---- bodies --------------------------------------------------------------------------------------------------

    def _body(
        self, block: Block, bindings: Bindings, without: frozenset[str] = frozenset()
    ) -> tuple[Located, dict[str, Place]]:
        """The arguments of a block, and the blocks in it as tuples of mappings, dynamic ones spelt out."""
        items: dict[str, Value] = {}
        places: dict[str, Place] = {}
        for name, argument in block.arguments.items():
            if name not in without:
                items[name] = self.value(argument, bindings)
                places[name] = argument.place
        groups: dict[str, list[Value]] = {}
        for inner in block.blocks:
            if inner.type == "dynamic":
                groups.setdefault(inner.labels[0], []).extend(self._dynamic(inner, bindings))
                places.setdefault(inner.labels[0], inner.place)
            elif inner.type not in _META_BLOCKS:
                groups.setdefault(inner.type, []).append(self._body(inner, bindings)[0])
                places.setdefault(inner.type, inner.place)
        items |= {name: tuple(group) for name, group in groups.items()}
        return Located(block.place, places, items), places

    def _dynamic(self, block: Block, bindings: Bindings) -> Iterator[Value]:
        """The blocks that a `dynamic` block stands for; one that can't be told where it is not known how many."""
        over, content = block.arguments.get("for_each"), next(block.of_type("content"), None)
        if over is None or content is None:
            raise HclError(f"{block.place}: a dynamic block has for_each and content")
        iterator = block.arguments.get("iterator")
        name = traversal(iterator.expression) if iterator else block.labels[0]
        try:
            items = list(pairs(self.result(over.expression, bindings)))
        except (NotEvaluated, Missing) as error:
            yield Opaque(f"dynamic {block.labels[0]} for_each = {over.text}", str(error))
            return
        for key, value in items:
            yield self._body(content, {**bindings, name: {"key": key, "value": value}})[0]

    # ---- repetition ----------------------------------------------------------------------------------------------

    def keys(self, block: Block) -> tuple[Key, ...]:
        """The keys of the instances of a resource or a call.

        Raises:
            NotEvaluated, Missing: when they can't be told.
        """
        return self._once(("keys", block.type, *block.labels), lambda: self._keys(block))

    def _keys(self, block: Block) -> tuple[Key, ...]:
        if "count" in block.arguments:
            return tuple(range(int(number_of(self._known(block.arguments["count"])))))
        if "for_each" in block.arguments:
            return tuple(key for key, _ in self._each(block))
        return (None,)

    def _each(self, block: Block) -> list[tuple[str, object]]:
        result = self.result(block.arguments["for_each"].expression, NOTHING)
        return [(str(text_of(value if isinstance(result, tuple) else key)), value) for key, value in pairs(result)]

    def _known(self, argument: Argument) -> Value:
        return whole_value(self.result(argument.expression, NOTHING))

    def _of(self, target: Target) -> Bindings:
        """What an instance's arguments can refer to beside the module's names."""
        return self._repeated(target.block, target.key)

    def _repeated(self, block: Block, key: Key) -> Bindings:
        if isinstance(key, int):
            return {"count": {"index": key}}
        if isinstance(key, str):
            return {"each": {"key": key, "value": dict(self._each(block))[key]}}
        return NOTHING

    # ---- names ---------------------------------------------------------------------------------------------------

    def variable(self, name: str) -> Value:
        """The value of a variable.

        Raises:
            NotEvaluated: when it has none.
        """
        return self._once(("var", name), lambda: self._variable(name))

    def _variable(self, name: str) -> Value:
        block = self.source.declared("variable", name)
        if block is None:
            raise NotEvaluated(f"var.{name} is not declared")
        default = block.arguments.get("default")
        nullable = block.arguments.get("nullable")
        value: Value = None
        given = name in self._inputs
        if given:
            value = self._inputs[name]
        elif self._call is not None and self._parent is not None and name in self._call.arguments:
            given = True
            argument = self._call.arguments[name]
            value = self._parent.value(argument, self._bindings, whole=False)
        if value is None and given and nullable is not None and self.value(nullable) is False:
            given = False
        if not given:
            if default is None:
                raise NotEvaluated(f"var.{name} has no value{'' if self._call else '; give it one with --var'}")
            value = self.value(default)
        kind = block.arguments.get("type")
        try:
            return converted(value, kind.expression if kind is not None else None)
        except Missing as error:
            raise NotEvaluated(f"var.{name} can't be given its value: {error}") from error

    def local(self, name: str) -> Result:
        """The value of a local.

        Raises:
            NotEvaluated, Missing: when it has none.
        """
        argument = self.source.locals.get(name)
        if argument is None:
            raise NotEvaluated(f"local.{name} is not declared")
        return self._once(("local", name), lambda: self.result(argument.expression, NOTHING))

    def output(self, name: str) -> Result:
        """What an output gives.

        Raises:
            NotEvaluated, Missing: when it gives nothing that can be told.
        """
        block = self.source.declared("output", name)
        if block is None or "value" not in block.arguments:
            raise Missing(f"{self.path} has no output {name}")
        argument = block.arguments["value"]
        self.checkout.places.append(argument.place)
        try:
            return self._once(("output", name), lambda: self.result(argument.expression, NOTHING))
        finally:
            self.checkout.places.pop()

    def module(self, name: str) -> "Scope | tuple[Scope, ...] | Mapping[str, Scope]":
        """The instances of a module that it calls.

        Raises:
            NotEvaluated: when its source is no local folder, or it can't be told how often it is called.
        """
        return self._once(("module", name), lambda: self._module(name))

    def _module(self, name: str) -> "Scope | tuple[Scope, ...] | Mapping[str, Scope]":
        block = self.source.declared("module", name)
        if block is None:
            raise NotEvaluated(f"module.{name} is not declared")
        source = block.arguments.get("source")
        where = self.value(source) if source is not None else None
        if not isinstance(where, str) or not where.startswith(("./", "../")):
            raise NotEvaluated(f"its source {where!r} is not a folder of this checkout")
        folder = self.source.folder / where
        if self.path.count("module.") >= _DEEPEST:
            raise NotEvaluated(f"it lies more than {_DEEPEST} modules deep")
        if not folder.is_dir():
            raise NotEvaluated(f"its source {where!r} is not there")

        def scope(key: Key) -> Scope:
            return Scope(
                self.checkout,
                self.checkout.source(folder),
                path=f"{self.prefix}module.{name}{index_text(key)}",
                call=block,
                parent=self,
                bindings=self._repeated(block, key),
            )

        keys = self.keys(block)
        if keys == (None,):
            return scope(None)
        if "count" in block.arguments:
            return tuple(map(scope, keys))
        return {str(key): scope(key) for key in keys}

    def _resource(self, kind: str, name: str, mode: str = "resource") -> Result:
        block = self.source.declared(mode, kind, name)
        if block is None:
            raise NotEvaluated(f"{kind}.{name} is not declared")
        keys = self.keys(block)
        if keys == (None,):
            return Target(self, block, None)
        targets = tuple(Target(self, block, key) for key in keys)
        if "count" in block.arguments:
            return targets
        return {str(target.key): target for target in targets}

    def attribute(self, target: Target, name: str) -> Result:
        """An attribute of an instance: what its arguments say, else a reference to it."""
        block, kind = target.block, target.block.labels[0]
        if block.type == "data":
            return self._data(target, name)
        self.checkout.noted[target.address] = None
        instead = provider.instead_of(kind, name)
        if instead is not None:
            why = f"{kind} has no attribute {name} in provider 5{instead.advice}"
            text = f"{kind}.{block.labels[1]}.{name}"
            place = self.checkout.places[-1] if self.checkout.places else block.place
            self.checkout.find(Finding("invalid", self.label(block), name, text, why, place))
            if not instead.name:
                raise NotEvaluated(why)
            return self.attribute(target, instead.name)
        with self.checkout.noting():  # what the other resource refers to is its own affair
            known_value = self._configured(target, name)
        return Reference(target.address, name) if known_value is None else known_value

    def _configured(self, target: Target, name: str) -> Value:
        argument = target.block.arguments.get(name)
        if argument is not None and name not in _META:
            return self._once(("attribute", target.address, name), lambda: self.value(argument, self._of(target)))
        if any(inner.type == name for inner in target.block.blocks):
            return self._body(target.block, self._of(target), frozenset(target.block.arguments))[0][name]
        return None

    def _data(self, target: Target, name: str) -> Value:
        kind, label = target.block.labels[:2]
        match kind, name:
            case "aws_region", "name" | "id" | "region":
                return self.root.region()
            case "aws_partition", "partition":
                return "aws"
            case "aws_partition", "dns_suffix":
                return "amazonaws.com"
            case "aws_iam_policy_document", "json" | "minified_json":
                body = self._body(target.block, self._of(target), frozenset(_META))[0]
                return policy_document(body)
            case _:
                raise NotEvaluated(f"data.{kind}.{label} is read from AWS")

    def region(self) -> Value:
        """The region of the AWS provider.

        Raises:
            NotEvaluated: when the root does not say.
        """
        for block in self.source.of_type("provider", "aws"):
            if "alias" not in block.arguments and "region" in block.arguments:
                return self.value(block.arguments["region"])
        raise NotEvaluated("the region of the provider stands in no file")

    def named(self, first: str, name: str) -> Result:  # noqa: PLR0911  # one case a kind
        """What a reference of two words stands for."""
        match first, name:
            case "var", _:
                return self.variable(name)
            case "local", _:
                return self.local(name)
            case "module", _:
                return self.module(name)
            case "path", "module":
                return self.source.folder.as_posix()
            case "path", _:
                return self.root.source.folder.as_posix()
            case "terraform", "workspace":
                return self.checkout.environment
            case "data" | "each" | "count" | "self", _:
                raise NotEvaluated(f"{first}.{name} stands for nothing here")
            case _:
                return self._resource(first, name)

    def value(self, argument: Argument, bindings: Bindings = NOTHING, *, whole: bool = True) -> Value:
        """The value of an argument, as `Evaluator.value`."""
        self.checkout.places.append(argument.place)
        try:
            return super().value(argument, bindings, whole=whole)
        finally:
            self.checkout.places.pop()

    def data(self, kind: str, name: str) -> Result:
        """The instances of a data source."""
        return self._resource(kind, name, "data")

    @property
    def place(self) -> Place:
        """The module's folder, for what has no line of its own."""
        return Place(self.source.shown, 1)

    @property
    def working_folder(self) -> Path:
        """The root module's folder, which Terraform runs in."""
        return self.root.source.folder

    # ---- once ----------------------------------------------------------------------------------------------------

    def _once(self, key: tuple[object, ...], compute: Callable[[], Any]) -> Any:  # noqa: ANN401  # what compute makes
        """A value that is computed once; the addresses that it refers to are noted each time."""
        if key not in self._memo:
            if key in self._under_way:
                raise NotEvaluated(f"{'.'.join(map(str, key))} refers to itself")
            self._under_way.add(key)
            try:
                with self.checkout.noting() as noted:
                    self._memo[key] = (compute(), tuple(noted))
            finally:
                self._under_way.discard(key)
        value, references = self._memo[key]
        self.checkout.noted |= dict.fromkeys(references)
        return value

    def _not_evaluated(self, address: str, argument: str, text: str, error: Exception, place: Place) -> None:
        self.checkout.find(Finding("not evaluated", address, argument, text, str(error), place))


def index_text(key: Key) -> str:
    """The end of an instance's address: `[0]`, `["blue"]`, or nothing."""
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f'["{key}"]'


def policy_document(body: Mapping[str, Value]) -> Value:
    """The policy that `aws_iam_policy_document` makes of its blocks."""
    statements: list[Value] = []
    for block in cast("tuple[Mapping[str, Any], ...]", body.get("statement", ())):
        statement: dict[str, Value] = {"Effect": block.get("effect") or "Allow"}
        if block.get("sid"):
            statement["Sid"] = block["sid"]
        for name, key in _STATEMENT.items():
            if block.get(name):
                statement[key] = block[name]
        for name, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
            if block.get(name):
                statement[key] = {str(each.get("type")): each.get("identifiers") for each in block[name]}
        conditions: dict[str, dict[str, Value]] = {}
        for each in block.get("condition", ()):
            conditions.setdefault(str(each.get("test")), {})[str(each.get("variable"))] = each.get("values")
        if conditions:
            statement["Condition"] = conditions
        statements.append(statement)
    return {"Version": body.get("version") or "2012-10-17", "Statement": tuple(statements)}


_STATEMENT: Final = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


def _check(scope: Scope, block: Block) -> None:
    """Note what of a resource its type does not have in provider 5."""
    kind = block.labels[0]
    for at in provider.faults(kind, block):
        why = f"{kind} has no {at.what} {at.name} in provider 5{at.advice}"
        scope.checkout.find(Finding("invalid", scope.label(block), at.path, at.text, why, at.place))
