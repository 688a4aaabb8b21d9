"""The queries of docs/guides/network-logs.md, on lines as AWS writes them: SQLite takes the place of Athena."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.guide import blocks
from tests.network_logs import CONNECTIONS, DAY, FLOWS, REQUESTS

PAGE: Final = "docs/guides/network-logs.md"
_BALANCER: Final = (*REQUESTS, *CONNECTIONS)
"""Requests and connections lie in the same folder, so both tables read both."""
_LINES: Final = {"requests": _BALANCER, "connections": _BALANCER, "flows": FLOWS}


def statements(root: Path) -> list[str]:
    return [text for _, info, text in blocks(root / PAGE) if info == "sql"]


def columns(table: str) -> list[tuple[str, str]]:
    """The columns of a table, with their types."""
    listed = re.search(r"\(\n(.*?)\)\nPARTITIONED", table, re.DOTALL)
    assert listed is not None
    return [(each.split()[0], each.split()[1]) for each in listed[1].split(",")]


def read(table: str, lines: Iterable[str]) -> Iterator[list[Any]]:
    """The rows of a table: a line that its expression does not match as a whole has no values."""
    expression = re.search(r"'input\.regex' = '(.*)'\)\n", table)
    kinds = [kind for _, kind in columns(table)]
    for line in list(lines)["'skip.header.line.count' = '1'" in table :]:
        matched = re.fullmatch(expression[1], line) if expression else None
        found = list(matched.groups()) if matched else [None] * len(kinds) if expression else line.split(" ")
        assert len(found) == len(kinds)
        yield [_typed(value, kind) for value, kind in zip(found, kinds, strict=True)]


def _typed(value: str | None, kind: str) -> Any:  # noqa: ANN401  # of the column
    if value is None or kind == "string":
        return value
    try:
        return float(value) if kind == "double" else int(value)
    except ValueError:
        return None


@pytest.fixture(scope="module")
def database(root: Path) -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:") as found:
        for table in statements(root):
            if not table.startswith("CREATE"):
                continue
            name = table.split("(")[0].split()[-1]
            named = [column for column, _ in columns(table)]
            found.execute(f"CREATE TABLE {name} ({', '.join(named)}, day)")
            for row in read(table, _LINES[name]):
                found.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))}, ?)", (*row, DAY))
        yield found
    found.close()


def test_every_line_of_a_kind_is_read_and_none_of_another(database: sqlite3.Connection) -> None:
    counted = {
        name: database.execute(f"SELECT count({column}), count(*) FROM {name}").fetchone()
        for name, column in (("requests", "elb_status_code"), ("connections", "client_ip"), ("flows", "dstport"))
    }
    assert counted == {
        "requests": (len(REQUESTS), len(_BALANCER)),
        "connections": (len(CONNECTIONS), len(_BALANCER)),
        "flows": (len(FLOWS) - 1, len(FLOWS) - 1),
    }


ANSWERS: Final[list[list[tuple[Any, ...]]]] = [
    [
        ("POST", "http://api.example.com:80/api/orders", 500, 500, 1),
        ("POST", "http://api.example.com:80/api/orders", 502, None, 1),
    ],
    [("2026-11-27T10:00:00.000001Z", "GET", "http://api.example.com:80/api/report", 2.501)],
    [
        ("198.51.100.9", "curl/8.5.0", 2),
        ("198.51.100.9", "-", 1),
        ("2001:db8::7", "-", 1),
        ("203.0.113.7", "Mozilla (X11)", 1),
        ("203.0.113.7", "curl/8.5.0", 1),
    ],
    [("198.51.100.9", 2)],
    [("203.0.113.99", "10.0.1.14", 22, 2), ("203.0.113.99", "10.0.1.14", 3389, 1)],
    [("0a1b2c3d", "198.51.100.20", 100_000), ("0a1b2c3d", "10.0.12.77", 4200)],
]
"""What the queries of the page answer, in its order."""


def test_the_queries_find_what_they_are_for(root: Path, database: sqlite3.Connection) -> None:
    asked = [each for each in statements(root) if each.startswith("SELECT")]
    assert all(f"day = '{DAY}'" in each for each in asked)
    answered = [database.execute(each).fetchall() for each in asked]
    assert [sorted(each, key=str) for each in answered] == [sorted(each, key=str) for each in ANSWERS]
    figures = [[row[-1] for row in each] for each in answered]
    assert figures == [sorted(each, reverse=True) for each in figures]


def test_the_columns_of_the_flow_log_are_the_fields_that_the_page_asks_for(root: Path) -> None:
    (switched_on, *_) = (text for _, info, text in blocks(root / PAGE) if info == "sh")
    (fields,) = re.findall(r"flow_logs\.fields=\[(.*)\]", switched_on)
    asked = fields.split(", ")
    (table,) = (each for each in statements(root) if "vpcflowlogs" in each)
    names = {"start": "began", "ecs-task-id": "task"}
    assert [names.get(each, each) for each in asked] == [name for name, _ in columns(table)]
    assert FLOWS[0].split() == asked
