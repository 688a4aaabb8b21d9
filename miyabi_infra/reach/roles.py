"""What IAM roles may do, by the policies of the stack: identity policies and the permissions boundary, Deny first.

As IAM evaluates a request within one account (IAM user guide, "Policy evaluation logic"): an explicit Deny in any
policy decides; else an identity policy must allow, and so must the boundary, if there is one. What depends on a
condition, or on a policy that the stack does not have, is unknown. Service control policies are not in a stack.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from miyabi_infra.reach.steps import Step
from miyabi_infra.stacks import Resource, Stack, Value
from miyabi_infra.stacks.platform import address_of
from miyabi_infra.stacks.policies import Statement, matches, statements

MANAGED: Final[Mapping[str, tuple[str, ...]]] = {
    "arn:aws:iam::aws:policy/AdministratorAccess": ("*",),
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

ACCOUNT: Final = "000000000000"
"""In an ARN: the account of the stack, when the stack does not say which it is."""


@dataclass(frozen=True)
class Decision:
    """What policies say about a request."""

    holds: bool | None
    """None when it depends on a condition, or on what is not known before apply."""
    denied: bool
    """Whether a statement denies it, or may."""
    address: str
    """The resource that decides it; empty if no statement is about the request."""


@dataclass(frozen=True)
class Placed:
    """A statement, with the resource that attaches it."""

    statement: Statement
    address: str


def decide(held: Sequence[Placed], action: str, resource: str) -> Decision:
    """What statements say about an action on a resource, whatever their principals."""
    about = [(each, is_about(each.statement, action, resource)) for each in held]
    denying = [(each, whether) for each, whether in about if whether is not False and not each.statement.allows]
    allowing = [(each, whether) for each, whether in about if whether is not False and each.statement.allows]
    for each, whether in denying:
        if whether and not each.statement.conditions:
            return Decision(holds=False, denied=True, address=each.address)
    certain = [each for each, whether in allowing if whether and not each.statement.conditions]
    if denying and allowing:
        return Decision(holds=None, denied=True, address=denying[0][0].address)
    if certain:
        return Decision(holds=True, denied=False, address=certain[0].address)
    if allowing:
        return Decision(holds=None, denied=False, address=allowing[0][0].address)
    return Decision(holds=False, denied=False, address="")


def is_about(statement: Statement, action: str, resource: str) -> bool | None:
    """Whether a statement is about an action on a resource, its conditions aside; None when that is not known."""
    acts = matches(statement.actions, action, ignore_case=True) if statement.actions else bool(statement.not_actions)
    if not acts or matches(statement.not_actions, action, ignore_case=True):
        return False
    if statement.not_resources:
        excluded = _matches(statement.not_resources, resource)
        return None if excluded is None else not excluded
    return _matches(statement.resources, resource) if statement.resources else True


def _matches(patterns: Sequence[str], resource: str) -> bool | None:
    """Whether an ARN matches a pattern; None when it may: the account, or a part of the pattern, is not known."""
    if matches(patterns, resource):
        return True
    for pattern in patterns:
        account = "".join(pattern.split(":")[4:5])
        if "${" in pattern or (account and matches([pattern], resource.replace(ACCOUNT, account))):
            return None
    return False


class Role:
    """A role of the stack, with what its policies say."""

    def __init__(self, stack: Stack, value: Value, what: str) -> None:
        self._stack = stack
        self._what = what
        self._role = stack.find(address_of(value))
        self._unknown: list[str] = []
        self._identity = tuple(self._read()) if self._role else ()

    def may(self, action: str, resource: str, shown: str = "") -> tuple[Step, ...]:
        """Whether the role may do something, and which policy says so; `shown` is the resource for people."""
        if self._role is None:
            text = f"there is no {self._what} in this stack that could allow {action}"
            return (Step.no("permission", text),)
        shown = shown or resource
        steps = [self._trusted(), self._by_identity(action, resource, shown)]
        if self._role.get("permissions_boundary"):
            steps.append(self._by_boundary(action, resource, shown))
        return tuple(steps)

    def allowed(self, action: str) -> list[str]:
        """The resources, as policies name them, on which the role may do something."""
        return [
            resource
            for each in self._identity
            if each.statement.allows and is_about(replace(each.statement, resources=(), not_resources=()), action, "")
            for resource in each.statement.resources or ("*",)
        ]

    def _by_identity(self, action: str, resource: str, shown: str) -> Step:
        assert self._role is not None
        found = decide(self._identity, action, resource)
        what = f"{action} on {shown}"
        if found.holds is False and found.denied:
            return Step.no("permission", f"the {self._what} is denied {action}", found.address)
        if found.holds is False and self._unknown:
            text = f"the {self._what} may not {what}; what {', '.join(self._unknown)} allows is not known here"
            return Step.unknown("permission", text, self._role.address)
        if found.holds is False:
            return Step.no("permission", f"the {self._what} may not {what}", self._role.address)
        denying = [each for each in self._unknown if not _only_allows(each)]
        if found.holds is None or denying:
            why = f"what {', '.join(denying)} denies is not known here" if found.holds else _WHY[found.denied]
            return Step.unknown("permission", f"the {self._what} may {what}: {why}", found.address)
        return Step.yes("permission", f"the {self._what} may {what}", found.address)

    def _by_boundary(self, action: str, resource: str, shown: str) -> Step:
        assert self._role is not None
        value = self._role.get("permissions_boundary")
        unknown: list[str] = []
        found = decide(tuple(self._policy(value, self._role.address, unknown)), action, resource)
        what = f"{action} on {shown}"
        if unknown:
            text = f"whether the permissions boundary {unknown[0]} allows {what} is not known here"
            return Step.unknown("permission", text, self._role.address)
        if found.holds is None:
            text = f"the permissions boundary allows {what}: {_WHY[found.denied]}"
            return Step.unknown("permission", text, found.address)
        verb = "allows" if found.holds else "does not allow"
        return Step("permission", found.holds, f"the permissions boundary {verb} {what}", address_of(value))

    def _trusted(self) -> Step:
        """Whether tasks may assume it."""
        assert self._role is not None
        trusting = [
            each
            for each in statements(self._role.get("assume_role_policy"))
            if each.allows and _TASKS in each.principals.get("Service", ())
        ]
        if not trusting:
            return Step.no("permission", f"the {self._what} does not trust {_TASKS}", self._role.address)
        if all(each.conditions for each in trusting):
            text = f"tasks assume the {self._what}, if the condition of its trust policy holds"
            return Step.unknown("permission", text, self._role.address)
        return Step.yes("permission", f"tasks assume the {self._what}", self._role.address)

    def _read(self) -> Iterator[Placed]:
        assert self._role is not None
        for policy in self._stack.of_type("aws_iam_role_policy"):
            if _is(policy.get("role"), self._role):
                yield from self._parsed(policy.get("policy"), policy.address, self._unknown)
        for block in self._role.blocks("inline_policy"):
            yield from self._parsed(block.get("policy"), self._role.address, self._unknown)
        for arn in _items(self._role.get("managed_policy_arns")):
            yield from self._policy(arn, self._role.address, self._unknown)
        for attachment in self._stack.of_type("aws_iam_role_policy_attachment"):
            if _is(attachment.get("role"), self._role):
                yield from self._policy(attachment.get("policy_arn"), attachment.address, self._unknown)

    def _policy(self, value: Value, address: str, unknown: list[str]) -> Iterator[Placed]:
        """The statements of a managed policy, of the stack or of AWS; what is not known is added to `unknown`."""
        own, managed = self._stack.find(address_of(value)), MANAGED.get(str(value))
        if own is not None:
            yield from self._parsed(own.get("policy"), address, unknown)
        elif managed is not None:
            statement = Statement("Allow", managed, (), ("*",), (), {}, {})
            yield Placed(statement, address)
        else:
            unknown.append(str(value))

    def _parsed(self, policy: Value, address: str, unknown: list[str]) -> Iterator[Placed]:
        if not isinstance(policy, Mapping):
            unknown.append(f"the policy of {address}")
        for each in statements(policy):
            yield Placed(each, address)


_TASKS: Final = "ecs-tasks.amazonaws.com"
_WHY: Final[Mapping[bool, str]] = {
    True: "it depends on what a Deny is about, or on its condition",
    False: "it depends on a condition, or on what is known after apply",
}


def _only_allows(policy: str) -> bool:
    """Whether a policy of AWS, of which the stack has the name alone, denies nothing."""
    return policy.startswith("arn:aws:iam::aws:policy/") and "Deny" not in policy and "Quarantine" not in policy


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def _is(value: Value, role: Resource) -> bool:
    return address_of(value) == role.address or (isinstance(value, str) and value == role.get("name"))


def everybody(statement: Statement) -> bool:
    """Whether a statement of a resource's policy is about everybody."""
    return any("*" in held for held in statement.principals.values())
