"""What Terraform refuses in a module, whether or not a value depends on it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from miyabi_infra.hcl import language, provider
from miyabi_infra.hcl.instance import HclIssue
from miyabi_infra.hcl.refactoring import REFACTORING
from miyabi_infra.hcl.scope import Scope
from miyabi_infra.hcl.syntax import Argument, Attribute, Block, Call, Expression, Index, Name
from miyabi_infra.hcl.values import Missing, NotEvaluated
from miyabi_infra.hcl.vendored import allows
from miyabi_infra.hcl.walking import arguments, nodes, references
from miyabi_infra.place import Place

TERRAFORM: Final = "1.11.4"
"""The version of Terraform whose language is known here."""
_NAMED: Final = frozenset({"resource", "data", "module", "variable", "output", "check", "ephemeral"})
_AWS: Final = re.compile(r"(registry\.(terraform\.io|opentofu\.org)/)?hashicorp/aws", re.IGNORECASE)
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
        if block.type not in language.FORMS:
            yield _invalid(scope, block, "", f"Terraform has no block {block.type}", block.place)
        for each in language.problems(block):
            yield _invalid(scope, block, each.argument, each.why, each.place, each.text)
        if block.type == "ephemeral":
            why = "an ephemeral value is never in a plan or a state"
            yield HclIssue("not compared", scope.label(block), "", block.type, why, block.place)
        if block.type not in REFACTORING:
            yield from _references(scope, block)
        if block.type == "module":
            yield from _call(scope, block)
        if block.type == "resource":
            yield from _resource(scope, block)
        if block.type == "terraform":
            yield from _required(scope, block)
        if block.type == "provider" and scope.path and not _is_proxy(scope, block):
            why = "a provider inside a module: its resources may be in another region or account"
            name = f"provider.{block.labels[0]}"
            yield HclIssue("difference", f"{scope.prefix}{name}", "", name, why, block.place)


def _is_proxy(scope: Scope, provider: Block) -> bool:
    """Whether an empty provider block of a module only says that its caller passes one on."""
    passed = scope.call.arguments.get("providers") if scope.call is not None else None
    return not provider.arguments and not provider.blocks and passed is not None


def _required(scope: Scope, terraform: Block) -> Iterator[HclIssue]:
    """A provider that is called aws and is another one."""
    for inner in terraform.of_type("required_providers"):
        argument = inner.arguments.get("aws")
        held = scope.value(argument) if argument is not None else None
        source = held.get("source") if isinstance(held, Mapping) else None
        if argument is not None and isinstance(source, str) and not _AWS.fullmatch(source):
            why = "aws is another provider here; the generated stack has hashicorp/aws"
            yield HclIssue("difference", f"{scope.prefix}provider.aws", "source", source, why, argument.place)
        wanted = held.get("version") if isinstance(held, Mapping) else held
        if argument is not None and isinstance(wanted, str):
            yield from _version(scope, "required_providers.aws", wanted, provider.version(), argument.place)
    for name in terraform.arguments.keys() & {"experiments", "language"}:
        argument = terraform.arguments[name]
        why = "what it changes in Terraform's language is not known here"
        yield HclIssue("not evaluated", f"{scope.prefix}terraform", name, argument.text, why, argument.place)
    argument = terraform.arguments.get("required_version")
    if argument is not None and isinstance(wanted := scope.value(argument), str):
        yield from _version(scope, "required_version", wanted, TERRAFORM, argument.place)


def _version(scope: Scope, name: str, wanted: str, known: str, place: Place) -> Iterator[HclIssue]:
    """A constraint that the version which is known here does not meet; a difference where none of its kind does."""
    if allows(wanted, known):
        return
    major = known.partition(".")[0]
    some = any(allows(wanted, f"{major}.{minor}.{patch}") for minor in range(200) for patch in range(10))
    why = f"it asks for {wanted}; what is known here is version {known}"
    yield HclIssue("not compared" if some else "difference", f"{scope.prefix}terraform", name, wanted, why, place)


def _invalid(  # noqa: PLR0917  # as HclIssue
    scope: Scope, block: Block, argument: str, why: str, place: Place, text: str = ""
) -> HclIssue:
    labels = block.labels if block.type in ("resource", "data") else (block.type, *block.labels)
    mode = "data." if block.type == "data" else ""
    return HclIssue("invalid", f"{scope.prefix}{mode}{'.'.join(labels)}", argument, text, why, place)


def _twice(scope: Scope) -> Iterator[HclIssue]:
    named = [each for each in scope.source.blocks if each.type in _NAMED]
    counts = Counter((each.type, each.labels) for each in named)
    for block in named:
        if counts.pop((block.type, block.labels), 0) > 1:
            yield _invalid(scope, block, "", "it is declared twice", block.place)
    held = [argument for block in scope.source.of_type("locals") for argument in block.arguments.values()]
    names = Counter(each.name for each in held)
    for each in reversed(held):
        if names.pop(each.name, 0) > 1:
            why = "it is declared twice"
            yield HclIssue("invalid", f"{scope.prefix}local.{each.name}", "", each.text, why, each.place)
    configured = [(*each.labels, _alias(each)) for each in scope.source.of_type("provider")]
    for block in scope.source.of_type("provider"):
        if configured.count((*block.labels, _alias(block))) > 1:
            yield _invalid(scope, block, "", "it is configured twice", block.place)


def _alias(provider: Block) -> str:
    alias = provider.arguments.get("alias")
    return "" if alias is None else alias.text


def _references(scope: Scope, block: Block) -> Iterator[HclIssue]:
    """References to what is not declared, and functions that Terraform does not have."""
    for argument, bound in arguments(block):
        if _names_nothing(block, argument):
            continue
        for path in references(argument.expression, bound):
            missing = _missing(scope, path) or _elsewhere(block, argument, path)
            if missing:
                why = missing if " " in missing else f"{missing} is not declared"
                yield _invalid(scope, block, argument.name, why, argument.place, argument.text)
        inside = tuple(nodes(argument.expression))
        for why in _keys_missing(scope, inside):
            yield _invalid(scope, block, argument.name, why, argument.place, argument.text)
        for name in (each.function for each in inside if isinstance(each, Call)):
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
            if found and len(rest) > 1 and not _has_output(scope, name, rest[1]):
                return f"module.{name} has no output {rest[1]}"
        case "ephemeral":
            return "" if len(rest) < 2 or source.declared("ephemeral", *rest[:2]) else f"ephemeral.{'.'.join(rest[:2])}"  # noqa: PLR2004
        case "data":
            return "" if len(rest) < 2 or source.declared("data", *rest[:2]) else f"data.{'.'.join(rest[:2])}"  # noqa: PLR2004
        case _:
            found = source.declared("resource", first, name) is not None
    return "" if found else f"{first}.{name}"


def _keys_missing(scope: Scope, inside: Iterable[object]) -> Iterator[str]:
    """References to a part of a resource or a module that has instances without saying which, or that has none."""
    for node in inside:
        match node:
            case Attribute(of, name):
                block = _declared(scope, of)
                if block is not None and _is_repeated(block):
                    yield f"{'.'.join(block.labels)} has instances: its {name} needs one of them"
            case Index(of, _):
                block = _declared(scope, of)
                if block is not None and not _is_repeated(block):
                    yield f"{'.'.join(block.labels)} has no instances, so it takes no index"
            case _:
                pass


def _declared(scope: Scope, expression: Expression) -> Block | None:
    """The block that a reference names as a whole."""
    match expression:
        case Attribute(Name("module"), name):
            return scope.source.declared("module", name)
        case Attribute(Attribute(Name("data"), kind), name):
            return scope.source.declared("data", kind, name)
        case Attribute(Name(kind), name):
            return scope.source.declared("resource", kind, name)
        case _:
            return None


def _is_repeated(block: Block) -> bool:
    return bool(block.arguments.keys() & {"count", "for_each"})


_OF_PATH: Final = frozenset({"module", "root", "cwd"})
_OF_TERRAFORM: Final = frozenset({"workspace", "applying"})


def _elsewhere(block: Block, argument: Argument, path: tuple[str, ...]) -> str:
    """Why a reference has no meaning where it stands; empty where it has one."""
    first, *rest = path
    repeated = {"each": "for_each", "count": "count"}.get(first)
    if repeated is not None and (repeated not in block.arguments or argument is block.arguments[repeated]):
        return f"{first} has no meaning without {repeated}"
    if first == "self" and block.type not in ("resource", "data"):
        return "self is a resource, in its own conditions and provisioners"
    if (first == "path" and rest[:1] and rest[0] not in _OF_PATH) or (
        first == "terraform" and rest[:1] and rest[0] not in _OF_TERRAFORM
    ):
        return f"there is no {first}.{rest[0]}"
    return ""


def _has_output(scope: Scope, call: str, name: str) -> bool:
    """Whether a module that is called has an output; True where the module is not known, or has several instances."""
    block = scope.source.declared("module", call)
    if block is None or _is_repeated(block):
        return True
    try:
        return scope.called(block, None).source.declared("output", name) is not None
    except (NotEvaluated, Missing):
        return True


def _call(scope: Scope, block: Block) -> Iterator[HclIssue]:
    """A module's call: its arguments are the variables of the module."""
    try:
        one = scope.called(block, None)
    except (NotEvaluated, Missing):
        return  # `scopes` says so
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
    for alias in _aliases(one):
        if providers is None or f"aws.{alias}" not in re.split(r"[\s,={}]+", providers.text):
            why = f"the module needs aws.{alias}, and the call does not pass it"
            yield _invalid(scope, block, "providers", why, block.place)
    if providers is not None and not _passes_on(providers):
        why = "the module's resources may use another provider, in another region or account"
        address = f"{scope.prefix}module.{block.labels[0]}"
        yield HclIssue("difference", address, "providers", providers.text, why, providers.place)


def _aliases(scope: Scope) -> Iterator[str]:
    """The further configurations of the AWS provider that a module needs."""
    for block in scope.source.of_type("terraform"):
        for inner in block.of_type("required_providers"):
            argument = inner.arguments.get("aws")
            text = argument.text if argument is not None else ""
            named = re.search(r"configuration_aliases\s*=\s*\[([^\]]*)\]", text)
            yield from re.findall(r"aws\.([\w-]+)", named[1]) if named else ()


def _passes_on(providers: Argument) -> bool:
    """Whether the default provider of the module is the default provider of its caller."""
    return "".join(providers.text.split()).replace(":", "=") in ("{aws=aws}", "{}")


def _resource(scope: Scope, block: Block) -> Iterator[HclIssue]:
    other = block.arguments.get("provider")
    if other is not None and other.text.strip('"') != "aws":
        why = "it uses another provider configuration; the generated stack has one"
        yield HclIssue("difference", scope.label(block), "provider", other.text, why, other.place)
    for inner in block.blocks:
        if inner.type in ("provisioner", "connection"):
            why = "Terraform runs it when it creates or destroys the resource"
            yield HclIssue("not compared", scope.label(block), inner.type, inner.type, why, inner.place)
