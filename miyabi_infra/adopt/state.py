"""A state file: read, checked, and made into a copy that Terraform can plan over without the providers it names."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from miyabi_infra.refused import Refused

FORMAT: Final = 4
"""Version of the state format that Terraform has written since 0.12."""

AWS: Final = 'provider["registry.terraform.io/hashicorp/aws"]'
_PROVIDER: Final = re.compile(r'provider\["[^"]*/([^/"]+)/([^/"]+)"\]')


class StateError(Refused):
    """A state that can't be used; the text says why."""


@dataclass(frozen=True)
class State:
    """A state, without what no plan of the stack needs."""

    text: str
    """The copy, as JSON."""
    addresses: tuple[str, ...]
    """The resource instances of AWS."""
    foreign: tuple[str, ...]
    """Resources of other providers; they are not in the copy."""
    terraform_version: str


def read(text: str, shown: str) -> State:
    """Read a state; `shown` is how messages name it.

    Raises:
        StateError: when it is no state, one of another format, or one that holds nothing.
    """
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise StateError(f"{shown} is no Terraform state: it is not JSON ({error})") from error
    if not isinstance(data, dict) or "version" not in data or not ("resources" in data or "modules" in data):
        raise StateError(f"{shown} is no Terraform state: it has no version and no resources")
    state = cast("dict[str, Any]", data)
    version, written_by = state["version"], str(state.get("terraform_version", "unknown"))
    if version != FORMAT:
        remedy = "run `terraform apply` of Terraform 0.12 or newer on it once" if version < FORMAT else "use a copy"
        raise StateError(
            f"{shown} has state format {version}, written by Terraform {written_by}; format {FORMAT} can be read: "
            f"{remedy}"
        )
    kept: list[dict[str, Any]] = []
    addresses: list[str] = []
    foreign: list[str] = []
    for resource in cast("list[dict[str, Any]]", state["resources"]):
        found = _PROVIDER.search(str(resource.get("provider", "")))
        base = ".".join(filter(None, (resource.get("module"), f"{resource.get('type')}.{resource.get('name')}")))
        if found is None or found.groups() != ("hashicorp", "aws"):
            foreign.append(base)
        elif resource.get("mode") == "managed":
            # An alias or a registry of its own: the copy is planned with the stack's provider alone.
            kept.append({**resource, "provider": AWS})
            addresses += [f"{base}{_index(each)}" for each in resource.get("instances", ())]
    if not addresses:
        raise StateError(f"{shown} holds no resources: there is nothing to adopt")
    copy = {**state, "resources": kept, "check_results": None}
    return State(json.dumps(copy), tuple(addresses), tuple(foreign), written_by)


def _index(instance: Mapping[str, Any]) -> str:
    key = instance.get("index_key")
    return "" if key is None else f"[{json.dumps(key)}]"
