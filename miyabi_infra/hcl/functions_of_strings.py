"""Functions of strings, addresses and encodings."""

import base64
import csv
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from io import StringIO
from ipaddress import IPv4Network, ip_network
from typing import Any, Final, cast
from urllib.parse import quote_plus

from miyabi_infra.hcl.conversion import converted, integer_of, joined, json_text, number_of, text_of
from miyabi_infra.hcl.numbers import number_text, of_decimal
from miyabi_infra.hcl.types import Collection, Simple
from miyabi_infra.hcl.values import Json, Missing, NotEvaluated, TypedList, UnknownJson, frozen, known

_ANY_LIST: Final = Collection("list", Simple.ANY)


def text(value: object) -> str:
    """A value as a string that is known.

    Raises:
        NotEvaluated, Missing: when it is not.
    """
    found = text_of(value)
    if not isinstance(found, str):
        raise NotEvaluated(f"a string is known after apply only: {found}")
    return found


def graphemes(value: str) -> str:
    """A string whose characters are what Terraform counts as such.

    Raises:
        NotEvaluated: for one with combined characters.
    """
    if not value.isascii() and any(unicodedata.category(each)[0] in "MC" or ord(each) > 0x2FFF for each in value):  # noqa: PLR2004
        raise NotEvaluated("the length of a string with combined characters")
    if "\r\n" in value:
        raise NotEvaluated("the length of a string with CRLF")
    return value


# ---- format ----------------------------------------------------------------------------------------------------------

_VERB: Final = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?(?:\[(?P<index>\d+)\])?(?P<verb>.?)", re.DOTALL
)


def _format(pattern: object, *values: object) -> object:
    if any(each is None for each in values):
        raise NotEvaluated("format with null: of one without a type Terraform makes a value that is known after apply")
    return _filled(pattern, *values)


def _filled(pattern: object, *values: object) -> object:
    parts: list[object] = []
    held, at, used = text(pattern), 0, 0
    while at < len(held):
        start = held.find("%", at)
        if start < 0:
            break
        parts.append(held[at:start])
        found = _VERB.match(held, start)
        assert found is not None
        at = found.end()
        if found["verb"] == "%" and found[0] == "%%":
            parts.append("%")
            continue
        if found["index"] or found["verb"] not in tuple("sdvqtf"):
            raise NotEvaluated(f"format with the verb {found[0]}")
        if used >= len(values):
            raise Missing("more verbs than values")
        parts.append(_formatted(found, values[used]))
        used += 1
    if used < len(values):
        raise Missing("more values than verbs")
    return joined([*parts, held[at:]])


def _formatted(found: re.Match[str], value: object) -> object:
    verb, plain = found["verb"], not (found["flags"] or found["width"] or found["precision"] is not None)
    if verb == "v" and (value is None or not isinstance(value, str | bool | int | float)) and not _is_unknown(value):
        known(value)
        result = json_text(value)
    elif verb == "v" and isinstance(value, int | float) and not isinstance(value, bool):
        result = _general(value)
    elif verb in ("s", "v"):
        result = text_of(value)
        if plain and not isinstance(result, str):
            return result
        result = text(value)
    elif verb == "q":
        result = json.dumps(text(value), ensure_ascii=False)
        if not plain or not text(value).isprintable() or not text(value).isascii():
            raise NotEvaluated("format with %q of special characters")
    elif verb == "t":
        result = text(converted(value, Simple.BOOL))
    elif verb == "d":
        return _integer(found, integer_of(value))
    else:
        return _decimal(found, number_of(value))
    if found["precision"] is not None or found["flags"].strip("-"):
        raise NotEvaluated(f"format with the verb {found[0]}")
    width = int(found["width"] or 0)
    graphemes(result)
    return result.ljust(width) if "-" in found["flags"] else result.rjust(width)


def _is_unknown(value: object) -> bool:
    return (
        hasattr(value, "address") or hasattr(value, "parts") or hasattr(value, "why") or isinstance(value, UnknownJson)
    )


def _general(value: float) -> str:
    exponent = Decimal(repr(value)).adjusted()
    if value != 0 and not -4 <= exponent < 21:  # noqa: PLR2004  # where %g uses an exponent
        raise NotEvaluated("format with %v of a large number")
    return number_text(value)


def _integer(found: re.Match[str], value: int) -> str:
    if found["precision"] is not None or "#" in found["flags"]:
        raise NotEvaluated(f"format with the verb {found[0]}")
    if "-" in found["flags"] and "0" in found["flags"]:
        raise NotEvaluated(f"format with the verb {found[0]}")
    align = "<" if "-" in found["flags"] else "0=" if "0" in found["flags"] else ">"
    sign = "+" if "+" in found["flags"] else " " if " " in found["flags"] else "-"
    fill = "0" if align == "0=" else ""
    return f"{value:{fill}{'=' if fill else align}{sign}{found['width']}d}"


def _decimal(found: re.Match[str], value: float) -> str:
    if found["flags"] or found["width"]:
        raise NotEvaluated(f"format with the verb {found[0]}")
    digits = int(found["precision"] or 6) if found["precision"] is None or found["precision"] else 0
    exact = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    shown = f"{exact:.{digits}f}"
    if Decimal(shown) != exact and str(abs(exact - Decimal(shown)).normalize()).rstrip("0").endswith("5"):
        raise NotEvaluated("a number that is half way between two roundings")
    return shown


def _formatlist(pattern: object, *values: object) -> object:
    lists = [cast("tuple[object, ...]", each) for each in values if isinstance(each, tuple)]
    known(lists)
    if any(each is None for each in values):
        raise NotEvaluated("formatlist with null")
    if not lists or len({len(each) for each in lists}) > 1:
        if len(lists) > 1:
            raise Missing("lists of different lengths")
        raise NotEvaluated("formatlist without a list")
    count = len(lists[0])
    columns = [cast("tuple[object, ...]", each) if isinstance(each, tuple) else (each,) * count for each in values]
    rows = [[column[at] for column in columns] for at in range(count)]
    if not rows:
        return TypedList((), Simple.STRING)
    return TypedList([_filled(pattern, *row) for row in rows], Simple.STRING)


# ---- regular expressions ---------------------------------------------------------------------------------------------

_SAFE: Final = re.compile(
    r"(?:[^\\\[\](){}*+?|^$.]|\\[dDsSwW.\\/\-+*?()\[\]{}|^$]|\[\^?(?:[^\\\[\]^-]|\\[dDsSwW.\\/\-\]\[]|[A-Za-z0-9]-[A-Za-z0-9])+\]|\(\?:|[().|^$*+?]|\{\d{1,2}(?:,\d{0,2})?\})*"
)


def _regex(pattern: str) -> re.Pattern[str]:
    """A pattern of Go as one of Python.

    Raises:
        NotEvaluated: for one with forms that may differ.
    """
    if not _SAFE.fullmatch(pattern) or re.search(
        r"[*+?}][*+?{]|\(\?(?!:)", pattern.replace("*?", "*").replace("+?", "+").replace("??", "?")
    ):
        raise NotEvaluated(f"the regular expression {pattern!r} is not supported")
    try:
        return re.compile(
            pattern.replace("$", "\\Z") if "\\$" not in pattern and "[" not in pattern else _end(pattern), re.ASCII
        )
    except re.error as error:
        raise NotEvaluated(f"the regular expression {pattern!r} is not supported") from error


def _end(pattern: str) -> str:
    if "$" in pattern.rstrip("$") or pattern.endswith(("\\$", "$$")):
        raise NotEvaluated(f"the regular expression {pattern!r} is not supported")
    return f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern


def _match(found: re.Match[str]) -> object:
    if not found.re.groups:
        return found[0]
    return tuple(found.groups())


def _regex_of(pattern: object, value: object) -> object:
    found = _regex(text(pattern)).search(text(value))
    if found is None:
        raise Missing("the pattern is not found")
    return _match(found)


def _regexall(pattern: object, value: object) -> TypedList:
    compiled = _regex(text(pattern))
    if compiled.search(""):
        raise NotEvaluated("regexall with a pattern that finds empty strings")
    found = [_match(each) for each in compiled.finditer(text(value))]
    if compiled.groups and not found:
        raise NotEvaluated("regexall with groups that finds nothing: a list of a type that is not known here")
    return TypedList(found, Simple.STRING if not compiled.groups else Simple.UNKNOWN)


def _replace(value: object, old: object, new: object) -> str:
    searched, replacement = text(old), text(new)
    if len(searched) > 1 and searched.startswith("/") and searched.endswith("/"):
        compiled = _regex(searched[1:-1])
        if "$" in replacement or compiled.search(""):
            raise NotEvaluated("replace with a regular expression of this form")
        return compiled.sub(lambda _: replacement, text(value))
    if not searched:
        raise NotEvaluated("replace of an empty string")
    return text(value).replace(searched, replacement)


# ---- strings ---------------------------------------------------------------------------------------------------------


def _join(separator: object, *lists: object) -> object:
    items: list[object] = []
    for each in lists:
        if not isinstance(each, tuple):
            known(each)
            raise Missing("the value is not a list")
        held = converted(cast("object", each), Collection("list", Simple.STRING))
        items += cast("tuple[object, ...]", held)
    if not lists or None in items:
        raise Missing("join needs lists of strings")
    mark = text(separator)
    return joined([piece for index, item in enumerate(items) for piece in ((mark, item) if index else (item,))])


def _split(separator: object, value: object) -> TypedList:
    mark, held = text(separator), text(value)
    if not mark:
        return TypedList(tuple(graphemes(held)), Simple.STRING)
    return TypedList(held.split(mark), Simple.STRING)


def _substr(value: object, start: object, length: object) -> str:
    held, at, many = graphemes(text(value)), integer_of(start), integer_of(length)
    at = len(held) + at if at < 0 else at
    if at < 0:
        raise NotEvaluated("substr from before the start")
    if many < -1:
        raise NotEvaluated("substr of a negative length")
    return held[at:] if many == -1 else held[at : at + many]


def _title(value: object) -> str:
    held = text(value)
    if not held.isascii():
        raise NotEvaluated("title of special characters")
    return re.sub(r"(?<![A-Za-z0-9_'])[a-z]", lambda found: found[0].upper(), held)


def _case(function: Callable[[str], str]) -> Callable[[object], str]:
    def of(value: object) -> str:
        held = text(value)
        if any(len(function(each)) != 1 for each in held):
            raise NotEvaluated("upper or lower case of special characters")
        return "".join(map(function, held))

    return of


def _indent(spaces: object, value: object) -> str:
    if integer_of(spaces) < 0:
        raise Missing("a negative number of spaces")
    return text(value).replace("\n", "\n" + " " * integer_of(spaces))


def _trim(value: object, signs: object) -> str:
    return text(value).strip(text(signs)) if text(signs) else text(value)


def _trimspace(value: object) -> str:
    return text(value).strip(
        " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
    )


def _parseint(value: object, base: object) -> int:
    if not isinstance(value, str):
        known(value)
        raise Missing("parseint needs a string")
    held, radix = text(value), integer_of(base)
    if not 2 <= radix <= 62:  # noqa: PLR2004
        raise Missing("a base is from 2 to 62")
    if radix > 36 or not re.fullmatch(r"-?[0-9A-Za-z]+", held):  # noqa: PLR2004
        if re.fullmatch(r"[+-]?[0-9A-Za-z]+", held):
            raise NotEvaluated("parseint of this form")
        raise Missing(f"{held!r} is not an integer")
    return int(held, radix)


# ---- encodings -------------------------------------------------------------------------------------------------------


def _jsondecode(value: object) -> object:
    if isinstance(value, UnknownJson):
        return frozen(value.data)
    held = text(value)
    if isinstance(value, Json) and isinstance(value.data, Mapping | tuple) and not _has_types(value.data):
        return value.data
    try:
        return frozen(json.loads(held, parse_float=_number, parse_int=_number, parse_constant=_refused))
    except (ValueError, RecursionError) as error:
        raise Missing(f"{held[:40]!r} is not JSON") from error


def _has_types(value: object) -> bool:
    """Whether JSON loses types of a value: of lists, sets and maps, which become tuples and objects."""
    if isinstance(value, Mapping):
        held = cast("Mapping[str, object]", value)
        return hasattr(held, "of") or any(map(_has_types, held.values()))
    if isinstance(value, tuple):
        return hasattr(cast("object", value), "of") or any(map(_has_types, cast("tuple[object, ...]", value)))
    return False


def _number(digits: str) -> int | float:
    return of_decimal(Decimal(digits))


def _refused(word: str) -> Any:  # noqa: ANN401  # never returns
    raise ValueError(word)


def _base64decode(value: object) -> str:
    try:
        return base64.b64decode(text(value), validate=True).decode()
    except ValueError as error:
        raise Missing("the string is not base64 of UTF-8") from error


def _hash(name: str) -> Callable[[object], str]:
    return lambda value: hashlib.new(name, text(value).encode()).hexdigest()


def _hash64(name: str) -> Callable[[object], str]:
    return lambda value: base64.b64encode(hashlib.new(name, text(value).encode()).digest()).decode()


def _csvdecode(value: object) -> TypedList:
    held = text(value)
    if (
        (not held.isprintable() and not set(held) - set(filter(str.isprintable, held)) <= {"\n"})
        or '"' in held
        or "\r" in held
    ):
        raise NotEvaluated("csvdecode of quoted text")
    rows = [row for row in csv.reader(StringIO(held)) if row]
    if not rows:
        raise Missing("CSV without a header")
    header, *lines = rows
    if any(len(line) != len(header) for line in lines) or len(set(header)) != len(header):
        raise Missing("CSV whose lines differ in length")
    if not lines:
        raise NotEvaluated("csvdecode of a header alone")
    return TypedList([dict(zip(header, line, strict=True)) for line in lines], Simple.UNKNOWN)


# ---- addresses -------------------------------------------------------------------------------------------------------


def _network(prefix: object) -> Any:  # noqa: ANN401  # IPv4Network or IPv6Network, which have no type in common
    held = text(prefix)
    if not re.fullmatch(r"[0-9a-fA-F:.]+/\d+", held) or re.search(r"(^|[./])0\d", held):
        raise Missing(f"{held!r} is not an IPv4 or IPv6 network")
    try:
        return ip_network(held, strict=False)
    except ValueError as error:
        raise Missing(f"{error}") from error


def _cidrsubnet(prefix: object, bits: object, number: object) -> str:
    network, new, at = _network(prefix), integer_of(bits), integer_of(number)
    length = network.prefixlen + new
    if new < 0 or at < 0:
        raise NotEvaluated("cidrsubnet of a negative number")
    if length > network.max_prefixlen:
        raise Missing(f"{prefix} has no subnets of that size")
    if not 0 <= at < (1 << new):
        raise Missing(f"{prefix} has no subnet {at} of that size")
    size = 1 << (network.max_prefixlen - length)
    return str(type(network)((int(network.network_address) + at * size, length)))


def _cidrsubnets(prefix: object, *bits: object) -> TypedList:
    network = _network(prefix)
    at = int(network.network_address)
    found: list[str] = []
    for each in map(integer_of, bits):
        length = network.prefixlen + each
        if each < 1 or length > network.max_prefixlen:
            raise Missing(f"{prefix} has no subnets of that size")
        size = 1 << (network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size - 1 > int(network.broadcast_address):
            raise Missing(f"{prefix} is too small for all these subnets")
        found.append(str(type(network)((at, length))))
        at += size
    return TypedList(found, Simple.STRING)


def _cidrhost(prefix: object, number: object) -> str:
    network, at = _network(prefix), integer_of(number)
    if not -network.num_addresses <= at < network.num_addresses:
        raise Missing(f"{prefix} has no host {at}")
    return str(network[at])


def _cidrnetmask(prefix: object) -> str:
    network = _network(prefix)
    if not isinstance(network, IPv4Network):
        raise Missing("IPv6 has no netmask")
    return str(network.netmask)


def _dirname(value: object) -> str:
    held = text(value)
    if not re.fullmatch(r"/?(?:[\w-][\w.-]*/)*[\w-][\w.-]*", held):
        raise NotEvaluated("dirname of this form")
    head = held.rpartition("/")[0]
    return head or ("/" if held.startswith("/") else ".")


def _basename(value: object) -> str:
    held = text(value)
    if not re.fullmatch(r"/?(?:[\w-][\w.-]*/)*[\w-][\w.-]*", held):
        raise NotEvaluated("basename of this form")
    return held.rpartition("/")[2]


_OF_ONE: Final[Mapping[str, Callable[[object], object]]] = {
    "base64encode": lambda value: base64.b64encode(text(value).encode()).decode(),
    "chomp": lambda value: re.sub(r"(?:\r\n?|\n)*\Z", "", text(value)),
    "strrev": lambda value: graphemes(text(value))[::-1],
    "urlencode": lambda value: quote_plus(text(value), safe="~"),
}
_OF_TWO: Final[Mapping[str, Callable[[object, object], object]]] = {
    "endswith": lambda value, end: text(value).endswith(text(end)),
    "startswith": lambda value, start: text(value).startswith(text(start)),
    "strcontains": lambda value, part: text(part) in text(value),
    "trimprefix": lambda value, prefix: text(value).removeprefix(text(prefix)),
    "trimsuffix": lambda value, suffix: text(value).removesuffix(text(suffix)),
}
FUNCTIONS: Final[Mapping[str, Callable[..., object]]] = {
    **_OF_ONE,
    **_OF_TWO,
    "base64decode": _base64decode,
    "base64sha256": _hash64("sha256"),
    "base64sha512": _hash64("sha512"),
    "basename": _basename,
    "cidrhost": _cidrhost,
    "cidrnetmask": _cidrnetmask,
    "cidrsubnet": _cidrsubnet,
    "cidrsubnets": _cidrsubnets,
    "csvdecode": _csvdecode,
    "dirname": _dirname,
    "format": _format,
    "formatlist": _formatlist,
    "indent": _indent,
    "join": _join,
    "jsondecode": _jsondecode,
    "lower": _case(str.lower),
    "md5": _hash("md5"),
    "parseint": _parseint,
    "regex": _regex_of,
    "regexall": _regexall,
    "replace": _replace,
    "sha1": _hash("sha1"),
    "sha256": _hash("sha256"),
    "sha512": _hash("sha512"),
    "split": _split,
    "substr": _substr,
    "title": _title,
    "trim": _trim,
    "trimspace": _trimspace,
    "upper": _case(str.upper),
}
