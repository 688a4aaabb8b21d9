"""What tasks need of AWS to start and to work: images, logs, secrets; by the roles' policies and a way out on 443."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from miyabi_infra.reach.network import Step, Subnet, address_of, addresses_of
from miyabi_infra.reach.nodes import HTTPS, Node
from miyabi_infra.reach.paths import Reach
from miyabi_infra.stacks import Resource, Stack, Value

MANAGED: Final[Mapping[str, tuple[str, ...]]] = {
    "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy": (
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ),
}
"""Actions that AWS's own policies allow, each on every resource (AWS managed policy reference)."""

_PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_WRITE_LOGS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass(frozen=True)
class Statement:
    """A statement of a policy."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditional: bool
    """Whether it applies under a condition, or by exclusion (NotAction, NotResource): then it is not relied on."""
    address: str
    """The resource that attaches it to the role."""


@dataclass(frozen=True)
class Ability:
    """Something that the tasks must be able to do."""

    tasks: str
    """Name of the node."""
    name: str
    """`images`, `logs`, `secrets`."""
    text: str
    """What exactly."""
    because: tuple[Step, ...]

    @property
    def possible(self) -> bool:
        """Whether every condition holds."""
        return all(step.holds for step in self.because)


def abilities(reach: Reach) -> tuple[Ability, ...]:
    """What the tasks of a stack can do with AWS, by service."""
    found: list[Ability] = []
    for node in reach.nodes:
        service = reach.stack.find(node.address)
        definition = reach.stack.find(address_of(service.get("task_definition"))) if service else None
        if node.kind == "tasks" and definition is not None:
            found += _Tasks(reach, node, definition).abilities()
    return tuple(found)


class _Tasks:
    """The tasks of one service."""

    def __init__(self, reach: Reach, node: Node, definition: Resource) -> None:
        self._reach = reach
        self._stack = reach.stack
        self._node = node
        self._definition = definition
        self._execution = Role(self._stack, definition.get("execution_role_arn"), "execution role")
        self._application = Role(self._stack, definition.get("task_role_arn"), "task role")

    def abilities(self) -> Iterator[Ability]:
        for container in self._definition.blocks("container_definitions"):
            yield self._images(str(container.get("image")))
            logs = container.get("logConfiguration")
            options = logs.get("options") if isinstance(logs, Mapping) else None
            if isinstance(options, Mapping) and "awslogs-group" in options:
                yield self._logs(options)
            yield from self._secrets(container.get("secrets"))

    def _images(self, image: str) -> Ability:
        own = re.match(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)", image)
        if own is None:
            steps = self._way_out()
            return Ability(self._node.name, "images", f"pull {image} (no ECR: no role is asked)", steps)
        account, region, repository = own.groups()
        arn = f"arn:aws:ecr:{region}:{account}:repository/{repository}"
        steps = (
            *self._execution.may("ecr:GetAuthorizationToken", "*"),
            *(step for action in _PULL for step in self._execution.may(action, arn)),
            *self._way_out("ecr.api", "ecr.dkr", "s3"),
        )
        return Ability(self._node.name, "images", f"pull {image}", _once(steps))

    def _logs(self, options: Mapping[str, Value]) -> Ability:
        group = str(options["awslogs-group"])
        region = options.get("awslogs-region", self._stack.region)
        arn = f"arn:aws:logs:{region}:{_ACCOUNT}:log-group:{group}:log-stream:any"
        steps = [step for action in _WRITE_LOGS for step in self._execution.may(action, arn, group)]
        there = [each for each in self._stack.of_type("aws_cloudwatch_log_group") if each.get("name") == group]
        if there:
            steps.append(Step.yes("log group", f"the log group {group} exists", there[0].address))
        elif options.get("awslogs-create-group") == "true":
            steps += self._execution.may("logs:CreateLogGroup", arn, group)
        else:
            steps.append(
                Step.no(
                    "log group", f"no log group {group}, and awslogs-create-group is not set", self._definition.address
                )
            )
        return Ability(self._node.name, "logs", f"write to {group}", _once((*steps, *self._way_out("logs"))))

    def _secrets(self, secrets: Value) -> Iterator[Ability]:
        """What ECS fills in as a task starts (execution role), and what the application may read (task role)."""
        for secret in secrets if isinstance(secrets, tuple) else ():
            if isinstance(secret, Mapping):
                source = str(secret.get("valueFrom"))
                action, arn, service = _reading(source)
                steps = (*self._execution.may(action, arn), *self._way_out(service))
                yield Ability(self._node.name, "secrets", f"start with {secret.get('name')} from {arn}", _once(steps))
        for arn in self._application.allowed("secretsmanager:GetSecretValue"):
            steps = (
                *self._application.may("secretsmanager:GetSecretValue", arn),
                *self._way_out("secretsmanager"),
            )
            yield Ability(self._node.name, "secrets", f"read {arn}", _once(steps))

    def _way_out(self, *services: str) -> tuple[Step, ...]:
        """The way to AWS's APIs: the endpoints of the services where each has one, else out to the internet."""
        outward = self._reach.outward(self._node, "tcp", HTTPS)
        if all(step.holds for step in outward):
            return outward
        ways = [self._endpoint(service) for service in services]
        if services and all(way is not None for way in ways):
            return tuple(step for way in ways if way is not None for step in way)
        lacking = ", ".join(service for service, way in zip(services, ways, strict=True) if way is None)
        return (*outward, Step.no("endpoint", f"no VPC endpoint of {lacking or 'the registry'} that the tasks reach"))

    def _endpoint(self, service: str) -> tuple[Step, ...] | None:
        for node in self._reach.nodes:
            if node.kind == "endpoint" and node.service == service:
                steps = self._reach.inside(self._node, node, "tcp", HTTPS)
                if all(step.holds for step in steps):
                    return steps
        for each in self._stack.of_type("aws_vpc_endpoint"):
            tables = set(addresses_of(each.get("route_table_ids")))
            if str(each.get("service_name", "")).endswith(f".{service}") and _serve(tables, self._node.subnets):
                return (Step.yes("endpoint", f"gateway endpoint of {service}", each.address),)
        return None


_ACCOUNT: Final = "000000000000"
"""Stands for the account that a stack is in, which it does not say; only policies that name an account tell."""


def _serve(tables: set[str], subnets: Sequence[Subnet]) -> bool:
    return bool(subnets) and all(subnet.table in tables for subnet in subnets)


def _reading(source: str) -> tuple[str, str, str]:
    """Action, ARN and service of reading a secret; the ARN without the key and version that ECS picks out."""
    if ":ssm:" in source:
        return "ssm:GetParameters", source, "ssm"
    return "secretsmanager:GetSecretValue", ":".join(source.split(":")[:7]), "secretsmanager"


class Role:
    """A role of the stack, with what its policies say."""

    def __init__(self, stack: Stack, value: Value, what: str) -> None:
        self._what = what
        self._role = stack.find(address_of(value))
        self._statements = tuple(self._read(stack)) if self._role else ()
        self._unknown = [] if self._role is None else [*self._unknown_policies(stack, self._role)]

    def may(self, action: str, resource: str, shown: str = "") -> tuple[Step, ...]:
        """Whether the role may do something, and which policy says so; `shown` stands for the resource in texts."""
        shown = shown or resource
        if self._role is None:
            return (Step.no("permission", f"there is no {self._what} in this stack that could allow {action}"),)
        about = [each for each in self._statements if _matches(each.actions, action, fold=True)]
        about = [each for each in about if _matches(each.resources, resource)]
        for each in about:
            if not each.allows:
                return (Step.no("permission", f"the {self._what} is denied {action}", each.address),)
        for each in about:
            if not each.conditional:
                return (
                    self._assumed(),
                    Step.yes("permission", f"the {self._what} may {action} on {shown}", each.address),
                )
        unknown = f"; what {', '.join(self._unknown)} allows is not known here" if self._unknown else ""
        return (Step.no("permission", f"the {self._what} may not {action} on {shown}{unknown}", self._role.address),)

    def allowed(self, action: str) -> list[str]:
        """The resources, as policies name them, on which the role may do something."""
        return [
            resource
            for each in self._statements
            if each.allows and _matches(each.actions, action, fold=True)
            for resource in each.resources
        ]

    def _assumed(self) -> Step:
        """Whether tasks may assume it."""
        assert self._role is not None
        for statement in _statements(self._role.get("assume_role_policy")):
            principal = statement.get("Principal")
            services = _texts(principal.get("Service")) if isinstance(principal, Mapping) else ()
            if "ecs-tasks.amazonaws.com" in services and statement.get("Effect") == "Allow":
                return Step.yes("permission", f"tasks assume the {self._what}", self._role.address)
        return Step.no("permission", f"the {self._what} does not trust ecs-tasks.amazonaws.com", self._role.address)

    def _read(self, stack: Stack) -> Iterator[Statement]:
        assert self._role is not None
        for policy in stack.of_type("aws_iam_role_policy"):
            if _is(policy.get("role"), self._role):
                yield from _parsed(policy.get("policy"), policy.address)
        for attachment in stack.of_type("aws_iam_role_policy_attachment"):
            if _is(attachment.get("role"), self._role):
                own = stack.find(address_of(attachment.get("policy_arn")))
                if own is not None:
                    yield from _parsed(own.get("policy"), attachment.address)
                managed = MANAGED.get(str(attachment.get("policy_arn")))
                if managed is not None:
                    yield Statement(True, managed, ("*",), False, attachment.address)  # noqa: FBT003  # as AWS has it

    def _unknown_policies(self, stack: Stack, role: Resource) -> Iterator[str]:
        for attachment in stack.of_type("aws_iam_role_policy_attachment"):
            arn = attachment.get("policy_arn")
            if _is(attachment.get("role"), role) and isinstance(arn, str) and arn not in MANAGED:
                yield arn


def _is(value: Value, role: Resource) -> bool:
    return address_of(value) == role.address or (isinstance(value, str) and value == role.get("name"))


def _parsed(policy: Value, address: str) -> Iterator[Statement]:
    for statement in _statements(policy):
        yield Statement(
            allows=statement.get("Effect") == "Allow",
            actions=_texts(statement.get("Action")) or ("*",),
            resources=_texts(statement.get("Resource")) or ("*",),
            conditional=bool({"Condition", "NotAction", "NotResource"} & statement.keys()),
            address=address,
        )


def _statements(policy: Value) -> tuple[Mapping[str, Value], ...]:
    held = policy.get("Statement") if isinstance(policy, Mapping) else None
    found = held if isinstance(held, tuple) else (held,)
    return tuple(each for each in found if isinstance(each, Mapping))


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(map(str, value))
    return () if value is None else (str(value),)


def _matches(patterns: Sequence[str], text: str, *, fold: bool = False) -> bool:
    """Whether one of IAM's patterns, with `*` and `?`, matches; actions are compared without regard to case."""
    for pattern in patterns:
        form = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(form, text, re.IGNORECASE if fold else 0):
            return True
    return False


def _once(steps: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(dict.fromkeys(steps))
