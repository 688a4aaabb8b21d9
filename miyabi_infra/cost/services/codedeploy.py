"""CodeDeploy: free for deployments on ECS (CodeDeploy pricing page); during one, twice the tasks run."""

from typing import Final

from miyabi_infra.cost.model import Billing, Free

BILLING: Final[Billing] = {
    "aws_codedeploy_app": Free(),
    "aws_codedeploy_deployment_group": Free("free on ECS; while a deployment runs, so do old and new tasks"),
}
