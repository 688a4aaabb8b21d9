"""The web ACLs of a stack: what each inspects, and what its rules do with a request that they match."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from miyabi_infra.stacks.model import Resource, Stack, Value
from miyabi_infra.stacks.platform import address_of, integer, mappings, number, strings, text
from modules.waf_facts import GROUPS

Does = Literal["allow", "block", "count"]

_BLOCKS: Final[Sequence[tuple[str, str, Does]]] = (
    ("action", "allow", "allow"),
    ("action", "block", "block"),
    ("action", "count", "count"),
    ("override_action", "none", "block"),
    ("override_action", "count", "count"),
)
"""Blocks of a rule, what is in them, and what it means."""
_WORDS: Final[Sequence[tuple[Does, str, str]]] = (
    ("block", "blocks", "block"),
    ("count", "only counts", "only count"),
    ("allow", "lets pass what no later one sees", "let pass what no later one sees"),
)
"""What a rule does, for people: one, and several."""
_OF_A_RATE: Final = 2
_OF_A_STATEMENT: Final = 1


@dataclass(frozen=True)
class AclRule:
    """A rule of a web ACL."""

    name: str
    does: Does
    """`block` for a group of AWS's whose rules do what AWS chose."""
    capacity: int
    """Capacity units; of a group that is not known here, 0."""


@dataclass(frozen=True)
class WebAcl:
    """A web ACL."""

    resource: Resource
    rules: tuple[AclRule, ...]
    """In the order in which requests meet them."""

    @property
    def name(self) -> str:
        """Its name, which its metrics have too."""
        return text(self.resource.get("name"))

    @property
    def of_distribution(self) -> bool:
        """Whether it is for distributions."""
        return self.resource.get("scope") == "CLOUDFRONT"

    @property
    def capacity(self) -> int:
        """Capacity units of all its rules."""
        return sum(each.capacity for each in self.rules)

    def that(self, does: Does) -> tuple[str, ...]:
        """The names of the rules that do something."""
        return tuple(each.name for each in self.rules if each.does == does)

    @property
    def inspects(self) -> bool:
        """Whether any rule looks at a request in order to block or count it: one that lets pass inspects nothing."""
        return len(self.resource.blocks("rule")) > len(self.that("allow")) or self._keeps_out

    @property
    def blocks(self) -> bool:
        """Whether any rule blocks, and so stops somebody."""
        return bool(self.that("block")) or self._keeps_out

    @property
    def _keeps_out(self) -> bool:
        """Whether what no rule lets pass is blocked."""
        return any(each.get("block") is not None for each in self.resource.blocks("default_action"))

    @property
    def summary(self) -> str:
        """`2 rules block (rate-limit, body-size); 1 rule only counts (…)`, for people."""
        parts: list[str] = []
        for does, one, many in _WORDS:
            names = self.that(does)
            if names:
                rules = "rule" if len(names) == 1 else "rules"
                parts.append(f"{len(names)} {rules} {one if len(names) == 1 else many} ({', '.join(names)})")
        return "; ".join(parts) or "it has no rule"


def web_acls(stack: Stack) -> tuple[WebAcl, ...]:
    """The web ACLs of a stack."""
    return tuple(map(of_acl, stack.of_type("aws_wafv2_web_acl")))


def of_acl(acl: Resource) -> WebAcl:
    """What a web ACL does."""
    return WebAcl(acl, tuple(_rules(acl)))


def _rules(acl: Resource) -> Iterator[AclRule]:
    for rule in sorted(acl.blocks("rule"), key=lambda each: number(each.get("priority"))):
        for does in _does(rule):
            yield AclRule(text(rule.get("name")), does, _capacity(rule.get("statement")))


def _does(rule: Mapping[str, Value]) -> Iterator[Does]:
    for argument, name, does in _BLOCKS:
        if any(block.get(name) is not None for block in mappings(rule.get(argument))):
            yield does


def _capacity(statement: Value) -> int:
    for block in mappings(statement):
        for group in mappings(block.get("managed_rule_group_statement")):
            facts = GROUPS.get(text(group.get("name")))
            return facts.capacity if facts else 0
        return _OF_A_RATE if block.get("rate_based_statement") else _OF_A_STATEMENT
    return 0


def inspecting(stack: Stack, protected: Resource) -> str:
    """The web ACL that inspects the requests to a load balancer or a distribution; empty for none."""
    if protected.type == "aws_cloudfront_distribution":
        value = protected.get("web_acl_id")
        return address_of(value) if value else ""
    for each in stack.of_type("aws_wafv2_web_acl_association"):
        if address_of(each.get("resource_arn")) == protected.address:
            return address_of(each.get("web_acl_arn"))
    return ""


def web_acl(stack: Stack, address: str) -> WebAcl | None:
    """The web ACL at an address; None for one of somebody else."""
    return next((each for each in web_acls(stack) if each.resource.address == address), None)


def listed(stack: Stack, acl: Resource, does: Does) -> Iterator[tuple[str, str]]:
    """The blocks of addresses of the rules of a web ACL that do something, each with the name of its rule."""
    names = of_acl(acl).that(does)
    for rule in acl.blocks("rule"):
        for block in mappings(rule.get("statement")) if rule.get("name") in names else ():
            for reference in mappings(block.get("ip_set_reference_statement")):
                found = stack.find(address_of(reference.get("arn")))
                if found is not None:
                    yield from ((text(rule.get("name")), each) for each in strings(found.get("addresses")))


def rate_limits(acl: Resource) -> Iterator[tuple[int, int]]:
    """The limits of a web ACL: requests of an address, and the seconds in which they count."""
    for rule in acl.blocks("rule"):
        for block in mappings(rule.get("statement")):
            for rate in mappings(block.get("rate_based_statement")):
                yield integer(rate.get("limit")), integer(rate.get("evaluation_window_sec")) or 300
