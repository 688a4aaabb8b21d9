"""The two configurations that are compared, each read into one form."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from miyabi_infra.hcl import checks, conditions, contents, cycles, everything, refactoring
from miyabi_infra.hcl.blocks import body
from miyabi_infra.hcl.checkout import Checkout
from miyabi_infra.hcl.instance import HclIssue, Instance
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.values import Located, NotEvaluated, Opaque, Value
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
        marked_outputs=generated.sensitive_outputs(out, stack),
        provider={name: value for name, value in stack.provider.items() if name not in ("region", "default_tags")},
        other_providers=generated.other_providers(out, stack),
    )


def of_root(checkout: Checkout, root: Scope) -> Configuration:
    """A root module of HCL with all that it calls."""
    instances: dict[str, Instance] = {}
    outputs: dict[str, tuple[Value, Any]] = {}
    variables: dict[str, frozenset[str]] = {}
    waits: dict[str, tuple[str, ...]] = {}
    sensitive: set[str] = set()
    listed: list[Scope] = []
    for scope in contents.scopes(root):
        listed.append(scope)
        for issue in checks.issues(scope):
            checkout.find(issue)
        instances |= {each.address: each for each in contents.instances(scope)}
        outputs |= {f"{scope.prefix}output.{name}": held for name, held in contents.outputs(scope).items()}
        if scope.path:
            variables[scope.path.removeprefix("module.")] = contents.variables(scope)
            waits[scope.path] = contents.call_depends_on(scope)
        sensitive |= {f"{scope.prefix}output.{name}" for name in contents.sensitive_outputs(scope)}
    idle = [each for scope in listed for each in contents.idle(scope)]
    for scope in idle:
        contents.misfits(scope)
        for issue in checks.issues(scope):
            checkout.find(issue)
    for issue in _of_all(listed, idle, instances):
        checkout.find(issue)
    tags, region = _provider(root)
    return Configuration(
        instances,
        outputs,
        variables,
        waits,
        tags,
        region,
        tuple(checkout.issues),
        provider=_provider_arguments(root),
        root_variables=contents.variables(root),
        sensitive_outputs=frozenset(sensitive),
        marked_outputs=frozenset(f"output.{name}" for name in contents.marked_outputs(root)),
    )


def _of_all(scopes: Sequence[Scope], idle: Sequence[Scope], instances: Mapping[str, Instance]) -> Iterator[HclIssue]:
    """What Terraform refuses in a configuration as a whole, and what of it is not compared.

    `idle`: modules without instances.
    """
    for cycle, place in cycles.cycles([*scopes, *idle]):
        why = f"it depends on itself: {' <- '.join(map(cycles.shown, (*cycle, cycle[0])))}"
        yield HclIssue("invalid", cycles.shown(cycle[0]), "", "", why, place)
    addresses = {*instances, *(each.path for each in scopes)}
    for scope in scopes:
        yield from everything.issues(scope)
        yield from conditions.issues(scope)
        yield from refactoring.issues(scope, addresses)


def _provider_arguments(root: Scope) -> Mapping[str, Value]:
    """The default AWS provider's arguments and blocks, without region and default tags."""
    for block in root.source.of_type("provider", "aws"):
        if "alias" not in block.arguments:
            held = body(root, block, {}, frozenset({"region"}))[0]
            places = {**held.places, **{name: argument.place for name, argument in block.arguments.items()}}
            kept = {name: value for name, value in held.items() if name != "default_tags"}
            return Located(block.place, places, kept)
    return {}


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
    """Modules without a root: called as in the generated stack, with the values of the stack and the overlay.

    A folder that is one of the modules itself is compared alone; of any other folder, modules that are missing or left
    over are a difference.
    """
    by_name = _module_folders(checkout)
    here = checkout.base.resolve().name.replace("_", "-")
    alone = here if any(module.folder == here for module in stack.modules) and here in by_name else None
    instances: dict[str, Instance] = {}
    outputs: dict[str, tuple[Value, Any]] = {}
    variables: dict[str, frozenset[str]] = {}
    for module in stack.modules:
        folder = by_name.pop(module.folder, None)
        if (alone and module.folder != alone) or not module.name:
            continue
        if folder is None:
            why = f"only the generated stack has it: there is no folder {module.folder}"
            checkout.find(HclIssue("difference", f"module.{module.name}", "", "", why, None))
            continue
        inputs = {**settings.variables(module.name), **module.inputs}
        scope = Scope(checkout, checkout.source(folder), path=f"module.{module.name}", inputs=inputs)
        for issue in checks.issues(scope):
            checkout.find(issue)
        instances |= {each.address: each for each in contents.instances(scope)}
        outputs |= {f"{scope.prefix}output.{name}": held for name, held in contents.outputs(scope).items()}
        variables[module.name] = contents.variables(scope)
    if not variables:
        names = ", ".join(module.folder for module in stack.modules)
        raise Refused(f"{checkout.base} has no root module, and none of the modules: {names}")
    for name, folder in sorted(by_name.items()):
        source = checkout.source(folder)
        resource = next(source.of_type("resource"), None)
        if resource is not None and not alone:
            why = "only the HCL has this module"
            checkout.find(HclIssue("difference", f"module.{name.replace('-', '_')}", "", "", why, resource.place))
    mine = Configuration(
        instances,
        outputs,
        variables,
        other.call_depends_on,
        other.default_tags,
        other.region,
        tuple(checkout.issues),
        provider=other.provider,
    )
    there = {f"module.{name}" for name in variables}
    return mine, replace(
        other,
        instances={address: each for address, each in other.instances.items() if _module_of(address) in there},
        outputs={address: each for address, each in other.outputs.items() if _module_of(address) in there},
    )


def _module_folders(checkout: Checkout) -> dict[str, Path]:
    """The folders with HCL, by name; two of one name are refused."""
    found: dict[str, Path] = {}
    for folder in roots.folders(checkout.base):
        name = folder.resolve().name.replace("_", "-")
        if name in found:
            both = f"{os.path.relpath(found[name], checkout.base)} and {os.path.relpath(folder, checkout.base)}"
            raise Refused(f"{both} are modules of the same name: name the folder of one of them")
        found[name] = folder
    return found


def _module_of(address: str) -> str:
    return ".".join(address.split(".")[:2])
