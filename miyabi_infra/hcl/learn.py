"""Learn from the real provider what `parity` knows about it (`make learn`).

The schema (`terraform providers schema`) says which arguments, blocks and attributes a resource type has, and which
lists are sets. It does not have the value of an argument that is left out. That comes from plans: the generated stack
is planned without every argument that is optional, and the provider plans its defaults. All stacks are planned in one
run of Terraform, as it is, without blocks and with them.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from miyabi_infra.hcl.provider import FACTS
from miyabi_infra.terraform import address, offline
from miyabi_infra.terraform.together import plans, together
from miyabi_infra.writing import write_whole

_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "aws_acm_certificate": frozenset({"domain_name", "subject_alternative_names", "validation_method"}),
    "aws_appautoscaling_scheduled_action": frozenset({"max_capacity", "min_capacity"}),
    "aws_cloudfront_response_headers_policy": frozenset({"security_headers_config"}),
    "aws_elasticache_cluster": frozenset({"engine", "node_type", "num_cache_nodes"}),
    "aws_elasticache_replication_group": frozenset(
        {"engine", "node_type", "num_cache_clusters", "port", "transit_encryption_enabled"}
    ),
    "aws_ecs_task_definition": frozenset({"requires_compatibilities", "network_mode", "cpu", "memory"}),
    "aws_lb_listener": frozenset({"certificate_arn", "port", "protocol"}),
    "aws_lb_target_group": frozenset({"port", "protocol", "target_type"}),
    "aws_route53_record": frozenset({"alias", "records", "ttl"}),
    "aws_route": frozenset({"destination_cidr_block"}),
    "aws_subnet": frozenset({"cidr_block"}),
    "aws_vpc": frozenset({"cidr_block"}),
}
"""Arguments and blocks that are optional in the schema, and without which the plan fails."""

_META: Final = frozenset({"//", "count", "depends_on", "for_each", "lifecycle"})
_CERTIFICATE: Final = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"


def learn(roots: Sequence[Path], folder: Path, variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the provider knows about the resource types of some stacks, in the form of FACTS.

    Args:
        roots: The stacks' folders: each type is learnt from the first that has it.
        folder: An empty folder to plan in.
        variables: Environment variables, such as those of root variables without a default.

    Raises:
        TerraformError: when Terraform or the provider is missing, or a plan fails.
    """
    reduced = {f"{root.name}-{reduce.__name__}": (root, reduce) for root in roots for reduce in _REDUCTIONS}
    arguments = {name: _arguments(root, variables or {}) for name, (root, _) in reduced.items()}
    terraform = together({name: root for name, (root, _) in reduced.items()}, folder, arguments)
    schema = json.loads(terraform.run("providers", "schema", "-json").stdout)
    version = next(iter(json.loads(terraform.run("version", "-json").stdout)["provider_selections"].values()))
    provider = next(iter(schema["provider_schemas"].values()))["resource_schemas"]

    resources: dict[str, Any] = {}
    learnt: dict[Path, set[str]] = {}
    given: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    for name, (root, reduce) in reduced.items():
        if root not in learnt:
            learnt[root] = _types(root) - resources.keys()
            resources |= {kind: _facts(provider[kind]["block"]) for kind in learnt[root]}
        given[name] = _reduce_stack(folder / name, provider, reduce, learnt[root])
    planned = plans(terraform)
    for name, (root, _) in reduced.items():
        for change in planned[name]["resource_changes"]:
            if change["type"] in learnt[root]:
                label, held = address.label(change["address"]), change["change"]
                _note(resources[change["type"]], given[name][label], held["after"], held["after_unknown"])
    return {"provider": version, "resources": dict(sorted(resources.items()))}


def _arguments(root: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a stack that have a value, by their names in it."""
    declared = json.loads((root / offline.ROOT).read_text(encoding="utf-8")).get("variable", {})
    named = {name: variables.get(f"TF_VAR_{name}") for name in declared}
    return {name: value for name, value in named.items() if value is not None}


def _types(root: Path) -> set[str]:
    files = root.glob("modules/*/main.tf.json")
    return {kind for file in files for kind in json.loads(file.read_text(encoding="utf-8")).get("resource", {})}


def _reduce_stack(
    stack: Path, provider: Mapping[str, Any], reduce: "_Reduce", types: Collection[str]
) -> dict[str, Mapping[str, Any]]:
    """Reduce the resources of some types in a stack's folder; what is given of them now, by address."""
    given: dict[str, Mapping[str, Any]] = {}
    for file in stack.glob("modules/*/main.tf.json"):
        body = _reduced(json.loads(file.read_text(encoding="utf-8")), provider, reduce, types)
        file.write_text(json.dumps(body), encoding="utf-8")
        given |= _by_label(file.parent.name, body)
    return given


def _facts(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block of the schema: its arguments with their types, what only AWS sets, and the blocks in it."""
    arguments: dict[str, Any] = {}
    computed: list[str] = []
    for name, attribute in sorted(block.get("attributes", {}).items()):
        if attribute.get("required") or attribute.get("optional"):
            marks = {mark: True for mark in ("required", "sensitive") if attribute.get(mark)}
            arguments[name] = {"type": attribute["type"], **marks}
        else:
            computed.append(name)
    facts: dict[str, Any] = {"arguments": arguments}
    if computed:
        facts["attributes"] = computed
    blocks = {
        name: {
            **({"set": True} if inner["nesting_mode"] == "set" else {}),
            **({"required": True} if inner.get("min_items") else {}),
            **_facts(inner["block"]),
        }
        for name, inner in sorted(block.get("block_types", {}).items())
    }
    if blocks:
        facts["blocks"] = blocks
    return facts


def _by_label(folder: str, body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The resources of a module's body, by address without an index."""
    return {
        f"module.{folder.replace('-', '_')}.{kind}.{name}": held
        for kind, by_name in body.get("resource", {}).items()
        for name, held in by_name.items()
    }


_Reduce: TypeAlias = "Callable[[Mapping[str, Any], Mapping[str, Any], frozenset[str]], dict[str, Any]]"


def _reduced(
    body: Mapping[str, Any], provider: Mapping[str, Any], reduce: _Reduce, types: Collection[str]
) -> dict[str, Any]:
    """A module's body with its resources of some types reduced, and all of them there."""
    resources: dict[str, Any] = {}
    for kind, by_name in body.get("resource", {}).items():
        if kind not in types:
            resources[kind] = by_name
            continue
        for name, held in by_name.items():
            kept = reduce(held, provider[kind]["block"], _NEEDED.get(kind, frozenset()))
            if held.get("count") == 0:
                kept["count"] = 1
            if kept.get("certificate_arn") == "":
                kept["certificate_arn"] = _CERTIFICATE
            resources.setdefault(kind, {})[name] = kept
    return {**body, "resource": resources}


def _as_it_is(held: Mapping[str, Any], _block: Mapping[str, Any], _needed: frozenset[str]) -> dict[str, Any]:
    return dict(held)


def _with_blocks(held: Mapping[str, Any], block: Mapping[str, Any], needed: frozenset[str]) -> dict[str, Any]:
    """A block with what it must have, and with the blocks in it, reduced likewise."""
    kept = _without_blocks(held, block, needed)
    for name, inner in block.get("block_types", {}).items():
        if name in held:
            kept[name] = [_with_blocks(item, inner["block"], needed) for item in _items(held[name])]
    return kept


def _without_blocks(held: Mapping[str, Any], block: Mapping[str, Any], needed: frozenset[str]) -> dict[str, Any]:
    """A block with what it must have: required arguments and blocks, and references to other resources."""
    kept: dict[str, Any] = {}
    for name, value in held.items():
        inner = block.get("block_types", {}).get(name)
        required = name in _META or name in needed or block.get("attributes", {}).get(name, {}).get("required")
        if inner is None and (required or "${" in json.dumps(value)):
            kept[name] = value
        elif inner is not None and (inner.get("min_items") or name in needed or "${" in json.dumps(value)):
            kept[name] = [_without_blocks(item, inner["block"], needed) for item in _items(value)]
    return kept


def _items(blocks: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # JSON: one block, or several
    return cast("list[dict[str, Any]]", blocks) if isinstance(blocks, list) else [blocks]


_REDUCTIONS: Final = (_as_it_is, _without_blocks, _with_blocks)
"""What each stack is planned with, in this order: what is noted of the last holds."""


def _note(
    facts: dict[str, Any], given: Mapping[str, Any], after: Mapping[str, Any], unknown: Mapping[str, Any]
) -> None:
    """Note what is planned for arguments that were not given, and which were given for nothing."""
    for name, argument in facts["arguments"].items():
        if name in given:
            if given[name] is not None and after.get(name) is None and not unknown.get(name):
                argument["ignored"] = True
        elif unknown.get(name):
            argument["unknown"] = True
        else:
            argument["default"] = after.get(name)
    for name, inner in facts.get("blocks", {}).items():
        if name not in given:
            if unknown.get(name):
                inner["unknown"] = True
        elif len(written := _items(given[name])) == 1:
            unknowns = _items(unknown.get(name) or {})
            _note(inner, written[0], _items(after[name])[0], unknowns[0])


def _differing(first: object, second: object, at: str = "") -> Iterator[str]:
    if isinstance(first, dict) and isinstance(second, dict):
        before, after = cast("dict[str, object]", first), cast("dict[str, object]", second)
        for key in sorted(before.keys() | after.keys()):
            yield from _differing(before.get(key), after.get(key), f"{at}.{key}" if at else key)
    elif first != second:
        yield at


def update(facts: Mapping[str, Any]) -> list[str]:
    """Write FACTS, and return the paths that were stale."""
    before: object = json.loads(FACTS.read_text(encoding="utf-8")) if FACTS.exists() else {}
    stale = list(_differing(before, facts))
    write_whole(FACTS, json.dumps(facts, indent=1, sort_keys=True) + "\n")
    return stale
