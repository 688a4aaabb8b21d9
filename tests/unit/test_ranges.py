"""Every limit of every setting is held against AWS's own: none is wider, and what is narrower has a reason."""

import re
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from modules import regions
from modules.ecs import FARGATE_MEMORY
from modules.settings import rules_of
from modules.time_zones import ZONES
from tests.limits import Limits, Setting, models, of_aws, settings
from tests.ranges import LENGTHS, RANGES, Model, Own, Page, Row

CHARACTERS: Final = (*(chr(code) for code in range(32, 127)), "é", "\n")
RULES: Final = {name for model in models() for name, _, _ in rules_of(model)}


def test_every_limit_has_a_row_and_every_row_a_limit() -> None:
    assert set(settings()) == set(RANGES)


def test_no_limit_is_wider_than_aws_and_what_is_narrower_has_a_reason() -> None:
    assert _problems(_compare) == {}


def test_the_sources_say_what_the_rows_say() -> None:
    assert _problems(_source) == {}


def test_each_docstring_names_its_source() -> None:
    assert _problems(_document) == {}


def test_node_types_are_those_that_aws_documents() -> None:
    _, document = of_aws("elasticache", "CreateReplicationGroupMessage.CacheNodeType")
    documented = set(re.findall(r"cache\.[a-z0-9]+\.[a-z0-9]+", document))
    ours = {f"cache.{name}.{size}" for name, family in regions.FAMILIES.items() for size in family.memory}
    assert documented - ours == set(), "AWS names a type that the table lacks"
    on_its_page = {"c7gn", "c8gn", "m8g", "r6gd", "r8g"}  # "Supported node types" has them
    assert {each for each in ours - documented if regions.split(each)[0] not in on_its_page} == set()


def test_sizes_of_tasks_are_those_that_aws_documents() -> None:
    _, document = of_aws("ecs", "RegisterTaskDefinitionRequest.memory")
    documented: dict[int, tuple[int, ...]] = {}
    for sizes, cpu in re.findall(r"((?:Between )?\d[^-]*) - Available cpu values: (\d+)", document):
        if "increments of" in sizes:
            least, most, step = map(int, re.findall(r"(\d{4,}) ", sizes))
            documented[int(cpu)] = tuple(range(least, most + 1, step))
        elif "increments" in sizes:
            least, most, step = (1024 * int(each) for each in re.findall(r"(\d+) ?GB", sizes))
            documented[int(cpu)] = tuple(range(least, most + 1, step))
        else:
            documented[int(cpu)] = tuple(map(int, re.findall(r"(\d+) \(", sizes)))
    assert documented == FARGATE_MEMORY


def test_names_are_as_long_as_aws_lets_them_be() -> None:
    assert [each for _, row in LENGTHS.values() for each in _source(settings()["project"], row)] == []
    assert {name: _allowed(row).longest for name, (_, row) in LENGTHS.items()} == {
        name: length for name, (length, _) in LENGTHS.items()
    }


def test_time_zones_are_pythons() -> None:
    if here := zoneinfo.available_timezones():  # a machine may have none
        assert {each for each in ZONES if each not in here} == set()


def test_a_limit_that_is_wider_or_narrower_is_found() -> None:
    timeout = settings()["alb.idle_timeout"]
    assert list(_differences(timeout, Limits(1, 4000), Own("")))[:1] == []
    assert list(_differences(timeout, Limits(1, 3999), Own(""))) == [("wider", "most: 4000, AWS's 3999")]
    assert list(_differences(timeout, Limits(0, 4000), Own(""))) == [("narrower", "least: 1, AWS's 0")]
    mode = settings()["alb.desync_mitigation_mode"]
    both = Limits(values=frozenset({"monitor", "defensive", "other"}))
    assert set(_differences(mode, both, Own(""))) == {("wider", "strictest"), ("narrower", "other")}
    path, texts = settings()["dns.health_check_path"], Own("", example="/health")
    assert [kind for kind, _ in _differences(path, Limits(shortest=1, longest=254), texts) if kind == "wider"]
    assert not [kind for kind, _ in _differences(path, Limits(shortest=1, longest=255), texts) if kind == "wider"]


def _problems(check: Callable[[Setting, Row], Iterator[str]]) -> Mapping[str, list[str]]:
    found = {path: list(check(settings()[path], row)) for path, row in RANGES.items() if path in settings()}
    return {path: problems for path, problems in found.items() if problems}


def _compare(ours: Setting, row: Row) -> Iterator[str]:
    if isinstance(row, Own):
        return
    yield from (f"refuses {each!r}, which AWS takes" for each in row.takes if not ours.takes(each))
    yield from (f"takes {each!r}, which AWS refuses" for each in row.refuses if ours.takes(each))
    aws = _allowed(row)
    differences = list(_differences(ours, aws, row)) if aws.says else []
    wider = [what for kind, what in differences if kind == "wider"]
    narrower = [what for kind, what in differences if kind == "narrower"]
    if row.refused_by:
        yield from () if row.refused_by in RULES else (f"there is no rule {row.refused_by}",)
    else:
        yield from (f"allows {each}, and AWS refuses it" for each in wider[:3])
    if narrower and not row.narrower:
        yield from (f"refuses {each} without a reason" for each in narrower[:3])
    if row.narrower and not narrower and not (row.takes or row.refuses):
        yield "has a reason for what is not narrower"


def _source(_ours: Setting, row: Row) -> Iterator[str]:
    if isinstance(row, Model):
        said, document = of_aws(row.service, row.member)
        if row.words not in document:
            yield f"{row.member} does not say: {row.words}"
        if not row.words and not said.says:
            yield f"{row.member} says no limit in the model: its words, or a page"
    if not isinstance(row, Own) and not (_allowed(row).says or row.takes or row.refuses):
        yield "says no limit of AWS's"


def _document(ours: Setting, row: Row) -> Iterator[str]:
    document = " ".join(ours.document.split())
    if isinstance(row, Model):
        shape, _, member = row.member.partition(".")
        operation = re.sub("(Request|Input|Message|Type)$", "", shape)
        if not any(f"`{each}`" in document for each in (operation, *member.split("."))):
            yield f"names neither `{operation}` nor `{member}`: {document}"
    elif isinstance(row, Page):
        if f'"{row.title}"' not in document:
            yield f'does not name "{row.title}": {document}'
    elif not isinstance(row, Own) and "provider" not in document:
        yield f"does not name the provider: {document}"


def _allowed(row: Row) -> Limits:
    """What AWS allows: as the model says, or its words, or the page."""
    if not isinstance(row, Model) or row.words:
        return row.allows
    said, given = of_aws(row.service, row.member)[0], row.allows
    values = (said.values or frozenset()) | (given.values or frozenset())
    shortest = given.shortest if said.shortest is None else said.shortest
    return Limits(said.least, said.most, shortest, said.longest, values or None, said.pattern)


def _differences(ours: Setting, aws: Limits, row: Row) -> Iterator[tuple[str, str]]:
    """Where ours and AWS's differ: `wider` or `narrower`, and by what."""
    if row.example:
        yield from _of_texts(ours, aws, row)
    elif ours.limits.values is not None:
        sent = ours.limits.values - set(row.off)
        if aws.values is not None:
            yield from (("wider", str(each)) for each in sent - aws.values)
            yield from (("narrower", str(each)) for each in aws.values - sent)
    else:
        yield from _of_numbers(ours, aws, row)


def _of_numbers(ours: Setting, aws: Limits, row: Row) -> Iterator[tuple[str, str]]:
    for name, sign in (("least", 1), ("most", -1), ("shortest", 1), ("longest", -1)):
        found, limit = getattr(ours.limits, name), getattr(aws, name)
        if name == "shortest":
            found, limit = found or 0, limit or 0
        if name == "least" and found == 0 and 0 in row.off:
            found = 1  # the least that is sent
        if found != limit:
            wider = limit is not None and (found is None or sign * found < sign * limit)
            yield ("wider" if wider else "narrower"), f"{name}: {found}, AWS's {limit}"


def _of_texts(ours: Setting, aws: Limits, row: Row) -> Iterator[tuple[str, str]]:
    if not ours.takes(row.example) or not aws.allows(row.example):
        yield "wider", f"{row.example}, the example"
    for text in _tried(row.example, aws):
        taken = ours.takes(text)
        if text not in row.off and taken != aws.allows(text):
            yield ("wider" if taken else "narrower"), repr(text if len(text) <= len(row.example) + 1 else len(text))


def _tried(example: str, aws: Limits) -> Iterator[str]:
    """Texts around one that both allow: each character at the beginning, in the middle and at the end, and lengths."""
    middle = len(example) // 2
    for each in CHARACTERS:
        yield from (each + example[1:], example[:middle] + each + example[middle:], example + each)
    yield from (example[:length] for length in range(len(example)))
    for limit in (aws.shortest, aws.longest):
        for length in () if limit is None else (limit - 1, limit, limit + 1):
            if length > len(example):
                yield example + example[-1] * (length - len(example))
