"""How AWS bills each resource type, one file for each service. A new type is one row in its service's BILLING."""

from collections.abc import Callable, Iterator
from typing import Final

from miyabi_infra.cost.model import Billing, Charge, Context
from miyabi_infra.cost.services import (
    acm,
    autoscaling,
    cloudfront,
    cloudwatch,
    codedeploy,
    ecr,
    ecs,
    elasticache,
    elb,
    iam,
    rds,
    route53,
    s3,
    secretsmanager,
    servicediscovery,
    sns,
    vpc,
    waf,
)

BILLING: Final[Billing] = {
    **acm.BILLING,
    **autoscaling.BILLING,
    **cloudfront.BILLING,
    **cloudwatch.BILLING,
    **codedeploy.BILLING,
    **ecr.BILLING,
    **ecs.BILLING,
    **elasticache.BILLING,
    **elb.BILLING,
    **iam.BILLING,
    **rds.BILLING,
    **route53.BILLING,
    **s3.BILLING,
    **secretsmanager.BILLING,
    **servicediscovery.BILLING,
    **sns.BILLING,
    **vpc.BILLING,
    **waf.BILLING,
}
"""How the resources of each type are billed; a type that is not in it is named as not priced."""

TRAFFIC: Final[tuple[Callable[[Context], Iterator[Charge]], ...]] = (vpc.traffic, elb.traffic)
"""What AWS bills for the traffic of a whole stack, and for no single resource."""
