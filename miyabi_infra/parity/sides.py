"""The two configurations that are compared, each read into one form."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miyabi_infra.hcl import contents
from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.instance import Instance
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.values import NotEvaluated, Opaque, Value
from miyabi_infra.parity import generated, roots
from miyabi_infra.parity.configuration import Configuration
from miyabi_infra.parity.settings import OverlaySettings
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack


def of_stack(out: Path, stack: Stack) -> Configuration:
    """A generated stack that lies in an output folder."""
    outputs: dict[str, tuple[Value, None]] = {f"output.{name}": (value, None) for name, value in stack.outputs.items()}
    for module in stack.modules:
        outputs |= {f"module.{module.name}.output.{name}": (value, None) for name, value in module.outputs.items()}
    return Configuration(
        instances={each.address: each for each in generated.instances(out, stack)},
        outputs=outputs,
        variables={},
        call_depends_on={f"module.{module.name}": module.depends_on for module in stack.modules},
        default_tags=stack.default_tags,
        region=stack.region,
    )


def of_root(checkout: Checkout, root: Scope) -> Configuration:
    """A root module of HCL with all that it calls."""
    instances: dict[str, Instance] = {}
    outputs: dict[str, tuple[Value, Any]] = {}
    variables: dict[str, frozenset[str]] = {}
    waits: dict[str, tuple[str, ...]] = {}
    for scope in contents.scopes(root):
        instances |= {each.address: each for each in contents.instances(scope)}
        outputs |= {f"{scope.prefix}output.{name}": held for name, held in contents.outputs(scope).items()}
        if scope.path:
            variables[scope.path.removeprefix("module.")] = contents.variables(scope)
            waits[scope.path] = contents.call_depends_on(scope)
    tags, region = _provider(root)
    return Configuration(instances, outputs, variables, waits, tags, region, tuple(checkout.issues))


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


def of_modules(
    checkout: Checkout, stack: Stack, settings: OverlaySettings, other: Configuration
) -> tuple[Configuration, Configuration]:
    """Modules without a root: called as in the generated stack, with the values of the stack and the overlay."""
    by_name = {folder.name.replace("_", "-"): folder for folder in roots.folders(checkout.base)}
    instances: dict[str, Instance] = {}
    outputs: dict[str, tuple[Value, Any]] = {}
    variables: dict[str, frozenset[str]] = {}
    for module in stack.modules:
        folder = by_name.get(module.folder)
        if folder is None:
            continue
        inputs = {**settings.variables(module.name), **module.inputs}
        scope = Scope(checkout, checkout.source(folder), path=f"module.{module.name}", inputs=inputs)
        instances |= {each.address: each for each in contents.instances(scope)}
        outputs |= {f"{scope.prefix}output.{name}": held for name, held in contents.outputs(scope).items()}
        variables[module.name] = contents.variables(scope)
    if not variables:
        names = ", ".join(module.folder for module in stack.modules)
        raise Refused(f"{checkout.base} holds no HCL that calls modules, and none of the modules: {names}")
    mine = Configuration(
        instances, outputs, variables, other.call_depends_on, other.default_tags, other.region, tuple(checkout.issues)
    )
    there = {f"module.{name}" for name in variables}

    def of_these(address: str) -> bool:
        return (
            address.split(".output.", maxsplit=1)[0].rpartition(".aws_")[0] in there
            or address.split(".output.", maxsplit=1)[0] in there
        )

    return mine, Configuration(
        {address: each for address, each in other.instances.items() if f"module.{address.split('.')[1]}" in there},
        {address: each for address, each in other.outputs.items() if of_these(address)},
        other.variables,
        other.call_depends_on,
        other.default_tags,
        other.region,
    )
