"""How each type of resource is found in an account and described, one file for each AWS service.

A reader finds its resource by what AWS cannot change about it (a name that is unique, a place in the VPC), never by
Terraform's state, and gives what AWS says in the words of Terraform's arguments. A new type is one function, and one
row of its service's `READERS`.
"""

from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.readers import (
    acm,
    application_autoscaling,
    cloudfront,
    cloudwatch,
    codedeploy,
    ec2,
    ec2_security_groups,
    ecr,
    ecs,
    elasticache,
    elbv2,
    iam,
    logs,
    rds,
    route53,
    s3,
    secretsmanager,
    servicediscovery,
    sns,
    wafv2,
)
from miyabi_infra.aws.world import Reader

READERS: Final[Mapping[str, Reader]] = {
    **acm.READERS,
    **application_autoscaling.READERS,
    **cloudfront.READERS,
    **cloudwatch.READERS,
    **codedeploy.READERS,
    **ec2.READERS,
    **ec2_security_groups.READERS,
    **ecr.READERS,
    **ecs.READERS,
    **elasticache.READERS,
    **elbv2.READERS,
    **iam.READERS,
    **logs.READERS,
    **rds.READERS,
    **route53.READERS,
    **s3.READERS,
    **secretsmanager.READERS,
    **servicediscovery.READERS,
    **sns.READERS,
    **wafv2.READERS,
}
"""The readers, by resource type: the types that `verify` knows."""
