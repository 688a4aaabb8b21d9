"""Expressions of HCL, evaluated as Terraform evaluates them, with what is known before apply.

`scope` finds what a name refers to; this file computes with it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from miyabi_infra.hcl.conversion import (
    composed,
    converted,
    equal,
    flag_of,
    joined,
    json_text,
    number_of,
    text_of,
)
from miyabi_infra.hcl.functions import call
from miyabi_infra.hcl.functions_of_collections import coalesce
from miyabi_infra.hcl.numbers import computed, fraction, rounded
from miyabi_infra.hcl.parsing import HclError, parse_template
from miyabi_infra.hcl.syntax import (
    ITEM,
    Argument,
    Attribute,
    Binary,
    Call,
    Choice,
    Conditional,
    Constant,
    Expression,
    For,
    Index,
    ListOf,
    Name,
    ObjectOf,
    Repetition,
    Splat,
    Text,
    TooPrecise,
    Unary,
)
from miyabi_infra.hcl.types import Simple, Type, type_of, unified
from miyabi_infra.hcl.values import (
    AfterApply,
    Json,
    Located,
    Missing,
    NotEvaluated,
    Opaque,
    TypedList,
    TypedMap,
    TypedSet,
    UnknownJson,
    Value,
    known,
    plain,
    unknowns,
)
from miyabi_infra.place import Place
from miyabi_infra.stacks import Reference, Template

Bindings: TypeAlias = "Mapping[str, object]"
"""Names that an expression has in addition to its module's: `count`, `each`, what `for` and `dynamic` bind."""

NOTHING: Final[Bindings] = {}

ERROR: Final = "it is an error"
"""What the reason begins with where Terraform refuses an expression."""


class Handle(ABC):
    """A whole resource instance or module, of which an attribute or an output can be read."""

    @property
    @abstractmethod
    def address(self) -> str:
        """The full address."""

    @abstractmethod
    def member(self, name: str) -> "Result":
        """An attribute or an output.

        Raises:
            NotEvaluated, Missing: when it has none, or it cannot be evaluated.
        """


Result: TypeAlias = "Value | Json | UnknownJson | Handle | tuple[Handle, ...] | Mapping[str, Handle]"
"""What an expression yields on the way to a value."""


class Evaluator(ABC):
    """Evaluates the expressions of one module."""

    @abstractmethod
    def named(self, first: str, name: str) -> Result:
        """What a reference of two words refers to: `var.region`, `aws_lb.main`."""

    @abstractmethod
    def data(self, kind: str, name: str) -> Result:
        """What `data.<kind>.<name>` refers to."""

    @property
    @abstractmethod
    def place(self) -> Place:
        """The module's folder, for what has no line."""

    @property
    @abstractmethod
    def working_folder(self) -> Path:
        """The folder that Terraform runs in: paths of files are relative to it."""

    @abstractmethod
    def declared_type(self, name: str) -> Type:
        """The type of a variable; `any` where it has none."""

    @abstractmethod
    def local_expression(self, name: str) -> Expression | None:
        """The expression of a local, None where there is none."""

    def value(self, argument: Argument, bindings: Bindings = NOTHING, *, whole: bool = True) -> Value:
        """The value of an argument; `Opaque` when it cannot be evaluated.

        With `whole` false, it may contain whole resources, and text with its data.
        """
        try:
            result = self.argument_result(argument, bindings)
            return whole_value(result) if whole else cast("Value", result)
        except NotEvaluated as error:
            return Opaque(argument.text, str(error))
        except Missing as error:
            return Opaque(argument.text, f"{ERROR}: {error}")
        except RecursionError:
            return Opaque(argument.text, "it is nested too deeply")

    def argument_result(self, argument: Argument, bindings: Bindings) -> Result:
        """What the expression of an argument yields.

        Raises:
            NotEvaluated, Missing: as `result`.
        """
        return self.result(argument.expression, bindings)

    @abstractmethod
    def note_sensitive(self) -> None:
        """Note that the value which is evaluated now depends on a sensitive one."""

    @abstractmethod
    def not_sensitive(self, evaluate: "Callable[[], Result]") -> "Result":
        """A value, of which nothing is sensitive any more."""

    def result(  # noqa: C901, PLR0911, PLR0912  # one case a form
        self, expression: Expression, bindings: Bindings
    ) -> Result:
        """What an expression yields.

        Raises:
            NotEvaluated: when it cannot be evaluated.
            Missing: where Terraform reports an error.
        """
        match expression:
            case Constant(value):
                return value
            case TooPrecise(text):
                raise NotEvaluated(f"{text} has more digits than are compared")
            case Text():
                return joined(self._parts(expression, bindings))
            case ListOf(items):
                return tuple(cast("Value", self._item(each, bindings)) for each in items)
            case ObjectOf():
                return self._object(expression, bindings)
            case Name(name) if name in bindings:
                return cast("Result", bindings[name])
            case Name(name):
                raise NotEvaluated(f"the name {name} is not declared")
            case Attribute(Name(first), name) if first not in bindings:
                return self.named(first, name)
            case Attribute(Attribute(Name("data"), kind), name) if "data" not in bindings:
                return self.data(kind, name)
            case Attribute(of, name):
                return self._attribute(self.result(of, bindings), name)
            case Index(of, key):
                return self._indexed(self.result(of, bindings), self.result(key, bindings))
            case Splat(of, each):
                return self._splat(self.result(of, bindings), each, bindings)
            case Conditional():
                return self._conditional(expression, bindings)
            case Unary("!", of):
                return not flag_of(self.result(of, bindings))
            case Unary(_, of):
                negated = fraction(number_of(self.result(of, bindings)))
                return computed(-negated, Fraction(-1))
            case Binary(sign, left, right):
                return self._binary(sign, left, right, bindings)
            case Call():
                return self._called(expression, bindings)
            case For():
                return self._for(expression, bindings)

    # ---- strings -------------------------------------------------------------------------------------------------

    def _parts(self, text: Text, bindings: Bindings) -> list[object]:
        """The parts of a string, directives expanded."""
        found: list[object] = []
        for part in text.parts:
            match part:
                case str():
                    found.append(part)
                case Choice(condition, if_true, if_false):
                    chosen = if_true if flag_of(self.result(condition, bindings)) else if_false
                    found += self._parts(chosen, bindings)
                case Repetition(key, value, source, body):
                    for index, item in pairs(self.result(source, bindings)):
                        inner = {**bindings, value: item, **({key: index} if key is not None else {})}
                        found += self._parts(body, inner)
                case _:
                    found.append(self.result(part, bindings))
        return found

    # ---- collections ---------------------------------------------------------------------------------------------

    def _item(self, expression: Expression, bindings: Bindings) -> Result:
        """An item of a list or an object: one that cannot be evaluated leaves the others unchanged."""
        try:
            return self.result(expression, bindings)
        except NotEvaluated as error:
            return Opaque(traversal(expression) or "(an expression)", str(error))

    def _object(self, expression: ObjectOf, bindings: Bindings) -> Located:
        items: dict[str, Value] = {}
        places: dict[str, Place] = {}
        for item in expression.items:
            key = _key(self.result(item.key, bindings))
            if isinstance(items.get(key), Opaque):
                raise NotEvaluated(f"the key {key} twice")
            items[key] = cast("Value", self._item(item.value, bindings))
            places[key] = item.place
        place = expression.items[0].place if expression.items else self.place
        return Located(place, places, items)

    def _attribute(self, of: Result, name: str) -> Result:
        match of:
            case Handle():
                return of.member(name)
            case Reference(address, attribute):
                return Reference(address, f"{attribute}.{name}")
            case Opaque(_, why):
                raise NotEvaluated(why)
            case Mapping():
                held = cast("Mapping[str, Result]", of)
                if name not in held:
                    raise Missing(f"there is no {name} in it")
                return held[name]
            case _:
                raise Missing(f"a value without attributes has no {name}")

    def _indexed(self, of: Result, key: Result) -> Result:
        known(key, "an index")
        match of:
            case TypedSet():
                raise Missing("a set has no indices")
            case tuple():
                items = cast("tuple[Result, ...]", of)
                at = number_of(key)
                if not 0 <= at < len(items) or at != int(at):
                    raise Missing(f"there is no item {at} in a list of {len(items)}")
                return items[int(at)]
            case Handle():
                raise Missing(f"{of.address} has no instances, so it takes no index")
            case Reference(address, attribute):
                return Reference(address, f"{attribute}[{plain(key)}]")
            case Mapping() | Opaque():
                return self._attribute(of, str(text_of(key)))
            case _:
                raise Missing("a value without items has no index")

    def _splat(self, of: Result, each: Expression, bindings: Bindings) -> Result:
        if isinstance(of, Reference | Template | Opaque):
            known(of, "a list")
        items = cast("tuple[Result, ...]", of if isinstance(of, tuple) else () if of is None else (of,))
        found = tuple(self.result(each, {**bindings, ITEM.name: item}) for item in items)
        if isinstance(of, TypedSet) and not _is_ordered(of):
            raise NotEvaluated("the order of a set is known after apply only")
        if isinstance(of, TypedList | TypedSet):
            if found:
                return TypedList(found, unified([type_of(item) for item in found]))
            raise NotEvaluated("the type of an empty list")
        return cast("Result", found)

    def _for(self, expression: For, bindings: Bindings) -> Result:
        items: list[Result] = []
        keyed: dict[str, Any] = {}
        for key, value in pairs(self.result(expression.source, bindings)):
            inner = {**bindings, expression.value: value}
            if expression.key is not None:
                inner[expression.key] = key
            if expression.condition is not None and not flag_of(self.result(expression.condition, inner)):
                continue
            if expression.result_key is None:
                items.append(self._item(expression.result, inner))
                continue
            name = _key(self.result(expression.result_key, inner))
            result = self._item(expression.result, inner)
            if name in keyed and not expression.grouped:
                raise Missing(f"two items have the key {name!r}")
            keyed[name] = (*keyed.get(name, ()), result) if expression.grouped else result
        return cast("Result", tuple(items) if expression.result_key is None else keyed)

    # ---- operators -----------------------------------------------------------------------------------------------

    def _conditional(self, expression: Conditional, bindings: Bindings) -> Result:
        """The branch that the condition chooses, converted to the type that both branches have in common."""
        is_true = flag_of(self.result(expression.condition, bindings))
        branch, other = (
            (expression.if_true, expression.if_false) if is_true else (expression.if_false, expression.if_true)
        )
        chosen = self.result(branch, bindings)
        if isinstance(chosen, Handle | Reference | Opaque | str | Template | UnknownJson):
            self._check_text(chosen, other, bindings)
            return chosen
        kind = self.branch_type(other, bindings, certain=True)
        if kind is Simple.ANY or _has_handle(chosen):
            return chosen
        if chosen is None:
            return self._chosen_null(branch, kind, bindings)
        if kind is Simple.UNKNOWN:
            if all(isinstance(leaf, str | Reference) for leaf in _leaves(chosen)) and isinstance(
                chosen, Mapping | tuple
            ):
                return chosen
            raise NotEvaluated("the type of the other branch is known after apply only")
        return cast("Result", converted(chosen, unified([type_of(chosen), kind])))

    def _chosen_null(self, branch: Expression, kind: Type, bindings: Bindings) -> None:
        """Null, unless its type and that of the other branch have nothing in common."""
        own = self._null_type(branch, bindings)
        if own is Simple.UNKNOWN and not isinstance(kind, Simple):
            raise NotEvaluated("the type of null")
        if own is not Simple.UNKNOWN and kind is not Simple.UNKNOWN and own is not Simple.ANY:
            unified([own, kind])

    def _check_text(self, chosen: Result, other: Expression, bindings: Bindings) -> None:
        """Refuse a string next to a branch that is not one: Terraform does."""
        if isinstance(chosen, str | Template):
            kind = self.branch_type(other, bindings)
            if kind not in (Simple.UNKNOWN, Simple.ANY):
                unified([Simple.STRING, kind])

    def branch_type(self, expression: Expression, bindings: Bindings, *, certain: bool = False) -> Type:
        """The type of a branch that is not chosen.

        `certain`: not where it is a call that is not evaluated here, so that it may be an error.
        """
        try:
            result = self.result(expression, bindings)
        except Missing:  # Terraform ignores an error in the other branch
            if isinstance(expression, Conditional):
                raise NotEvaluated("the type of a branch that is an error") from None
            kind = Simple.ANY if isinstance(expression, Call) else _type_of_form(expression)
            return Simple.ANY if kind is Simple.UNKNOWN else kind
        except AfterApply:
            return _type_of_form(expression)
        except NotEvaluated:
            fails = self._fails(expression, bindings)
            if certain and isinstance(expression, Call) and not fails:
                raise NotEvaluated("whether the other branch is an error, which has no type") from None
            kind = Simple.ANY if fails else _type_of_form(expression)
            if kind is Simple.UNKNOWN:
                raise
            return kind
        if isinstance(result, Handle) or _has_handle(result):
            return Simple.UNKNOWN
        return self._null_type(expression, bindings) if result is None else type_of(result)

    def _fails(self, expression: Expression, bindings: Bindings) -> bool:
        """Whether an argument of a call is an error, so that the call has no type, whatever its other arguments are."""
        if not isinstance(expression, Call):
            return False
        for each in expression.arguments:
            try:
                self.result(each, bindings)
            except Missing:
                return True
            except NotEvaluated:
                if self._fails(each, bindings):
                    return True
        return False

    def _null_type(self, expression: Expression, bindings: Bindings) -> Type:
        """The type of an expression that is null."""
        match expression:
            case Constant(None):
                return Simple.ANY
            case Attribute(Name("var"), name) if "var" not in bindings:
                return self.declared_type(name)
            case Attribute(Name("local"), name) if "local" not in bindings:
                inner = self.local_expression(name)
                return Simple.UNKNOWN if inner is None else self._null_type(inner, NOTHING)
            case _:
                return _type_of_form(expression)

    def _binary(self, sign: str, left: Expression, right: Expression, bindings: Bindings) -> Value:
        if sign in ("&&", "||"):
            return self._both(left, right, bindings, decides=sign == "||")
        first, second = self.result(left, bindings), self.result(right, bindings)
        if sign in ("==", "!="):
            if isinstance(first, Handle) or isinstance(second, Handle):
                if first is None or second is None:
                    return sign == "!="
                raise NotEvaluated("a whole resource or module is not compared")
            if first is None or second is None:
                known_null = first is None and second is None
                return (known_null or equal(first, second)) == (sign == "==")
            return equal(first, second) == (sign == "==")
        one, other = fraction(number_of(first)), fraction(number_of(second))
        if sign in _COMPARISONS:
            return _COMPARISONS[sign](one, other)
        if sign in ("/", "%") and other == 0:
            raise NotEvaluated("a division by zero")
        found = computed(_ARITHMETIC[sign](one, other), one, other)
        if rounded(_ARITHMETIC[sign](rounded(one), rounded(other))) != rounded(fraction(found)):
            raise NotEvaluated("a number that Terraform rounds")
        return found

    def _both(self, left: Expression, right: Expression, bindings: Bindings, *, decides: bool) -> bool:
        """`&&` and `||`: one side that `decides` is enough, whatever AWS gives the other. An error in either is one."""
        found: list[bool] = []
        unknown: NotEvaluated | None = None
        for side in (left, right):
            try:
                found.append(flag_of(self.result(side, bindings)))
            except AfterApply as error:
                unknown = unknown or error
            except NotEvaluated as error:
                unknown = error if unknown is None or isinstance(unknown, AfterApply) else unknown
        if decides in found and (unknown is None or isinstance(unknown, AfterApply)):
            return decides
        if unknown is not None:
            raise unknown
        return not decides

    # ---- calls ---------------------------------------------------------------------------------------------------

    def _called(self, expression: Call, bindings: Bindings) -> Result:
        function = expression.function.removeprefix("core::")
        special = _SPECIAL.get((function, len(expression.arguments))) or _SPECIAL.get((function, None))
        if special is not None:
            return special(self, expression.arguments, bindings)
        if function == "nonsensitive" and len(expression.arguments) == 1:
            return self.not_sensitive(lambda: self.result(expression.arguments[0], bindings))
        arguments: list[object] = [self.result(each, bindings) for each in expression.arguments]
        if expression.spread:
            arguments += _spread(arguments.pop())
        if function == "jsonencode" and len(arguments) == 1:
            return _encoded(arguments[0])
        if function == "sensitive":
            self.note_sensitive()
        if function == "coalesce" and None in arguments and not expression.spread:
            pairs_of = zip(expression.arguments, arguments, strict=True)
            kinds = [self._null_type(of, bindings) if held is None else type_of(held) for of, held in pairs_of]
            return cast("Result", coalesce(unified(kinds), arguments))
        if any(isinstance(each, Handle) for each in arguments):
            raise NotEvaluated("a whole resource or module as an argument is not supported")
        return _checked(arguments, call(function, arguments))

    def tried(self, tried: Sequence[Expression], bindings: Bindings) -> Result:
        """What `try` yields: the first of some expressions that is not an error."""
        for expression in tried:
            try:
                return _certain(self.result(expression, bindings))
            except Missing:
                continue
        raise Missing("all arguments of try() are errors")

    def can(self, tried: Sequence[Expression], bindings: Bindings) -> Result:
        """Whether an expression is not an error."""
        try:
            _certain(self.result(tried[0], bindings))
        except Missing:
            return False
        return True

    def file(self, arguments: Sequence[Expression], bindings: Bindings) -> Result:
        """The text of a file."""
        file = self._path(arguments[0], bindings)
        try:
            return composed(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise Missing(f"the file {file.name} cannot be read") from error

    def file_exists(self, arguments: Sequence[Expression], bindings: Bindings) -> Result:
        """Whether a file exists."""
        return self._path(arguments[0], bindings).is_file()

    def template(self, arguments: Sequence[Expression], bindings: Bindings) -> Result:
        """The text of a template file."""
        return self._rendered(self.file(arguments, bindings), arguments[1], bindings)

    def template_string(self, arguments: Sequence[Expression], bindings: Bindings) -> Result:
        """The text of a template."""
        return self._rendered(self.result(arguments[0], bindings), arguments[1], bindings)

    def _rendered(self, template: Result, variables: Expression, bindings: Bindings) -> Result:
        text, names = text_of(template), self.result(variables, bindings)
        if not isinstance(text, str):
            raise NotEvaluated("a template is known after apply only")
        if not isinstance(names, Mapping):
            raise Missing("a template needs a map of names")
        try:
            parsed = parse_template(text, self.place.file, 1)
        except HclError as error:
            raise Missing(str(error)) from error
        found = self.result(parsed, cast("Bindings", names))
        return cast("Result", found if isinstance(found, Opaque) else text_of(found))

    def _path(self, path: Expression, bindings: Bindings) -> Path:
        named = text_of(self.result(path, bindings))
        if not isinstance(named, str):
            raise NotEvaluated("the name of a file is known after apply only")
        return self.working_folder / named


_Special: TypeAlias = Callable[[Evaluator, Sequence[Expression], Bindings], Result]
_SPECIAL: Final[Mapping[tuple[str, int | None], _Special]] = {
    ("try", None): Evaluator.tried,
    ("can", 1): Evaluator.can,
    ("file", 1): Evaluator.file,
    ("fileexists", 1): Evaluator.file_exists,
    ("templatefile", 2): Evaluator.template,
    ("templatestring", 2): Evaluator.template_string,
}
"""Functions that need more than the values of their arguments, by name and number of arguments."""


def _spread(last: object) -> tuple[object, ...]:
    """The arguments in the list before `...`."""
    if not isinstance(last, tuple):
        known(last, "a list")
        raise Missing("a value that is not a list before ...")
    if isinstance(last, TypedSet) and not _is_ordered(last):
        raise NotEvaluated("the order of a set is known after apply only")
    return cast("tuple[object, ...]", last)


def _certain(result: Result) -> Result:
    """A result that is no error for certain: a part that cannot be evaluated may be one."""
    for each in unknowns(result):
        if isinstance(each, Opaque):
            raise NotEvaluated(each.why)
    return result


def _checked(arguments: Sequence[object], result: Value) -> Value:
    """The result of a function, unless it lost a part of its arguments that cannot be evaluated: it may be an error."""
    lost = {each for each in unknowns(tuple(arguments)) if isinstance(each, Opaque)} - set(unknowns(result))
    if lost:
        raise NotEvaluated(next(iter(lost)).why)
    return result


def _modulo(one: Fraction, other: Fraction) -> Fraction:
    """The remainder, with the sign of the dividend."""
    whole = abs(one) // abs(other)
    remainder = abs(one) - whole * abs(other)
    return remainder if one >= 0 else -remainder


_ARITHMETIC: Final[Mapping[str, Callable[[Fraction, Fraction], Fraction]]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
    "%": _modulo,
}
_COMPARISONS: Final[Mapping[str, Callable[[Fraction, Fraction], bool]]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _key(value: object) -> str:
    """A value as the key of an object."""
    key = text_of(value)
    if not isinstance(key, str):
        raise NotEvaluated(f"a key is known after apply only: {key}")
    return key


def _encoded(value: object) -> Json | UnknownJson:
    """What `jsonencode` creates."""
    if isinstance(value, Handle) or _has_handle(value):
        raise NotEvaluated("a whole resource or module as a value is not supported")
    if any(True for _ in unknowns(value)):
        return UnknownJson(value)
    return Json(json_text(value), value)


def _has_handle(value: object) -> bool:
    if isinstance(value, Handle):
        return True
    if isinstance(value, Mapping):
        return any(map(_has_handle, cast("Mapping[str, object]", value).values()))
    return isinstance(value, tuple) and any(map(_has_handle, cast("tuple[object, ...]", value)))


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        for held in cast("Mapping[str, object]", value).values():
            yield from _leaves(held)
    elif isinstance(value, tuple):
        for held in cast("tuple[object, ...]", value):
            yield from _leaves(held)
    else:
        yield value


_NUMBERS: Final = frozenset({"length", "max", "min", "sum", "ceil", "floor", "abs", "index", "tonumber", "parseint"})
_STRINGS: Final = frozenset(
    {"join", "format", "upper", "lower", "title", "replace", "substr", "trim", "trimspace", "trimprefix", "trimsuffix"}
    | {"jsonencode", "base64encode", "tostring", "cidrsubnet", "cidrhost", "file", "templatefile"}
)


def _type_of_form(expression: Expression) -> Type:
    """The type of an expression that cannot be evaluated, where its form tells."""
    match expression:
        case Text():
            return Simple.STRING
        case Unary("!", _) | Binary("==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||", _, _):
            return Simple.BOOL
        case Unary() | Binary():
            return Simple.NUMBER
        case Call(name, _) if name in _NUMBERS:
            return Simple.NUMBER
        case Call(name, _) if name in _STRINGS:
            return Simple.STRING
        case _:
            return Simple.UNKNOWN


def traversal(expression: Expression) -> str:
    """A reference as it is written, without indices: `aws_lb.main`; empty for anything else."""
    match expression:
        case Name(name):
            return name
        case Constant(str() as text):  # as it was written before Terraform 0.12
            return text
        case Attribute(of, name):
            return f"{before}.{name}" if (before := traversal(of)) else ""
        case Index(of, _):
            return traversal(of)
        case _:
            return ""


def pairs(value: object) -> Iterator[tuple[object, object]]:
    """Keys and values of what is iterated over.

    Raises:
        NotEvaluated: when they are known after apply only.
        Missing: for a value without items.
    """
    if isinstance(value, TypedSet):
        if not _is_ordered(value):
            raise NotEvaluated("the order of a set is known after apply only")
        yield from zip(value, value, strict=True)
    elif isinstance(value, Mapping):
        held = cast("Mapping[str, object]", value)
        yield from ((key, held[key]) for key in sorted(held, key=str.encode))
    elif isinstance(value, tuple):
        yield from enumerate(cast("tuple[object, ...]", value))
    else:
        known(value, "a list")
        raise Missing("a value that is neither a list nor a map")


def _is_ordered(value: TypedSet) -> bool:
    """Whether the order of a set is known."""
    return len(value) <= 1 or not any(True for _ in unknowns(value))


def whole_value(result: object) -> Value:  # noqa: PLR0911  # one case a form
    """A result as the value of an argument: a whole resource or module cannot be compared."""
    if isinstance(result, Handle):
        return Opaque(result.address, "a whole resource or module as a value is not supported")
    if isinstance(result, Json | UnknownJson):
        return whole_value(result.data)
    if isinstance(result, TypedMap):
        return TypedMap({key: whole_value(held) for key, held in result.items()}, result.of, result)
    if isinstance(result, TypedList | TypedSet):
        return type(result)([whole_value(held) for held in result], result.of)
    if isinstance(result, Located):
        return Located(result.place, result.places, {key: whole_value(held) for key, held in result.items()})
    if isinstance(result, Mapping):
        return {key: whole_value(held) for key, held in cast("Mapping[str, object]", result).items()}
    if isinstance(result, tuple):
        return tuple(whole_value(held) for held in cast("tuple[object, ...]", result))
    return cast("Value", result)
