"""Expressions of HCL evaluated as Terraform evaluates them, with what is known before apply.

What a name stands for is the business of `evaluation`; here is what is done with it.
"""

import json
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from miyabi_infra.hcl.functions import call
from miyabi_infra.hcl.parsing import parse_template
from miyabi_infra.hcl.syntax import (
    Argument,
    Attribute,
    Binary,
    Call,
    Conditional,
    Constant,
    Expression,
    For,
    Index,
    ListOf,
    Name,
    ObjectOf,
    Splat,
    Text,
    Unary,
    Unsupported,
)
from miyabi_infra.hcl.values import (
    Located,
    Missing,
    NotEvaluated,
    Opaque,
    Value,
    flag_of,
    is_never_empty,
    joined,
    known,
    number_of,
    plain,
    text_of,
    unknowns,
)
from miyabi_infra.place import Place
from miyabi_infra.stacks import Reference, Template

Bindings: TypeAlias = "Mapping[str, object]"
"""Names that an expression has beyond its module's: `count`, `each`, what `for` and `dynamic` bind."""

NOTHING: Final[Bindings] = {}

_ESCAPED_BY_TERRAFORM: Final = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&"})


class Handle(ABC):
    """A whole resource instance or module, before an attribute or an output of it is asked for."""

    @property
    @abstractmethod
    def address(self) -> str:
        """The full address."""

    @abstractmethod
    def member(self, name: str) -> "Result":
        """An attribute or an output.

        Raises:
            NotEvaluated, Missing: when it has none, or it can't be told.
        """


Result: TypeAlias = "Value | Handle | tuple[Handle, ...] | Mapping[str, Handle]"
"""What an expression yields on the way to a value."""


class Evaluator(ABC):
    """Evaluates the expressions of one module."""

    @abstractmethod
    def named(self, first: str, name: str) -> Result:
        """What a reference of two words stands for: `var.region`, `aws_lb.main`."""

    @abstractmethod
    def data(self, kind: str, name: str) -> Result:
        """What `data.<kind>.<name>` stands for."""

    @property
    @abstractmethod
    def place(self) -> Place:
        """The module's folder, for what has no line of its own."""

    @property
    @abstractmethod
    def working_folder(self) -> Path:
        """The folder that Terraform runs in: paths of files are relative to it."""

    def value(self, argument: Argument, bindings: Bindings = NOTHING, *, whole: bool = True) -> Value:
        """The value of an argument; `Opaque` when it can't be told.

        With `whole` false, what stands for a whole resource may be in it.
        """
        try:
            result = self.result(argument.expression, bindings)
            return whole_value(result) if whole else cast("Value", result)
        except NotEvaluated as error:
            return Opaque(argument.text, str(error))
        except Missing as error:
            return Opaque(argument.text, f"it is an error: {error}")

    def result(  # noqa: C901, PLR0911, PLR0912  # one case a form
        self, expression: Expression, bindings: Bindings
    ) -> Result:
        """What an expression yields.

        Raises:
            NotEvaluated: when that can't be told.
            Missing: where Terraform would report an error.
        """
        match expression:
            case Constant(value):
                return value
            case Text(parts):
                return joined([part if isinstance(part, str) else self._part(part, bindings) for part in parts])
            case ListOf(items):
                return tuple(cast("Value", self._item(each, bindings)) for each in items)
            case ObjectOf():
                return self._object(expression, bindings)
            case Name(name) if name in bindings:
                return cast("Result", bindings[name])
            case Name(name):
                raise NotEvaluated(f"the name {name} stands for nothing here")
            case Attribute(Name(first), name) if first not in bindings:
                return self.named(first, name)
            case Attribute(Attribute(Name("data"), kind), name):
                return self.data(kind, name)
            case Attribute(of, name):
                return self._attribute(self.result(of, bindings), name)
            case Index(of, key):
                return self._indexed(self.result(of, bindings), self.result(key, bindings))
            case Splat(of, steps):
                return self._splat(self.result(of, bindings), steps, bindings)
            case Conditional(condition, if_true, if_false):
                return self._conditional(condition, if_true, if_false, bindings)
            case Unary("!", of):
                return not flag_of(self.result(of, bindings))
            case Unary(_, of):
                return -number_of(self.result(of, bindings))
            case Binary(sign, left, right):
                return self._binary(sign, left, right, bindings)
            case Call():
                return self._called(expression, bindings)
            case For():
                return self._for(expression, bindings)
            case Unsupported(what):
                raise NotEvaluated(f"{what} is not known here")

    def _part(self, expression: Expression, bindings: Bindings) -> Result:
        """A part of a text: there, what `jsonencode` makes is a text and not the data."""
        result = self.result(expression, bindings)
        match expression:
            case Call("jsonencode", _):
                known(result, "what is encoded")
                text = json.dumps(plain(result), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
                return text.translate(_ESCAPED_BY_TERRAFORM)
            case _:
                return result

    def _item(self, expression: Expression, bindings: Bindings) -> Result:
        """An item of a list or an object: one that can't be told leaves the others as they are."""
        try:
            return self.result(expression, bindings)
        except NotEvaluated as error:
            return Opaque(traversal(expression) or "(an expression)", str(error))

    def _object(self, expression: ObjectOf, bindings: Bindings) -> Located:
        items: dict[str, Value] = {}
        places: dict[str, Place] = {}
        for item in expression.items:
            key = text_of(self.result(item.key, bindings))
            if not isinstance(key, str):
                raise NotEvaluated(f"a key is known after apply only: {key}")
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
                raise Missing(f"{name} is asked of what has no attributes")

    def _indexed(self, of: Result, key: Result) -> Result:
        known(key, "an index")
        match of:
            case tuple():
                items = cast("tuple[Result, ...]", of)
                at = number_of(key)
                if not 0 <= at < len(items) or at != int(at):
                    raise Missing(f"there is no item {at} in a list of {len(items)}")
                return items[int(at)]
            case Handle():
                raise Missing(f"{of.address} is one alone, without an index")
            case Reference(address, attribute):
                return Reference(address, f"{attribute}[{plain(key)}]")
            case _:
                return self._attribute(of, str(text_of(key)))

    def _splat(self, of: Result, steps: Sequence[str | Expression], bindings: Bindings) -> Result:
        if isinstance(of, Reference | Template | Opaque):
            known(of, "a list")
        items = cast("tuple[Result, ...]", of if isinstance(of, tuple) else () if of is None else (of,))
        found: list[Result] = []
        for item in items:
            result = item
            for step in steps:
                result = (
                    self._attribute(result, step)
                    if isinstance(step, str)
                    else self._indexed(result, self.result(step, bindings))
                )
            found.append(result)
        return cast("Result", tuple(found))

    def _conditional(
        self, condition: Expression, if_true: Expression, if_false: Expression, bindings: Bindings
    ) -> Result:
        chosen = self.result(condition, bindings)
        return self.result(if_true if flag_of(chosen) else if_false, bindings)

    def _binary(self, sign: str, left: Expression, right: Expression, bindings: Bindings) -> Value:
        if sign in ("&&", "||"):
            return self._both(left, right, bindings, decides=sign == "||")
        first, second = self.result(left, bindings), self.result(right, bindings)
        if sign in ("==", "!="):
            return _equal(first, second) == (sign == "==")
        try:
            return _number(_ARITHMETIC[sign](number_of(first), number_of(second)))
        except ZeroDivisionError as error:
            raise Missing("a division by zero") from error

    def _both(self, left: Expression, right: Expression, bindings: Bindings, *, decides: bool) -> bool:
        """`&&` and `||`: one side that `decides` is enough, whatever the other is."""
        try:
            first = flag_of(self.result(left, bindings))
        except NotEvaluated:
            if flag_of(self.result(right, bindings)) == decides:
                return decides
            raise
        return decides if first == decides else flag_of(self.result(right, bindings))

    def _called(self, expression: Call, bindings: Bindings) -> Result:
        match expression:
            case Call("try", tried):
                return self._tried(tried, bindings)
            case Call("can", (tried,)):
                try:
                    self.result(tried, bindings)
                except Missing:
                    return False
                return True
            case Call("file", (path,)):
                return self._file(path, bindings)
            case Call("templatefile", (path, variables)):
                names = self.result(variables, bindings)
                if not isinstance(names, Mapping):
                    raise Missing("templatefile takes a mapping of names")
                text = self._file(path, bindings)
                return self.result(parse_template(text, self.place.file, 1), cast("Bindings", names))
            case _:
                pass
        arguments: list[object] = [self.result(each, bindings) for each in expression.arguments]
        if expression.spread:
            last = arguments.pop()
            if not isinstance(last, tuple):
                raise NotEvaluated("what is no list before apply stands before ...")
            arguments += cast("tuple[object, ...]", last)
        return call(expression.function, arguments)

    def _tried(self, tried: Sequence[Expression], bindings: Bindings) -> Result:
        for expression in tried:
            try:
                return self.result(expression, bindings)
            except Missing:
                continue
        raise Missing("all that try() is given are errors")

    def _file(self, path: Expression, bindings: Bindings) -> str:
        named = text_of(self.result(path, bindings))
        if not isinstance(named, str):
            raise NotEvaluated("the name of a file is known after apply only")
        try:
            return (self.working_folder / named).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Missing(f"the file {Path(named).name} can't be read") from error

    def _for(self, expression: For, bindings: Bindings) -> Result:
        items: list[Result] = []
        keyed: dict[str, Any] = {}
        for key, value in pairs(self.result(expression.source, bindings)):
            inner = {**bindings, expression.value: value}
            if expression.key is not None:
                inner[expression.key] = key
            if expression.condition is not None and not flag_of(self.result(expression.condition, inner)):
                continue
            result = self._item(expression.result, inner)
            if expression.result_key is None:
                items.append(result)
                continue
            name = str(text_of(self.result(expression.result_key, inner)))
            keyed[name] = (*keyed.get(name, ()), result) if expression.grouped else result
        return cast("Result", tuple(items) if expression.result_key is None else keyed)


_ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {  # pyright: ignore[reportUnknownVariableType]
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,  # pyright: ignore[reportUnknownMemberType]
    "%": operator.mod,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def traversal(expression: Expression) -> str:
    """A reference as it is written, without indices: `aws_lb.main`; empty for what is none."""
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
    """Keys and values of what is iterated over."""
    if isinstance(value, Mapping):
        held = cast("Mapping[str, object]", value)
        yield from ((key, held[key]) for key in sorted(held))
    elif isinstance(value, tuple):
        yield from enumerate(cast("tuple[object, ...]", value))
    else:
        known(value, "a list")
        raise Missing("what is iterated over is no list and no mapping")


def whole_value(result: object) -> Value:
    """A result as the value of an argument: a whole resource or module is none that can be compared."""
    if isinstance(result, Handle):
        return Opaque(result.address, "a whole resource or module as a value is not known here")
    if isinstance(result, Located):
        return Located(result.place, result.places, {key: whole_value(held) for key, held in result.items()})
    if isinstance(result, Mapping):
        return {key: whole_value(held) for key, held in cast("Mapping[str, object]", result).items()}
    if isinstance(result, tuple):
        return tuple(whole_value(held) for held in cast("tuple[object, ...]", result))
    return cast("Value", result)


def _equal(first: object, second: object) -> bool:
    """Whether two values are equal.

    Raises:
        NotEvaluated: when that is known after apply only.
    """
    for one, other in ((first, second), (second, first)):
        if isinstance(one, Reference) and is_never_empty(one) and other in ("", None):
            return False
        if isinstance(one, Handle) and other is None:
            return False
    if first == second and not any(isinstance(each, Opaque) for each in unknowns(first)):
        return isinstance(first, bool) == isinstance(second, bool)
    known(first)
    known(second)
    return plain(first) == plain(second) and isinstance(first, bool) == isinstance(second, bool)


def _number(value: Any) -> Any:  # noqa: ANN401  # a number or a flag
    return int(value) if isinstance(value, float) and value.is_integer() else value
