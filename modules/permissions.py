"""permissions: what the roles of the pipeline may do, made of the calls that an apply makes (`recorded_calls.py`).

An operation of AWS's API is mostly an action of IAM of the same name. What differs, and what AWS checks on the way
without a call of its own, is said here; its source is the Service Authorization Reference.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from modules.recorded_calls import CALLS, OF_CHANGES

POLICY_VERSION: Final = "2012-10-17"

_PREFIX: Final = {
    "elbv2": "elasticloadbalancing",
    "monitoring": "cloudwatch",
}
"""Services whose name in IAM is another than in the API."""

_NAMED_OTHERWISE: Final = {
    "cloudfront:CreateDistributionWithTags": "cloudfront:CreateDistribution",
    "s3:DeleteBucketCors": "s3:PutBucketCORS",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:PutBucketCors": "s3:PutBucketCORS",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutBucketReplication": "s3:PutReplicationConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
}
"""Operations whose action has another name."""

WITHOUT_PERMISSION: Final = frozenset({"sts:GetCallerIdentity", "ecs:DiscoverPollEndpoint"})
"""Calls that anyone may make."""

_ALSO: Final = {
    "servicediscovery:CreatePrivateDnsNamespace": ("route53:CreateHostedZone", "route53:GetHostedZone"),
    "servicediscovery:DeleteNamespace": ("route53:DeleteHostedZone",),
    "ec2:CreateFlowLogs": ("logs:CreateLogDelivery", "logs:DeleteLogDelivery"),
    "ec2:CreateVpcEndpoint": ("route53:AssociateVPCWithHostedZone",),
    "elasticache:CreateCacheCluster": ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
    "wafv2:AssociateWebACL": ("elasticloadbalancing:SetWebAcl",),
    "wafv2:DisassociateWebACL": ("elasticloadbalancing:SetWebAcl",),
    "wafv2:PutLoggingConfiguration": (
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeResourcePolicies",
        "logs:PutResourcePolicy",
    ),
    "rds:CreateDBInstance": ("secretsmanager:CreateSecret", "kms:DescribeKey"),
    "elasticloadbalancing:CreateLoadBalancer": ("ec2:DescribeAccountAttributes", "ec2:DescribeInternetGateways"),
}
"""Actions that AWS checks when another is called; an emulated AWS cannot show them."""

_TAGS: Final = (
    "acm:AddTagsToCertificate",
    "application-autoscaling:TagResource",
    "cloudfront:TagResource",
    "cloudwatch:TagResource",
    "codedeploy:TagResource",
    "ec2:CreateTags",
    "ecs:TagResource",
    "elasticache:AddTagsToResource",
    "elasticloadbalancing:AddTags",
    "iam:TagRole",
    "logs:TagResource",
    "rds:AddTagsToResource",
    "secretsmanager:TagResource",
    "servicediscovery:TagResource",
    "sns:TagResource",
    "wafv2:TagResource",
)
"""What AWS checks when something is created with tags, as everything is."""

BY_COMMANDS: Final = (
    "application-autoscaling:DescribeScalingActivities",
    "codedeploy:ContinueDeployment",
    "codedeploy:CreateDeployment",
    "codedeploy:GetApplicationRevision",
    "codedeploy:GetDeployment",
    "codedeploy:GetDeploymentConfig",
    "codedeploy:ListDeployments",
    "codedeploy:RegisterApplicationRevision",
    "codedeploy:StopDeployment",
    "ecr:DescribeImages",
    "ecs:DescribeTasks",
    "ecs:ListTasks",
    "ecs:ListServiceDeployments",
    "ecs:RunTask",
    "cloudwatch:GetMetricData",
    "kms:DescribeKey",
    "logs:FilterLogEvents",
    "route53:GetHealthCheckStatus",
)
"""What `status` and `deploy` do beside what an apply does. CodeDeploy checks four of them on the way
(CodeDeploy user guide, "Permissions reference")."""

_READING: Final = ("BatchGet", "Describe", "Get", "Head", "List", "Filter")
_CONTENTS: Final = frozenset({"secretsmanager:GetSecretValue"})
"""Reading that shows secrets: the roles may do it with certain resources only, as what they do in S3."""


_DESCRIBED: Final = frozenset(
    {"cloudfront", "codedeploy", "elasticache", "elasticloadbalancing", "rds", "route53", "servicediscovery"}
)
"""Services whose reading shows settings of resources and never what is in them: a pattern says it in few characters.
IAM takes 10,240 in the policies of a role."""
_ALIKE: Final = "ec2:DescribeVpc"
"""How the actions begin that describe VPCs and what belongs to them; none shows what is in a machine."""
_MANY: Final = 3
"""Operations of a verb from which on a pattern stands for them."""


def action(service: str, operation: str) -> str:
    """The action of IAM that an operation of the API needs."""
    called = f"{_PREFIX.get(service, service)}:{operation}"
    return _NAMED_OTHERWISE.get(called, called)


def _actions() -> Iterator[str]:
    for service, operations in (*CALLS.items(), *OF_CHANGES.items()):
        for operation in operations:
            needed = action(service, operation)
            if needed not in WITHOUT_PERMISSION:
                yield needed
                yield from _ALSO.get(needed, ())
    yield from (*_TAGS, *BY_COMMANDS)


def _reads(needed: str) -> bool:
    return needed.partition(":")[2].startswith(_READING)


NEEDED: Final = tuple(sorted(set(_actions())))
"""All actions of an apply."""


def _patterns(actions: Iterable[str]) -> Iterator[str]:
    """The actions, with one pattern for the many of a verb with which a service describes its resources."""
    verbs: dict[str, list[str]] = {}
    for each in actions:
        service, _, operation = each.partition(":")
        verb = next(verb for verb in _READING if operation.startswith(verb))
        described = f"{service}:{verb}" if service in _DESCRIBED else each
        verbs.setdefault(_ALIKE if each.startswith(_ALIKE) else described, []).append(each)
    for pattern, held in verbs.items():
        yield from [f"{pattern}*"] if len(held) >= _MANY else held


READS: Final = tuple(
    _patterns(each for each in NEEDED if _reads(each) and each not in _CONTENTS and not each.startswith("s3:"))
)
"""What a plan and a comparison read."""

OF_ROLES: Final = tuple(each for each in NEEDED if each.startswith("iam:") and not _reads(each))
"""What an apply does with the roles of its environment."""

WITHIN_BOUNDARY: Final = tuple(
    each
    for each in OF_ROLES
    if each
    in {
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:PutRolePolicy",
    }
)
"""Those of which IAM knows the boundary of the role (`iam:PermissionsBoundary`, Service Authorization Reference)."""

ADMINISTRATION: Final = (
    "account:*",
    *(f"iam:{verb}*" for verb in ("Add", "Attach", "Create", "Delete", "Detach", "Put", "Remove", "Set", "Update")),
    "organizations:*",
    "sso:*",
)
"""What no role of an environment does: changes of people, roles and permissions."""

OF_BUCKETS: Final = tuple(each for each in NEEDED if each.startswith("s3:"))
"""What an apply does with the buckets of its environment."""

_OBJECTS: Final = frozenset({"s3:GetObject", "s3:ListBucketVersions"})
"""Reading of what is in a bucket."""
READS_OF_BUCKETS: Final = tuple(each for each in OF_BUCKETS if _reads(each) and each not in _OBJECTS)
"""What a plan and a comparison read of the settings of an environment's buckets."""

CHANGES: Final = tuple(each for each in NEEDED if not _reads(each) and not each.startswith(("iam:", "s3:")))
"""What an apply changes."""

PUSHES: Final = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImageScanFindings",
    "application-autoscaling:DescribeScalingActivities",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
"""What a push needs (ECR user guide, "Pushing an image"), and reading the result of the scan."""

KEEPS: Final = ("ecr:BatchGetImage", "ecr:PutImage")
"""What it takes to give an image of the registry one more tag, so that it does not expire while it runs."""

PASSED_TO: Final = (
    "codedeploy.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
"""Services to which an apply gives the roles that it makes."""

SERVICE_LINKED: Final = (
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticache.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "rds.amazonaws.com",
)
"""Services that make a role of their own when they are first used in an account."""
