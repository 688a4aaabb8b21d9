"""Learn from the provider which changed arguments force a replacement: a part of `make learn`.

The provider's schema does not say it; its plans do (`replace_paths`). Every stack is planned over a state in which each
configured argument has another value. Writes `miyabi_infra/terraform/replacements-aws-5.json`.
"""

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.project import ROOT
from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform
from miyabi_infra.terraform.replacements import FILE, NOT_LEARNT
from tests import complete
from tests.support import Project

_PROVIDER: Final = 'provider["registry.terraform.io/hashicorp/aws"]'
_UNKNOWN: Final = "arn:aws:iam::123456789012:role/known-after-apply"
"""What an attribute has that only AWS sets; the same everywhere, so that references agree with what they refer to."""
_SKIPPED: Final = frozenset({"id", "tags_all", "timeouts"})
_VALUE_DECIDES: Final = {
    ("aws_elasticache_cluster", "engine_version"),
    ("aws_elasticache_replication_group", "engine_version"),
}
"""Arguments of which the provider decides by the values; `replacements.py` says how."""


def learn(folder: Path) -> dict[str, dict[str, list[str]]]:
    """By type: arguments that force a replacement (`replaced`), and arguments that do not (`in_place`)."""
    project = Project.copy_of(ROOT, folder / "project")
    complete.write(project)
    out = project.synthesize()
    learnt: dict[str, dict[str, set[str]]] = {}
    for name in (f"miyabi-{complete.ENVIRONMENT}", "miyabi-dev", "miyabi-shared"):
        print(f"{name}: planned twice", flush=True)
        terraform = offline.copy(out / "stacks" / name, folder, complete.VARIABLES)
        _without_lifecycle(terraform.folder)
        _learn(terraform, learnt)
    return {
        kind: {
            "replaced": sorted(found["replaced"]),
            "in_place": sorted(found["in_place"] - found["replaced"]),
        }
        for kind, found in sorted(learnt.items())
    }


def _without_lifecycle(stack: Path) -> None:
    """Let every change be planned, of what Terraform ignores or refuses to destroy too."""
    for file in stack.glob("modules/*/main.tf.json"):
        body = json.loads(file.read_text(encoding="utf-8"))
        for by_name in body.get("resource", {}).values():
            for resource in by_name.values():
                resource.pop("lifecycle", None)
        file.write_text(json.dumps(body), encoding="utf-8")


def _learn(terraform: Terraform, learnt: dict[str, dict[str, set[str]]]) -> None:
    schemas = json.loads(terraform.run("providers", "schema", "-json").stdout)["provider_schemas"]
    resources = next(iter(schemas.values()))["resource_schemas"]
    state: list[dict[str, Any]] = []
    changed: dict[str, set[str]] = {}
    for change in terraform.plan("-refresh=false")["resource_changes"]:
        if change["type"] in NOT_LEARNT:
            continue
        schema = resources[change["type"]]
        filled = _filled(change["change"]["after"], change["change"]["after_unknown"])
        paths: set[str] = set()
        attributes = _other(filled, schema["block"], change["type"], "", paths)
        changed[change["address"]] = paths
        state.append(_in_state(change, schema["version"], attributes))
    data = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "learnt", "resources": state}
    (terraform.folder / "terraform.tfstate").write_text(json.dumps(data), encoding="utf-8")
    for change in terraform.plan("-refresh=false")["resource_changes"]:
        if change["type"] in NOT_LEARNT:
            continue
        replaced = {_path(path) for path in change["change"].get("replace_paths", ())}
        found = learnt.setdefault(change["type"], {"replaced": set(), "in_place": set()})
        found["replaced"] |= replaced
        found["in_place"] |= changed.get(change["address"], set()) - replaced


def _path(path: list[str | int]) -> str:
    return ".".join(str(part) for part in path if isinstance(part, str))


def _filled(value: Any, unknown: Any) -> Any:  # noqa: ANN401  # JSON
    """A planned value with something in place of what is known after apply."""
    if unknown is True:
        return _UNKNOWN
    if isinstance(unknown, Mapping):
        held = cast("Mapping[str, Any]", value or {})
        known = cast("Mapping[str, Any]", unknown)
        return {key: _filled(held.get(key), known.get(key, False)) for key in {**held, **known}}
    if isinstance(unknown, list) and isinstance(value, list):
        items, flags = cast("list[Any]", value), cast("list[Any]", unknown)
        return [_filled(item, flags[at] if at < len(flags) else False) for at, item in enumerate(items)]
    return value


def _other(held: Mapping[str, Any], block: Mapping[str, Any], kind: str, at: str, paths: set[str]) -> dict[str, Any]:
    """The attributes of a block, each argument with another value; `paths` takes the paths of what is changed."""
    changed: dict[str, Any] = {}
    for name, value in held.items():
        path = f"{at}.{name}" if at else name
        attribute = block.get("attributes", {}).get(name)
        inner = block.get("block_types", {}).get(name)
        if name in _SKIPPED or value is None or (kind, path) in _VALUE_DECIDES:
            changed[name] = None if name == "timeouts" else value
        elif value == [] and attribute is not None and not isinstance(attribute["type"][1], str):
            changed[name] = value  # no block, and nothing says what another one would be
        elif attribute is not None:
            given = attribute.get("required") or attribute.get("optional")
            if value == _UNKNOWN and given and attribute.get("computed"):
                changed[name] = None  # left out: AWS decides
            else:
                changed[name] = _typed(_another(value) if given else value, attribute["type"])
                paths |= {path} if given else set()
        elif inner is not None and value == _UNKNOWN:
            changed[name] = []
        elif inner is not None and isinstance(value, list):
            items = cast("list[Mapping[str, Any]]", value)
            changed[name] = [_other(item, inner["block"], kind, path, paths) for item in items]
        else:
            changed[name] = value
    return changed


def _typed(value: Any, kind: Any) -> Any:  # noqa: ANN401  # JSON
    """A value that fits a type of the schema: what only AWS sets may be a list."""
    if isinstance(kind, str):
        return {"number": 0, "bool": False}.get(kind, value) if value == _UNKNOWN else value
    collection, of = kind
    if collection == "object":
        held = cast("Mapping[str, Any]", {} if value == _UNKNOWN else value)
        return {name: _typed(held.get(name), inner) for name, inner in of.items()}
    if collection == "map":
        return {} if value == _UNKNOWN else value
    items: list[Any] = ([_UNKNOWN] if of == "string" else []) if value == _UNKNOWN else value or []
    return [_typed(item, of) for item in items]


def _another(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        if value[:1] in "[{" and value:
            return "[]" if value[0] == "[" else '{"Version":"2012-10-17","Statement":[]}'
        return _UNKNOWN if value == _UNKNOWN else f"{value}-other"
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [*items, "other"] if all(isinstance(each, str) for each in items) else items
    return {**cast("Mapping[str, Any]", value), "other": "other"} if isinstance(value, Mapping) else value


def _in_state(change: Mapping[str, Any], version: int, attributes: Mapping[str, Any]) -> dict[str, Any]:
    instance: dict[str, Any] = {"schema_version": version, "attributes": attributes}
    if "index" in change:
        instance["index_key"] = change["index"]
    return {
        "module": change.get("module_address"),
        "mode": "managed",
        "type": change["type"],
        "name": change["name"],
        "provider": _PROVIDER,
        "instances": [instance],
    }


def main() -> None:
    """Write what is learnt."""
    with tempfile.TemporaryDirectory(prefix="miyabi-replacements-") as folder:
        learnt = learn(Path(folder))
    FILE.write_text(re.sub(r"\s+$", "", json.dumps(learnt, indent=1)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
