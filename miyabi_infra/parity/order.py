"""What each resource of a configuration depends on."""

from collections.abc import Iterator

from miyabi_infra.hcl.values import Opaque, unknowns
from miyabi_infra.parity.configuration import Configuration, within
from miyabi_infra.parity.remark import Remark
from miyabi_infra.stacks.compare import ABSENT


class Order:
    """What each resource of a configuration waits for, by address without an index."""

    def __init__(self, configuration: Configuration) -> None:
        self._said: dict[str, set[str]] = {}
        self._direct: dict[str, set[str]] = {}
        labels = {each.address: each.label for each in configuration.instances.values()}
        for each in configuration.instances.values():
            said = self._said.setdefault(each.label, set())
            said |= set(each.depends_on)
            direct = self._direct.setdefault(each.label, set())
            direct |= {labels[address] for address in each.references if address in labels} | set(each.depends_on)
            for module, waits in configuration.call_depends_on.items():
                if within(each.label, module):
                    direct |= set(waits)
        self._before: dict[str, frozenset[str]] = {}
        self._inside: dict[str, list[str]] = {}

    def said(self, label: str) -> set[str]:
        """What `depends_on` of a resource names."""
        return self._said.get(label, set())

    def before(self, label: str) -> frozenset[str]:
        """All resources that a resource depends on, directly or through others."""
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
        """Addresses of resources; for a module, of all resources in it."""
        for name in names:
            if name in self._direct:
                yield name
                continue
            if name not in self._inside:
                self._inside[name] = [label for label in self._direct if within(label, name)]
            yield from self._inside[name]


def orders(hcl: Configuration, generated: Configuration, *, apart: bool) -> Iterator[Remark]:
    """Resources that depend on others in one configuration only; `apart`: within one module only."""
    first, second = Order(hcl), Order(generated)
    both = {each.label: each for each in hcl.instances.values()}
    labels = both.keys() & {each.label for each in generated.instances.values()}
    vague = {each.label for each in both.values() if any(isinstance(held, Opaque) for held in unknowns(each.arguments))}
    for label in sorted(labels):
        module = label.partition(".aws_")[0]
        seen = {each for each in labels if within(each, module)} if apart else labels
        lost = (first.before(label) - second.before(label)) & seen
        gained = (second.before(label) - first.before(label)) & seen
        place = both[label].place
        said, given = first.said(label), second.said(label)
        if lost:
            why = "only in the HCL does it depend on these"
            names = ", ".join(sorted(lost))
            yield Remark("difference", label, "depends on", names, why=why, place=place)
        elif gained and label not in vague:
            why = "in the generated stack it depends on these too; this orders creation and changes no value"
            yield Remark("no effect", label, "depends on", generated=", ".join(sorted(gained)), why=why)
        elif said != given and not gained:
            why = "the dependency also follows from other resources"
            sides = ", ".join(sorted(said)) or ABSENT, ", ".join(sorted(given)) or ABSENT
            yield Remark("no effect", label, "depends_on", *sides, why, place)
