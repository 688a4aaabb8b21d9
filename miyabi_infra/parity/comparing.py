"""Two configurations compared, and what their differences mean.

A difference changes something in AWS, or the interface of a module. It has no effect when both sides mean the same to
AWS: an argument that one side leaves out and the other sets to its default, a set in another order, a dependency that
follows from others. A value that cannot be evaluated is not a difference, and never the same.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, cast

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.expressions import ERROR
from miyabi_infra.hcl.instance import Instance
from miyabi_infra.hcl.values import Opaque, place_of, plain
from miyabi_infra.parity import tags
from miyabi_infra.parity.arguments import Arguments, At
from miyabi_infra.parity.configuration import Configuration, within
from miyabi_infra.parity.interfaces import Interface, outputs, variables
from miyabi_infra.parity.order import orders
from miyabi_infra.parity.remark import Kind, Remark, shown
from miyabi_infra.stacks.compare import ABSENT, PROVIDER

HIDDEN: Final = "(sensitive)"
"""What is shown instead of a value that depends on a sensitive one."""


def compare(hcl: Configuration, generated: Configuration, interface: Interface) -> list[Remark]:
    """What differs, by address: instances, interfaces, and problems of the HCL itself."""
    found = [
        Remark(each.kind, each.address, each.argument, each.text, why=each.why, place=each.place, by=each.by)
        for each in hcl.issues
    ]
    unknown = {each.address for each in hcl.issues if each.argument in ("count", "for_each", "source")}
    found += _instances(hcl, generated, unknown)
    found += tags.of_provider(hcl, generated)
    found += _region(hcl, generated)
    found += _provider(hcl, generated)
    found += _other_providers(hcl, generated)
    found += orders(hcl, generated, apart=interface.apart)
    found += outputs(hcl, generated, unknown)
    found += variables(hcl, interface)
    found = list(_without_repetitions(found))
    return sorted(masked(_once(found), hcl), key=lambda each: (each.address, each.argument, each.kind))


def _without_repetitions(found: Sequence[Remark]) -> Iterator[Remark]:
    """Remarks without those about a local or a variable that something which depends on it says already."""
    reasons = {each.why for each in found if each.kind == "not evaluated" and not _NAMED.search(each.address)}
    for each in found:
        said = each.kind in ("not evaluated", "not compared") and _NAMED.search(each.address)
        if not said or (each.why not in reasons and each.why.removeprefix(f"{ERROR}: ") not in reasons):
            yield each


_NAMED: Final = re.compile(r"(^|\.)(var|local)\.[^.]*$")


def masked(remarks: Iterable[Remark], hcl: Configuration) -> list[Remark]:
    """Remarks that do not show values which depend on sensitive ones."""
    return [_masked(each, hcl) for each in remarks]


def _once(remarks: Iterable[Remark]) -> list[Remark]:
    """Remarks, each once."""
    found: dict[tuple[object, ...], Remark] = {}
    for each in remarks:
        found.setdefault((each.kind, each.address, each.argument, each.why, each.place), each)
    return list(found.values())


def _masked(remark: Remark, hcl: Configuration) -> Remark:
    """A remark that does not show values which depend on sensitive ones."""
    instance = hcl.instances.get(remark.address)
    name = re.split(r"[.\[]", remark.argument, maxsplit=1)[0]
    if remark.argument == "sensitive":
        return remark
    hidden = remark.address in hcl.sensitive_outputs or (instance is not None and name in instance.sensitive)
    if not hidden:
        return remark
    sides = (HIDDEN if each is not ABSENT else each for each in (remark.hcl, remark.generated))
    mine, theirs = sides
    return replace(remark, hcl=mine, generated=theirs, why=HIDDEN if remark.kind == "not evaluated" else remark.why)


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
    always = {name for name, held in facts["arguments"].items() if held.get("sensitive")}
    for name in sorted((first.sensitive ^ second.sensitive) - always):
        side = "the HCL" if name in first.sensitive else "the generated stack"
        why = f"only in {side} does it depend on a sensitive value: the state notes that, so a plan updates it"
        yield Remark("difference", first.address, name, why=why, place=first.places.get(name, first.place))
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
        place = place_of(hcl.lifecycle, name) or hcl.place
        if isinstance(mine, Opaque):
            yield Remark("not evaluated", hcl.address, f"lifecycle.{name}", mine.text, why=mine.why, place=place)
        elif _plainly(mine) != _plainly(theirs):
            kind: Kind = "no effect" if name == "create_before_destroy" else "difference"
            why = "only relevant when the resource is replaced" if kind == "no effect" else ""
            path = f"lifecycle.{name}"
            yield Remark(kind, hcl.address, path, shown(mine), shown(theirs), why, place)


def _plainly(value: object) -> object:
    """What an argument of `lifecycle` means: `tags["Name"]` is `tags.Name`, and each address counts once."""
    if isinstance(value, tuple):
        return {re.sub(r"\[\"([^\"]*)\"\]", r".\1", str(each)) for each in cast("tuple[object, ...]", value)} or None
    return value or None


def _region(hcl: Configuration, generated: Configuration) -> Iterator[Remark]:
    if isinstance(hcl.region, Opaque):
        place = place_of(hcl.provider, "region")
        yield Remark("not evaluated", PROVIDER, "region", hcl.region.text, generated.region, hcl.region.why, place)
    elif hcl.region != generated.region:
        yield Remark(
            "difference", PROVIDER, "region", hcl.region, generated.region, place=place_of(hcl.provider, "region")
        )


_ACCESS: Final = frozenset(
    {"access_key", "secret_key", "token", "profile", "version", "max_retries", "retry_mode", "custom_ca_bundle"}
    | {"http_proxy", "https_proxy", "no_proxy", "insecure", "use_fips_endpoint", "use_dualstack_endpoint"}
    | {"shared_config_files", "shared_credentials_files", "shared_credentials_file", "ec2_metadata_service_endpoint"}
    | {"skip_credentials_validation", "skip_metadata_api_check", "skip_region_validation"}
    | {"skip_requesting_account_id", "sts_region", "token_bucket_rate_limiter_capacity"}
)
"""Arguments of the provider that say how it reaches AWS."""
_GUARDS: Final = frozenset({"allowed_account_ids", "forbidden_account_ids"})


def _provider(hcl: Configuration, generated: Configuration) -> Iterator[Remark]:
    """The provider's other arguments: roles, ignored tags, endpoints, accounts."""
    for name in sorted(hcl.provider.keys() | generated.provider.keys()):
        mine, theirs = hcl.provider.get(name), generated.provider.get(name)
        place = place_of(hcl.provider, name)
        if name in _ACCESS:
            if mine is not None:
                why = "how the provider reaches AWS"
                yield Remark("not compared", PROVIDER, name, name, why=why, place=place)
        elif isinstance(mine, Opaque):
            yield Remark("not evaluated", PROVIDER, name, mine.text, shown(theirs), mine.why, place)
        elif plain(mine) != plain(theirs) and (mine or theirs):
            guards = name in _GUARDS and mine is None
            why = "only the generated stack refuses other accounts" if guards else ""
            yield Remark(
                "no effect" if guards else "difference", PROVIDER, name, shown(mine), shown(theirs), why, place
            )


def _other_providers(hcl: Configuration, generated: Configuration) -> Iterator[Remark]:
    """What only the generated stack gives to another configuration of the provider."""
    known = {(each.address, each.argument) for each in hcl.issues}
    for (address, argument), name in generated.other_providers.items():
        if (address, argument) not in known and (argument == "providers" or address in hcl.instances):
            why = "another configuration of the provider, in another region or account"
            yield Remark("difference", address, argument, ABSENT, name, why)
