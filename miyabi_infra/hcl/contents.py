"""What a module contains: the instances of its resources, the modules that it calls, its outputs and variables."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.blocks import META_ARGUMENTS, body
from miyabi_infra.hcl.checkout import SENSITIVE
from miyabi_infra.hcl.expressions import NOTHING, traversal
from miyabi_infra.hcl.instance import HclIssue, Instance
from miyabi_infra.hcl.scope import ResourceHandle, Scope
from miyabi_infra.hcl.syntax import Argument, Attribute, Block, Constant, Expression, Index, ListOf
from miyabi_infra.hcl.values import Located, Missing, NotEvaluated, Value
from miyabi_infra.hcl.walking import arguments as all_arguments
from miyabi_infra.place import Place
from miyabi_infra.terraform.address import label


def scopes(scope: Scope) -> Iterator[Scope]:
    """A module and all that it calls, at any depth. A call that cannot be evaluated becomes an issue."""
    yield scope
    for block in scope.source.of_type("module"):
        name = block.labels[0]
        try:
            called = scope.module(name)
        except (NotEvaluated, Missing) as error:
            _not_there(scope, block, error)
            continue
        instances = (
            called.values() if isinstance(called, Mapping) else (called,) if isinstance(called, Scope) else called
        )
        for each in instances:
            yield from scopes(each)


def idle(scope: Scope) -> Iterator[Scope]:
    """The modules of which there is no instance here, and all that they call: Terraform checks them all the same."""
    for block in scope.source.of_type("module"):
        with suppress(NotEvaluated, Missing):  # `scopes` says so
            if scope.keys(block):
                continue
            try:
                yield from _all(scope.called(block, None))
            except NotEvaluated as error:
                _not_there(scope, block, error)


def _all(scope: Scope) -> Iterator[Scope]:
    yield scope
    for block in scope.source.of_type("module"):
        with suppress(NotEvaluated, Missing):
            yield from _all(scope.called(block, None))


def misfits(scope: Scope) -> None:
    """Note what of the resources of a module does not fit their types."""
    for block in scope.source.of_type("resource"):
        _check(scope, block)


def _not_there(scope: Scope, block: Block, error: Exception) -> None:
    address = f"{scope.prefix}module.{block.labels[0]}"
    scope.checkout.find(HclIssue("not evaluated", address, "source", _source(block), str(error), block.place))


def _source(block: Block) -> str:
    source = block.arguments.get("source")
    return source.text if source is not None else ""


def instances(scope: Scope) -> Iterator[Instance]:
    """The instances of a module's resources. A resource whose count cannot be evaluated becomes an issue."""
    for block in scope.source.of_type("resource"):
        _check(scope, block)
        try:
            keys = scope.keys(block)
        except (NotEvaluated, Missing) as error:
            repetition = block.arguments.get("count") or block.arguments["for_each"]
            address, place = scope.label(block), repetition.place
            scope.checkout.find(HclIssue("not evaluated", address, repetition.name, repetition.text, str(error), place))
            continue
        if not keys and provider.facts(block.labels[0]) is None:
            why = "it has no instances here, and what its type needs is not known; Terraform checks it all the same"
            scope.checkout.find(HclIssue("not compared", scope.label(block), "", "", why, block.place))
        for key in keys:
            yield _instance(ResourceHandle(scope, block, key))


def outputs(scope: Scope) -> dict[str, tuple[Value, Place]]:
    """The outputs of a module, by name."""
    return {
        block.labels[0]: (scope.value(argument), argument.place)
        for block in scope.source.of_type("output")
        if (argument := block.arguments.get("value")) is not None
    }


def sensitive_outputs(scope: Scope) -> Iterator[str]:
    """The outputs whose values are sensitive, or depend on sensitive values."""
    marked = set(marked_outputs(scope))
    for block in scope.source.of_type("output"):
        value = block.arguments.get("value")
        if block.labels[0] in marked or (value is not None and value.place in scope.checkout.sensitive):
            yield block.labels[0]


def marked_outputs(scope: Scope) -> Iterator[str]:
    """The outputs that are declared sensitive."""
    for block in scope.source.of_type("output"):
        marked = block.arguments.get("sensitive")
        if marked is not None and scope.value(marked) not in (False, "false", None):
            yield block.labels[0]


def variables(scope: Scope) -> frozenset[str]:
    """The names of the variables that a module declares."""
    return frozenset(block.labels[0] for block in scope.source.of_type("variable"))


def call_depends_on(scope: Scope) -> tuple[str, ...]:
    """What the call of a module depends on, and the calls around it."""
    if scope.call is None or scope.parent is None:
        return ()
    return _depends_on(scope.parent, scope.call) + call_depends_on(scope.parent)


def _depends_on(scope: Scope, block: Block) -> tuple[str, ...]:
    """Addresses in `depends_on` of a resource or a module's call; anything else becomes an issue."""
    argument = block.arguments.get("depends_on")
    if argument is None:
        return ()
    named: list[str] = []
    for expression in _items(argument):
        address = traversal(expression)
        first = address.partition(".")[0]
        if first in ("var", "local"):
            named += _named_by(scope, expression)
        elif not address or first in ("each", "count", "path"):
            owner = f"{scope.prefix}{block.type}.{block.labels[0]}" if block.type == "module" else scope.label(block)
            why = "depends_on takes resources and modules"
            scope.checkout.find(HclIssue("invalid", owner, "depends_on", argument.text, why, argument.place))
        elif first != "data":
            named.append(f"{scope.prefix}{'.'.join(address.split('.')[:2])}")
    return tuple(named)


def _named_by(scope: Scope, expression: Expression) -> Iterator[str]:
    """The resources that a variable or a local in `depends_on` refers to."""
    with scope.checkout.noting() as noted, suppress(NotEvaluated, Missing):
        scope.result(expression, NOTHING)
    yield from map(label, noted)


def _instance(handle: ResourceHandle) -> Instance:
    scope, block = handle.scope, handle.block
    with scope.checkout.noting() as noted:
        bindings = handle.bindings
        all_sensitive = SENSITIVE in noted
        arguments, places = body(scope, block, bindings, META_ARGUMENTS)
    for name, why in provider.unfit(block.labels[0], arguments):
        if name in block.arguments:
            written = block.arguments[name]
            issue = HclIssue("invalid", scope.label(block), name, written.text, why, written.place, "provider")
            scope.checkout.find(issue)
    return Instance(
        address=handle.address,
        type=block.labels[0],
        label=scope.label(block),
        key=handle.key,
        place=block.place,
        arguments=provider.without_faults(block.labels[0], arguments),
        places=places,
        references=frozenset(noted) - {handle.address, SENSITIVE},
        depends_on=_depends_on(scope, block),
        lifecycle=_lifecycle(scope, block),
        sensitive=frozenset(arguments) if all_sensitive else frozenset(_sensitive(scope, block)),
    )


def _sensitive(scope: Scope, block: Block) -> Iterator[str]:
    """The arguments and blocks whose values depend on sensitive values."""
    yield from (name for name, argument in block.arguments.items() if argument.place in scope.checkout.sensitive)
    for inner in block.blocks:
        if any(argument.place in scope.checkout.sensitive for argument, _ in all_arguments(inner)):
            yield inner.labels[0] if inner.type == "dynamic" and inner.labels else inner.type


def _lifecycle(scope: Scope, block: Block) -> Located:
    found: dict[str, Value] = {}
    places: dict[str, Place] = {}
    place: Place | None = None
    for inner in block.of_type("lifecycle"):
        place = inner.place
        for name, argument in inner.arguments.items():
            places[name] = argument.place
            if name in ("ignore_changes", "replace_triggered_by"):
                listed = isinstance(argument.expression, ListOf)
                items = _items(argument) if listed else (argument.expression,)
                found[name] = tuple(sorted(map(_written, items)))
            else:
                found[name] = scope.value(argument)
    return Located(place, places, found)


def _written(expression: Expression) -> str:
    """A reference with its indices: `tags["Name"]`."""
    match expression:
        case Attribute(of, name):
            return f"{_written(of)}.{name}"
        case Index(of, Constant(str() as key)):
            return f'{_written(of)}["{key}"]'
        case Index(of, Constant(int() as key)):
            return f"{_written(of)}[{key}]"
        case Index(of, key):
            return f"{_written(of)}[{traversal(key)}]"
        case _:
            return traversal(expression)


def _items(argument: Argument) -> tuple[Expression, ...]:
    return argument.expression.items if isinstance(argument.expression, ListOf) else ()


def _check(scope: Scope, block: Block) -> None:
    """Note what of a resource its type does not have in provider 5."""
    kind = block.labels[0]
    for each in provider.misfits(kind, block):
        scope.checkout.find(
            HclIssue("invalid", scope.label(block), each.path, each.text, each.why, each.place, "provider")
        )
