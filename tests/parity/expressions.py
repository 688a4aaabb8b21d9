# ruff: noqa: E501  # lists of words, which are read by their columns
"""Expressions that hypothesis makes up: valid HCL of every form, which may well be an error when it is evaluated."""

import json
from typing import Final

from hypothesis import strategies as st

DECLARATIONS: Final = """
variable "text" {
  type    = string
  default = "abc"
}
variable "number" {
  type    = number
  default = "7"
}
variable "flag" {
  type    = bool
  default = "true"
}
variable "null_text" {
  type    = string
  default = null
}
variable "null_number" {
  type    = number
  default = null
}
variable "anything" {
  default = { b = [1, "x"], a = null }
}
variable "list" {
  type    = list(string)
  default = ["b", "a", 3, "b"]
}
variable "numbers" {
  type    = list(number)
  default = [3, 1, 2]
}
variable "set" {
  type    = set(string)
  default = ["b", "a", "c", "a"]
}
variable "set_of_numbers" {
  type    = set(number)
  default = [10, 9, 1.5]
}
variable "map" {
  type    = map(string)
  default = { x = 1, a = true }
}
variable "map_of_lists" {
  type    = map(list(any))
  default = { p = [1, "2"], q = [] }
}
variable "objects" {
  type = list(object({
    name  = string
    port  = optional(number, -1)
    tags  = optional(map(string), { t = "1" })
    names = optional(list(string), ["n"])
    inner = optional(object({ a = optional(bool, true), b = optional(string) }), {})
    set   = optional(set(string), ["z", "y", "z"])
  }))
  default = [{ name = "one" }, { name = 2, port = "8", inner = { b = "c" } }, { name = "n", port = null, extra = 1 }]
}
variable "set_of_objects" {
  type    = set(object({ a = number, b = optional(string, "d") }))
  default = [{ a = 2 }, { a = 1, b = "x" }, { a = 2, b = "d" }]
}
variable "tuple" {
  type    = tuple([string, number, bool])
  default = [1, "2", "false"]
}
variable "any_map" {
  type    = map(any)
  default = { a = 1, b = "two" }
}
variable "any_list" {
  type    = list(any)
  default = [1, true, "x"]
}
locals {
  object = { a = 1, b = ["x", 2], c = { d = null } }
  empty  = []
}
"""

_WORDS: Final = (
    "",
    "a",
    "b",
    "abc",
    "a,b",
    " a b ",
    "7",
    "-1.5",
    "true",
    "null",
    "x/y",
    "10.0.0.0/16",
    "é",
    "A-b",
    "a\nb",
    "<&>",
    "1e3",
    "007",
)


def _join(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    strategies = [st.just(each) if isinstance(each, str) else each for each in parts]
    return st.tuples(*strategies).map("".join)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


_TEXTS: Final = st.sampled_from(_WORDS).map(_quoted)
_NUMBERS: Final = st.sampled_from(
    ["0", "1", "2", "3", "-1", "10", "0.5", "1.25", "-2.5", "1e2", "7", "100000000000000000000", "0.1", "24", "8"]
)
_NAMED: Final = st.sampled_from(
    [
        "var.text", "var.number", "var.flag", "var.null_text", "var.null_number", "var.anything", "var.list", "var.numbers",
        "var.set", "var.set_of_numbers", "var.map", "var.map_of_lists", "var.objects", "var.set_of_objects", "var.tuple",
        "var.any_map", "var.any_list", "local.object", "local.empty", "local.object.b", "var.objects[1].inner",
        "terraform.workspace", "var.objects[*].port", "var.objects.*.name", "var.list[0]", "var.map.x",
    ]
)  # fmt: skip
_NAMES: Final = st.sampled_from(["k", "v", "x"])
_KEYS: Final = st.sampled_from(["a", "b", "c", '"d e"', "(var.text)", "1", '"${var.text}-k"'])

_ONE: Final = (
    "abs", "alltrue", "anytrue", "base64decode", "base64encode", "base64sha256", "basename", "can", "ceil", "chomp",
    "cidrnetmask", "coalesce", "coalescelist", "compact", "concat", "csvdecode", "dirname", "distinct", "flatten", "floor",
    "jsondecode", "jsonencode", "keys", "length", "lower", "max", "md5", "merge", "min", "nonsensitive", "one", "range",
    "reverse", "sensitive", "setunion", "sha1", "sha256", "sha512", "signum", "sort", "strrev", "sum", "title", "tobool",
    "tolist", "tomap", "tonumber", "toset", "tostring", "transpose", "trimspace", "try", "upper", "urlencode", "values",
    "formatlist", "base64sha512", "yamlencode", "log", "textencodebase64", "base64gzip", "issensitive", "ephemeralasnull",
)  # fmt: skip
_TWO: Final = (
    "chunklist", "cidrhost", "coalesce", "coalescelist", "concat", "contains", "element", "endswith", "format",
    "formatlist", "index", "indent", "join", "lookup", "max", "merge", "min", "parseint", "pow", "range", "regex",
    "regexall", "setintersection", "setproduct", "setsubtract", "setunion", "split", "startswith", "strcontains", "trim",
    "trimprefix", "trimsuffix", "try", "zipmap", "cidrsubnets",
)  # fmt: skip
_THREE: Final = ("cidrsubnet", "cidrsubnets", "coalesce", "concat", "format", "lookup", "matchkeys", "merge", "range",
                 "replace", "slice", "substr", "try", "join", "max", "setproduct")  # fmt: skip

_PATTERNS: Final = st.sampled_from(
    [
        '"%s"',
        '"%s-%d"',
        '"%v"',
        '"%q"',
        '"%5d|%-5s"',
        '"%03d"',
        '"%.2f"',
        '"%t%%"',
        '"a"',
        '"%x"',
        '"%s %s"',
        '"%#v"',
        '"%+d"',
        '"%5.1f"',
    ]
)
_REGEXES: Final = st.sampled_from(
    [
        '"[a-z]+"',
        '"^(a)(b)?"',
        '"\\\\d+"',
        '"a|b"',
        '"(?:x)y"',
        '"b$"',
        '"[^,]+"',
        '"."',
        '"a*"',
        '"(?i)A"',
        '"\\\\s"',
        '"^.*$"',
        '"(?P<n>a)"',
    ]
)
_REPLACED: Final = st.sampled_from(['"a"', '"/[a-z]/"', '"/b+/"', '","', '""', '"/(a)/"', '"/"', '"/./"'])


def _call(names: tuple[str, ...], inner: st.SearchStrategy[str], count: int) -> st.SearchStrategy[str]:
    arguments = [inner, *(_join(", ", inner) for _ in range(count - 1))]
    return _join(st.sampled_from(names), "(", *arguments, ")")


def _sensible(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Calls whose arguments are of the kinds that the function accepts, so that most are not errors."""
    lists = st.one_of(
        st.sampled_from(
            [
                "var.list",
                "var.numbers",
                "var.set",
                "var.tuple",
                "var.any_list",
                "local.empty",
                "var.objects",
                "local.object.b",
                "var.set_of_numbers",
            ]
        ),
        _join("[", inner, ", ", inner, "]"),
        _join("tolist([", inner, ", ", inner, "])"),
        _join("toset([", inner, ", ", inner, "])"),
    )
    maps = st.one_of(
        st.sampled_from(["var.map", "var.any_map", "local.object", "var.map_of_lists", "var.anything"]),
        _join("{ ", _KEYS, " = ", inner, " }"),
        _join("tomap({ a = ", inner, ", b = ", inner, " })"),
    )
    texts = st.one_of(
        _TEXTS, _join('"${', inner, '}"'), st.sampled_from(["var.text", "var.list[0]", "terraform.workspace"])
    )
    numbers = st.one_of(_NUMBERS, st.sampled_from(["var.number", "length(var.list)"]))
    of_lists = st.sampled_from(
        [
            "concat",
            "distinct",
            "flatten",
            "length",
            "reverse",
            "sort",
            "sum",
            "tolist",
            "toset",
            "compact",
            "one",
            "alltrue",
            "setunion",
            "jsonencode",
            "coalescelist",
        ]
    )
    return st.one_of(
        _join(of_lists, "(", lists, ")"),
        _join(st.sampled_from(["concat", "setunion", "setintersection", "setsubtract", "setproduct", "coalescelist", "zipmap"]), "(", lists, ", ", lists, ")"),
        _join(st.sampled_from(["contains", "index"]), "(", lists, ", ", inner, ")"),
        _join(st.sampled_from(["element", "chunklist"]), "(", lists, ", ", numbers, ")"),
        _join("slice(", lists, ", ", numbers, ", ", numbers, ")"),
        _join("matchkeys(", lists, ", ", lists, ", ", lists, ")"),
        _join(st.sampled_from(["keys", "values", "length", "merge", "tomap", "jsonencode", "transpose"]), "(", maps, ")"),
        _join("merge(", maps, ", ", maps, ")"),
        _join("lookup(", maps, ", ", texts, ", ", inner, ")"),
        _join(st.sampled_from(["upper", "lower", "title", "trimspace", "length", "strrev", "base64encode", "md5", "chomp", "jsondecode", "urlencode", "tonumber", "tobool", "csvdecode", "dirname", "basename"]), "(", texts, ")"),
        _join(st.sampled_from(["split", "trim", "trimprefix", "trimsuffix", "startswith", "endswith", "strcontains"]), "(", texts, ", ", texts, ")"),
        _join("join(", texts, ", ", lists, ")"),
        _join("substr(", texts, ", ", numbers, ", ", numbers, ")"),
        _join("replace(", texts, ", ", _REPLACED, ", ", texts, ")"),
        _join(st.sampled_from(["regex", "regexall"]), "(", _REGEXES, ", ", texts, ")"),
        _join(st.sampled_from(["format", "formatlist"]), "(", _PATTERNS, ", ", inner, ")"),
        _join(st.sampled_from(["format", "formatlist"]), "(", _PATTERNS, ", ", inner, ", ", inner, ")"),
        _join(st.sampled_from(["max", "min", "range", "pow"]), "(", numbers, ", ", numbers, ")"),
        _join(st.sampled_from(["abs", "ceil", "floor", "signum", "tostring", "range"]), "(", numbers, ")"),
        _join("cidrsubnet(", st.sampled_from(['"10.0.0.0/16"', '"2001:db8::/32"', '"10.1.2.3/8"']), ", ", numbers, ", ", numbers, ")"),
        _join("cidrsubnets(", st.sampled_from(['"10.0.0.0/16"', '"10.1.2.3/8"']), ", ", numbers, ", ", numbers, ")"),
        _join("cidrhost(", st.sampled_from(['"10.0.0.0/24"', '"2001:db8::/64"']), ", ", numbers, ")"),
        _join("parseint(", texts, ", ", numbers, ")"),
        _join("indent(", numbers, ", ", texts, ")"),
        _join("try(", inner, ", ", inner, ")"),
        _join("can(", inner, ")"),
        _join("coalesce(", inner, ", ", inner, ")"),
    )  # fmt: skip


def _extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        _sensible(inner),
        _call(_ONE, inner, 1),
        _call(_TWO, inner, 2),
        _call(_THREE, inner, 3),
        _join("(", inner, st.sampled_from([" + ", " - ", " * ", " / ", " % ", " == ", " != ", " < ", " >= ", " > ", " <= ", " && ", " || "]), inner, ")"),
        _join("(", inner, " + ", inner, " * ", inner, ")"),
        _join(st.sampled_from(["!", "-"]), "(", inner, ")"),
        _join("(", st.sampled_from(["true", "false", "var.flag", "var.number > 5", "var.null_text == null"]), " ? ", inner, " : ", inner, ")"),
        _join("(", inner, " ? ", inner, " : ", inner, ")"),
        _join("[", inner, ", ", inner, "]"),
        _join("[", inner, "]"),
        _join("{ ", _KEYS, " = ", inner, ", ", _KEYS, " = ", inner, " }"),
        _join("{\n", _KEYS, " : ", inner, "\n}"),
        _join("[for ", _NAMES, " in ", inner, " : ", inner, "]"),
        _join("[for k, v in ", inner, " : ", st.sampled_from(["k", "v", "[k, v]", '"${k}=${v}"', "v + 1", "v.name", "upper(v)"]), "]"),
        _join("[for v in ", inner, " : v if ", st.sampled_from(["v != null", "v == 1", 'v != "a"', "true", "length(v) > 0"]), "]"),
        _join("{for k, v in ", inner, " : k => ", st.sampled_from(["v", "k", "[v]", "upper(v)"]), "}"),
        _join("{for v in ", inner, " : ", st.sampled_from(['"k"', "v", "tostring(v)"]), " => v...}"),
        _join("(", inner, ")", st.sampled_from(["[0]", "[1]", '["a"]', ".a", ".b", "[*]", ".*.name", "[*].a", ".0", "[var.number]", '["x"]', "[-1]"])),
        _join('"', st.sampled_from(["", "a ", "$${x} ", "%%{y}"]), "${", inner, st.sampled_from(["}", "} b", " ~} c", "}${var.text}"]), '"'),
        _join('"%{ if ', inner, ' }yes ${~ var.text ~} %{ else }no%{ endif }"'),
        _join('"%{ for v in ', inner, ' ~}  ${v}, %{ endfor }"'),
        _join("(<<EOT\n  a ${", inner, "}\n b\nEOT\n)"),
        _join("(<<-EOT\n    a\n  %{ for k, v in ", inner, " ~}\n  - ${k} ${v}\n  %{ endfor ~}\n    ${~ var.text }\n\n   b\n  EOT\n)"),
        _join("(<<-EOT\n    %{ if ", inner, " ~}\n   a\n %{~ else }\n  b\n   %{ endif }\n  EOT\n)"),
        _join("concat(", inner, "...)"),
        _join("max([for v in var.numbers : v + ", inner, "]...)"),
        _join("merge([for k in [", inner, "] : { (k) = ", inner, " }]...)"),
    )  # fmt: skip


def expressions() -> st.SearchStrategy[str]:
    """Expressions of every form; those with heredocs are in parentheses, as they end with a line."""
    leaves = st.one_of(_TEXTS, _NUMBERS, _NAMED, st.sampled_from(["true", "false", "null", "[]", "{}", "1 + 2"]))
    return st.recursive(leaves, _extended, max_leaves=6).map(lambda text: f"({text})" if "\n" in text else text)
