"""Tags: those of a resource itself, and as AWS sees them, together with the provider's default tags."""

from collections.abc import Iterable, Iterator, Mapping

from miyabi_infra.hcl import provider
from miyabi_infra.hcl.instance import Instance
from miyabi_infra.hcl.values import Opaque, mapping_of, place_of, plain
from miyabi_infra.parity.arguments import Arguments, At
from miyabi_infra.parity.configuration import Configuration
from miyabi_infra.parity.remark import Kind, Remark, shown
from miyabi_infra.stacks.compare import ABSENT, PROVIDER
from miyabi_infra.text import count
from modules.settings import tag_problem


def of_instance(arguments: Arguments, at: At, hcl: object, generated: object) -> Iterator[Remark]:
    """The tags of an instance on both sides, with the default tags of each."""
    defaults, others = arguments.hcl.default_tags, arguments.generated.default_tags
    place = at.places.get("tags", at.place)
    for side in (hcl, generated):
        if isinstance(side, Opaque):
            yield Remark("not evaluated", at.address, "tags", side.text, plain(generated), side.why, place)
            return
    first, second = mapping_of(hcl), mapping_of(generated)
    refused = list(_refused(at.address, "tags", first))
    yield from refused
    first = {key: value for key, value in first.items() if key not in {each.argument[5:] for each in refused}}
    for key in sorted(first.keys() | second.keys()):
        mine, theirs = _either(first, defaults, key), _either(second, others, key)
        here = place_of(hcl, key) or place
        if isinstance(mine, Opaque):
            yield Remark("not evaluated", at.address, f"tags.{key}", mine.text, plain(theirs), mine.why, here)
        elif not arguments.same(mine, theirs, "string"):
            yield Remark("difference", at.address, f"tags.{key}", shown(mine), shown(theirs), place=here)
        elif (key in first) != (key in second):
            sides = shown(first.get(key)), shown(second.get(key))
            if first.get(key) is None and second.get(key) is None:
                why = "null is the same as left out"
                yield Remark("no effect", at.address, f"tags.{key}", None, ABSENT, why, here)
            else:  # `tags_all` stays, but the argument itself does not
                why = "the provider's default tags have the same value, yet a plan updates the resource's own tags"
                yield Remark("difference", at.address, f"tags.{key}", *sides, why, here)


def _either(tags: Mapping[str, object], defaults: Mapping[str, object], key: str) -> object:
    """The value of a tag that AWS sees: the provider's default where the resource has none, or has null."""
    return defaults.get(key) if tags.get(key) is None else tags[key]


def of_provider(hcl: Configuration, generated: Configuration) -> Iterator[Remark]:
    """The default tags of both providers."""
    first, second = hcl.default_tags, generated.default_tags
    yield from _refused(PROVIDER, "default_tags", first)
    for key in sorted(first.keys() | second.keys()):
        mine, theirs = first.get(key), second.get(key)
        argument, place = f"default_tags.{key}", place_of(first, key) or place_of(hcl.provider)
        if isinstance(mine, Opaque):
            yield Remark("not evaluated", PROVIDER, argument, mine.text, shown(theirs), mine.why, place)
        elif plain(mine) != plain(theirs):
            without = (hcl if mine is None else generated).instances.values()
            everywhere = _all_have(without, key, plain(mine if theirs is None else theirs))
            kind: Kind = "no effect" if everywhere else "difference"
            why = "every resource sets this tag itself" if everywhere else _how_many(generated.instances.values(), key)
            yield Remark(kind, PROVIDER, argument, shown(mine), shown(theirs), why, place)


def _how_many(instances: Iterable[Instance], key: str) -> str:
    """How many resources get a default tag."""
    got = [each for each in instances if _takes_tags(each) and key not in mapping_of(each.arguments.get("tags"))]
    return f"a tag of {count(len(got), 'resource')}"


def _all_have(instances: Iterable[Instance], key: str, value: object) -> bool:
    tags = [mapping_of(each.arguments.get("tags")) for each in instances if _takes_tags(each)]
    return bool(tags) and all(plain(each.get(key)) == value for each in tags)


def _takes_tags(instance: Instance) -> bool:
    facts = provider.facts(instance.type)
    return facts is not None and "tags" in facts["arguments"]


def _refused(address: str, argument: str, tags: Mapping[str, object]) -> Iterator[Remark]:
    """Tags that AWS refuses, so that no resource has them."""
    for key, value in tags.items():
        problem = tag_problem(key, value) if isinstance(value, str) else None
        if problem:
            why = f"{problem[0]}; allowed: {problem[1]}"
            yield Remark("invalid", address, f"{argument}.{key}", value, why=why, place=place_of(tags, key), by="AWS")
