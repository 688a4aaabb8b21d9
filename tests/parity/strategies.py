"""Environments that the reference HCL can say as well as an overlay: both forms of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from tests import strategies

_NETWORKING: Final = (
    "vpc_cidr", "availability_zones", "public_subnet_cidrs", "private_subnet_cidrs",
    "enable_nat_gateway", "single_nat_gateway",
)  # fmt: skip
_ALB: Final = ("certificate_arn", "health_check_path")
_ECS: Final = ("ecr_image_uri", "task_cpu", "task_memory", "environment_variables", "secrets", "log_retention_days")
_SERVICE: Final = ("desired_count", "autoscaling_min_capacity", "autoscaling_max_capacity", "enable_service_discovery")
"""Settings that the HCL has as variables. The others stand there as values, or follow from the environment."""


@dataclass(frozen=True)
class Environment:
    """An environment as an overlay, and as the variables of the HCL's root."""

    name: str
    overlay: Mapping[str, Any]
    variables: Mapping[str, Any]


@st.composite
def environments(draw: st.DrawFn) -> Environment:
    """An environment; what the HCL makes of its name stands in the overlay as settings."""
    name = draw(st.sampled_from(["dev", "qa", "prod"]))
    region = draw(st.sampled_from(strategies.REGIONS))
    balancer = draw(strategies.alb(region, logged=False))
    drawn = {
        "networking": _only(_NETWORKING, draw(strategies.networking(region))),
        "alb": _only(_ALB, balancer),
        "ecs": _only(_ECS, draw(strategies.ecs(region))),
        "elasticache": _only(("redis_node_type",), draw(strategies.elasticache())),
        "ecs_service": _only(_SERVICE, draw(strategies.ecs_service(balancer))),
    }
    drawn["elasticache"]["redis_engine_version"] = draw(st.sampled_from(["7.0", "7.1"]))  # of the family redis7
    prod = name == "prod"
    overlay = {
        "region": region,
        **drawn,
        "alb": {**drawn["alb"], "enable_deletion_protection": prod, "redirect_http_to_https": prod},
        "elasticache": {
            **drawn["elasticache"],
            "snapshot_retention_limit": 7 if prod else 1,
            "apply_immediately": name == "dev",
        },
    }
    return Environment(name, overlay, _variables(name, region, drawn))


def _only(names: tuple[str, ...], section: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in section.items() if name in names}


def _variables(name: str, region: str, drawn: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The same as the HCL takes it: flat, with lists of names and values."""
    flat = {key: value for section in drawn.values() for key, value in section.items()}
    return {
        **flat,
        "environment": name,
        "aws_region": region,
        "task_cpu": str(flat["task_cpu"]),
        "task_memory": str(flat["task_memory"]),
        "environment_variables": _pairs("value", flat["environment_variables"]),
        "secrets": _pairs("valueFrom", flat["secrets"]),
    }


def _pairs(key: str, mapping: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, key: value} for name, value in mapping.items()]
