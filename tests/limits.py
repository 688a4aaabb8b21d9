"""The limits of every setting, as its type says them, and what AWS's service models say of the same values."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, cast, get_args, get_origin

import annotated_types
import botocore
from pydantic import AfterValidator, BaseModel, BeforeValidator, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from environments.settings import EnvironmentSettings, SharedSettings
from modules.settings import Matching
from tests.aws.models import compiled

Values = frozenset[str | int | bool]


@dataclass(frozen=True)
class Limits:
    """What a type, or AWS, allows: a range, lengths, values. None where nothing is said."""

    least: float | None = None
    most: float | None = None
    shortest: int | None = None
    longest: int | None = None
    values: Values | None = None
    pattern: str | None = None
    """AWS's."""

    @property
    def says(self) -> bool:
        """Whether anything is said."""
        return self != Limits()

    def allows(self, text: str) -> bool:
        """Whether a text is allowed."""
        long_enough = self.shortest is None or len(text) >= self.shortest
        short_enough = self.longest is None or len(text) <= self.longest
        known = self.values is None or text in self.values
        # AWS's \w is ASCII, as Java's is.
        matches = not self.pattern or re.fullmatch(compiled(self.pattern).pattern, text, re.ASCII) is not None
        return long_enough and short_enough and known and matches


@dataclass
class Setting:
    """What can be given at a path of an overlay, where that is limited."""

    path: str
    limits: Limits = field(default_factory=Limits)
    annotation: Any = None
    document: str = ""
    """The docstring of the setting."""

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.annotation)

    def takes(self, value: object) -> bool:
        """Whether the type accepts a value."""
        try:
            self._adapter.validate_python(value)
        except ValidationError:
            return False
        return True


@cache
def models() -> frozenset[type[BaseModel]]:
    """Every section, and what is in sections."""
    found: set[type[BaseModel]] = set()
    new: list[type[BaseModel]] = [EnvironmentSettings, SharedSettings]
    while new:
        model = new.pop()
        found.add(model)
        inside = (each for info in model.model_fields.values() for each in _sections(info.annotation))
        new.extend(each for each in inside if each not in found)
    return frozenset(found)


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401  # a type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _sections(each)


@cache
def settings() -> Mapping[str, Setting]:
    """Every limited setting of an environment and of the shared stack, by its path."""
    found: dict[str, Setting] = {}
    for model in (EnvironmentSettings, SharedSettings):
        for each in _of_model(model, ""):
            other = found.setdefault(each.path, each)
            if other.limits.values and each.limits.values:  # the two kinds of a state differ in `backend`
                other.limits = Limits(values=other.limits.values | each.limits.values)
            assert other.limits == each.limits or other.limits.values, f"{each.path} has other limits elsewhere"
    return found


def _of_model(model: type[BaseModel], at: str) -> Iterator[Setting]:
    documents = cast("Any", model).documentation()
    for name, info in model.model_fields.items():
        for each in _of(info.annotation, info.metadata, f"{at}{name}"):
            each.document = each.document or documents.get(name, "")
            yield each


def _of(annotation: Any, metadata: Sequence[object], path: str) -> Iterator[Setting]:  # noqa: ANN401  # a type
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from _of(inner, [*more, *metadata], path)
        return
    own = [each for each in _flat(metadata) if _limits(each)]
    if origin in (Union, UnionType):
        for each in get_args(annotation):
            yield from _of(each, metadata, path)
        return
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _of_model(annotation, f"{path}.")
        return
    if own or origin is Literal:
        values = frozenset(get_args(annotation)) if origin is Literal else None
        yield Setting(path, _said(own, values), _whole(annotation, metadata))
    if origin is tuple:
        yield from _of(get_args(annotation)[0], (), f"{path}[]")
    elif origin is dict:
        key, value = get_args(annotation)
        yield from _of(key, (), f"{path}{{name}}")
        yield from _of(value, (), f"{path}{{}}")


def _whole(annotation: Any, metadata: Sequence[object]) -> Any:  # noqa: ANN401  # a type
    return cast("Any", Annotated)[(annotation, *_flat(metadata))] if metadata else annotation


def _flat(metadata: Sequence[object]) -> list[object]:
    """What `Field(…)` of a nested annotation holds, beside the rest."""
    return [each for item in metadata for each in (item.metadata if isinstance(item, FieldInfo) else [item])]


def _limits(each: object) -> bool:
    bounds = annotated_types.Ge | annotated_types.Le | annotated_types.Gt | annotated_types.Lt
    lengths = annotated_types.MinLen | annotated_types.MaxLen
    return isinstance(each, bounds | lengths | Matching | AfterValidator | BeforeValidator)


def _said(metadata: Sequence[object], values: Values | None) -> Limits:
    said: dict[str, Any] = {"values": values}
    for each in metadata:
        match each:
            case annotated_types.Ge(ge=least):
                said["least"] = least
            case annotated_types.Gt(gt=least):
                said["least"] = least
            case annotated_types.Le(le=most):
                said["most"] = most
            case annotated_types.MinLen(min_length=least):
                said["shortest"] = least
            case annotated_types.MaxLen(max_length=most):
                said["longest"] = most
            case _:
                pass
    return Limits(**said)


_MODELS: Final = Path(botocore.__file__).parent / "data"


@cache
def _shapes(service: str) -> dict[str, Any]:
    """The shapes of the newest version of a service's model."""
    newest = max(_MODELS.joinpath(service).glob("*/service-2.json*"))
    data = newest.read_bytes()
    return json.loads(gzip.decompress(data) if newest.suffix == ".gz" else data)["shapes"]


def of_aws(service: str, path: str) -> tuple[Limits, str]:
    """What a service's model says of a member, and its documentation: `CreateTargetGroupInput.Port`.

    In a path, `member` is an item of a list.
    """
    shapes = _shapes(service)
    name, *members = path.split(".")
    shape, document = shapes[name], shapes[name].get("documentation", "")
    for each in members:
        reference = shape["member"] if shape["type"] == "list" else shape["members"][each]
        shape = shapes[reference["shape"]]
        document = reference.get("documentation") or shape.get("documentation", "")
    least, most = shape.get("min"), shape.get("max")
    if shape["type"] in {"integer", "long", "double", "float"}:
        said = Limits(least=least, most=most)
    else:
        values = frozenset(cast("list[str]", shape["enum"])) if "enum" in shape else None
        said = Limits(shortest=least, longest=most, values=values, pattern=shape.get("pattern"))
    return said, " ".join(re.sub(r"<[^>]+>", "", document).split())
