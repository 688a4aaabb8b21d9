"""The base of all settings: closed, frozen models, named rules, and types for AWS's formats.

A *field* restricts one value. A *rule* restricts a combination of values: a method marked with `@rule(...)` that yields
a `Violation` for each invalid value. pydantic checks the fields; `miyabi_infra.overlays.loading` checks the rules, and
knows the file and the line of every value.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from itertools import pairwise
from textwrap import dedent
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Settings(BaseModel):
    """A section of an overlay: immutable; unknown keys are errors."""

    # A section is validated as part of its environment, so its own validator is built only on demand.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    @classmethod
    def documentation(cls) -> dict[str, str]:
        """The docstring of each setting. `use_attribute_docstrings` would read the sources on every synthesis."""
        found: dict[str, str] = {}
        for owner in reversed(cls.__mro__):
            if issubclass(owner, Settings):
                found |= _documented(owner)
        return {name: text for name, text in found.items() if name in cls.model_fields}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        described = handler(schema)
        properties = handler.resolve_ref_schema(described).get("properties", {})
        for name, text in cls.documentation().items():
            if name in properties:
                properties[name]["description"] = text
        return described


@cache
def _documented(section: type[Settings]) -> Mapping[str, str]:
    """The docstring of each setting that a section itself defines. The reference asks for each section many times."""
    (definition,) = ast.parse(dedent(inspect.getsource(section))).body
    assert isinstance(definition, ast.ClassDef)
    found: dict[str, str] = {}
    for field, below in pairwise(definition.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text)
            case _:
                pass
    return found


@dataclass(frozen=True)
class Violation:
    """A value that breaks a rule."""

    key: str | tuple[str | int, ...]
    """The key within the section: `vpc_cidr`, or `("public_subnet_cidrs", 1)`."""
    value: object
    """The value found."""
    problem: str
    """What is wrong with it; the text follows the value."""
    allowed: str
    """What is allowed."""
    secret: bool = False
    """Whether the value may be a secret, and is not shown."""

    @property
    def path(self) -> tuple[str | int, ...]:
        """The key as a path."""
        return (self.key,) if isinstance(self.key, str) else self.key


RuleMethod = Callable[[Any, Any], Iterator[Violation]]
"""A rule of a section: called with the section, and with the `Platform` that contains it (which is defined above)."""
_Rule = TypeVar("_Rule", bound=Callable[..., Iterator[Violation]])
_RULE_KEYS: Final = "__rule_keys__"
_RULE_COMPARES: Final = "__rule_compares__"


def rule(*keys: str, compares: bool = False) -> Callable[[_Rule], _Rule]:
    """Mark a method as a rule about `keys`, the settings that it reads: of its section, or of the platform.

    `compares`: it only compares the strings of lists, so it is asked even where one of them is not valid.
    """

    def mark(method: _Rule) -> _Rule:
        setattr(method, _RULE_KEYS, keys)
        setattr(method, _RULE_COMPARES, compares)
        return method

    return mark


def only_compares(method: RuleMethod) -> bool:
    """Whether a rule does nothing with the strings of lists but compare them."""
    return bool(getattr(method, _RULE_COMPARES))


@cache
def rules_of(model: type[BaseModel]) -> tuple[tuple[str, tuple[str, ...], RuleMethod], ...]:
    """The rules of a section in source order: name, the settings that it reads, the method."""
    found: dict[str, tuple[str, tuple[str, ...], RuleMethod]] = {}
    for owner in reversed(model.__mro__):
        for name, method in vars(owner).items():
            keys = getattr(method, _RULE_KEYS, None) if inspect.isfunction(method) else None
            if keys is not None and name not in found:
                found[name] = (name, keys, method)
    return tuple(found.values())


def refuse(problem: str, allowed: str, *, secret: bool = False) -> PydanticCustomError:
    """The error of an invalid field. With `secret`, the value is not shown."""
    context = {"problem": problem, "allowed": allowed, "secret": secret}
    return PydanticCustomError("setting", "{problem}; allowed: {allowed}", context)


@dataclass(frozen=True)
class Matching:
    """Annotation of a string that must match a pattern from start to end. It becomes part of the JSON Schema."""

    pattern: str
    problem: str
    allowed: str
    secret: bool

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        message = f"{self.problem}; allowed: {self.allowed}"
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$", "patternErrorMessage": message}

    def check(self, value: str) -> str:
        """Return the value, or raise the error."""
        if re.fullmatch(self.pattern, value, re.ASCII) is None:  # \d and \w are what they are in JavaScript, and to AWS
            raise refuse(self.problem, self.allowed, secret=self.secret)
        return value


def matching(pattern: str, problem: str, allowed: str, *, secret: bool = False) -> Matching:
    """A string that `pattern` matches from start to end. It must mean the same in Python and JavaScript (editors)."""
    return Matching(pattern, problem, allowed, secret)


def block_of(value: object) -> IPv4Network | IPv6Network | None:
    """The block that somebody means, in whatever form; None for what is none."""
    try:
        return ip_network(value, strict=False) if isinstance(value, str) else None
    except ValueError:
        return None


def only_ipv4(elsewhere: str) -> BeforeValidator:
    """Refuse an IPv6 block as what it is, with the place where it belongs."""
    return BeforeValidator(lambda value: _of_version(value, 4, elsewhere))


def only_ipv6(elsewhere: str) -> BeforeValidator:
    """Refuse an IPv4 block as what it is, with the place where it belongs."""
    return BeforeValidator(lambda value: _of_version(value, 6, elsewhere))


def _of_version(value: object, version: int, elsewhere: str) -> object:
    network = block_of(value)
    if network is not None and network.version != version:
        raise refuse(f"is an IPv{network.version} block", f"an IPv{version} block; {elsewhere}")
    return value


def as_stored(value: object) -> object:
    """Refuse another form of a block than that of AWS: Terraform would plan it, and every later plan would differ."""
    network = block_of(value)
    if network is not None and value in ("0.0.0.0", "::"):  # noqa: S104  # no address that anything binds to
        raise refuse("is one address, and no block", f"{value}/0 for every address")
    if network is not None and ip_interface(str(value)).ip != network.network_address:
        raise refuse("is not the address of its network", f"{network}, the network that contains it")
    if network is not None and str(network) != value:
        raise refuse("is not written as AWS stores it", str(network))
    return value


_CIDR_ALLOWED: Final = "an IPv4 block with no host bits set, such as 10.0.0.0/16"


def _cidr(value: str) -> str:
    if not isinstance(block_of(value), IPv4Network):
        raise refuse("is not an IPv4 CIDR block", _CIDR_ALLOWED)
    return value


_IPV6_CIDR_ALLOWED: Final = "an IPv6 block in its shortest form with no host bits set, such as 2001:db8::/32 or ::/0"


def _ipv6_cidr(value: str) -> str:
    if not isinstance(block_of(value), IPv6Network):
        raise refuse("is not an IPv6 CIDR block", _IPV6_CIDR_ALLOWED)
    return value


def _aws_block(value: str) -> str:
    largest, smallest = 16, 28
    if not largest <= int(value.rpartition("/")[2]) <= smallest:
        raise refuse("has a prefix length that AWS does not support", "a prefix length from /16 to /28")
    return value


def _integer(value: object) -> object:
    """Fargate's sizes are strings in Terraform; an overlay may use strings or integers."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


NotBlank = Annotated[str, matching(r"(?:.|\n)*\S(?:.|\n)*", "is empty", "at least one character that is no space")]
"""A string that says something."""

Strings = Annotated[tuple[NotBlank, ...], Field(strict=False)]
"""A list of strings."""

_CidrText = Annotated[str, matching(r"\d{1,3}(?:\.\d{1,3}){3}/\d{1,2}", "is not an IPv4 CIDR block", _CIDR_ALLOWED)]

Cidr = Annotated[_CidrText, AfterValidator(_cidr), BeforeValidator(as_stored)]
"""An IPv4 CIDR block of any size."""

# The size first: the network around a block of a wrong size would be refused for its size next.
AwsCidr = Annotated[
    _CidrText,
    AfterValidator(_cidr),
    AfterValidator(_aws_block),
    AfterValidator(as_stored),
    only_ipv4("networking.ipv6: dual-stack gives the VPC and its subnets IPv6 blocks of Amazon's"),
]
"""An IPv4 CIDR block of a size that a VPC or a subnet can have."""

Ipv6Cidr = Annotated[
    str,
    matching(r"[0-9a-f:]{2,39}/\d{1,3}", "is not an IPv6 CIDR block", _IPV6_CIDR_ALLOWED),
    AfterValidator(_ipv6_cidr),
    BeforeValidator(as_stored),
]
"""An IPv6 CIDR block of any size."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""

Percent = Annotated[int, Field(ge=1, le=100)]
"""A percentage."""

Seconds = Annotated[int, Field(ge=0, le=3600)]
"""A duration of at most one hour, in seconds."""

IntegerOrDigits = Annotated[int, BeforeValidator(_integer, json_schema_input_type=int | str)]
"""An integer, written as a number or as a string of digits."""

ACCOUNT: Final = r"\d{12}"


def _path(longest: int) -> Matching:
    return matching(
        rf"/[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]{{0,{longest - 1}}}(?<!\$\{{)",
        "is not a URL path",
        f"a path that starts with /, at most {longest} characters",
    )


HealthCheckPath = Annotated[str, _path(1024)]
"""Path of a health check, as in `GET <path>`."""

PathFromOutside = Annotated[str, _path(255)]
"""Path of a health check of Route 53 (Route 53 API, `HealthCheckConfig`)."""

UsEast1TopicArn = Annotated[
    str,
    matching(
        rf"|arn:aws:sns:us-east-1:{ACCOUNT}:[\w-]{{1,256}}",
        "is not the ARN of an SNS topic in us-east-1",
        "arn:aws:sns:us-east-1:<account>:<topic>, or an empty string for none",
    ),
]


def region_of(arn_text: str) -> str:
    """The region in an ARN; empty for a global service."""
    return arn_text.split(":")[3]


TAG_KEY_LENGTH: Final = 128
TAG_VALUE_LENGTH: Final = 256
_TAG_TEXT: Final = re.compile(r"[\w .:/=+\-@]*")


def tag_problem(key: str, value: str) -> tuple[str, str] | None:
    """Why AWS refuses a tag, and what it allows; None if the tag is valid."""
    characters = "letters, digits, spaces and _ . : / = + - @"
    if not 1 <= len(key) <= TAG_KEY_LENGTH:
        return f"has a key of {len(key)} characters", f"1 to {TAG_KEY_LENGTH}"
    if key.lower().startswith("aws:"):
        return "has a key that is reserved for AWS", "a key that does not start with aws:"
    if _TAG_TEXT.fullmatch(key) is None:
        return f"has a key with a character that AWS does not allow ({key!r})", characters
    if len(value) > TAG_VALUE_LENGTH:
        return f"has a value of {len(value)} characters", f"at most {TAG_VALUE_LENGTH}"
    if _TAG_TEXT.fullmatch(value) is None:
        return "has a value with a character that AWS does not allow", characters
    return None


def twice(key: str, values: Sequence[str], allowed: str = "each once") -> Iterator[Violation]:
    """A violation for each value of a list that is in it before."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield Violation((key, index), value, "is in the list twice", allowed)
        seen.add(value)


def too_long(name: str, limit: int, what: str) -> tuple[str, str] | None:
    """The problem with a name that exceeds AWS's limit, and what is allowed; None if it fits."""
    if len(name) <= limit:
        return None
    return (
        f"makes the name of the {what} {len(name)} characters long ({name})",
        f"{limit} characters for that name: shorten project or environment by {len(name) - limit}",
    )
