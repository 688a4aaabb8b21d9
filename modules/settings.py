"""What the settings of all modules are made of: closed, frozen models, rules with names, and AWS's own forms.

A *field* says what one value may be. A *rule* says what several values may be together; it is a method marked with
`@rule(...)` that yields a `Violation` for each value at fault. Fields are checked by pydantic, rules by
`miyabi_infra.overlays.loading`, which knows the file and the line that every value came from.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import pairwise
from textwrap import dedent
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

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

if TYPE_CHECKING:
    from modules.platform import Platform


class Settings(BaseModel):
    """A section of an overlay: frozen, and closed to keys that it does not know."""

    # A section is checked as a part of its environment, so a validator of its own is built when somebody asks for one.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    @classmethod
    def documentation(cls) -> dict[str, str]:
        """What is written below each setting. `use_attribute_docstrings` would read the sources on every synthesis."""
        found: dict[str, str] = {}
        for owner in reversed(cls.__mro__):
            if issubclass(owner, Settings):
                (definition,) = ast.parse(dedent(inspect.getsource(owner))).body
                assert isinstance(definition, ast.ClassDef)
                found |= dict(_documented(definition.body))
        return {name: text for name, text in found.items() if name in cls.model_fields}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        described = handler(schema)
        properties = handler.resolve_ref_schema(described).get("properties", {})
        for name, text in cls.documentation().items():
            if name in properties:
                properties[name]["description"] = text
        return described


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
            case _:
                pass


@dataclass(frozen=True)
class Violation:
    """A value that breaks a rule."""

    key: str | tuple[str | int, ...]
    """Where the value stands within the section: `vpc_cidr`, or `("public_subnet_cidrs", 1)`."""
    value: object
    """The value found."""
    problem: str
    """What is wrong with it, to be read after the value."""
    allowed: str
    """What would be allowed."""

    @property
    def path(self) -> tuple[str | int, ...]:
        """The key as a path."""
        return (self.key,) if isinstance(self.key, str) else self.key


RuleMethod = Callable[[Any, "Platform"], Iterator[Violation]]
_Rule = TypeVar("_Rule", bound=Callable[..., Iterator[Violation]])
_RULE_KEYS: Final = "__rule_keys__"


def rule(*keys: str) -> Callable[[_Rule], _Rule]:
    """Mark a method as a rule about `keys`, the settings it reads: of its own section, or of the platform."""

    def mark(method: _Rule) -> _Rule:
        setattr(method, _RULE_KEYS, keys)
        return method

    return mark


def rules_of(model: type[BaseModel]) -> Iterator[tuple[str, tuple[str, ...], RuleMethod]]:
    """The rules of a section: name, the settings it reads, the method; in the order of the source."""
    seen: set[str] = set()
    for owner in reversed(model.__mro__):
        for name, method in vars(owner).items():
            keys = getattr(method, _RULE_KEYS, None) if inspect.isfunction(method) else None
            if keys is not None and name not in seen:
                seen.add(name)
                yield name, keys, method


def refuse(problem: str, allowed: str, *, secret: bool = False) -> PydanticCustomError:
    """The error of a field that is not what it may be; with `secret` the value found is not to be shown."""
    context = {"problem": problem, "allowed": allowed, "secret": secret}
    return PydanticCustomError("setting", "{problem}; allowed: {allowed}", context)


@dataclass(frozen=True)
class Matching:
    """Metadata of strings that a pattern must match whole; editors learn of it through the JSON Schema."""

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
        """Return the value, or raise what is wrong with it."""
        if re.fullmatch(self.pattern, value) is None:
            raise refuse(self.problem, self.allowed, secret=self.secret)
        return value


def matching(pattern: str, problem: str, allowed: str, *, secret: bool = False) -> Matching:
    """A string that `pattern` matches whole. The pattern must mean the same in Python and in JavaScript (editors)."""
    return Matching(pattern, problem, allowed, secret)


_CIDR_ALLOWED: Final = "an IPv4 block with no host bits set, such as 10.0.0.0/16"


def _cidr(value: str) -> str:
    try:
        network = IPv4Network(value, strict=False)
    except ValueError as error:
        raise refuse("is not an IPv4 CIDR block", _CIDR_ALLOWED) from error
    if str(network) != value:
        # Terraform would plan it, AWS would store the network's own address, and every later plan would differ.
        raise refuse("is not the address of its network", f"{network}, the network that it lies in")
    return value


def _aws_block(value: str) -> str:
    largest, smallest = 16, 28
    if not largest <= IPv4Network(value).prefixlen <= smallest:
        raise refuse("has a size that AWS does not offer", "a prefix from /16 to /28")
    return value


def _integer(value: object) -> object:
    """Fargate's sizes are strings in Terraform; an overlay may write them as it likes."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Strings = Annotated[tuple[str, ...], Field(strict=False)]
"""A list of strings."""

Cidr = Annotated[
    str,
    matching(r"\d{1,3}(?:\.\d{1,3}){3}/\d{1,2}", "is not an IPv4 CIDR block", _CIDR_ALLOWED),
    AfterValidator(_cidr),
]
"""An IPv4 block of any size."""

AwsCidr = Annotated[Cidr, AfterValidator(_aws_block)]
"""An IPv4 block of a size that a VPC or a subnet may have."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""

Percent = Annotated[int, Field(ge=1, le=100)]
"""A share of a whole in per cent."""

Seconds = Annotated[int, Field(ge=0, le=3600)]
"""A time of at most an hour, in seconds."""

IntegerOrDigits = Annotated[int, BeforeValidator(_integer, json_schema_input_type=int | str)]
"""A whole number, written as a number or as a string of digits."""

ACCOUNT: Final = r"\d{12}"


def region_of(arn_text: str) -> str:
    """The region that an ARN names; empty for a global service."""
    return arn_text.split(":")[3]


TAG_KEY_LENGTH: Final = 128
TAG_VALUE_LENGTH: Final = 256
_TAG_TEXT: Final = re.compile(r"[\w .:/=+\-@]*")


def tag_problem(key: str, value: str) -> tuple[str, str] | None:
    """What AWS would refuse about a tag, and what it allows; None when the tag is fine."""
    characters = "letters, digits, spaces and _ . : / = + - @"
    if not 1 <= len(key) <= TAG_KEY_LENGTH:
        return f"has a key of {len(key)} characters", f"1 to {TAG_KEY_LENGTH}"
    if key.lower().startswith("aws:"):
        return "has a key that is reserved for AWS", "a key that does not begin with aws:"
    if _TAG_TEXT.fullmatch(key) is None:
        return f"has a key with a character that AWS refuses ({key!r})", characters
    if len(value) > TAG_VALUE_LENGTH:
        return f"has a value of {len(value)} characters", f"at most {TAG_VALUE_LENGTH}"
    if _TAG_TEXT.fullmatch(value) is None:
        return "has a value with a character that AWS refuses", characters
    return None


def too_long(name: str, limit: int, what: str) -> tuple[str, str] | None:
    """The problem and the allowance of a name that is longer than AWS takes; None when it fits."""
    if len(name) <= limit:
        return None
    return (
        f"makes the name of the {what} {len(name)} characters long ({name})",
        f"{limit} characters for that name: shorten project or environment by {len(name) - limit}",
    )
