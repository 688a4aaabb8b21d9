"""Two configurations compared, and what their differences mean.

A difference changes something in AWS, or the interface of a module. It has no effect when both sides mean the same to
AWS: an argument that one side leaves out and the other sets to its default, a set in another order, a dependency that
follows from others. A value that cannot be evaluated is not a difference, and never the same.
"""

from collections.abc import Iterable, Iterator

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.instance import Instance
from miyabi_infra.hcl.values import Opaque
from miyabi_infra.parity import tags
from miyabi_infra.parity.arguments import Arguments, At
from miyabi_infra.parity.configuration import Configuration, within
from miyabi_infra.parity.interfaces import Interface, outputs, variables
from miyabi_infra.parity.order import orders
from miyabi_infra.parity.remark import Kind, Remark, shown
from miyabi_infra.stacks.compare import PROVIDER


def compare(hcl: Configuration, generated: Configuration, interface: Interface) -> list[Remark]:
    """What differs, by address: instances, interfaces, and problems of the HCL itself."""
    found = [
        Remark(each.kind, each.address, each.argument, each.text, why=each.why, place=each.place) for each in hcl.issues
    ]
    unknown = {each.address for each in hcl.issues if each.argument in ("count", "for_each", "source")}
    found += _instances(hcl, generated, unknown)
    found += tags.of_provider(hcl, generated)
    found += _region(hcl, generated)
    found += orders(hcl, generated, apart=interface.apart)
    found += outputs(hcl, generated, unknown)
    found += variables(hcl, interface)
    return sorted(found, key=lambda each: (each.address, each.argument, each.kind))


def _instances(hcl: Configuration, generated: Configuration, unknown: set[str]) -> Iterator[Remark]:
    """Instances that differ; `unknown` are addresses whose instances cannot be evaluated."""
    first, second = hcl.instances, generated.instances
    arguments = Arguments(hcl, generated)
    repeated = dict(_repetitions(hcl, generated))
    yield from repeated.values()
    for address in sorted(first.keys() | second.keys()):
        instance = first.get(address) or second[address]
        if any(within(instance.label, each) for each in unknown) or instance.label in repeated:
            continue
        if address not in second:
            why = "only the HCL has it"
            yield Remark("difference", address, hcl=f"{instance.type} …", why=why, place=instance.place)
        elif address not in first:
            why = "only the generated stack has it"
            yield Remark("difference", address, generated=f"{instance.type} …", why=why)
        else:
            yield from _instance(arguments, first[address], second[address])


def _instance(arguments: Arguments, first: Instance, second: Instance) -> Iterator[Remark]:
    facts = provider.facts(first.type)
    if facts is None:
        facts = {"arguments": {name: {"type": ""} for name in first.arguments.keys() | second.arguments.keys()}}
    mine, theirs = dict(first.arguments), dict(second.arguments)
    tagged = mine.pop("tags", None), theirs.pop("tags", None)
    at = At(first.address, first.type, "", first.place, first.places)
    yield from arguments.of_block(at, facts, mine, theirs)
    if "tags" in facts["arguments"]:
        yield from tags.of_instance(arguments, at, *tagged)
    yield from _lifecycle(first, second)


def _repetitions(hcl: Configuration, generated: Configuration) -> Iterator[tuple[str, Remark]]:
    """Resources that only one side repeats, or the other side in another way: all their addresses differ."""
    first, second = _ways(hcl.instances.values()), _ways(generated.instances.values())
    for label in sorted(first.keys() & second.keys()):
        (way, instance), (other, _) = first[label], second[label]
        if way != other:
            why = "instances have other keys, so their addresses differ"
            yield label, Remark("difference", label, "count", way, other, why, instance.place)


def _ways(instances: Iterable[Instance]) -> dict[str, tuple[str, Instance]]:
    """How each resource is repeated, by label, with its first instance."""
    found: dict[str, tuple[str, Instance]] = {}
    for each in instances:
        way = "no count" if each.key is None else "count" if isinstance(each.key, int) else "for_each"
        found.setdefault(each.label, (way, each))
    return found


def _lifecycle(hcl: Instance, generated: Instance) -> Iterator[Remark]:
    for name in sorted(hcl.lifecycle.keys() | generated.lifecycle.keys()):
        mine, theirs = hcl.lifecycle.get(name), generated.lifecycle.get(name)
        if isinstance(mine, Opaque):
            yield Remark("not evaluated", hcl.address, f"lifecycle.{name}", mine.text, why=mine.why, place=hcl.place)
        elif (mine or None) != (theirs or None):
            kind: Kind = "no effect" if name == "create_before_destroy" else "difference"
            why = "only relevant when the resource is replaced" if kind == "no effect" else ""
            path = f"lifecycle.{name}"
            yield Remark(kind, hcl.address, path, shown(mine), shown(theirs), why, hcl.place)


def _region(hcl: Configuration, generated: Configuration) -> Iterator[Remark]:
    if isinstance(hcl.region, Opaque):
        yield Remark("not evaluated", PROVIDER, "region", hcl.region.text, generated.region, hcl.region.why)
    elif hcl.region != generated.region:
        yield Remark("difference", PROVIDER, "region", hcl.region, generated.region)
