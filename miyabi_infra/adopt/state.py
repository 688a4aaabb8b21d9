"""A state file: read, checked, and made into a copy that Terraform can plan over without the providers it names."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from miyabi_infra.refused import Refused

FORMAT: Final = 4
"""Version of the state format that Terraform has written since 0.12."""

SOURCE: Final = "registry.terraform.io/hashicorp/aws"
"""The AWS provider, as the generated stacks name it."""

LEGACY: Final = "registry.terraform.io/-"
"""Where Terraform looks for the providers of a state that Terraform 0.12 or older wrote."""

AWS: Final = f'provider["{SOURCE}"]'
_PROVIDER: Final = re.compile(r'provider\["([^"]+)"\]')
_LEGACY_PROVIDER: Final = re.compile(r"(?:^|\.)provider\.([\w-]+)(?:\.[\w-]+)?$")
_AWS_SOURCE: Final = re.compile(r".+/(?:hashicorp|-)/aws")
_KINDS: Final[Mapping[type, str]] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "a bool",
    type(None): "null",
}


class StateError(Refused):
    """A state that cannot be used; the text says why."""


@dataclass(frozen=True)
class ForeignInstance:
    """An instance of another provider's resource: no stack has one, so Terraform would destroy it."""

    address: str
    provider: str
    """Its source: `registry.terraform.io/hashicorp/random`."""


@dataclass(frozen=True)
class State:
    """A state, without what no plan of the stack needs."""

    text: str
    """The copy, as JSON."""
    addresses: tuple[str, ...]
    """The resource instances of AWS."""
    foreign: tuple[ForeignInstance, ...]
    """Those of other providers; they are not in the copy."""
    sources: tuple[str, ...]
    """Other sources of the AWS provider that the state names: Terraform 0.12, 0.13 and OpenTofu write them."""
    terraform_version: str


EMPTY: Final = State(json.dumps({"version": FORMAT, "serial": 0, "lineage": "", "resources": []}), (), (), (), "")
"""The state of a stack that nothing was applied of."""


def read(text: str, shown: str, *, may_be_empty: bool = False) -> State:
    """Read a state; `shown` is how messages name it.

    Raises:
        StateError: when it is not a state, is one of another format, or holds nothing and must not be empty.
    """
    state = _Reader(shown).read(text)
    if not state.addresses and not state.foreign and not may_be_empty:
        raise StateError(f"{shown} holds no resources: there is nothing to adopt; import what runs with --import")
    return state


def replacement(source: str) -> str:
    """The command that makes a state name the AWS provider as the stacks do."""
    return f"terraform state replace-provider {source} {SOURCE}"


class _Reader:
    def __init__(self, shown: str) -> None:
        self._shown = shown

    def read(self, text: str) -> State:
        state = self._state(text)
        version = self._version(state)
        kept: list[dict[str, Any]] = []
        addresses: list[str] = []
        foreign: list[ForeignInstance] = []
        sources: dict[str, None] = {}
        for resource, instances in self._resources(state):
            if resource.get("mode") != "managed":
                continue
            source = self._source(resource)
            if not _AWS_SOURCE.fullmatch(source):
                foreign += [ForeignInstance(each, source) for each in instances]
                continue
            if source != SOURCE:
                sources[source] = None
            # Without an alias, and of one source: the copy is planned with the provider of the stack alone.
            kept.append({**resource, "provider": AWS})
            addresses += instances
        copy = {**state, "resources": kept, "check_results": None}
        return State(json.dumps(copy), tuple(addresses), tuple(foreign), tuple(sources), version)

    def _state(self, text: str) -> dict[str, Any]:
        try:
            data: Any = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._error(f"it is not JSON ({error})") from error
        state = self._object(data, "it")
        if "encrypted_data" in state:
            raise StateError(f"{self._shown} is encrypted by OpenTofu: write it decrypted with `tofu state pull`")
        if "format_version" in state:
            raise StateError(
                f"{self._shown} is a plan or a state as `terraform show -json` prints it: use the output of "
                "`terraform state pull`"
            )
        return state

    def _version(self, state: Mapping[str, Any]) -> str:
        """The version of Terraform that wrote it, if the format can be read."""
        version, writer = state.get("version"), state.get("terraform_version")
        written_by = writer if isinstance(writer, str) else ""
        if not isinstance(version, int) or isinstance(version, bool):
            raise self._error("it has no version of a state format")
        if version == FORMAT:
            return written_by
        if version < FORMAT:
            command = f"terraform state replace-provider -state={self._shown} {LEGACY}/aws {SOURCE}"
            remedy = f"convert a copy with `{command}`, in an empty folder"
        else:
            remedy = f"write it with a version of Terraform that writes format {FORMAT}"
        raise StateError(
            f"{self._shown} has state format {version}{f', written by Terraform {written_by}' if written_by else ''}; "
            f"adopt reads format {FORMAT}: {remedy}"
        )

    def _resources(self, state: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], list[str]]]:
        """Each resource, with the addresses of its instances."""
        if "resources" not in state:
            raise self._error("it has no resources")
        for at, held in enumerate(self._list(state["resources"], "resources")):
            path = f"resources[{at}]"
            resource = self._object(held, path)
            for key in ("mode", "type", "name", "provider"):
                self._text(resource.get(key), f"{path}.{key}")
            module = self._text(resource["module"], f"{path}.module") if "module" in resource else ""
            data = "data" if resource["mode"] == "data" else ""
            base = ".".join(filter(None, (module, data, resource["type"], resource["name"])))
            instances = self._list(resource.get("instances"), f"{path}.instances")
            keys = [self._key(each, f"{path}.instances[{index}]") for index, each in enumerate(instances)]
            yield resource, list(dict.fromkeys(f"{base}{key}" for key in keys))  # a deposed one has the same

    def _key(self, held: object, path: str) -> str:
        instance = self._object(held, path)
        key = instance.get("index_key")
        if key is not None and (isinstance(key, bool) or not isinstance(key, int | str)):
            raise self._error(f"{path}.index_key is neither a number nor a text")
        if not isinstance(instance.get("attributes", instance.get("attributes_flat")), dict):
            raise self._error(f"{path} has no attributes")
        return "" if key is None else f"[{json.dumps(key, ensure_ascii=False)}]"

    def _source(self, resource: Mapping[str, Any]) -> str:
        provider: str = resource["provider"]
        found = _PROVIDER.search(provider)
        if found:
            return found[1]
        legacy = _LEGACY_PROVIDER.search(provider)
        if legacy:
            return f"{LEGACY}/{legacy[1]}"
        raise self._error(f"{provider!r} is not a provider")

    # ---- forms ---------------------------------------------------------------------------------------------------

    def _object(self, value: object, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._error(f"{path} is {_kind(value)}, not an object")
        return cast("dict[str, Any]", value)

    def _list(self, value: object, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise self._error(f"{path} is {_kind(value)}, not a list")
        return cast("list[Any]", value)

    def _text(self, value: object, path: str) -> str:
        if not isinstance(value, str):
            raise self._error(f"{path} is {_kind(value)}, not a text")
        return value

    def _error(self, problem: str) -> StateError:
        return StateError(f"{self._shown} is not a Terraform state: {problem}")


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")
