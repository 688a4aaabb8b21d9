"""IAM policies as data: statements in one form, whichever way a document is written."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from miyabi_infra.stacks.model import Value
from miyabi_infra.stacks.platform import mappings, strings


@dataclass(frozen=True)
class Statement:
    """A statement of a policy, as IAM's reference of policy elements names its parts."""

    effect: str
    """`Allow` or `Deny`."""
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]]
    """By type: `Service`, `AWS`, `Federated`; `*` alone is of type `*`."""
    conditions: Mapping[str, Any]
    """The block `Condition`, empty without one."""

    @property
    def allows(self) -> bool:
        """Whether it allows; else it denies."""
        return self.effect == "Allow"

    def is_about(self, action: str, resource: str) -> bool:
        """Whether it is about an action on a resource, its conditions aside."""
        acts = matches(self.actions, action, ignore_case=True) if self.actions else bool(self.not_actions)
        acts = acts and not matches(self.not_actions, action, ignore_case=True)
        on = matches(self.resources, resource) if self.resources else True
        return acts and on and not matches(self.not_resources, resource)


def statements(policy: Value) -> Iterator[Statement]:
    """The statements of a policy document: data, as `jsonencode` would make a text of it."""
    for each in mappings(policy.get("Statement")) if isinstance(policy, Mapping) else ():
        yield Statement(
            effect=str(each.get("Effect")),
            actions=strings(each.get("Action")),
            not_actions=strings(each.get("NotAction")),
            resources=strings(each.get("Resource")),
            not_resources=strings(each.get("NotResource")),
            principals=_principals(each.get("Principal")),
            conditions=cast("Mapping[str, Any]", each.get("Condition") or {}),
        )


def _principals(value: Value) -> Mapping[str, tuple[str, ...]]:
    if isinstance(value, Mapping):
        return {kind: strings(held) for kind, held in value.items()}
    return {"*": ("*",)} if value == "*" else {}


def matches(patterns: Sequence[str], text: str, *, ignore_case: bool = False) -> bool:
    """Whether one of IAM's patterns, with `*` and `?`, matches. IAM compares actions without regard to case."""
    for pattern in patterns:
        form = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(form, text, re.IGNORECASE if ignore_case else 0):
            return True
    return False


def canonical(document: Any) -> Any:  # noqa: ANN401  # JSON
    """A policy document in one form, to compare: IAM takes one item for a list of one, and lists in any order."""
    if isinstance(document, str):
        document = json.loads(document)
    return _canonical(document)


def _canonical(document: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(document, Mapping):
        held = cast("Mapping[str, Any]", document)
        return {key: _canonical(value) for key, value in held.items() if value is not None}
    if isinstance(document, list):
        items = [_canonical(each) for each in cast("list[Any]", document)]
        return items[0] if len(items) == 1 else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return document
