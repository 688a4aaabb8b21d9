"""What a configuration of HCL declares: instances of resources, and what is wrong with the HCL itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from miyabi_infra.hcl.values import Value
from miyabi_infra.place import Place

InstanceKey: TypeAlias = "int | str | None"
"""What distinguishes instances: an index of `count`, a key of `for_each`, None for a single one."""


@dataclass(frozen=True)
class Instance:
    """One instance of a resource, with its values."""

    address: str
    type: str
    label: str
    """The address without an index, within the whole configuration: `module.alb.aws_lb.main`."""
    key: InstanceKey
    place: Place
    arguments: Mapping[str, Value]
    """Arguments and blocks; blocks are tuples of mappings."""
    places: Mapping[str, Place]
    """Where each argument, or the first block of a name, is written."""
    references: frozenset[str]
    """Addresses of the instances that the arguments refer to."""
    depends_on: tuple[str, ...]
    """What `depends_on` names: addresses of resources without an index, and of modules."""
    lifecycle: Mapping[str, Value]
    sensitive: frozenset[str] = frozenset()
    """Arguments and blocks whose values depend on sensitive values."""


By: TypeAlias = Literal["Terraform", "provider", "AWS"]


@dataclass(frozen=True)
class HclIssue:
    """What is wrong with the HCL itself, or cannot be evaluated."""

    kind: Literal["invalid", "not evaluated", "not compared", "difference"]
    address: str
    """The resource, module or output; without an index where instances do not matter."""
    argument: str
    text: str
    """What is written."""
    why: str
    place: Place | None
    by: By = "Terraform"
    """Of what is invalid: who refuses it."""


def index_text(key: InstanceKey) -> str:
    """The end of an instance's address: `[0]`, `["blue"]`, or nothing."""
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f'["{key}"]'
