"""One instance of a module, under the values that it is called with: what every name in it refers to.

Evaluation is lazy, as Terraform's: it starts from what is asked for. A value that AWS sets is a `Reference` to the
resource. One that cannot be evaluated is `Opaque`, with the reason, and so is anything computed from it.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.hcl import provider, vendored
from miyabi_infra.hcl.blocks import META_ARGUMENTS, body
from miyabi_infra.hcl.checkout import SENSITIVE, Checkout
from miyabi_infra.hcl.conversion import converted, integer_of, text_of
from miyabi_infra.hcl.data_sources import policy_document
from miyabi_infra.hcl.defaults import with_defaults
from miyabi_infra.hcl.expressions import NOTHING, Bindings, Evaluator, Handle, Result, pairs, traversal, whole_value
from miyabi_infra.hcl.folder import HclFolder
from miyabi_infra.hcl.instance import HclIssue, InstanceKey, index_text
from miyabi_infra.hcl.syntax import Argument, Block, Expression
from miyabi_infra.hcl.types import Simple, Type, constraint
from miyabi_infra.hcl.values import AfterApply, Missing, NotEvaluated, NoValue, TypedSet, Value
from miyabi_infra.place import Place
from miyabi_infra.stacks import Reference

_DEEPEST: Final = 8
"""Levels of nested modules that are followed; a module that is deeper calls itself."""


@dataclass(frozen=True)
class ResourceHandle(Handle):
    """A resource instance, before an attribute of it is asked for."""

    scope: "Scope"
    block: Block
    key: InstanceKey

    @property
    def address(self) -> str:
        """The full address."""
        return f"{self.scope.label(self.block)}{index_text(self.key)}"

    @property
    def bindings(self) -> Bindings:
        """What its arguments can refer to in addition to the module's names."""
        return self.scope.repeated(self.block, self.key)

    def member(self, name: str) -> Result:
        """An attribute: what its arguments say, else a reference to it."""
        return self.scope.attribute(self, name)


class Scope(Evaluator, Handle):
    """One instance of a module: its source, and what it is called with."""

    def __init__(
        self,
        checkout: Checkout,
        source: HclFolder,
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
        self.call = call
        self.parent = parent
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
        return self if self.parent is None else self.parent.root

    # ---- repetition ----------------------------------------------------------------------------------------------

    def keys(self, block: Block) -> tuple[InstanceKey, ...]:
        """The keys of the instances of a resource or a call.

        Raises:
            NotEvaluated, Missing: when they cannot be evaluated.
        """
        return self._once(("keys", block.type, *block.labels), lambda: self._keys(block))

    def _keys(self, block: Block) -> tuple[InstanceKey, ...]:
        if "count" in block.arguments:
            many = integer_of(self._known(block.arguments["count"]))
            if many < 0:
                raise Missing("count is negative")
            return tuple(range(many))
        if "for_each" in block.arguments:
            return tuple(key for key, _ in self._each(block))
        return (None,)

    def _each(self, block: Block) -> list[tuple[str, object]]:
        result = self.result(block.arguments["for_each"].expression, NOTHING)
        if isinstance(result, tuple) and not isinstance(result, TypedSet):
            raise Missing("for_each needs a map or a set of strings")
        return [(str(text_of(key)), value) for key, value in pairs(result)]

    def _known(self, argument: Argument) -> Value:
        return whole_value(self.result(argument.expression, NOTHING))

    def repeated(self, block: Block, key: InstanceKey) -> Bindings:
        """What the arguments of an instance can refer to in addition to the module's names: `count`, `each`."""
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
        sensitive = block.arguments.get("sensitive")
        if sensitive is not None and self.value(sensitive) is not False:
            self.note_sensitive()
        self._refuse_ephemeral(block, f"var.{name}")
        default = block.arguments.get("default")
        nullable = block.arguments.get("nullable")
        value: Value = None
        given = name in self._inputs
        if given:
            value = self._inputs[name]
        elif self.call is not None and self.parent is not None and name in self.call.arguments:
            given = True
            argument = self.call.arguments[name]
            value = self.parent.value(argument, self._bindings, whole=False)
        if value is None and given and nullable is not None and self.value(nullable) is False:
            given = False
        if not given:
            if default is None:
                raise NoValue(f"var.{name} has no value{'' if self.call else '; give it one with --var'}")
            value = self.value(default)
        try:
            return self._of_its_type(block, value)
        except Missing as error:
            detail = "" if SENSITIVE in self.checkout.noted else f": {error}"
            raise NoValue(f"var.{name} does not accept its value{detail}") from error

    def _of_its_type(self, variable: Block, value: Value) -> Value:
        kind = variable.arguments.get("type")
        demanded = constraint(kind.expression if kind is not None else None)
        filled = with_defaults(value, kind.expression, self) if kind is not None else value
        return cast("Value", converted(filled, demanded))

    def check_default(self, variable: Block, default: Argument) -> None:
        """Nothing, where the default of a variable is of the variable's type.

        Raises:
            Missing: otherwise; Terraform refuses it, also where a value is given.
        """
        value = self.value(default)
        nullable = variable.arguments.get("nullable")
        if value is None and nullable is not None and self.value(nullable) is False:
            raise Missing("its default is null, and it takes no null")
        self._of_its_type(variable, value)

    def _refuse_ephemeral(self, block: Block, name: str) -> None:
        """Ephemeral values are not followed: Terraform refuses them in nearly every place."""
        ephemeral = block.arguments.get("ephemeral")
        if ephemeral is not None and self.value(ephemeral) is not False:
            raise NotEvaluated(f"{name} is ephemeral, and an argument that is planned can have no such value")

    def declared_type(self, name: str) -> Type:
        """The type of a variable; `any` where it has none."""
        block = self.source.declared("variable", name)
        kind = block.arguments.get("type") if block is not None else None
        try:
            found = constraint(kind.expression if kind is not None else None)
        except Missing:
            return Simple.UNKNOWN
        return Simple.UNKNOWN if kind is not None and "ANY" in repr(found) else found

    def local_expression(self, name: str) -> Expression | None:
        """The expression of a local, None where there is none."""
        argument = self.source.locals.get(name)
        return None if argument is None else argument.expression

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
        """The value of an output.

        Raises:
            NotEvaluated, Missing: when it has none, or it cannot be evaluated.
        """
        block = self.source.declared("output", name)
        if block is None or "value" not in block.arguments:
            raise Missing(f"{self.path} has no output {name}")
        argument = block.arguments["value"]
        self._refuse_ephemeral(block, f"{self.path}.{name}")
        self.checkout.places.append(argument.place)
        try:
            return self._once(("output", name), lambda: self.result(argument.expression, NOTHING))
        finally:
            self.checkout.places.pop()

    def module(self, name: str) -> "Scope | tuple[Scope, ...] | Mapping[str, Scope]":
        """The instances of a module that it calls.

        Raises:
            NotEvaluated: when its source is neither a local folder nor installed, or its count cannot be evaluated.
        """
        return self._once(("module", name), lambda: self._module(name))

    def _module(self, name: str) -> "Scope | tuple[Scope, ...] | Mapping[str, Scope]":
        block = self.source.declared("module", name)
        if block is None:
            raise NotEvaluated(f"module.{name} is not declared")
        keys = self.keys(block)
        if keys == (None,):
            return self.called(block, None)
        if "count" in block.arguments:
            return tuple(self.called(block, key) for key in keys)
        return {str(key): self.called(block, key) for key in keys}

    def called(self, block: Block, key: InstanceKey) -> "Scope":
        """An instance of a module that it calls. Without a key, of a call with keys: what all instances have in common.

        Raises:
            NotEvaluated: when its source is neither a local folder nor installed.
        """
        source = block.arguments.get("source")
        where = self.value(source) if source is not None else None
        if not isinstance(where, str):
            raise NotEvaluated(f"its source {where!r} is not a folder of this checkout")
        local = where.startswith(("./", "../"))
        folder = self.source.folder / where if local else self._vendored(block, where)
        if self.path.count("module.") >= _DEEPEST:
            raise NotEvaluated(f"it is more than {_DEEPEST} modules deep")
        if not folder.is_dir():
            raise NotEvaluated(f"its source {where!r} does not exist")

        return Scope(
            self.checkout,
            self.checkout.source(folder),
            path=f"{self.prefix}module.{block.labels[0]}{index_text(key)}",
            call=block,
            parent=self,
            bindings=self.repeated(block, key),
        )

    def _vendored(self, block: Block, source: str) -> Path:
        """The folder where `terraform init` put a module that is called."""
        root, names = self, [block.labels[0]]
        while root.parent is not None and root.call is not None:
            names.insert(0, root.call.labels[0])
            root = root.parent
        version = block.arguments.get("version")
        wanted = None if version is None else str(self.value(version))
        return vendored.folder(root.source.folder, tuple(names), source, wanted)

    def _resource(self, kind: str, name: str, mode: str = "resource") -> Result:
        block = self.source.declared(mode, kind, name)
        if block is None:
            raise NotEvaluated(f"{kind}.{name} is not declared")
        keys = self.keys(block)
        if keys == (None,):
            return ResourceHandle(self, block, None)
        targets = tuple(ResourceHandle(self, block, key) for key in keys)
        if "count" in block.arguments:
            return targets
        return {str(target.key): target for target in targets}

    def attribute(self, target: ResourceHandle, name: str) -> Result:
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
            self.checkout.find(HclIssue("invalid", self.label(block), name, text, why, place, "provider"))
            if not instead.name:
                raise NotEvaluated(why)
            return self.attribute(target, instead.name)
        with self.checkout.noting() as noted:  # the references of the other resource are not ours
            known_value = self._configured(target, name)
        if SENSITIVE in noted:
            self.note_sensitive()
        return Reference(target.address, name) if known_value is None else known_value

    def _configured(self, target: ResourceHandle, name: str) -> Value:
        argument = target.block.arguments.get(name)
        if argument is not None and name not in META_ARGUMENTS:
            return self._once(
                ("attribute", target.address, name),
                lambda: self.value(argument, target.bindings),
            )
        if any(inner.type == name for inner in target.block.blocks):
            return body(self, target.block, target.bindings, frozenset(target.block.arguments))[0][name]
        return None

    def _data(self, target: ResourceHandle, name: str) -> Value:
        kind, label = target.block.labels[:2]
        other = target.block.arguments.get("provider")
        if other is not None and traversal(other.expression) != "aws":
            raise AfterApply(f"data.{kind}.{label} is of another provider configuration")
        match kind, name:
            case "aws_region", "name" | "id" | "region":
                return self._region(target)
            case "aws_partition", "partition":
                return "aws"
            case "aws_partition", "dns_suffix":
                return "amazonaws.com"
            case "aws_iam_policy_document", "json" | "minified_json":
                return policy_document(body(self, target.block, target.bindings, META_ARGUMENTS)[0])
            case _:
                raise AfterApply(f"data.{kind}.{label} is read from AWS")

    def _region(self, target: ResourceHandle) -> Value:
        """The region of a data source: the one that it names, else the provider's."""
        given = {name: each for name, each in target.block.arguments.items() if name not in META_ARGUMENTS}
        if not given:
            return self.root.region()
        if given.keys() == {"name"}:
            return self.value(given["name"], target.bindings)
        raise NotEvaluated(f"data.aws_region.{target.block.labels[1]} is looked up by its endpoint")

    def region(self) -> Value:
        """The region of the AWS provider.

        Raises:
            NotEvaluated: when the root does not say.
        """
        for block in self.source.of_type("provider", "aws"):
            if "alias" not in block.arguments and "region" in block.arguments:
                return self.value(block.arguments["region"])
        raise NotEvaluated("the region of the provider is not in the configuration")

    def named(self, first: str, name: str) -> Result:  # noqa: PLR0911  # one case a kind
        """What a reference of two words refers to."""
        match first, name:
            case "var", _:
                return self.variable(name)
            case "local", _:
                return self.local(name)
            case "module", _:
                return self.module(name)
            case "path", "module":
                return Path(os.path.relpath(self.source.folder, self.root.source.folder)).as_posix()
            case "path", "root":
                return "."
            case "terraform", "workspace":
                if self.checkout.workspace is None:
                    raise NotEvaluated("terraform.workspace is not known; name it with --workspace")
                return self.checkout.workspace
            case "data" | "each" | "count" | "self" | "ephemeral", _:
                raise NotEvaluated(f"{first}.{name} is not declared here")
            case _:
                return self._resource(first, name)

    def value(self, argument: Argument, bindings: Bindings = NOTHING, *, whole: bool = True) -> Value:
        """The value of an argument, as `Evaluator.value`."""
        self.checkout.places.append(argument.place)
        try:
            return super().value(argument, bindings, whole=whole)
        finally:
            self.checkout.places.pop()

    def argument_result(self, argument: Argument, bindings: Bindings) -> Result:
        """What the expression of an argument yields; notes whether it depends on a sensitive value."""
        noted: dict[str, None] = {}
        try:
            with self.checkout.noting() as noted:
                return self.result(argument.expression, bindings)
        finally:
            self.checkout.noted |= noted
            if SENSITIVE in noted:
                self.checkout.sensitive.add(argument.place)

    def branch_type(self, expression: Expression, bindings: Bindings, *, certain: bool = False) -> Type:
        """The type of a branch that is not chosen; its references are not those of the value."""
        with self.checkout.noting():
            return super().branch_type(expression, bindings, certain=certain)

    def note_sensitive(self) -> None:
        """Note that the value which is evaluated now depends on a sensitive one."""
        self.checkout.noted[SENSITIVE] = None

    def not_sensitive(self, evaluate: Callable[[], Result]) -> Result:
        """A value, of which nothing is sensitive any more; what it refers to stays noted."""
        with self.checkout.noting() as noted:
            found = evaluate()
        self.checkout.noted |= {each: None for each in noted if each != SENSITIVE}
        return found

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

    def _once(self, key: tuple[object, ...], compute: Callable[[], Any]) -> Any:  # noqa: ANN401  # the result of compute
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
