"""Translates pydantic's errors: which key of the overlay, what is wrong, what is allowed."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from miyabi_infra.overlays.problems import HIDDEN, MISSING, KeyPath
from modules.secret_detection import is_setting
from modules.settings import Settings

_TYPES = {
    "int_type": ("is not an integer", "an integer, without quotes"),
    "int_parsing": ("is not an integer", "an integer"),
    "int_from_float": ("is not an integer", "an integer"),
    "float_type": ("is not a number", "a number, without quotes"),
    "finite_number": ("is not a number", "a number"),
    "bool_type": ("is neither true nor false", "true or false"),
    "string_type": ("is not a string", "a string, in quotes"),
    "tuple_type": ("is not a list", "a list, such as [a, b]"),
    "dict_type": ("is not a mapping", "a mapping of names to values"),
    "model_type": ("is not a mapping", "a mapping of settings, or no such key"),
    "model_attributes_type": ("is not a mapping", "a mapping of settings, or no such key"),
}
_PART = 4
"""Characters of which a guess needs so many at least: `https` of `https_ingress`."""
_ALIKE = 0.8
"""How alike a part must be: `redirekt` is `redirect` of `redirect_http_to_https`."""
_NO_SUCH_VALUE = "is not one of the allowed values"
_BOUNDS = {
    "greater_than_equal": ("ge", "is too small", "{} or more"),
    "greater_than": ("gt", "is too small", "more than {}"),
    "less_than_equal": ("le", "is too large", "at most {}"),
    "less_than": ("lt", "is too large", "less than {}"),
    "too_short": ("min_length", "has too few items", "{} or more"),
    "too_long": ("max_length", "has too many items", "at most {}"),
    "string_too_short": ("min_length", "is too short", "{} or more characters"),
    "string_too_long": ("max_length", "is too long", "at most {} characters"),
}


def explain(error: ErrorDetails, model: type[BaseModel], data: Mapping[str, Any]) -> tuple[KeyPath, object, str, str]:
    """The key, the value (`MISSING` if there is none), what is wrong with it, and what is allowed."""
    kind, context = error["type"], error.get("ctx", {})
    key = _key(error["loc"], data)
    value = error["input"]
    match kind:
        case "missing":
            found = key, MISSING, "is missing", _description(model, key, data)
        case "extra_forbidden":
            known = _known_keys(_model(model, key[:-1], data))
            hint = _inside(model, key, data) or _hint(key[-1], known)
            found = key, value, f"is under an unknown key{hint}", ", ".join(known) or "no key here"
        case "setting":
            found = key, HIDDEN if context["secret"] else value, context["problem"], context["allowed"]
        case "literal_error":
            allowed = str(context["expected"]).replace(" or ", ", ")
            quoted = f"'{value}'"  # YAML reads 7.0 as a number
            unquoted = not isinstance(value, str) and quoted in allowed.split(", ")
            named = [each.strip("'") for each in allowed.split(", ")]
            problem = f"{_NO_SUCH_VALUE}{_meant(value, named)}" if isinstance(value, str) else _NO_SUCH_VALUE
            found = (
                key,
                value,
                *(("is not a string", f"{quoted}, in quotes") if unquoted else (problem, allowed)),
            )
        case "union_tag_invalid":
            tag = str(context["discriminator"]).strip("'")
            found = (*key, tag), context["tag"], _NO_SUCH_VALUE, str(context["expected_tags"])
        case "union_tag_not_found":
            tag = str(context["discriminator"]).strip("'")
            found = (*key, tag), MISSING, "is missing", "'local', 's3'"
        case _ if kind in _BOUNDS:
            bound, problem, allowed = _BOUNDS[kind]
            found = key, value, problem, allowed.format(_number(context[bound]))
        case _:
            found = (
                key,
                value,
                *_TYPES.get(kind, (f"is not valid ({error['msg']})", "see docs/reference/settings.md")),
            )
    if kind != "setting" and any("secret" in str(part).lower() for part in key) and not is_setting(str(value)):
        return found[0], HIDDEN if found[1] is not MISSING else MISSING, found[2], found[3]
    return found


def _number(bound: float) -> float:
    """A limit without a trailing .0: 0, not 0.0."""
    return int(bound) if float(bound).is_integer() else bound


def unknown_key(model: type[BaseModel], key: KeyPath) -> tuple[KeyPath, str, str] | None:
    """The first part of a key that no setting has, with a guess, and what is allowed there; None for a setting's."""
    for depth, (part, known, _) in enumerate(_walked(model, key)):
        if known is not None and part not in known:
            return key[: depth + 1], f"is an unknown key{_hint(part, known)}", ", ".join(known) or "no key here"
    return None


def is_text(model: type[BaseModel], key: KeyPath) -> bool:
    """Whether a setting takes a text, and neither a number nor true or false."""
    *_, (_, _, types) = _walked(model, key)
    return str in types and not {int, float, bool} & set(types)


def _walked(model: type[BaseModel], key: KeyPath) -> Iterator[tuple[str | int, list[str] | None, list[Any]]]:
    """Each part of a key, with the keys that are known there (None for any name) and the types of its value."""
    owners: list[type[BaseModel]] = [model]
    names: list[Any] | None = None
    for part in key:
        if names is not None:  # a mapping of names to values
            types, names, known = names, None, None
        else:
            known = list(dict.fromkeys(name for owner in owners for name in _known_keys(owner)))
            found = [owner.model_fields[str(part)].annotation for owner in owners if part in owner.model_fields]
            types = [member for each in found for member in _members(each)]
            mappings = [each for each in types if get_origin(each) is dict]
            names = [member for each in mappings for member in _members(get_args(each)[1])] if mappings else None
        yield part, known, types
        owners = [each for each in types if isinstance(each, type) and issubclass(each, BaseModel)]


def _members(annotation: Any) -> Iterator[Any]:  # noqa: ANN401  # an annotation
    """The types of a union, without what annotates them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for each in get_args(annotation):
            yield from _members(each)
    else:
        yield annotation


def _key(location: Sequence[str | int], data: Mapping[str, Any]) -> KeyPath:
    """The path in the data: pydantic's location without names of union members and without `[key]`."""
    path: list[str | int] = []
    here: object = data
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(here, Mapping) and (part in here or last):
            if part == "[key]":
                break
            path.append(part)
            here = cast("Mapping[object, object]", here).get(part)
        elif isinstance(here, list) and isinstance(part, int):
            path.append(part)
            here = cast("list[object]", here)[part]
    return tuple(path)


def _model(model: type[BaseModel], path: KeyPath, data: Mapping[str, Any]) -> type[BaseModel] | None:
    """The model of the mapping at `path`. Of a union: the member that the data selects with `backend`."""
    here: object = data
    found: type[BaseModel] | None = model
    by_name = False
    for part in path:
        here = cast("Mapping[object, object]", here).get(part) if isinstance(here, Mapping) else None
        if by_name:  # a mapping of names to settings: the name is not a setting
            by_name = False
            continue
        annotation = found.model_fields[str(part)].annotation if found and str(part) in found.model_fields else None
        by_name = get_origin(annotation) is dict
        members = [annotation, *get_args(annotation)]
        candidates = [member for member in members if isinstance(member, type) and issubclass(member, BaseModel)]
        found = next((member for member in candidates if _fits(member, here)), None)
    return found


def _fits(model: type[BaseModel], data: object) -> bool:
    backend = model.model_fields.get("backend")
    if backend is None:
        return True
    named = cast("Mapping[str, object]", data).get("backend") if isinstance(data, Mapping) else None
    return named in get_args(backend.annotation)


def _description(model: type[BaseModel], key: KeyPath, data: Mapping[str, Any]) -> str:
    owner, name = _model(model, key[:-1], data), str(key[-1])
    if owner is None or name not in owner.model_fields:
        return "a value"
    text = owner.documentation().get(name) if issubclass(owner, Settings) else None
    if text:
        return text.partition("\n")[0].rstrip(".")
    section = owner.model_fields[name].annotation
    if isinstance(section, type) and issubclass(section, BaseModel):
        required = [name for name, inner in section.model_fields.items() if inner.is_required()]
        return f"a mapping with {', '.join(required)}"
    return "a value"


def _known_keys(model: type[BaseModel] | None) -> list[str]:
    return [name for name in model.model_fields if name != "environment"] if model else []


def _inside(model: type[BaseModel], key: KeyPath, data: Mapping[str, Any]) -> str:
    """What `alb.idle_timeout: 60` means: a key of a section. YAML takes it for one key with a dot."""
    section, dot, name = str(key[-1]).partition(".")
    if dot and name in _known_keys(_model(model, (*key[:-1], section), {**data, section: data.get(section) or {}})):
        return f" (did you mean {name} in the section {section}?)"
    return ""


def _meant(value: str, allowed: Sequence[str]) -> str:
    """The one value that differs in capitals and signs only, or contains what is written: `dual-stack`, `strict`."""
    text = _letters(value)
    same = [each for each in allowed if _letters(each) == text]
    longer = [each for each in allowed if len(text) >= _PART and text in _letters(each)]
    found = same or (longer if len(longer) == 1 else [])
    return f" (did you mean {found[0]}?)" if found else ""


def _letters(text: str) -> str:
    return "".join(each for each in text.lower() if each.isalnum())


def _hint(key: str | int, known: Sequence[str]) -> str:
    text = str(key)
    longer = [each for each in known if len(text) >= _PART and text in each.split("_")]
    alike = [each for each in known if get_close_matches(text, each.split("_"), 1, _ALIKE)]
    near = get_close_matches(text, known, n=1) or next((each for each in (longer, alike) if len(each) == 1), known[:0])
    return f" (did you mean {near[0]}?)" if near else ""
