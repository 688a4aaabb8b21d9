"""What Terraform refuses in a module, whether or not a value depends on it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from miyabi_infra.hcl.expressions import NOTHING
from miyabi_infra.hcl.instance import HclIssue
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.syntax import Argument, Block
from miyabi_infra.hcl.values import Missing, NotEvaluated
from miyabi_infra.hcl.walking import arguments, functions, references
from miyabi_infra.place import Place

_TOP: Final = frozenset(
    {"terraform", "provider", "variable", "locals", "output", "module", "resource", "data"}
    | {"moved", "import", "removed", "check", "ephemeral"}
)
_NOT_COMPARED: Final = frozenset({"moved", "import", "removed", "check", "ephemeral"})
"""Blocks that change a plan or check it, and that the generated stack does not have."""
_ALWAYS: Final = frozenset({"path", "terraform", "each", "count", "self", "[*]"})
_MODULE: Final = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})

FUNCTIONS: Final = frozenset(
    [
        "abs", "abspath", "alltrue", "anytrue", "base64decode", "base64encode", "base64gzip", "base64sha256",
        "base64sha512", "basename", "bcrypt", "can", "ceil", "chomp", "chunklist", "cidrhost", "cidrnetmask",
        "cidrsubnet", "cidrsubnets", "coalesce", "coalescelist", "compact", "concat", "contains", "csvdecode",
        "dirname", "distinct", "element", "endswith", "ephemeralasnull", "file", "filebase64",
        "filebase64sha256", "filebase64sha512", "fileexists", "filemd5", "fileset", "filesha1", "filesha256",
        "filesha512", "flatten", "floor", "format", "formatdate", "formatlist", "indent", "index",
        "issensitive", "join", "jsondecode", "jsonencode", "keys", "length", "list", "log", "lookup", "lower",
        "map", "matchkeys", "max", "md5", "merge", "min", "nonsensitive", "one", "parseint", "pathexpand",
        "plantimestamp", "pow", "range", "regex", "regexall", "replace", "reverse", "rsadecrypt", "sensitive",
        "setintersection", "setproduct", "setsubtract", "setunion", "sha1", "sha256", "sha512", "signum",
        "slice", "sort", "split", "startswith", "strcontains", "strrev", "substr", "sum", "templatefile",
        "templatestring", "textdecodebase64", "textencodebase64", "timeadd", "timecmp", "timestamp", "title",
        "tobool", "tolist", "tomap", "tonumber", "toset", "tostring", "transpose", "trim", "trimprefix",
        "trimspace", "trimsuffix", "try", "type", "upper", "urlencode", "uuid", "uuidv5", "values",
        "yamldecode", "yamlencode", "zipmap",
    ]
)  # fmt: skip
"""The functions of Terraform 1.11."""


def issues(scope: Scope) -> Iterator[HclIssue]:
    """What Terraform refuses in a module, and what of it is not compared."""
    yield from _twice(scope)
    for block in scope.source.blocks:
        if block.type not in _TOP:
            yield _invalid(scope, block, "", f"Terraform has no block {block.type}", block.place)
        elif block.type in _NOT_COMPARED:
            name = " ".join((block.type, *block.labels))
            address = f"{scope.prefix}{name}"
            yield HclIssue("not compared", address, "", name, "only a plan shows its effect", block.place)
            continue
        yield from _references(scope, block)
        if block.type == "module":
            yield from _call(scope, block)
        if block.type == "resource":
            yield from _resource(scope, block)
    for block in scope.source.of_type("variable"):
        yield from _variable(scope, block)


def _invalid(  # noqa: PLR0917  # as HclIssue
    scope: Scope, block: Block, argument: str, why: str, place: Place, text: str = ""
) -> HclIssue:
    labels = (block.type, *block.labels) if block.type not in ("resource", "data") else block.labels
    mode = "data." if block.type == "data" else ""
    return HclIssue("invalid", f"{scope.prefix}{mode}{'.'.join(labels)}", argument, text, why, place)


def _twice(scope: Scope) -> Iterator[HclIssue]:
    named = [each for each in scope.source.blocks if each.type in ("resource", "data", "module", "variable", "output")]
    counts = Counter((each.type, each.labels) for each in named)
    for block in named:
        if counts.pop((block.type, block.labels), 0) > 1:
            yield _invalid(scope, block, "", "it is declared twice", block.place)


def _references(scope: Scope, block: Block) -> Iterator[HclIssue]:
    """References to what is not declared, and functions that Terraform does not have."""
    for argument, bound in arguments(block):
        if _names_nothing(block, argument):
            continue
        for path in references(argument.expression, bound):
            missing = _missing(scope, path)
            if missing:
                yield _invalid(scope, block, argument.name, f"{missing} is not declared", argument.place, argument.text)
        for name in functions(argument.expression):
            plain = name.removeprefix("core::")
            if "::" not in plain and plain not in FUNCTIONS:
                why = f"Terraform has no function {name}"
                yield _invalid(scope, block, argument.name, why, argument.place, argument.text)


def _names_nothing(block: Block, argument: Argument) -> bool:
    """Whether the words of an argument are no references: types, attributes, providers."""
    if block.type in ("variable", "terraform") and argument.name in ("type", "required_providers"):
        return True
    return block.type == "terraform" or argument.name in (
        "ignore_changes",
        "provider",
        "providers",
        "configuration_aliases",
    )


def _missing(scope: Scope, path: tuple[str, ...]) -> str:
    """What a reference names that is not declared; empty where all is."""
    first, *rest = path
    source = scope.source
    if first in _ALWAYS or not rest:
        return "" if first in _ALWAYS or first in ("string", "number", "bool", "any") else first
    name = rest[0]
    match first:
        case "var":
            found = source.declared("variable", name) is not None
        case "local":
            found = name in source.locals
        case "module":
            found = source.declared("module", name) is not None
        case "data":
            return "" if len(rest) < 2 or source.declared("data", *rest[:2]) else f"data.{'.'.join(rest[:2])}"  # noqa: PLR2004
        case _:
            found = source.declared("resource", first, name) is not None
    return "" if found else f"{first}.{name}"


def _call(scope: Scope, block: Block) -> Iterator[HclIssue]:
    """A module's call: its arguments are the variables of the module."""
    try:
        called = scope.module(block.labels[0])
    except (NotEvaluated, Missing):
        return  # `scopes` says so
    listed = called.values() if isinstance(called, Mapping) else (called,) if isinstance(called, Scope) else called
    one = next(iter(listed), None)
    if one is None:
        return
    declared = {each.labels[0]: each for each in one.source.of_type("variable")}
    for name, argument in block.arguments.items():
        if name not in declared and name not in _MODULE:
            yield _invalid(scope, block, name, "the module has no such variable", argument.place, argument.text)
    for name, variable in declared.items():
        if "default" not in variable.arguments and name not in block.arguments:
            yield _invalid(
                scope, block, name, "the module needs this variable, and the call does not set it", block.place
            )
    providers = block.arguments.get("providers")
    if providers is not None and not _passes_on(providers):
        why = "the module's resources may use another provider, in another region or account"
        address = f"{scope.prefix}module.{block.labels[0]}"
        yield HclIssue("difference", address, "providers", providers.text, why, providers.place)


def _passes_on(providers: Argument) -> bool:
    """Whether the default provider of the module is the default provider of its caller."""
    return "".join(providers.text.split()).replace(":", "=") in ("{aws=aws}", "{}")


def _resource(scope: Scope, block: Block) -> Iterator[HclIssue]:
    provider = block.arguments.get("provider")
    if provider is not None and provider.text.strip('"') != "aws":
        why = "it uses another provider configuration; the generated stack has one"
        yield HclIssue("difference", scope.label(block), "provider", provider.text, why, provider.place)
    for inner in block.blocks:
        if inner.type in ("provisioner", "connection"):
            why = "Terraform runs it when it creates or destroys the resource"
            yield HclIssue("not compared", scope.label(block), inner.type, inner.type, why, inner.place)
        if inner.type == "lifecycle":
            for each in inner.blocks:
                why = "a condition that a plan or an apply checks"
                yield HclIssue("not compared", scope.label(block), f"lifecycle.{each.type}", each.type, why, each.place)


def _variable(scope: Scope, block: Block) -> Iterator[HclIssue]:
    """The validations of a variable."""
    for inner in block.of_type("validation"):
        condition = inner.arguments.get("condition")
        if condition is None:
            yield _invalid(scope, block, "validation", "a validation needs a condition", inner.place)
            continue
        try:
            value = scope.result(condition.expression, NOTHING)
        except (NotEvaluated, Missing) as error:
            address = f"{scope.prefix}var.{block.labels[0]}"
            yield HclIssue("not evaluated", address, "validation", condition.text, str(error), condition.place)
            continue
        if value is False or value == "false":
            yield _invalid(scope, block, "validation", "the value fails this validation", inner.place, condition.text)
