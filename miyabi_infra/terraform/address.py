"""Addresses as Terraform writes them: `module.networking.aws_subnet.public[0]`, `module.a["x"].data.aws_ami.b`."""

import json
import re
from typing import Final

_KEY: Final = r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]'
_ANY_KEY: Final = re.compile(_KEY)
_LAST_KEY: Final = re.compile(rf"({_KEY})$")
_MODULE: Final = re.compile(rf"module\.[\w-]+(?:{_KEY})?(?=\.|$)")


def label(address: str) -> str:
    """The address without the key of its instance: what the sources call it."""
    return _LAST_KEY.sub("", address)


def without_keys(address: str) -> str:
    """The address without the keys of all instances in it, of its modules too."""
    return _ANY_KEY.sub("", address)


def key(address: str) -> int | str | None:
    """The key of an instance of `count` or `for_each`; None for one without."""
    found = _LAST_KEY.search(address)
    held: int | str | None = json.loads(found[1][1:-1]) if found else None
    return held


def module(address: str) -> str:
    """The innermost module that the address is in, itself with all around it; empty in the root."""
    at = 0
    while found := _MODULE.match(address, at):
        at = found.end() + 1
    return address[: max(at - 1, 0)]


def within(address: str) -> str:
    """The address within its module: `aws_subnet.public[0]`."""
    return address[len(module(address)) :].removeprefix(".")


def resource_type(address: str) -> str:
    """The type of a resource, `aws_subnet`, of a data source too."""
    return within(address).removeprefix("data.").partition(".")[0]


def name(address: str) -> str:
    """The name of a resource without the key of its instance: `public`."""
    return within(label(address)).rpartition(".")[2]
