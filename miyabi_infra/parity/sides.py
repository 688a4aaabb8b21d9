"""The two configurations that are compared, each read into one form."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from miyabi_infra.hcl.evaluation import Checkout, Instance, Scope
from miyabi_infra.hcl.values import NotEvaluated, Opaque, Value
from miyabi_infra.parity import checkout as checkouts
from miyabi_infra.parity import generated
from miyabi_infra.parity.order import Side
from miyabi_infra.parity.settings import Settings
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack


def of_stack(out: Path, stack: Stack) -> Side:
    """A generated stack that lies in an output folder."""
    outputs: dict[str, tuple[Value, None]] = {f"output.{name}": (value, None) for name, value in stack.outputs.items()}
    for module in stack.modules:
        outputs |= {f"module.{module.name}.output.{name}": (value, None) for name, value in module.outputs.items()}
    return Side(
        instances={each.address: each for each in generated.instances(out, stack)},
        outputs=outputs,
        variables={},
        waits={f"module.{module.name}": module.depends_on for module in stack.modules},
        default_tags=stack.default_tags,
        region=stack.region,
    )


def of_root(checkout: Checkout, root: Scope) -> Side:
    """A root module of HCL with all that it calls."""
    instances: dict[str, Instance] = {}
    outputs: dict[str, tuple[Value, Any]] = {}
    variables: dict[str, frozenset[str]] = {}
    waits: dict[str, tuple[str, ...]] = {}
    for scope in _scopes(root):
        instances |= {each.address: each for each in scope.instances()}
        outputs |= {f"{scope.prefix}output.{name}": held for name, held in scope.outputs().items()}
        if scope.path:
            variables[scope.path.removeprefix("module.")] = frozenset(scope.variables())
            waits[scope.path] = scope.call_depends_on()
    tags, region = _provider(root)
    return Side(instances, outputs, variables, waits, tags, region, tuple(checkout.findings))


def _scopes(scope: Scope) -> Iterator[Scope]:
    yield scope
    for _, called in scope.modules():
        for each in called:
            yield from _scopes(each)


def _provider(root: Scope) -> tuple[Mapping[str, Value], Value]:
    tags: Mapping[str, Value] = {}
    for block in root.source.of_type("provider", "aws"):
        if "alias" in block.arguments:
            continue
        for inner in block.of_type("default_tags"):
            if "tags" not in inner.arguments:
                continue
            held = root.value(inner.arguments["tags"])
            tags = held if isinstance(held, Mapping) else {"…": held}
    try:
        return tags, root.region()
    except NotEvaluated as error:
        return tags, Opaque("region", str(error))


def of_modules(checkout: Checkout, stack: Stack, settings: Settings, other: Side) -> tuple[Side, Side]:
    """Modules without a root: what is called in the generated stack, with the values that it and the overlay say."""
    by_name = {folder.name.replace("_", "-"): folder for folder in checkouts.folders(checkout.base)}
    instances: dict[str, Instance] = {}
    outputs: dict[str, tuple[Value, Any]] = {}
    variables: dict[str, frozenset[str]] = {}
    for module in stack.modules:
        folder = by_name.get(module.folder)
        if folder is None:
            continue
        inputs = {**settings.variables(module.name), **module.inputs}
        scope = Scope(checkout, checkout.source(folder), path=f"module.{module.name}", inputs=inputs)
        instances |= {each.address: each for each in scope.instances()}
        outputs |= {f"{scope.prefix}output.{name}": held for name, held in scope.outputs().items()}
        variables[module.name] = frozenset(scope.variables())
    if not variables:
        names = ", ".join(module.folder for module in stack.modules)
        raise Refused(f"{checkout.base} holds no HCL that calls modules, and none of the modules: {names}")
    mine = Side(instances, outputs, variables, other.waits, other.default_tags, other.region, tuple(checkout.findings))
    there = {f"module.{name}" for name in variables}

    def of_these(address: str) -> bool:
        return (
            address.split(".output.", maxsplit=1)[0].rpartition(".aws_")[0] in there
            or address.split(".output.", maxsplit=1)[0] in there
        )

    return mine, Side(
        {address: each for address, each in other.instances.items() if f"module.{address.split('.')[1]}" in there},
        {address: each for address, each in other.outputs.items() if of_these(address)},
        other.variables,
        other.waits,
        other.default_tags,
        other.region,
    )
