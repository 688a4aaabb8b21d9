"""The catalogue of refusals as a whole: every entry has a test and sources, and its page is what the entries make."""

import ast
import re
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.model import ShapeResolver
from moto.core.utils import get_service_model

from tests.aws import models
from tests.aws.refusals import CATALOGUE, NOTHING_MORE
from tests.aws.refusals.page import FILE, page

SOURCES = ("https://docs.aws.amazon.com/", "https://github.com/")


def functions() -> set[str]:
    """The names of the test functions of the catalogue."""
    return {
        node.name
        for file in Path(__file__).parent.glob("test_refusals_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def operations(service: str) -> list[str]:
    return cast("Any", get_service_model(service)).operation_names


def test_each_entry_has_a_test_of_its_name() -> None:
    assert {f"test_{each.name}" for each in CATALOGUE} - functions() == set()
    assert len({each.name for each in CATALOGUE}) == len(CATALOGUE)


def test_each_entry_has_a_sentence_an_operation_of_aws_and_sources() -> None:
    for each in CATALOGUE:
        assert re.fullmatch(r"[A-Z`].*\.", each.about), each.id
        assert set(each.operations) <= set(operations(each.service)), each.id
        assert all(url.startswith(SOURCES) for url in each.source.split()), each.id


def test_operations_without_an_entry_are_operations_of_aws() -> None:
    for service, reasons in NOTHING_MORE.items():
        assert reasons.keys() <= set(operations(service)), service


def test_the_page_is_what_the_entries_make() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "run: python -m tests.aws.refusals"


@pytest.mark.parametrize("service", sorted({each.service for each in CATALOGUE} | {"acm", "kms", "ssm", "sts"}))
def test_every_pattern_of_a_model_is_one_that_python_reads(service: str) -> None:
    model: Any = get_service_model(service)
    patterns = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names} - {None}
    assert [each for each in patterns if not models.compiled(each)] == []


INPUT = {
    "name": "one",
    "weights": [1, 2],
    "labels": {"a": "b"},
    "nested": {"kind": "small"},
}


def found(**others: Any) -> list[str]:  # noqa: ANN401  # parameters of a request
    return models.violations("test", SHAPE, {**INPUT, **others})


def shape() -> Any:  # noqa: ANN401  # botocore's own
    resolver: Any = ShapeResolver(
        {
            "Input": {
                "type": "structure",
                "required": ["name"],
                "members": {
                    "name": {"shape": "Name"},
                    "weights": {"shape": "Weights"},
                    "labels": {"shape": "Labels"},
                    "nested": {"shape": "Nested"},
                },
            },
            "Name": {"type": "string", "min": 2, "max": 5, "pattern": r"[\p{L}-]+"},
            "Weights": {"type": "list", "member": {"shape": "Weight"}, "max": 2},
            "Weight": {"type": "integer", "min": 0, "max": 9},
            "Labels": {"type": "map", "key": {"shape": "Name2"}, "value": {"shape": "Name2"}},
            "Name2": {"type": "string", "max": 3},
            "Nested": {"type": "structure", "required": ["kind"], "members": {"kind": {"shape": "Kind"}}},
            "Kind": {"type": "string", "enum": ["small", "large"]},
        }
    )
    return resolver.get_shape_by_name("Input")


SHAPE = shape()


@pytest.mark.parametrize(
    ("wrong", "path", "constraint"),
    [
        ({"name": None}, "name", "must not be null"),
        ({"name": "x"}, "name", "length greater than or equal to 2"),
        ({"name": "abcdef"}, "name", "length less than or equal to 5"),
        ({"name": "a b"}, "name", "regular expression pattern"),
        ({"weights": [1, 2, 3]}, "weights", "length less than or equal to 2"),
        ({"weights": [1, 10]}, "weights.2.member", "value less than or equal to 9"),
        ({"weights": [-1]}, "weights.1.member", "value greater than or equal to 0"),
        ({"labels": {"long": "b"}}, "labels.key", "length less than or equal to 3"),
        ({"labels": {"a": "long"}}, "labels.a.member", "length less than or equal to 3"),
        ({"nested": {}}, "nested.kind", "must not be null"),
        ({"nested": {"kind": "medium"}}, "nested.kind", "enum value set: [small, large]"),
    ],
)
def test_what_a_model_excludes_is_found_where_it_is(wrong: dict[str, Any], path: str, constraint: str) -> None:
    (problem,) = found(**wrong)
    assert f"at '{path}' " in problem
    assert constraint in problem


def test_what_a_model_allows_passes() -> None:
    assert found() == []
    assert found(nested=None, labels=None, weights=[]) == []
