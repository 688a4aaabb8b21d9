"""What tasks need of AWS to start and to work: images, logs, secrets; by the roles' policies and a way on 443."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from miyabi_infra.reach.blocks import EVERYWHERE
from miyabi_infra.reach.nodes import HTTPS, Node, service_of
from miyabi_infra.reach.paths import Reach
from miyabi_infra.reach.roles import ACCOUNT, Placed, Role, decide, everybody, is_about
from miyabi_infra.reach.steps import Step, Verdict, verdict
from miyabi_infra.stacks import Reference, Resource, Value
from miyabi_infra.stacks.images import ecr_image
from miyabi_infra.stacks.platform import address_of, addresses_of
from miyabi_infra.stacks.policies import statements
from modules.addresses import IPV4

_TOKEN: Final = "ecr:GetAuthorizationToken"  # noqa: S105  # the name of an action
_PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_WRITE_LOGS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")

Request = tuple[str, str]
"""An action, and the ARN that it is about."""


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
    asked: bool = False
    """Whether the task definition asks for it by name: when it does not any more, nothing is lost."""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is about: a secret by itself; images and logs, whichever tag and group there is now."""
        return (self.tasks, self.name, self.text) if self.name == "secrets" else (self.tasks, self.name)

    @property
    def possible(self) -> bool:
        """Whether every condition holds."""
        return self.verdict == "yes"

    @property
    def verdict(self) -> Verdict:
        """Whether they can; `unknown` when that depends on something that the stack does not say."""
        return verdict(self.because)


def abilities(reach: Reach) -> tuple[Ability, ...]:
    """What the tasks of a stack can do with AWS, by service."""
    found: list[Ability] = []
    for node in reach.nodes:
        service = reach.stack.find(node.address)
        definition = reach.stack.find(address_of(service.get("task_definition"))) if service else None
        if node.kind == "tasks" and definition is not None:
            found += _Tasks(reach, node, definition).abilities()
    unjudged = tuple(
        Step.unknown("permission", f"{each.type} is not judged, and may deny it or close the way", each.address)
        for each in reach.unjudged
    )
    return tuple(replace(each, because=(*each.because, *unjudged)) for each in found)


def _denied_by(policy: Resource, named: str, action: str) -> Iterator[Step]:
    """What the policy of a resource says about an action: it denies it, or may."""
    if isinstance(policy.get("policy"), Reference):
        yield Step.unknown("permission", f"{named} is known after apply", policy.address)
        return
    denying = [each for each in statements(policy.get("policy")) if not each.allows]
    about = [each for each in denying if is_about(each, action, "") is not False]
    if any(everybody(each) and not each.conditions for each in about):
        yield Step.no("permission", f"{named} denies everybody {action}", policy.address)
    elif about:
        text = f"{named} denies {action}, depending on a condition or a principal"
        yield Step.unknown("permission", text, policy.address)


class _Tasks:
    """The tasks of one service."""

    def __init__(self, reach: Reach, node: Node, definition: Resource) -> None:
        self._reach = reach
        self._stack = reach.stack
        self._node = node
        self._definition = definition
        self._execution = Role(self._stack, definition.get("execution_role_arn"), "execution role")
        self._application = Role(self._stack, definition.get("task_role_arn"), "task role")
        named = self._stack.provider.get("allowed_account_ids")
        self._account = str(named[0]) if isinstance(named, tuple) and len(named) == 1 else ACCOUNT

    def abilities(self) -> Iterator[Ability]:
        for container in self._definition.blocks("container_definitions"):
            yield self._images(str(container.get("image")))
            logs = container.get("logConfiguration")
            options = logs.get("options") if isinstance(logs, Mapping) else None
            if isinstance(options, Mapping) and "awslogs-group" in options:
                yield self._logs(options)
            yield from self._secrets(container.get("secrets"))

    def _images(self, image: str) -> Ability:
        own = ecr_image(image)
        if own is None:
            text = f"pull {image} (not from ECR: no role is needed)"
            return Ability(self._node.name, "images", text, self._way_to({}))
        arn = f"arn:aws:ecr:{own.region}:{own.account}:repository/{own.repository}"
        pulls = [(action, arn) for action in _PULL]
        steps = [step for action, on in ((_TOKEN, "*"), *pulls) for step in self._execution.may(action, on)]
        steps += self._denied_by_repository(own.repository, pulls)
        if own.account != self._account != ACCOUNT:
            text = f"whether the repository's policy lets account {self._account} in is not known here"
            steps.append(Step.unknown("permission", text))
        layers = f"arn:aws:s3:::prod-{own.region}-starport-layer-bucket/*"
        requests = {"ecr.api": [(_TOKEN, "*"), *pulls], "ecr.dkr": pulls[1:], "s3": [("s3:GetObject", layers)]}
        steps += self._way_to(requests, own.region)
        return Ability(self._node.name, "images", f"pull {image}", _once(steps))

    def _denied_by_repository(self, name: str, requests: Sequence[Request]) -> Iterator[Step]:
        """What a policy of the repository denies, where the repository's policy is in this stack."""
        for policy in self._stack.of_type("aws_ecr_repository_policy"):
            repository = self._stack.find(address_of(policy.get("repository")))
            if name in (policy.get("repository"), repository.get("name") if repository else None):
                for action, _ in requests:
                    yield from _denied_by(policy, "the repository's policy", action)

    def _denied_by_secret(self, arn: str, action: str) -> Iterator[Step]:
        """What a policy of the secret denies, where the secret's policy is in this stack."""
        for policy in self._stack.of_type("aws_secretsmanager_secret_policy"):
            of = str(policy.get("secret_arn"))
            steps = list(_denied_by(policy, "the secret's policy", action))
            if arn == of or arn.startswith(f"{of}:"):  # also of one key in its JSON
                yield from steps
            elif steps and ("*" in arn or "$" in f"{arn}{of}"):  # the one may be among the others
                yield Step.unknown("permission", f"{steps[0].text}, if it is one of these", policy.address)
        for secret in self._made(arn):
            if secret.get("policy"):
                yield from _denied_by(secret, "the secret's policy", action)

    def _made(self, arn: str) -> Iterator[Resource]:
        """The secrets of this stack that an ARN names."""
        for secret in self._stack.of_type("aws_secretsmanager_secret"):
            named = secret.get("name") or secret.get("name_prefix")
            if isinstance(named, str) and f":secret:{named}" in arn:
                yield secret

    def _decrypted(self, role: Role, arn: str) -> Iterator[Step]:
        """Who reads a secret that an own key encrypts must be allowed to decrypt with the key."""
        for secret in self._made(arn):
            key = secret.get("kms_key_id")
            if isinstance(key, str) and key.startswith("arn:"):
                yield from role.may("kms:Decrypt", key)

    def _logs(self, options: Mapping[str, Value]) -> Ability:
        group = str(options["awslogs-group"])
        region = str(options.get("awslogs-region", self._stack.region))
        arn = f"arn:aws:logs:{region}:{self._account}:log-group:{group}:log-stream:any"
        steps = [step for action in _WRITE_LOGS for step in self._execution.may(action, arn, group)]
        there = [each for each in self._stack.of_type("aws_cloudwatch_log_group") if each.get("name") == group]
        if there:
            steps.append(Step.yes("log group", f"the log group {group} exists", there[0].address))
        elif options.get("awslogs-create-group") == "true":
            steps += self._execution.may("logs:CreateLogGroup", arn, group)
        else:
            text = f"no log group {group}, and awslogs-create-group is not set"
            steps.append(Step.no("log group", text, self._definition.address))
        steps += self._way_to({"logs": [(action, arn) for action in _WRITE_LOGS]}, region)
        return Ability(self._node.name, "logs", f"write to {group}", _once(steps))

    def _secrets(self, secrets: Value) -> Iterator[Ability]:
        """What ECS fills in as a task starts (execution role), and what the application may read (task role)."""
        for secret in secrets if isinstance(secrets, tuple) else ():
            if isinstance(secret, Mapping):
                action, arn, service = _reading(str(secret.get("valueFrom")))
                steps = (
                    *self._execution.may(action, arn),
                    *self._decrypted(self._execution, arn),
                    *self._denied_by_secret(arn, action),
                    *self._way_to({service: [(action, arn)]}),
                )
                yield Ability(
                    self._node.name, "secrets", f"start with {secret.get('name')} from {arn}", _once(steps), asked=True
                )
        action = "secretsmanager:GetSecretValue"
        for arn in self._application.allowed(action):
            steps = (
                *self._application.may(action, arn),
                *self._decrypted(self._application, arn),
                *self._denied_by_secret(arn, action),
                *self._way_to({"secretsmanager": [(action, arn)]}),
            )
            yield Ability(self._node.name, "secrets", f"read {arn}", _once(steps))

    # ---- the way -------------------------------------------------------------------------------------------------

    def _way_to(self, requests: Mapping[str, Sequence[Request]], region: str | None = None) -> tuple[Step, ...]:
        """The way to AWS's APIs, by service with its requests: its endpoint if its name leads there, else the internet.

        The private DNS name of an interface endpoint, and the route of a gateway endpoint, leave no choice.
        """
        here = region in (None, self._stack.region)
        ways = {service: self._endpoint(service, held) if here else None for service, held in requests.items()}
        steps = [step for way in ways.values() if way is not None for step in way]
        lacking = [service for service, way in ways.items() if way is None]
        if requests and not lacking:
            return tuple(steps)
        # The names that the agent asks for have no IPv6 address: those of dual-stack endpoints are others.
        outward = self._reach.outward_over(self._node, "tcp", HTTPS, IPV4)
        if verdict(outward) == "no":
            text = f"no VPC endpoint of {', '.join(lacking) or 'the registry'} that the tasks reach"
            return (*outward, *steps, Step.no("endpoint", text))
        return (*outward, *steps)

    def _endpoint(self, service: str, requests: Sequence[Request]) -> tuple[Step, ...] | None:
        """The way through the VPC endpoint of a service; None if the service's name does not lead there."""
        vpcs = {subnet.vpc for subnet in self._node.subnets}
        for each in self._stack.of_type("aws_vpc_endpoint"):
            if service_of(each) != service or address_of(each.get("vpc_id")) not in vpcs:
                continue
            if each.get("vpc_endpoint_type", "Gateway") == "Gateway":
                if self._serves(each):
                    return (*self._through_gateway(each, service), *self._endpoint_allows(each, requests))
                continue
            node = next((node for node in self._reach.nodes if node.address == each.address), None)
            if node is not None and self._has_private_name(each):
                inside = self._reach.inside(self._node, node, "tcp", HTTPS)
                return (*inside, *self._endpoint_allows(each, requests))
        return None

    def _has_private_name(self, endpoint: Resource) -> bool:
        """Whether the service's usual name leads to an interface endpoint within the VPC."""
        vpc = self._stack.find(address_of(endpoint.get("vpc_id")))
        resolves = vpc is not None and vpc.get("enable_dns_support") is not False and vpc.get("enable_dns_hostnames")
        return endpoint.get("private_dns_enabled") is True and resolves is True

    def _serves(self, endpoint: Resource) -> bool:
        """Whether a gateway endpoint has a route in the tables of all subnets."""
        tables = set(addresses_of(endpoint.get("route_table_ids")))
        for each in self._stack.of_type("aws_vpc_endpoint_route_table_association"):
            if address_of(each.get("vpc_endpoint_id")) == endpoint.address:
                tables.add(address_of(each.get("route_table_id")))
        subnets = self._node.subnets
        return bool(subnets) and all(subnet.table in tables for subnet in subnets)

    def _through_gateway(self, endpoint: Resource, service: str) -> Iterator[Step]:
        """A gateway endpoint is a route: security groups must let the service's public addresses out."""
        rules = [
            rule
            for group in self._node.groups
            for rule in self._reach.network.rules.get(group, ())
            if rule.direction == "egress" and rule.covers("tcp", HTTPS)
        ]
        whole = [rule for rule in rules if EVERYWHERE[0] in rule.blocks or endpoint.address in rule.unknown]
        part = [rule for rule in rules if rule.public_over(IPV4) or rule.unknown]
        if whole:
            yield Step.yes("egress rule", whole[0].text, whole[0].address)
        elif part:
            text = f"{part[0].text}: whether these are the addresses of {service} is not known here"
            yield Step.unknown("egress rule", text, part[0].address)
        else:
            text = f"no egress rule lets tcp {HTTPS} out to the addresses of {service}"
            yield Step.no("egress rule", text, ", ".join(self._node.groups))
        yield Step.yes("endpoint", f"gateway endpoint of {service}", endpoint.address)

    def _endpoint_allows(self, endpoint: Resource, requests: Sequence[Request]) -> Iterator[Step]:
        """What the endpoint's policy says; without one it lets everything pass."""
        policies = [endpoint.get("policy")]
        policies += [
            each.get("policy")
            for each in self._stack.of_type("aws_vpc_endpoint_policy")
            if address_of(each.get("vpc_endpoint_id")) == endpoint.address
        ]
        for policy in filter(None, policies):
            if not isinstance(policy, Mapping):
                yield Step.unknown("permission", "the policy of the endpoint is known after apply", endpoint.address)
                continue
            held = list(statements(policy))
            certain = [Placed(each, endpoint.address) for each in held if everybody(each)]
            possible = [Placed(each, endpoint.address) for each in held]
            for action, arn in requests:
                verdicts = (decide(certain, action, arn).holds, decide(possible, action, arn).holds)
                yield _endpoint_step(endpoint, action, *verdicts)


def _endpoint_step(endpoint: Resource, action: str, certain: bool | None, possible: bool | None) -> Step:  # noqa: FBT001
    """What a policy says to everybody, and what it may say to a role that it names."""
    if certain == possible and certain is not None:
        verb = "allows" if certain else "does not allow"
        return Step("permission", certain, f"the policy of the endpoint {verb} {action}", endpoint.address)
    text = f"the policy of the endpoint allows {action}, depending on a condition or a principal"
    return Step.unknown("permission", text, endpoint.address)


def _reading(source: str) -> tuple[str, str, str]:
    """Action, ARN and service of reading a secret; the ARN without the key and version that ECS picks out."""
    if ":ssm:" in source:
        return "ssm:GetParameters", source, "ssm"
    if source.startswith("${"):  # of the stack itself, known after apply
        return "secretsmanager:GetSecretValue", source[: source.index("}") + 1], "secretsmanager"
    return "secretsmanager:GetSecretValue", ":".join(source.split(":")[:7]), "secretsmanager"


def _once(steps: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(dict.fromkeys(steps))
