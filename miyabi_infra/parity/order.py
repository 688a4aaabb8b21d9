"""The two sides of a comparison, and what each resource of one waits for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from miyabi_infra.hcl.evaluation import Finding, Instance
from miyabi_infra.hcl.values import Value
from miyabi_infra.place import Place


@dataclass(frozen=True)
class Side:
    """One of two configurations."""

    instances: Mapping[str, Instance]
    outputs: Mapping[str, tuple[Value, Place | None]]
    """By address: `output.vpc_id` of the root, `module.alb.output.alb_arn` of a module."""
    variables: Mapping[str, frozenset[str]]
    """Of each module, by the name of its call."""
    waits: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """What the call of a module waits for, by its address."""
    default_tags: Mapping[str, Value] = field(default_factory=dict[str, Value])
    region: Value = None
    findings: tuple[Finding, ...] = ()

    def argument(self, address: str, name: str) -> object:
        """An argument of an instance, None where it has none."""
        instance = self.instances.get(address)
        return None if instance is None else instance.arguments.get(name)


class Order:
    """What each resource of a configuration waits for, by address without an index."""

    def __init__(self, side: Side) -> None:
        self._said: dict[str, set[str]] = {}
        self._direct: dict[str, set[str]] = {}
        labels = {each.address: each.label for each in side.instances.values()}
        for each in side.instances.values():
            said = self._said.setdefault(each.label, set())
            said |= set(each.depends_on)
            direct = self._direct.setdefault(each.label, set())
            direct |= {labels[address] for address in each.references if address in labels} | set(each.depends_on)
            for module, waits in side.waits.items():
                if within(each.label, module):
                    direct |= set(waits)
        self._before: dict[str, frozenset[str]] = {}

    def said(self, label: str) -> set[str]:
        """What `depends_on` of a resource names."""
        return self._said.get(label, set())

    def before(self, label: str) -> frozenset[str]:
        """All resources that a resource waits for, through whichever others."""
        if label not in self._before:
            seen: set[str] = set()
            waiting = [label]
            while waiting:
                for each in self._expanded(self._direct.get(waiting.pop(), set())):
                    if each not in seen:
                        seen.add(each)
                        waiting.append(each)
            self._before[label] = frozenset(seen)
        return self._before[label]

    def _expanded(self, names: set[str]) -> Iterator[str]:
        """Addresses of resources, for a module those of all in it."""
        for name in names:
            if name in self._direct:
                yield name
            else:
                yield from (label for label in self._direct if within(label, name))


def within(label: str, address: str) -> bool:
    """Whether an address is another one, or lies in it."""
    return label == address or label.startswith((f"{address}.", f"{address}["))
