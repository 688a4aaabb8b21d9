"""Which settings an argument depends on, read from the sources of the modules and the stacks.

The class of a module is a list of resources whose arguments are expressions of `settings`, `platform` and wires. So
the sources show what an argument depends on: the settings that its expression names, through local names, properties of
the settings, helpers and wires to other modules, and the conditions around it. Nothing is imported, so it needs no
cdktf, and nothing is maintained by hand.

The result is an upper bound: an argument *may* depend on these settings. Of them, only those that differ between two
overlays can be the cause of a difference.

A construct in a method other than the constructor, or with a computed address, is not found;
`tests/unit/test_provenance.py` fails then.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from miyabi_infra.stacks.compare import BACKEND, PROVIDER

Setting = tuple[str, ...]
"""The path of a setting in an overlay: `("alb", "idle_timeout")`."""

Dependence = frozenset[Setting]

EXISTENCE: Final = ""
"""Instead of an argument: whether the resource exists, and how many instances."""

STACKS: Final = ("EnvironmentStack", "SharedStack")
_NONE: Final[Dependence] = frozenset()
_ADDING: Final = frozenset({"add", "append", "extend", "insert", "setdefault", "update"})
"""Methods by which a list or a mapping takes something in."""
_HOLDING: Final = frozenset({"get", "items", "keys", "values"})
"""Methods of a mapping that give what it holds."""
_BACKENDS: Final = {"LocalBackend": "local", "S3Backend": "s3"}


@dataclass(frozen=True)
class Provenance:
    """For each resource, the settings that each of its arguments may depend on."""

    resources: Mapping[str, Mapping[str, Dependence]]
    """By address without index (`module.alb.aws_lb.main`), then by argument."""
    defaults: Mapping[Setting, Any]
    """Defaults of settings that are literals."""
    together: frozenset[Dependence] = frozenset()
    """Settings of which a condition asks that all are set: `frontend.enabled and frontend.origin_secret`."""

    def of(self, label: str, argument: str) -> Dependence:
        """The settings that an argument may depend on; those of the whole resource for an unknown argument."""
        arguments = self.resources.get(label, {})
        return arguments.get(argument) or _union(arguments.values())


@cache
def read(sources: Path, stack: str = STACKS[0]) -> Provenance:
    """Read the provenance of a stack class from the sources below a folder (`modules/`, `environments/`), once."""
    classes = dict(_classes(sources))
    reader = _Reader(classes)
    reader.stack(classes[stack])
    resources = {label: dict(arguments) for label, arguments in reader.found.items()}
    defaults = dict(reader.defaults(reader.settings_of(classes[stack]), ()))
    return Provenance(resources, defaults, frozenset(reader.together))


@dataclass(frozen=True)
class _Class:
    """A class of the sources, with the names of its file."""

    node: ast.ClassDef
    aliases: Mapping[str, ast.expr]
    """The values of the other names of the file: `State = Annotated[LocalState | S3State, …]`."""


@dataclass(frozen=True)
class _Section:
    """A section of settings: of one class, or of one of several."""

    classes: tuple[str, ...]
    at: Setting


@dataclass
class _Object:
    """A construct or a module: attributes that are known before apply, with what they depend on."""

    attributes: "dict[str, _Abstract]" = field(default_factory=dict[str, "_Abstract"])
    otherwise: Dependence = _NONE
    """The settings that every other attribute depends on."""
    made_of: str = ""
    """The name of its class, where that is one of the sources."""
    there: Dependence = _NONE
    """The settings that decide whether there is one: the conditions around it."""


_Abstract: TypeAlias = Dependence | _Section | _Object
_Scope = dict[str, _Abstract]


def _classes(sources: Path) -> Iterator[tuple[str, _Class]]:
    for folder in ("modules", "environments", "environments/sections"):
        for file in sorted((sources / folder).glob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            aliases = {
                target.id: node.value
                for node in tree.body
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in tree.body:
                if isinstance(node, ast.ClassDef):
                    yield node.name, _Class(node, aliases)


class _Reader:
    """Reads the constructors, and notes the settings that the arguments of each resource depend on."""

    def __init__(self, classes: Mapping[str, _Class]) -> None:
        self.found: dict[str, dict[str, Dependence]] = {}
        self.together = set[Dependence]()
        self._classes = classes
        self._aliases = {name: value for held in classes.values() for name, value in held.aliases.items()}
        self._prefix = ""
        self._conditions: list[Dependence] = []
        self._calls: list[str] = []

    # ---- classes -------------------------------------------------------------------------------------------------

    def stack(self, held: _Class) -> None:
        """Read the constructor of a stack and of its base classes."""
        settings = _Section(self.settings_of(held), ())
        for name in reversed(self._lineage(held.node.name)):
            constructor = _method(self._classes[name].node, "__init__")
            if constructor is not None:
                self._body(constructor.body, {"settings": settings, "self": _Object(made_of=held.node.name)})

    def settings_of(self, held: _Class) -> tuple[str, ...]:
        """The class of settings of a stack."""
        constructor = _method(held.node, "__init__")
        assert constructor is not None
        annotation = next(each.annotation for each in constructor.args.args if each.arg == "settings")
        return self._settings_classes(annotation)

    def defaults(self, classes: Sequence[str], at: Setting) -> Iterator[tuple[Setting, Any]]:
        """The literal defaults of the settings of a section, and of the sections in it."""
        for name in (each for one in classes for each in self._lineage(one)):
            for node in self._classes[name].node.body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    path = (*at, node.target.id)
                    yield from self.defaults(self._settings_classes(node.annotation), path)
                    if node.value is not None:
                        value = _literal(node.value)
                        if value is not _UNKNOWN:
                            yield path, value

    def _lineage(self, name: str) -> list[str]:
        """A class and its base classes in the sources, itself first."""
        if name not in self._classes:
            return []
        bases = [base.id for base in self._classes[name].node.bases if isinstance(base, ast.Name)]
        return list(dict.fromkeys([name, *(each for base in bases for each in self._lineage(base))]))

    def _settings_classes(self, annotation: ast.expr | None) -> tuple[str, ...]:
        """The classes of settings that an annotation names, through aliases."""
        if annotation is None:
            return ()
        found: list[str] = []
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name):
                if "Settings" in self._lineage(node.id):
                    found.append(node.id)
                elif node.id in self._aliases and node.id[0].isupper():
                    found += self._settings_classes(self._aliases[node.id])
        return tuple(dict.fromkeys(found))

    # ---- statements ----------------------------------------------------------------------------------------------

    def _body(self, statements: Sequence[ast.stmt], scope: _Scope) -> Dependence:
        """Read statements; the settings that their return value depends on."""
        returned = _NONE
        for statement in statements:
            match statement:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self._assign(target, value, scope)
                case (
                    ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value)
                ):
                    self._assign(target, value, scope)
                case ast.If(test=test, body=body, orelse=orelse):
                    returned |= self._under(self._depends(test, scope), [*body, *orelse], scope)
                case ast.For(target=target, iter=source, body=body):
                    self._bind(target, self._depends(source, scope), scope)
                    returned |= self._under(self._depends(source, scope), body, scope)
                case ast.Return(value=ast.expr() as value):
                    returned |= self._depends(value, scope) | self._condition
                case _:
                    for node in ast.iter_child_nodes(statement):
                        if isinstance(node, ast.expr):
                            self._evaluate(node, scope)
        return returned

    def _under(self, condition: Dependence, statements: Sequence[ast.stmt], scope: _Scope) -> Dependence:
        self._conditions.append(condition)
        returned = self._body(statements, scope)
        self._conditions.pop()
        return returned

    @property
    def _condition(self) -> Dependence:
        return _union(self._conditions)

    def _assign(self, target: ast.expr, value: ast.expr, scope: _Scope) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for one, held in zip(target.elts, value.elts, strict=True):
                self._assign(one, held, scope)
        else:
            self._bind(target, self._evaluate(value, scope), scope)

    def _bind(self, target: ast.expr, value: _Abstract, scope: _Scope) -> None:
        match target:
            case ast.Name(id=name):
                earlier = scope.get(name, _NONE)
                if isinstance(value, frozenset):  # assigned in a branch, a name may also have its earlier value
                    value = value | self._condition | (earlier if isinstance(earlier, frozenset) else _NONE)
                scope[name] = value
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                owner = scope.get("self")
                if isinstance(owner, _Object):
                    owner.attributes[name] = value
            case ast.Tuple(elts=elements):
                for element in elements:
                    self._bind(element, value, scope)
            case ast.Subscript(value=of, slice=key):
                self._bind(of, _dependence(value) | self._depends(key, scope), scope)
            case _:
                pass

    # ---- expressions ---------------------------------------------------------------------------------------------

    def _depends(self, expression: ast.AST, scope: _Scope) -> Dependence:
        return _dependence(self._evaluate(expression, scope))

    def _evaluate(self, expression: ast.AST, scope: _Scope) -> _Abstract:
        match expression:
            case ast.Name(id=name):
                return scope.get(name, _NONE)
            case ast.Attribute(value=of, attr=name):
                return self._attribute(self._evaluate(of, scope), name)
            case ast.Call():
                return self._call(expression, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                inner = dict(scope)
                sources = _NONE
                for generator in expression.generators:
                    source = self._depends(generator.iter, inner)
                    self._bind(generator.target, source, inner)
                    sources |= source
                return sources | self._children(expression, inner)
            case ast.BoolOp(op=ast.And(), values=values):
                plain = (self._depends(each, scope) for each in values if isinstance(each, ast.Attribute | ast.Compare))
                self.together.add(_union(each for each in plain if len(each) == 1))
                return self._children(expression, scope)
            case _:
                return self._children(expression, scope)

    def _children(self, expression: ast.AST, scope: _Scope) -> Dependence:
        return _union(self._depends(child, scope) for child in ast.iter_child_nodes(expression))

    def _attribute(self, of: _Abstract, name: str) -> _Abstract:
        if isinstance(of, _Object):
            return of.attributes.get(name, of.otherwise)
        if isinstance(of, frozenset):
            return of
        lineage = [each for one in of.classes for each in self._lineage(one)]
        for each in lineage:
            node = self._classes[each].node
            method = _method(node, name)
            if method is not None:
                return self._method(each, method, of)
            annotation = _field(node, name)
            if annotation is not None:
                classes = self._settings_classes(annotation)
                return _Section(classes, (*of.at, name)) if classes else frozenset({(*of.at, name)})
        # Not a field of theirs: a method of the mapping that holds sections by name.
        return frozenset({of.at if name in _HOLDING else (*of.at, name)})

    def _method(self, owner: str, method: ast.FunctionDef, of: _Section) -> Dependence:
        """The settings that a property or a method of settings depends on, for any arguments."""
        called = f"{owner}.{method.name}"
        if called in self._calls:
            return _NONE
        self._calls.append(called)
        outer, self._conditions = self._conditions, []
        returned = self._body(method.body, {"self": of})
        self._conditions = outer
        self._calls.pop()
        return returned

    def _call(self, call: ast.Call, scope: _Scope) -> _Abstract:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        arguments = {each.arg: self._evaluate(each.value, scope) for each in call.keywords if each.arg is not None}
        if "Module" in self._lineage(name):
            return self._module(self._classes[name], arguments)
        positional = [self._evaluate(each, scope) for each in call.args]
        if name == "super" or not isinstance(call.func, ast.Name | ast.Attribute):
            return _NONE
        label = self._label(name, call)
        if label is not None:
            self._note(label, name, arguments)
            return _Object({key: _dependence(held) for key, held in arguments.items()}, there=self._condition)
        if name == "TerraformVariable":
            return _Object(otherwise=_dependence(arguments.get("default", _NONE)))
        together = _union(map(_dependence, (*positional, *arguments.values())))
        if isinstance(call.func, ast.Attribute):
            together |= self._helper(call.func, positional, arguments, scope)
            if call.func.attr == "add_override":
                self._override(call, together)
            elif call.func.attr in _ADDING and isinstance(call.func.value, ast.Name):
                self._bind(call.func.value, together, scope)
        return together | self._depends(call.func, scope)

    def _helper(
        self,
        func: ast.Attribute,
        positional: Sequence[_Abstract],
        arguments: Mapping[str, _Abstract],
        scope: _Scope,
    ) -> Dependence:
        """What a helper method of a stack or of a module, `self._origin_secrets(settings)`, returns depends on."""
        owner = scope.get("self")
        is_own = isinstance(func.value, ast.Name) and func.value.id == "self" and func.attr.startswith("_")
        if not is_own or not isinstance(owner, _Object):
            return _NONE
        nodes = (self._classes[each].node for each in self._lineage(owner.made_of))
        method = next((found for each in nodes if (found := _method(each, func.attr))), None)
        if method is None:
            return _NONE
        names = [each.arg for each in method.args.args]
        return self._body(method.body, {**dict(zip(names, (owner, *positional), strict=False)), **arguments})

    def _module(self, held: _Class, arguments: Mapping[str, _Abstract]) -> _Object:
        """Read the constructor of a module, with the wires that its call passes."""
        made = _Object(made_of=held.node.name, there=self._condition)
        lineage = (self._classes[each].node for each in self._lineage(held.node.name))
        constructor = next((found for each in lineage if (found := _method(each, "__init__"))), None)
        if constructor is None:
            return made
        outer, self._prefix = self._prefix, f"module.{_folder(held.node).replace('-', '_')}."
        self._body(constructor.body, {**arguments, "self": made})
        self._prefix = outer
        return made

    def _label(self, name: str, call: ast.Call) -> str | None:
        if name == "AwsProvider":
            return PROVIDER
        if name in _BACKENDS:
            return BACKEND
        match call.args:
            case [_, ast.Constant(value=str(address)), *_] if address.startswith("aws_") and "." in address:
                return f"{self._prefix}{address}"
            case _:
                return None

    def _note(self, label: str, name: str, arguments: Mapping[str, _Abstract]) -> None:
        noted = self.found.setdefault(label, {EXISTENCE: _NONE})
        noted[EXISTENCE] |= self._condition | _dependence(arguments.get("count", _NONE))
        if name in _BACKENDS:
            everything = _union(map(_dependence, arguments.values()))
            noted[_BACKENDS[name]] = noted.get(_BACKENDS[name], _NONE) | everything | self._condition
            return
        for key, held in arguments.items():
            noted[key] = noted.get(key, _NONE) | _dependence(held)

    def _override(self, call: ast.Call, together: Dependence) -> None:
        match call.args:
            case [ast.Constant(value=str(path)), *_] if path.startswith("terraform.backend."):
                backend = path.split(".")[2]
                noted = self.found.setdefault(BACKEND, {})
                noted[backend] = noted.get(backend, _NONE) | together | self._condition
            case _:
                pass


class _Unknown:
    """The default of a setting that is not a literal."""


_UNKNOWN: Final = _Unknown()


def _literal(node: ast.expr) -> Any:  # noqa: ANN401  # any literal
    """The value of a literal, or of the default in `Field(default=…)`."""
    if isinstance(node, ast.Call):
        return next((_literal(each.value) for each in node.keywords if each.arg == "default"), _UNKNOWN)
    try:
        return ast.literal_eval(node)
    except ValueError:
        return _UNKNOWN


def _union(dependences: Iterable[Dependence]) -> Dependence:
    return frozenset(setting for each in dependences for setting in each)


def _dependence(value: _Abstract) -> Dependence:
    """The settings that a whole value depends on. Of a construct: whether there is one, and how many instances."""
    if isinstance(value, _Section):
        return frozenset({value.at}) if value.at else _NONE
    if isinstance(value, _Object):
        count = value.attributes.get("count", _NONE)
        return value.there | (count if isinstance(count, frozenset) else _NONE)
    return value


def _method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    return next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == name), None)


def _field(node: ast.ClassDef, name: str) -> ast.expr | None:
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.target.id == name:
            return each.annotation
    return None


def _folder(node: ast.ClassDef) -> str:
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.target.id == "folder":
            assert isinstance(each.value, ast.Constant)
            return str(each.value.value)
    return ""
