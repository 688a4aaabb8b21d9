"""Service-linked roles: AWS creates each when its service is first used, if the credentials may."""

from typing import Final

from miyabi_infra.aws.preflight.model import Observations, fine, note
from miyabi_infra.aws.status.model import Look

ROLES: Final = {
    "aws_appautoscaling_target": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "aws_db_instance": "AWSServiceRoleForRDS",
    "aws_ecs_cluster": "AWSServiceRoleForECS",
    "aws_elasticache_cluster": "AWSServiceRoleForElastiCache",
    "aws_elasticache_replication_group": "AWSServiceRoleForElastiCache",
    "aws_lb": "AWSServiceRoleForElasticLoadBalancing",
}
"""The role that a type of resource needs (IAM user guide, "AWS services that work with IAM")."""


def service_linked(look: Look) -> Observations:
    """The roles that exist, and those that the first apply has AWS create."""
    wanted = {ROLES[each.type] for each in look.world.stack.resources if each.type in ROLES}
    missing = [each for each in sorted(wanted) if look.world.optional("iam", "get_role", RoleName=each) is None]
    if missing:
        text = f"{', '.join(missing)}: created at first use; the credentials need iam:CreateServiceLinkedRole"
        yield note(text, missing=missing)
    elif wanted:
        yield fine(f"all {len(wanted)} exist")
