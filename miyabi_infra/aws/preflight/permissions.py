"""The IAM policy that a preflight needs, without asking AWS: who has no permission yet could not ask.

The operations are read from the sources of what asks: the sections of this package, and the readers of the stack's
types of resources. So a new section or reader is in the policy without another list.
"""

import ast
import re
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import boto3

from miyabi_infra.aws import account
from miyabi_infra.aws.client import action_name
from miyabi_infra.aws.readers import READERS
from miyabi_infra.stacks import Stack

_READS: Final = re.compile(r"(?:batch_get|describe|get|head|list)_[a-z0-9_]+")
_READERS: Final = "miyabi_infra.aws.readers"


def policy(stack: Stack, sections: AbstractSet[str]) -> dict[str, Any]:
    """The policy, as IAM takes it; `sections` are the names of the modules that ask for the sections."""
    readers = {READERS[each.type].__module__ for each in stack.resources if each.type in READERS}
    actions = {action for name in _with_imported({*readers, *sections, account.__name__}) for action in _asked_in(name)}
    statement = {"Sid": "Preflight", "Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _with_imported(names: AbstractSet[str]) -> set[str]:
    """The modules, and the modules of readers that they use."""
    found, waiting = set[str](), set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        imported = (each.module for each in ast.walk(_tree(name)) if isinstance(each, ast.ImportFrom))
        waiting |= {each for each in imported if each and each.startswith(f"{_READERS}.")} - found
    return found


def _asked_in(name: str) -> Iterator[str]:
    """IAM's names of the operations that a module names, of the services that it names."""
    texts = {
        each.value for each in ast.walk(_tree(name)) if isinstance(each, ast.Constant) if isinstance(each.value, str)
    }
    wanted = {each for each in texts if _READS.fullmatch(each)}
    for service in texts & _services():
        for operation in wanted & _operations(service):
            yield action_name(service, operation)


@cache
def _tree(name: str) -> ast.Module:
    file = sys.modules[name].__file__
    assert file is not None
    return ast.parse(Path(file).read_text(encoding="utf-8"))


@cache
def _session() -> Any:  # noqa: ANN401  # made at run time
    return cast("Any", boto3.Session(region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"))  # noqa: S106  # asks nothing


@cache
def _services() -> AbstractSet[str]:
    return set(_session().get_available_services())


@cache
def _operations(service: str) -> AbstractSet[str]:
    """The operations of a service, in boto3's words."""
    return set(_session().client(service).meta.method_to_api_mapping)
