"""What an emulated AWS does not do: IAM's answer to each call, by the policies of the pipeline's roles.

The calls are those that were recorded, each with the resource where IAM decides by it: buckets and their objects,
roles, secrets; and the roles that they pass on, with the service that gets them. The rest is allowed on every resource,
so only action and region decide: which tags a resource has is not in the calls. Written from IAM's user guide
("Policy evaluation logic", "Condition operators"), apart from `miyabi_infra.reach`, which judges the stacks.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from miyabi_infra.stacks.policies import Statement, statements
from modules.permissions import WITHOUT_PERMISSION, action

ANY: Final = "*"
"""The resource of a call that names none, or of a service whose actions the roles have on all of them."""


@dataclass(frozen=True)
class Call:
    """A call of an API of AWS."""

    service: str
    operation: str
    region: str
    resource: str
    passed_to: str = ""
    """The service that gets the role, where the call hands one on: then it is `iam:PassRole`, which no API has."""

    @property
    def action(self) -> str:
        """The action that IAM asks for."""
        return action(self.service, self.operation)

    def __str__(self) -> str:
        to = f" to {self.passed_to}" if self.passed_to else ""
        return f"{self.action} on {self.resource}{to} in {self.region}"


PASSES: Final = {
    ("codedeploy", "serviceRoleArn"): "codedeploy.amazonaws.com",
    ("ec2", "DeliverLogsPermissionArn"): "vpc-flow-logs.amazonaws.com",
    ("ecs", "executionRoleArn"): "ecs-tasks.amazonaws.com",
    ("ecs", "taskRoleArn"): "ecs-tasks.amazonaws.com",
    ("rds", "MonitoringRoleArn"): "monitoring.rds.amazonaws.com",
}
"""Parameters by which a call hands a role to a service, which IAM asks `iam:PassRole` for (Service Authorization
Reference, the dependent actions of CreateDeploymentGroup, CreateFlowLogs, RegisterTaskDefinition, CreateDBInstance)."""

_ROLE: Final = re.compile(r"arn:aws:iam::\d{12}:role/(?!aws-service-role/).+")


def passed(service: str, parameters: object, region: str, key: str = "") -> Iterator[Call]:
    """The roles that a request hands on, wherever in it they are; one that PASSES does not know, to no service."""
    if service in {"iam", "sts"}:  # which make roles and assume them, and hand none on
        return
    if isinstance(parameters, Mapping):
        for name, value in cast("Mapping[str, object]", parameters).items():
            yield from passed(service, value, region, name)
    elif isinstance(parameters, list):
        for value in cast("list[object]", parameters):
            yield from passed(service, value, region, key)
    elif isinstance(parameters, str) and _ROLE.fullmatch(parameters):
        unknown = f"whom? {service} has it by {key}, which is not in PASSES"
        yield Call("iam", "PassRole", region, parameters, PASSES.get((service, key), unknown))


def resource_of(service: str, parameters: Mapping[str, Any], account: str, region: str) -> str:
    """The ARN that a request names, of the services whose actions are allowed on some resources only."""
    if service == "s3" and parameters.get("Bucket"):
        key = parameters.get("Key")
        return f"arn:aws:s3:::{parameters['Bucket']}{f'/{key}' if key else ''}"
    if service == "iam":
        if parameters.get("RoleName"):
            return f"arn:aws:iam::{account}:role/{parameters['RoleName']}"
        return str(parameters.get("PolicyArn") or ANY)
    if service == "secretsmanager" and parameters.get("SecretId"):
        named = str(parameters["SecretId"])
        return named if named.startswith("arn:") else f"arn:aws:secretsmanager:{region}:{account}:secret:{named}-a1b2c3"
    return ANY


def policies_of(pipeline: Mapping[str, Any], state_bucket: str) -> dict[str, Any]:
    """The policies that a rendered module `pipeline` makes, by the names of its locals, with what its wires give.

    What is attached to the roles that plan and apply stands in their own policies.
    """
    written = json.dumps(pipeline["locals"]).replace("${var.state_bucket_arn}", f"arn:aws:s3:::{state_bucket}")
    found: dict[str, Any] = json.loads(written)
    for each in (found["plan_policy"], *found["apply_policies"]):
        each["Statement"] += found["reads_policy"]["Statement"]
    return found


def refused(calls: Iterable[Call], policy: Mapping[str, Any], boundary: Mapping[str, Any]) -> list[str]:
    """The calls that a role with a policy and a boundary may not make."""
    identity, limit = list(statements(_as_read(policy))), list(statements(_as_read(boundary)))
    return sorted(
        str(each)
        for each in calls
        if each.action not in WITHOUT_PERMISSION and not (_allows(identity, each) and _allows(limit, each))
    )


def _as_read(document: Any) -> Any:  # noqa: ANN401  # JSON
    """A document as stacks are read, with tuples for lists."""
    if isinstance(document, Mapping):
        return {key: _as_read(value) for key, value in cast("Mapping[str, Any]", document).items()}
    return tuple(map(_as_read, cast("list[Any]", document))) if isinstance(document, list) else document


def _allows(held: Iterable[Statement], call: Call) -> bool:
    about = list(_about(held, call))
    return any(each.allows for each in about) and all(each.allows for each in about)


def _about(held: Iterable[Statement], call: Call) -> Iterator[Statement]:
    for each in held:
        if each.is_about(call.action, call.resource) and _conditions_hold(each, call):
            yield each


def _conditions_hold(statement: Statement, call: Call) -> bool:
    """Whether every condition holds; of what a call does not say, only what ends in `IfExists` does."""
    said = {"aws:RequestedRegion": call.region} | ({"iam:PassedToService": call.passed_to} if call.passed_to else {})
    for operator, keys in statement.conditions.items():
        kind = operator.removesuffix("IfExists")
        assert kind in {"StringEquals", "StringNotEquals"}, f"the condition {operator} is not known here"
        for key, values in keys.items():
            wanted = [values] if isinstance(values, str) else list(values)
            if key not in said:
                if not operator.endswith("IfExists") and kind == "StringEquals":
                    return False
            elif (said[key] in wanted) != (kind == "StringEquals"):
                return False
    return True
