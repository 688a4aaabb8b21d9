"""`miyabi-infra inventory`: what exists in each environment, by type, module and count, and what it is for."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack, read, revision
from miyabi_infra.stacks.compare import compare
from miyabi_infra.text import count, table

PURPOSES: Final[Mapping[str, str]] = {
    "aws_appautoscaling_policy": "Scale on CPU, memory and requests a task",
    "aws_appautoscaling_target": "Range in which the service scales",
    "aws_cloudwatch_dashboard": "What an operator looks at first",
    "aws_cloudwatch_log_group": "Application logs",
    "aws_cloudwatch_metric_alarm": "Alarms",
    "aws_cloudwatch_query_definition": "Saved questions to the logs",
    "aws_ecr_lifecycle_policy": "Expiry of old images",
    "aws_ecr_repository": "Container images",
    "aws_ecs_cluster": "Cluster that the tasks run in",
    "aws_ecs_cluster_capacity_providers": "Fargate and Fargate Spot for the cluster",
    "aws_ecs_service": "Keeps the tasks running, and rolls out new versions",
    "aws_ecs_task_definition": "Image, size and configuration of a task",
    "aws_eip": "Public addresses of the NAT gateways",
    "aws_elasticache_cluster": "Redis cache",
    "aws_elasticache_parameter_group": "Redis parameters",
    "aws_elasticache_subnet_group": "Subnets of the cache",
    "aws_iam_role": "Roles of the tasks: to start them, and of the application",
    "aws_iam_role_policy": "What the roles may do",
    "aws_iam_role_policy_attachment": "AWS's own policy for starting tasks",
    "aws_internet_gateway": "Way between the VPC and the internet",
    "aws_lb": "Load balancer in front of the tasks",
    "aws_lb_listener": "Ports that the load balancer listens on",
    "aws_lb_target_group": "Tasks behind the load balancer, with their health check",
    "aws_nat_gateway": "Way out for the private subnets",
    "aws_route": "Default routes",
    "aws_route_table": "Routes of the subnets",
    "aws_route_table_association": "Which subnet uses which routes",
    "aws_s3_bucket": "Terraform states",
    "aws_s3_bucket_lifecycle_configuration": "Expiry of old states",
    "aws_s3_bucket_ownership_controls": "No access lists on the bucket",
    "aws_s3_bucket_policy": "TLS only",
    "aws_s3_bucket_public_access_block": "Nothing of the bucket is public",
    "aws_s3_bucket_server_side_encryption_configuration": "States encrypted at rest",
    "aws_s3_bucket_versioning": "Every state kept as a version",
    "aws_security_group": "Who may connect to the load balancer, tasks, database and cache",
    "aws_service_discovery_private_dns_namespace": "Private DNS zone of the tasks",
    "aws_service_discovery_service": "The tasks' name in the private DNS zone",
    "aws_sns_topic": "Topic that the alarms notify",
    "aws_sns_topic_policy": "Alarms of this account may publish",
    "aws_sns_topic_subscription": "Whom the alarms tell, by e-mail or webhook",
    "aws_subnet": "Public subnets (load balancer, NAT) and private ones (tasks, cache)",
    "aws_vpc": "Network of the environment",
}
"""What the resources of each type are for."""


@dataclass(frozen=True)
class Row:
    """Resources of one type in one module."""

    type: str
    module: str
    counts: Mapping[str, int]
    """Instances, by environment."""

    @property
    def purpose(self) -> str:
        """What they are for; empty for a type that nobody has described yet."""
        return PURPOSES.get(self.type, "")


def rows(stacks: Sequence[Stack]) -> list[Row]:
    """The inventory of some stacks, by module and type."""
    found = {stack.environment: Counter((each.module, each.type) for each in stack.resources) for stack in stacks}
    keys = sorted({key for counted in found.values() for key in counted})
    return [
        Row(kind, module, {environment: counted[module, kind] for environment, counted in found.items()})
        for module, kind in keys
    ]


def chosen(stacks: Sequence[Stack], environment: str | None) -> tuple[Stack, ...]:
    """The stack of an environment, or all without one.

    Raises:
        Refused: for an environment that there is none of.
    """
    found = tuple(stack for stack in stacks if environment in (None, stack.environment))
    if not found:
        known = ", ".join(stack.environment for stack in stacks)
        raise Refused(f"there is no environment {environment!r}; there are {known}")
    return found


def run(root: Path, environment: str | None = None, *, since: str | None = None, as_json: bool = False) -> int:
    """Print the inventory, or with `since` what differs from a git revision; return the exit code.

    Raises:
        Refused: when the stacks, the environment or the revision can't be read.
    """
    stacks = read(root / OUT)
    if since is None:
        shown = chosen(stacks, environment)
        print(json.dumps(_data(shown), indent=2) if as_json else _text(shown))
        return 0
    old = revision.stacks(root, since)
    if environment is not None:
        chosen((*stacks, *old), environment)
    changes = _changes(old, stacks, environment)
    print(json.dumps(changes, indent=2) if as_json else _changes_text(changes, since))
    return int(any(changes.values()))


def _text(stacks: Sequence[Stack]) -> str:
    names = [stack.environment for stack in stacks]
    found = rows(stacks)
    lines = [[row.type, row.module, *(str(row.counts[name] or "-") for name in names), row.purpose] for row in found]
    lines.append(["total", "", *(str(sum(row.counts[name] for row in found)) for name in names), ""])
    header = ["type", "module", *(names if len(names) > 1 else ["count"]), "purpose"]
    return table(header, lines, right=range(2, 2 + len(names)))


def _data(stacks: Sequence[Stack]) -> dict[str, Any]:
    return {
        stack.environment: {
            "stack": stack.name,
            "total": len(stack.resources),
            "resources": [
                {
                    "type": row.type,
                    "module": row.module,
                    "count": row.counts[stack.environment],
                    "purpose": row.purpose,
                    "addresses": [
                        each.address for each in stack.resources if (each.type, each.module) == (row.type, row.module)
                    ],
                }
                for row in rows([stack])
            ],
        }
        for stack in stacks
    }


def _changes(old: Sequence[Stack], new: Sequence[Stack], environment: str | None) -> dict[str, list[dict[str, Any]]]:
    """By environment: instances added, removed and changed."""
    before = {stack.environment: stack for stack in old}
    after = {stack.environment: stack for stack in new}
    names = [name for name in dict.fromkeys((*after, *before)) if environment in (None, name)]
    changes: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        if name in before and name in after:
            found = compare(before[name], after[name]).changes
            changes[name] = [
                {"change": each.kind, "address": each.address, "arguments": [one.path for one in each.arguments]}
                for each in found
            ]
        else:
            kind, stack = ("add", after[name]) if name in after else ("remove", before[name])
            changes[name] = [
                {"change": kind, "address": each.address, "arguments": list[str]()} for each in stack.resources
            ]
    return changes


def _changes_text(changes: Mapping[str, Sequence[Mapping[str, Any]]], since: str) -> str:
    marks = {"add": "+", "remove": "-", "change": "~"}
    blocks: list[str] = []
    for name, found in changes.items():
        counted = Counter(each["change"] for each in found)
        total = ", ".join(f"{counted[kind]} {verb}" for kind, verb in _VERBS.items() if counted[kind])
        lines = [f"{name}: {total or f'as in {since}'}"]
        for each in found:
            arguments = f"  ({', '.join(each['arguments'])})" if each["arguments"] else ""
            lines.append(f"  {marks[each['change']]} {each['address']}{arguments}")
        blocks.append("\n".join(lines))
    resources = sum(len(found) for found in changes.values())
    return "\n".join([*blocks, f"\n{count(resources, 'resource')} differ{'s' * (resources == 1)} from {since}"])


_VERBS: Final = {"add": "added", "remove": "removed", "change": "changed"}
