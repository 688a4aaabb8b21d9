"""What AWS offers, as its pages list it. Read on 2026-11-27."""

from typing import Final

_MICRO: Final = ("micro", "small", "medium")

NODE_TYPES: Final = {
    "t3": _MICRO,
    "t4g": _MICRO,
    "m4": ("large", "xlarge", "2xlarge", "4xlarge", "10xlarge"),
    "m5": ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge"),
    "m6g": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
    "m7g": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
    "r4": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"),
    "r5": ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge"),
    "r6g": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
    "r6gd": ("xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
    "r7g": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
    "c7gn": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
    "m8g": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
    "r8g": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
    "c8gn": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
}
"""Sizes of ElastiCache's node types, by family: those of which new nodes can be created.

ElastiCache user guide, "Supported node types"; t1, t2, m1, m2, m3, r3 and c1 are there as previous generations.
"""

NEWER_THAN_REDIS_5: Final = {
    **dict.fromkeys(("c7gn", "m7g", "r6gd", "r7g"), 6.2),
    **dict.fromkeys(("c8gn", "m8g", "r8g"), 7.2),  # Valkey's first version: Redis ends with 7.1
}
"""Oldest version of families that do not run every one."""

DATA_TIERING: Final = ("r6gd",)
"""Families with data tiering, which replication groups only can have."""

ENGINES: Final = {
    "redis": {
        "4.0.10": "redis4.0",
        "5.0.0": "redis5.0",
        "5.0.3": "redis5.0",
        "5.0.4": "redis5.0",
        "5.0.5": "redis5.0",
        "5.0.6": "redis5.0",
        "6.0": "redis6.x",
        "6.2": "redis6.x",
        "7.0": "redis7",
        "7.1": "redis7",
    },
    "valkey": {
        "7.2": "valkey7",
        "8.0": "valkey8",
        "8.1": "valkey8",
        "8.2": "valkey8",
        "9.0": "valkey9",
        "9.1": "valkey9",
    },
}
"""Versions of the engines, and their parameter group families.

ElastiCache user guide, "Supported engines and versions".
"""

SECURITY_POLICIES: Final = frozenset(
    f"ELBSecurityPolicy-{name}"
    for name in (
        "TLS13-1-3-2021-06", "TLS13-1-3-FIPS-2023-04", "TLS13-1-3-PQ-2025-09", "TLS13-1-3-FIPS-PQ-2025-09",
        "TLS13-1-2-2021-06", "TLS13-1-2-FIPS-2023-04", "TLS13-1-2-PQ-2025-09", "TLS13-1-2-FIPS-PQ-2025-09",
        "TLS13-1-2-Res-2021-06", "TLS13-1-2-Res-FIPS-2023-04", "TLS13-1-2-Res-PQ-2025-09",
        "TLS13-1-2-Res-FIPS-PQ-2025-09", "TLS13-1-2-Ext0-FIPS-2023-04", "TLS13-1-2-Ext0-FIPS-PQ-2025-09",
        "TLS13-1-2-Ext1-2021-06", "TLS13-1-2-Ext1-FIPS-2023-04", "TLS13-1-2-Ext1-PQ-2025-09",
        "TLS13-1-2-Ext1-FIPS-PQ-2025-09", "TLS13-1-2-Ext2-2021-06", "TLS13-1-2-Ext2-FIPS-2023-04",
        "TLS13-1-2-Ext2-PQ-2025-09", "TLS13-1-2-Ext2-FIPS-PQ-2025-09", "TLS13-1-1-2021-06",
        "TLS13-1-1-FIPS-2023-04", "TLS13-1-0-2021-06", "TLS13-1-0-FIPS-2023-04", "TLS13-1-0-PQ-2025-09",
        "TLS13-1-0-FIPS-PQ-2025-09", "TLS-1-2-Ext-2018-06", "TLS-1-2-2017-01", "TLS-1-1-2017-01",
        "FS-1-2-Res-2020-10", "FS-1-2-Res-2019-08", "FS-1-2-2019-08", "FS-1-1-2019-08", "FS-2018-06", "2016-08",
        "2015-05", "TLS-1-0-2015-04", "TLS13-1-3-RFC9151-FIPS-2023-07", "TLS13-1-2-RFC9151-FIPS-2023-07",
        "TLS13-1-2-Ext0-RFC9151-FIPS-2023-07", "TLS13-1-2-RFC9151-INTEROP1-FIPS-2023-07",
        "TLS13-1-2-RFC9151-INTEROP2-FIPS-2023-07", "TLS13-1-2-RFC9151-INTEROP3-FIPS-2023-07",
        "TLS13-1-2-RFC9151-INTEROP4-FIPS-2023-07",
    )
)  # fmt: skip
"""Security policies of listeners. Application Load Balancers user guide, "Security policies"."""

FARGATE_MEMORY: Final = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
}
"""Memory in MiB that Fargate offers, by CPU units. ECS developer guide, "Task CPU and memory"."""

RETENTION: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Days that CloudWatch Logs keeps events. API reference, PutRetentionPolicy."""
