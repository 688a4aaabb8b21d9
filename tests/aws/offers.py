"""What AWS tells of an account and moto does not: quotas, node types that are offered, what an image is made for.

A test changes an answer by a parameter of Systems Manager, as `tests.aws.observed` does.
"""

import base64
import json
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse
from moto.elasticache.responses import ElastiCacheResponse
from moto.rds.responses import RDSResponse
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend

from tests.aws.observed import asked, told

QUOTAS: Final = "/observed/quotas"
"""Values of quotas by code, where they are not AWS's defaults: `{"L-0263D0A3": 10}`."""
ARCHITECTURE: Final = "/observed/architecture"
"""What the images are made for, as their configuration says it; `amd64` without it."""
RETIRED: Final = "/observed/retired"
"""Node types of the cache and classes of databases that are not offered any more."""

DEFAULTS: Final = {
    "ec2": {"L-0263D0A3": 5},
    "fargate": {"L-3032A538": 6, "L-36FBB829": 6},
    "vpc": {"L-F678F1CE": 5, "L-0EA8095F": 60},
}
"""AWS's defaults ("Amazon VPC quotas", "Amazon ECS service quotas")."""

USAGE: Final = {"Class": "None", "Resource": "OnDemand", "Service": "Fargate", "Type": "Resource"}
"""Dimensions of the metric that says how many vCPUs Fargate runs, as Service Quotas names it."""


def install() -> None:
    """Put the additions into moto. Once in a process."""
    for owner, method in (
        (ServiceQuotasBackend, get_service_quota),
        (ElastiCacheResponse, describe_reserved_cache_nodes_offerings),
        (RDSResponse, describe_orderable_db_instance_options),
        (ECRResponse, get_download_url_for_layer),
    ):
        setattr(owner, method.__name__, method)


def get_service_quota(self: ServiceQuotasBackend, service_code: str, quota_code: str) -> dict[str, Any]:
    default = DEFAULTS.get(service_code, {}).get(quota_code)
    if default is None:
        raise NoSuchResource
    values: dict[str, float] = told(self.account_id, self.region_name, QUOTAS) or {}
    quota: dict[str, Any] = {
        "ServiceCode": service_code,
        "QuotaCode": quota_code,
        "Value": float(values.get(quota_code, default)),
    }
    if quota_code == "L-3032A538":
        quota["UsageMetric"] = {
            "MetricNamespace": "AWS/Usage",
            "MetricName": "ResourceCount",
            "MetricDimensions": USAGE,
            "MetricStatisticRecommendation": "Maximum",
        }
    return quota


def describe_reserved_cache_nodes_offerings(self: ElastiCacheResponse) -> ActionResult:
    node = asked(self, "CacheNodeType")
    retired: list[str] = told(self.current_account, self.region, RETIRED) or []
    offering = {"ReservedCacheNodesOfferingId": "0a1b2c3d", "CacheNodeType": node, "ProductDescription": "redis"}
    return ActionResult({"ReservedCacheNodesOfferings": [] if node in retired else [offering]})


def describe_orderable_db_instance_options(self: RDSResponse) -> ActionResult:
    """Every class with each version and Multi-AZ; moto lists no PostgreSQL."""
    name = self.params.get("DBInstanceClass")
    retired: list[str] = told(self.current_account, self.region, RETIRED) or []
    options = [
        {"Engine": self.params.get("Engine"), "EngineVersion": version, "DBInstanceClass": name, "MultiAZCapable": True}
        for version in ("14.18", "15.13", "16.9", "17.5")
    ]
    return ActionResult({"OrderableDBInstanceOptions": [] if name in retired else options})


def get_download_url_for_layer(self: ECRResponse) -> str:
    architecture = told(self.current_account, self.region, ARCHITECTURE) or "amd64"
    configuration = base64.b64encode(json.dumps({"architecture": architecture, "os": "linux"}).encode()).decode()
    url = f"data:application/json;base64,{configuration}"
    return json.dumps({"downloadUrl": url, "layerDigest": asked(self, "layerDigest")})
