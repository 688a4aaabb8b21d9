"""What Terraform's own language allows in its blocks: which arguments and blocks, how many, and which only constants.

https://developer.hashicorp.com/terraform/language. What a resource holds beyond this, its provider says (`provider`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from miyabi_infra.hcl.syntax import Argument, Block
from miyabi_infra.hcl.walking import functions, references
from miyabi_infra.place import Place


@dataclass(frozen=True)
class Form:
    """What a block may hold."""

    arguments: frozenset[str] | None = frozenset()
    """Its arguments; None for any."""
    needed: frozenset[str] = frozenset()
    """Arguments that it must have."""
    constant: frozenset[str] = frozenset()
    """Arguments that can refer to nothing."""
    once: frozenset[str] = frozenset()
    """Blocks that it may have once."""
    many: frozenset[str] | None = frozenset()
    """Blocks that it may have any number of times; None for any block."""


@dataclass(frozen=True)
class Problem:
    """What Terraform refuses in a block."""

    argument: str
    text: str
    why: str
    place: Place


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONDITION: Final = Form(_words("condition error_message"), _words("condition error_message"))
_LIFECYCLE: Final = Form(
    _words("create_before_destroy prevent_destroy ignore_changes replace_triggered_by"),
    constant=_words("create_before_destroy prevent_destroy"),
    many=_words("precondition postcondition"),
)
_CONDITIONS: Final = Form(many=_words("precondition postcondition"))

FORMS: Final[Mapping[str, Form]] = {
    "check": Form(once=_words("data"), many=_words("assert")),
    "data": Form(None, once=_words("lifecycle timeouts"), many=None),
    "ephemeral": Form(None, once=_words("lifecycle"), many=None),
    "import": Form(_words("to id identity for_each provider"), _words("to")),
    "locals": Form(None),
    "module": Form(None, _words("source"), _words("source version")),
    "moved": Form(_words("from to"), _words("from to")),
    "output": Form(
        _words("value description sensitive ephemeral depends_on"),
        _words("value"),
        _words("description sensitive ephemeral"),
        many=_words("precondition"),
    ),
    "provider": Form(
        None,
        constant=_words("alias version"),
        once=_words("default_tags ignore_tags assume_role_with_web_identity"),
        many=None,
    ),
    "removed": Form(_words("from"), _words("from"), once=_words("lifecycle"), many=_words("connection provisioner")),
    "resource": Form(None, once=_words("lifecycle timeouts connection"), many=None),
    "terraform": Form(
        _words("required_version experiments language"),
        constant=_words("required_version"),
        once=_words("backend cloud required_providers"),
        many=_words("provider_meta"),
    ),
    "variable": Form(
        _words("description type default sensitive nullable ephemeral"),
        constant=_words("description default sensitive nullable ephemeral"),
        many=_words("validation"),
    ),
}
"""The blocks at the top of a file."""

_INNER: Final[Mapping[tuple[str, str], Form]] = {
    ("check", "assert"): _CONDITION,
    ("data", "lifecycle"): _CONDITIONS,
    ("ephemeral", "lifecycle"): _CONDITIONS,
    ("lifecycle", "precondition"): _CONDITION,
    ("lifecycle", "postcondition"): _CONDITION,
    ("output", "precondition"): _CONDITION,
    ("removed", "lifecycle"): Form(_words("destroy"), _words("destroy"), _words("destroy")),
    ("resource", "lifecycle"): _LIFECYCLE,
    ("variable", "validation"): _CONDITION,
}

_NAME: Final = re.compile(r"[^\W\d][\w-]*")
_NAMED: Final = frozenset({"check", "data", "ephemeral", "module", "output", "resource", "variable"})
_RESERVED: Final = _words("source version providers count for_each lifecycle depends_on locals")
"""Names that no variable can have."""


def problems(block: Block) -> Iterator[Problem]:
    """What Terraform refuses in a block at the top of a file, by its form alone."""
    form = FORMS.get(block.type)
    if form is None:
        return
    name = block.labels[-1] if block.type in _NAMED and block.labels else "x"
    if not _NAME.fullmatch(name):
        yield Problem("", name, f"{name!r} is not a name: letters, digits, _ and -", block.place)
    if block.type == "variable" and name in _RESERVED:
        yield Problem("", name, f"no variable can be named {name}", block.place)
    yield from _excluding(block)
    yield from _inside(block, form, block.type)
    for inner in block.blocks:
        if inner.type == "provisioner":
            yield from _provisioner(inner)
        held = _INNER.get((block.type, inner.type))
        if held is not None:
            yield from _inside(inner, held, inner.type)
            for innermost in inner.blocks:
                deeper = _INNER.get((inner.type, innermost.type))
                if deeper is not None:
                    yield from _inside(innermost, deeper, f"{inner.type}.{innermost.type}")


def _excluding(block: Block) -> Iterator[Problem]:
    """Arguments that exclude each other."""
    if {"count", "for_each"} <= block.arguments.keys() and block.type in ("resource", "data", "module"):
        yield Problem("count", "", "count and for_each exclude each other", block.arguments["count"].place)
    if block.type == "module" and "version" in block.arguments and _is_local(block.arguments.get("source")):
        yield Problem("version", "", "a module in a folder has no version", block.arguments["version"].place)


def _provisioner(block: Block) -> Iterator[Problem]:
    name = block.labels[0] if block.labels else ""
    if name not in _PROVISIONERS:
        yield Problem("provisioner", name, f"Terraform has no provisioner {name}", block.place)
    elif not block.arguments.keys() & _PROVISIONERS[name]:
        needed = " or ".join(sorted(_PROVISIONERS[name]))
        yield Problem("provisioner", name, f"{name} needs {needed}", block.place)


_PROVISIONERS: Final[Mapping[str, frozenset[str]]] = {
    "file": _words("destination"),
    "local-exec": _words("command"),
    "remote-exec": _words("inline script scripts"),
}
"""The provisioners, and of which arguments each needs one."""


def _inside(block: Block, form: Form, path: str) -> Iterator[Problem]:
    """What a block holds that its form does not have, and what it lacks."""
    at = "" if path in FORMS else f"{path}."
    for name, argument in block.arguments.items():
        if form.arguments is not None and name not in form.arguments:
            yield Problem(f"{at}{name}", argument.text, f"{path} has no argument {name}", argument.place)
        elif name in form.constant and _refers(argument):
            why = "it can refer to nothing: Terraform reads it before it evaluates anything"
            yield Problem(f"{at}{name}", argument.text, why, argument.place)
    for name in sorted(form.needed - block.arguments.keys()):
        yield Problem(f"{at}{name}", "", f"{path} needs {name}", block.place)
    counts = Counter(each.type for each in block.blocks)
    for inner in block.blocks:
        if inner.type in form.once:
            if counts.pop(inner.type, 0) > 1:
                yield Problem(f"{at}{inner.type}", "", f"{path} has {inner.type} more than once", inner.place)
        elif form.many is not None and inner.type not in form.many:
            yield Problem(f"{at}{inner.type}", "", f"{path} has no block {inner.type}", inner.place)


def _refers(argument: Argument) -> bool:
    """Whether an expression refers to anything or calls a function."""
    return any(references(argument.expression)) or any(functions(argument.expression))


def _is_local(source: Argument | None) -> bool:
    return source is not None and source.text.strip('"').startswith(("./", "../"))
