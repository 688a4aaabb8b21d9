"""Several root modules in one run of Terraform, which reads the schemas of the provider's 1,400 types once for all.

That is most of what a plan costs. A root module calls each of them as a module, with a provider of its own; `plans`
gives the plan of each, as if it had been planned by itself.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.terraform import offline
from miyabi_infra.terraform.cli import Terraform

_OF_A_CALL: Final = frozenset(
    {"Backend configuration ignored", "Missing required provider configuration", "Redundant empty provider block"}
)
"""Warnings of Terraform because a root module is called as a module. They are about its own files or the call."""

_ADDRESSES: Final = frozenset({"address", "module_address", "previous_address"})
_PROVIDER: Final = "provider_config_key"

Arguments = Mapping[str, Any] | str
"""The variables of a root: values, or HCL, such as the text of a file of values."""


def together(roots: Mapping[str, Path], folder: Path, arguments: Mapping[str, Arguments] | None = None) -> Terraform:
    """Copies of root modules below `folder`, called by name from one root module, which is initialized.

    Args:
        roots: The folders of the root modules.
        folder: Where the copies are made.
        arguments: The variables of some of them.

    Raises:
        TerraformError: when terraform is not installed, or `terraform init` fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, root in roots.items():
        offline.laid(root, folder / name)
        given = (arguments or {}).get(name, {})
        source = f"./{name}"
        if isinstance(given, str):
            text = f'module "{name}" {{\n  source = "{source}"\n{given}\n}}\n'
            (folder / f"{name}.tf").write_text(text, encoding="utf-8")
        else:
            values = json.dumps(given).replace("${", "$${").replace("%{", "%%{")  # Terraform reads templates in both
            called = {"source": source, **json.loads(values)}
            (folder / f"{name}.tf.json").write_text(json.dumps({"module": {name: called}}), encoding="utf-8")
    outputs = {
        name: {"value": f"${{module.{name}}}"} for name in roots
    }  # refused: what is sensitive and does not say so
    (folder / "outputs.tf.json").write_text(json.dumps({"output": outputs}), encoding="utf-8")
    terraform = Terraform(folder)
    terraform.init()
    return terraform


def validated(terraform: Terraform) -> list[dict[str, Any]]:
    """What terraform and the provider object to in the root modules, but for what is no fault of a root module."""
    return [
        each
        for each in terraform.validate()
        if each["summary"] not in _OF_A_CALL or each["severity"] == "error" or each["range"]["filename"].count("/") > 1
    ]


def plans(terraform: Terraform, *arguments: str) -> dict[str, dict[str, Any]]:
    """A plan from nothing of each root module, by name: changes, outputs and configuration.

    Raises:
        TerraformError: when Terraform refuses one of them.
    """
    shown = terraform.plan("-refresh=false", "-lock=false", *arguments)
    return {name: _apart(shown, name) for name in shown["configuration"]["root_module"]["module_calls"]}


def _apart(shown: Mapping[str, Any], name: str) -> dict[str, Any]:
    module = f"module.{name}"
    output = shown["output_changes"][name]
    configuration = shown["configuration"]
    called = configuration["root_module"]["module_calls"][name]["module"]
    return {
        "resource_changes": [
            _inside(each, module)
            for each in shown.get("resource_changes", [])
            if f"{each.get('module_address', '')}.".startswith(f"{module}.")
        ],
        "output_changes": {each: _output(output, each) for each in called.get("outputs", {})},
        "configuration": {
            "provider_config": {
                key.removeprefix(f"{module}:"): _inside(each, module)
                for key, each in configuration["provider_config"].items()
                if key.startswith((f"{module}:", f"{module}."))
            },
            "root_module": _inside(called, module),
        },
    }


def _output(output: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An output of a root, of the object that all of them are together."""
    held: Mapping[str, Any] = output["after"]
    unknown: Mapping[str, Any] = output["after_unknown"] or {}  # false: all are known
    if unknown.get(name) is True:
        return {"after_unknown": True}
    return {"after": held.get(name), "after_unknown": unknown.get(name, False)}


def _inside(held: Any, module: str) -> Any:  # noqa: ANN401  # JSON
    """Part of a plan, with the addresses that it has in the plan of the module alone."""
    if isinstance(held, list):
        return [_inside(each, module) for each in cast("list[Any]", held)]
    if not isinstance(held, dict):
        return held
    found: dict[str, Any] = {}
    for key, value in cast("dict[str, Any]", held).items():
        if key in _ADDRESSES and value == module:
            continue
        if key in _ADDRESSES and isinstance(value, str):
            found[key] = value.removeprefix(f"{module}.")
        elif key == _PROVIDER and isinstance(value, str):
            found[key] = value.removeprefix(f"{module}:").removeprefix(f"{module}.")
        else:
            found[key] = _inside(value, module)
    return found
