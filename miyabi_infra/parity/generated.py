"""The generated stack in the form that the HCL is read into."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.instance import Instance
from miyabi_infra.hcl.values import Value, frozen
from miyabi_infra.place import Place
from miyabi_infra.stacks import Resource, Stack
from miyabi_infra.terraform.address import label


def instances(out: Path, stack: Stack) -> Iterator[Instance]:
    """The instances of a stack that lies in an output folder."""
    bodies = {
        module.file: cast("dict[str, Any]", json.loads((out / module.file).read_text(encoding="utf-8")))
        for module in stack.modules
    }
    for resource in stack.resources:
        raw: Mapping[str, Any] = bodies[resource.file]["resource"][resource.type][resource.name]
        yield _instance(resource, raw.get("lifecycle", {}))


def wires(out: Path, stack: Stack) -> dict[str, tuple[str, ...]]:
    """The variables of each module: what its call passes."""
    return {
        module.name: tuple(json.loads((out / module.file).read_text(encoding="utf-8")).get("variable", {}))
        for module in stack.modules
        if module.name
    }


def sensitive_outputs(out: Path, stack: Stack) -> frozenset[str]:
    """The outputs of a stack's root that are declared sensitive."""
    root = out / "stacks" / stack.name / "cdk.tf.json"
    outputs: Mapping[str, Any] = json.loads(root.read_text(encoding="utf-8")).get("output", {})
    return frozenset(f"output.{name}" for name, held in outputs.items() if held.get("sensitive"))


def other_providers(out: Path, stack: Stack) -> dict[tuple[str, str], str]:
    """What uses another configuration of the provider, by address and argument: calls of modules, and resources."""
    root = out / "stacks" / stack.name / "cdk.tf.json"
    calls: Mapping[str, Any] = json.loads(root.read_text(encoding="utf-8")).get("module", {})
    passed = {name: call.get("providers", {}).get("aws", "aws") for name, call in calls.items()}
    return {
        **{(f"module.{name}", "providers"): other for name, other in passed.items() if other != "aws"},
        **{(each.address, "provider"): f"in {each.region}" for each in stack.resources if each.region},
    }


def _instance(resource: Resource, lifecycle: Mapping[str, Any]) -> Instance:
    blocks = (provider.facts(resource.type) or {}).get("blocks", {})
    return Instance(
        address=resource.address,
        type=resource.type,
        label=label(resource.address),
        key=resource.index,
        place=Place(resource.file, 1),
        arguments=_with_tuples(resource.arguments, blocks),
        places={},
        references=frozenset(each.address for each in resource.references if not each.address.startswith("var.")),
        depends_on=resource.depends_on,
        lifecycle={key: _in_order(frozen(held)) for key, held in lifecycle.items()},
    )


def _in_order(value: Value) -> Value:
    return tuple(sorted(value, key=str)) if isinstance(value, tuple) else value


def _with_tuples(arguments: Mapping[str, Value], blocks: Mapping[str, Any]) -> dict[str, Value]:
    """Arguments whose blocks are tuples of mappings; Terraform JSON writes a single one as a mapping."""
    found: dict[str, Value] = {}
    for name, value in arguments.items():
        if name in blocks and value is not None:
            inner = blocks[name].get("blocks", {})
            items = value if isinstance(value, tuple) else (value,)
            found[name] = tuple(_with_tuples(each, inner) if isinstance(each, Mapping) else each for each in items)
        else:
            found[name] = value
    return found
