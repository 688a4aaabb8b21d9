"""What AWS offers where: availability zones by region, node types of ElastiCache by family and region.

State of 2026-11-27. Sources: AWS global infrastructure, "Regions and Availability Zones"; VPC user guide, "Availability
Zones"; ElastiCache user guide, "Supported node types" and "Pricing" (memory and vCPUs); ElastiCache API reference,
`CreateReplicationGroup`, `CacheNodeType`. `aws ec2 describe-availability-zones` and
`aws elasticache list-allowed-node-type-modifications` show what an account has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

ZONES: Final[Mapping[str, str]] = {
    "ap-northeast-1": "abcd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
    "us-east-1": "abcdef",
    "us-west-2": "abcd",
}
"""The letters of a region's zones; every other region has a, b and c. AWS maps letters to zones per account and hides
single zones from new accounts (b of ap-northeast-1, one of us-west-1), so a listed zone can still be missing."""

MOST_ZONES: Final = "abc"


def zones_of(region: str) -> tuple[str, ...]:
    """The names of a region's availability zones."""
    return tuple(f"{region}{letter}" for letter in ZONES.get(region, MOST_ZONES))


@dataclass(frozen=True)
class Family:
    """A family of node types, such as `cache.t3`."""

    memory: Mapping[str, float]
    """Memory of each size in GiB, before the part that ElastiCache reserves."""
    retired: bool = False
    """Whether it is a previous generation, of which AWS creates no new nodes. Existing nodes keep running."""
    oldest: str = "5.0.6"
    """Oldest Redis version of the family."""
    valkey_only: bool = False
    """Whether AWS creates nodes of it with Valkey only."""
    data_tiering: bool = False
    """Whether it keeps a part of the data on SSD; only replication groups support that."""


VCPUS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("micro", "small", "medium", "large"), 2),
    **{f"{size or ''}xlarge": 4 * (size or 1) for size in (None, 2, 4, 8, 10, 12, 16, 24)},
}
"""vCPUs of each size of the families of which AWS creates nodes."""

_LARGE: Final[tuple[str, ...]] = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_GENERAL: Final[Mapping[str, float]] = dict(
    zip(_LARGE, (6.38, 12.94, 26.05, 52.26, 103.68, 157.13, 209.55), strict=True)
)
_MEMORY: Final[Mapping[str, float]] = dict(
    zip(_LARGE, (13.07, 26.32, 52.82, 105.81, 209.55, 317.77, 419.09), strict=True)
)
_BURSTABLE: Final[Mapping[str, float]] = {"micro": 0.5, "small": 1.37, "medium": 3.09}
_M4: Final[Mapping[str, float]] = {
    "large": 6.42,
    "xlarge": 14.28,
    "2xlarge": 29.7,
    "4xlarge": 60.78,
    "10xlarge": 154.64,
}
_M5: Final[Mapping[str, float]] = {
    "large": 6.38,
    "xlarge": 12.93,
    "2xlarge": 26.04,
    "4xlarge": 52.26,
    "12xlarge": 157.12,
    "24xlarge": 314.32,
}
_R4: Final[Mapping[str, float]] = {
    "large": 12.3,
    "xlarge": 25.05,
    "2xlarge": 50.47,
    "4xlarge": 101.38,
    "8xlarge": 203.26,
    "16xlarge": 407,
}
_R5: Final[Mapping[str, float]] = {
    "large": 13.07,
    "xlarge": 26.32,
    "2xlarge": 52.82,
    "4xlarge": 105.81,
    "12xlarge": 317.77,
    "24xlarge": 635.61,
}
_C7GN: Final[Mapping[str, float]] = dict(zip(_LARGE, (3.09, 6.38, 12.94, 26.05, 52.26, 78.56, 105.81), strict=True))
_C8GN: Final[Mapping[str, float]] = dict(zip(_LARGE, (3.1, 6.79, 14.18, 29.68, 61.33, 92.99, 124.65), strict=True))
_M8G: Final[Mapping[str, float]] = dict(zip(_LARGE, (6.79, 14.18, 29.68, 61.33, 124.65, 187.96, 251.27), strict=True))
_R8G: Final[Mapping[str, float]] = dict(zip(_LARGE, (14.18, 29.68, 61.33, 124.65, 251.27, 377.9, 504.52), strict=True))
_R3: Final[Mapping[str, float]] = {"large": 13.5, "xlarge": 28.4, "2xlarge": 58.2, "4xlarge": 118, "8xlarge": 237}

FAMILIES: Final[Mapping[str, Family]] = {
    "t3": Family(_BURSTABLE),
    "t4g": Family(_BURSTABLE),
    "m4": Family(_M4),
    "m5": Family(_M5),
    "m6g": Family(_GENERAL),
    "m7g": Family(_GENERAL, oldest="6.2"),
    "m8g": Family(_M8G, oldest="7.2", valkey_only=True),
    "r4": Family(_R4),
    "r5": Family(_R5),
    "r6g": Family(_MEMORY),
    "r7g": Family(_MEMORY, oldest="6.2"),
    "r8g": Family(_R8G, oldest="7.2", valkey_only=True),
    "r6gd": Family(
        {size: memory for size, memory in _MEMORY.items() if size != "large"}, oldest="6.2", data_tiering=True
    ),
    "c7gn": Family(_C7GN, oldest="6.2"),
    "c8gn": Family(_C8GN, oldest="7.2", valkey_only=True),
    "t1": Family({"micro": 0.213}, retired=True),
    "t2": Family({"micro": 0.555, "small": 1.55, "medium": 3.22}, retired=True),
    "m1": Family({"small": 1.3, "medium": 3.35, "large": 7.1, "xlarge": 14.6}, retired=True),
    "m2": Family({"xlarge": 16.7, "2xlarge": 33.8, "4xlarge": 68}, retired=True),
    "m3": Family({"medium": 2.78, "large": 6.05, "xlarge": 13.3, "2xlarge": 27.9}, retired=True),
    "c1": Family({"xlarge": 6.6}, retired=True),
    "r3": Family(_R3, retired=True),
}
"""Families by their name ("Supported node types"; memory and vCPUs: "Amazon ElastiCache pricing")."""

ONLY: Final[Mapping[str, frozenset[str]]] = {
    "ap-southeast-7": frozenset({"t3", "t4g", "m7g", "r7g"}),
    "mx-central-1": frozenset({"t3", "t4g", "m7g", "r7g"}),
}
"""Regions that offer only some families ("Supported node types", first note)."""


def split(node_type: str) -> tuple[str, str]:
    """The family and the size of a node type: `cache.t3.micro` -> `t3`, `micro`."""
    _, _, rest = node_type.partition(".")
    family, _, size = rest.partition(".")
    return family, size


def family_of(node_type: str) -> Family | None:
    """The family of a node type; None if it is not known."""
    return FAMILIES.get(split(node_type)[0])


def exists(node_type: str) -> bool:
    """Whether a node type exists, be it of a previous generation."""
    family, size = split(node_type)
    return family in FAMILIES and size in FAMILIES[family].memory


def node_types(region: str) -> Iterator[str]:
    """The node types that AWS creates in a region."""
    for name, family in FAMILIES.items():
        if not family.retired and name in ONLY.get(region, FAMILIES):
            yield from (f"cache.{name}.{size}" for size in family.memory)
