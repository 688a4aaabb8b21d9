"""`miyabi-infra parity HCL_DIR --env dev`: hand-written HCL held against the generated stack."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from environments.document import Document
from environments.merged import documents
from environments.problems import OverlayError, key_text
from miyabi_infra.compare import ABSENT, PROVIDER, Absent
from miyabi_infra.inventory import chosen as stack_of
from miyabi_infra.parity import checkout as checkouts
from miyabi_infra.parity import generated, provider
from miyabi_infra.parity.comparing import Cause, Difference, Interface, Kind, Side, compare
from miyabi_infra.parity.evaluation import Checkout, Instance, Scope, Source
from miyabi_infra.parity.values import NotEvaluated, Opaque, Value
from miyabi_infra.provenance import EXISTENCE, Provenance, Setting
from miyabi_infra.provenance import read as read_provenance
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, SHARED, Stack, read
from miyabi_infra.text import count

SOURCES: Final = Path(__file__).resolve().parent.parent.parent
"""The folder of the modules and the stacks: where this program itself lies."""

_TITLES: Final[Mapping[Kind, str]] = {
    "difference": "differences",
    "invalid": "invalid: provider {version} refuses them, so they are no values to compare",
    "not evaluated": "not evaluated: whether these differ can't be told from the files",
    "no effect": "without effect",
}
_LONGEST: Final = 70
_EVERYWHERE: Final = frozenset({("project",), ("environment",)})
"""Settings that nearly every argument depends on, through its name; they explain nothing."""


@dataclass(frozen=True)
class Parity:
    """What came of a comparison."""

    read: str
    """How the HCL was read: from which root, with which values."""
    hcl: Side
    generated: Side
    stack: Stack
    differences: tuple[Difference, ...]

    def of_kind(self, kind: Kind) -> list[Difference]:
        """The differences of a kind."""
        return [each for each in self.differences if each.kind == kind]

    @property
    def same(self) -> bool:
        """Whether nothing differs, and everything could be compared."""
        return all(each.kind == "no effect" for each in self.differences)


def parity(
    root: Path, hcl: Path, environment: str, *, var_files: Sequence[Path] = (), variables: Sequence[str] = ()
) -> Parity:
    """Compare a checkout of HCL with the generated stack of an environment.

    Args:
        root: The project's root.
        hcl: A root module, a folder that holds one, or a folder of modules.
        environment: Name of the environment.
        var_files: Files of values for the root's variables; by default those that are named after the environment.
        variables: Further values, `name=value`.

    Raises:
        Refused: when either side can't be read, or it can't be told which folder is meant.
    """
    if not hcl.is_dir():
        raise Refused(f"{hcl} is no folder")
    if environment == SHARED:
        raise Refused("the shared stack has no counterpart in HCL: name an environment")
    (stack,) = stack_of(read(root / OUT), environment)
    overlay = _overlay(root, environment)
    settings = _Settings(root, overlay)
    other = _generated_side(root / OUT, stack)
    checkout = Checkout(hcl, environment)
    found = checkouts.roots(checkout)
    if found:
        source = checkouts.chosen(checkout, found)
        values = checkouts.values(checkout, source, var_files, variables)
        files = ", ".join(file.as_posix() for file in values.files) or "no file of values"
        told = f"the root module {_name(source)}, with {files}"
        mine = _root_side(checkout, Scope(checkout, source, inputs=values.inputs))
    else:
        if var_files or variables:
            raise Refused("--var-file and --var are for a root module, and there is none: these are modules alone")
        mine, other = _module_sides(checkout, stack, settings, other)
        told = f"{count(len(mine.variables), 'module')} without a root, called as the generated stack calls them"
    interface = Interface(
        {name: frozenset(names) for name, names in generated.wires(root / OUT, stack).items()},
        settings.names,
        apart=not found,
    )
    causes = _Causes(read_provenance(SOURCES), settings)
    differences = tuple(replace(each, causes=causes.of(each)) for each in compare(mine, other, interface))
    return Parity(told, mine, other, stack, differences)


def run(
    root: Path,
    hcl: Path,
    environment: str,
    *,
    var_files: Sequence[Path] = (),
    variables: Sequence[str] = (),
    verbose: bool = False,
    as_json: bool = False,
) -> int:
    """Print what differs; return 1 when something does, or can't be told.

    Raises:
        Refused: as `parity`.
    """
    found = parity(root, hcl, environment, var_files=var_files, variables=variables)
    print(json.dumps(_data(found), indent=2) if as_json else _text(found, verbose=verbose))
    return int(not found.same)


# ---- the two sides ---------------------------------------------------------------------------------------------------


def _name(source: Source) -> str:
    return "of the folder itself" if source.shown == Path() else source.shown.as_posix()


def _overlay(root: Path, environment: str) -> Document:
    try:
        overlays = documents(root)
    except OverlayError as error:
        raise Refused(str(error)) from error
    if environment not in overlays:
        raise Refused(f"environments/{environment}.yaml is not there, though {OUT} holds its stack: run 'make synth'")
    return overlays[environment]


def _generated_side(out: Path, stack: Stack) -> Side:
    outputs: dict[str, tuple[Value, None]] = {f"output.{name}": (value, None) for name, value in stack.outputs.items()}
    for module in stack.modules:
        outputs |= {f"module.{module.name}.output.{name}": (value, None) for name, value in module.outputs.items()}
    return Side(
        instances={each.address: each for each in generated.instances(out, stack)},
        outputs=outputs,
        variables={},
        waits={f"module.{module.name}": module.depends_on for module in stack.modules},
        default_tags=stack.default_tags,
        region=stack.region,
    )


def _root_side(checkout: Checkout, root: Scope) -> Side:
    instances: dict[str, Instance] = {}
    outputs: dict[str, tuple[Value, Any]] = {}
    variables: dict[str, frozenset[str]] = {}
    waits: dict[str, tuple[str, ...]] = {}
    for scope in _scopes(root):
        instances |= {each.address: each for each in scope.instances()}
        outputs |= {f"{scope.prefix}output.{name}": held for name, held in scope.outputs().items()}
        if scope.path:
            variables[scope.path.removeprefix("module.")] = frozenset(scope.variables())
            waits[scope.path] = scope.call_depends_on()
    tags, region = _provider(root)
    return Side(instances, outputs, variables, waits, tags, region, tuple(checkout.findings))


def _scopes(scope: Scope) -> Iterator[Scope]:
    yield scope
    for _, called in scope.modules():
        for each in called:
            yield from _scopes(each)


def _provider(root: Scope) -> tuple[Mapping[str, Value], Value]:
    tags: Mapping[str, Value] = {}
    for block in root.source.of_type("provider", "aws"):
        if "alias" in block.arguments:
            continue
        for inner in block.of_type("default_tags"):
            held = root.value(inner.arguments["tags"])
            tags = held if isinstance(held, Mapping) else {"…": held}
    try:
        return tags, root.region()
    except NotEvaluated as error:
        return tags, Opaque("region", str(error))


def _module_sides(checkout: Checkout, stack: Stack, settings: "_Settings", other: Side) -> tuple[Side, Side]:
    """Modules without a root: what is called in the generated stack, with the values that it and the overlay say."""
    by_name = {folder.name.replace("_", "-"): folder for folder in checkouts.folders(checkout.base)}
    instances: dict[str, Instance] = {}
    outputs: dict[str, tuple[Value, Any]] = {}
    variables: dict[str, frozenset[str]] = {}
    for module in stack.modules:
        folder = by_name.get(module.folder)
        if folder is None:
            continue
        inputs = {**settings.variables(module.name), **module.inputs}
        scope = Scope(checkout, checkout.source(folder), path=f"module.{module.name}", inputs=inputs)
        instances |= {each.address: each for each in scope.instances()}
        outputs |= {f"{scope.prefix}output.{name}": held for name, held in scope.outputs().items()}
        variables[module.name] = frozenset(scope.variables())
    if not variables:
        names = ", ".join(module.folder for module in stack.modules)
        raise Refused(f"{checkout.base} holds no HCL that calls modules, and none of the modules: {names}")
    mine = Side(instances, outputs, variables, other.waits, other.default_tags, other.region, tuple(checkout.findings))
    there = {f"module.{name}" for name in variables}

    def of_these(address: str) -> bool:
        return (
            address.split(".output.", maxsplit=1)[0].rpartition(".aws_")[0] in there
            or address.split(".output.", maxsplit=1)[0] in there
        )

    return mine, Side(
        {address: each for address, each in other.instances.items() if f"module.{address.split('.')[1]}" in there},
        {address: each for address, each in other.outputs.items() if of_these(address)},
        other.variables,
        other.waits,
        other.default_tags,
        other.region,
    )


# ---- settings --------------------------------------------------------------------------------------------------------


class _Settings:
    """What an overlay says, and the defaults of what it does not say: the schema of the overlays has them."""

    def __init__(self, root: Path, overlay: Document) -> None:
        self._overlay = overlay
        schema = json.loads((root / "environments/schema.json").read_text(encoding="utf-8"))
        self._properties: Mapping[str, Any] = schema["properties"]
        self._definitions: Mapping[str, Any] = schema["$defs"]
        self.names: dict[str, frozenset[str]] = {"": frozenset(self._properties)}
        """The settings of each section, and those of the platform under an empty name."""
        for section, held in self._properties.items():
            properties = self._section(held)
            if properties is not None:
                self.names[section] = frozenset(properties)

    def _section(self, held: Mapping[str, Any]) -> Mapping[str, Any] | None:
        name = held.get("$ref", "").rpartition("/")[2]
        return self._definitions[name].get("properties", {}) if name else None

    def cause(self, setting: Setting) -> Cause | None:
        """A setting with its value; None for one that is a section, or not known."""
        path = tuple(setting)
        held: Any = self._overlay.data
        for key in path:
            if not isinstance(held, Mapping) or key not in held:
                return self._default(path)
            held = cast("Any", held[key])
        return Cause(key_text(path), held, self._overlay.place(path))

    def _default(self, path: tuple[str, ...]) -> Cause | None:
        properties: Mapping[str, Any] | None = self._properties
        for section in path[:-1]:
            properties = self._section(properties.get(section, {})) if properties is not None else None
        held = (properties or {}).get(path[-1])
        if held is None or "default" not in held:
            return None
        return Cause(key_text(path), held["default"], None)

    def variables(self, module: str) -> dict[str, Value]:
        """What the overlay says, under the names that the variables of the HCL's module have."""
        data = self._overlay.data
        section = data.get(module, {})
        found: dict[str, Value] = {
            "project_name": data.get("project"),
            "environment": self._overlay.file.stem,
            "aws_region": data.get("region"),
        }
        health = data.get("alb", {}).get("health_check_path")
        shared = {"container_port": data.get("container_port"), "health_check_path": health}
        found |= {name: value for name, value in shared.items() if value is not None}
        found |= {name: checkouts.frozen(value) for name, value in section.items()}
        for name, key in (("environment_variables", "value"), ("secrets", "valueFrom")):
            if isinstance(section.get(name), Mapping):
                found[name] = tuple({"name": each, key: value} for each, value in section[name].items())
        return found


class _Causes:
    """The settings that generated values depend on."""

    def __init__(self, provenance: Provenance, settings: _Settings) -> None:
        self._provenance = provenance
        self._settings = settings

    def of(self, difference: Difference) -> tuple[Cause, ...]:
        """The settings of a difference; none for one that is no difference of values."""
        if difference.kind in ("invalid", "no effect") or difference.argument.startswith(("depends", "var.")):
            return ()
        label = difference.address.partition("[")[0]
        argument = difference.argument.partition(".")[0].partition("[")[0]
        if ".output." in label or label.startswith("output."):
            return ()
        resource = self._provenance.resources.get(label, {})
        settings = resource.get(argument if argument and argument != "count" else EXISTENCE, frozenset[Setting]())
        if label == PROVIDER and argument == "default_tags":
            settings = frozenset({("tags",)})
        found = [self._settings.cause(each) for each in sorted(settings - _EVERYWHERE)]
        return tuple(each for each in found if each is not None)


# ---- how it is shown -------------------------------------------------------------------------------------------------


def _text(found: Parity, *, verbose: bool) -> str:
    heads = [
        f"HCL: {found.read}: {count(len(found.hcl.instances), 'resource')}",
        f"generated: {OUT}/stacks/{found.stack.name}: {count(len(found.generated.instances), 'resource')}",
    ]
    blocks = ["\n".join(heads)]
    for kind, title in _TITLES.items():
        those = found.of_kind(kind)
        if those and (verbose or kind != "no effect"):
            lines = [f"{title.format(version=provider.version())}:"]
            blocks.append("\n".join([*lines, *_listed(those)]))
    return "\n\n".join([*blocks, _summary(found, verbose=verbose)])


def _listed(differences: Sequence[Difference]) -> Iterator[str]:
    address = ""
    for each in differences:
        if each.address != address:
            address = each.address
            yield f"  {address}"
        name = f"{each.argument}: " if each.argument else ""
        if each.kind == "invalid":
            yield f"      {_at(each)}{each.argument}: {each.why}"
            continue
        sides = "" if each.hcl is each.generated is ABSENT else f"{_short(each.hcl)} -> {_short(each.generated)}"
        reason = f" ({each.why})" if each.why else ""
        yield f"      {_at(each)}{name}{sides}{reason}"
        for cause in each.causes:
            where = f"{cause.place[0].as_posix()}:{cause.place[1]}" if cause.place else "default"
            yield f"          {where}  {cause.setting}: {_short(cause.value)}"


def _at(difference: Difference) -> str:
    return f"{difference.place}  " if difference.place else ""


def _summary(found: Parity, *, verbose: bool) -> str:
    counts = Counter(each.kind for each in found.differences)
    folded = counts["no effect"]
    more = "" if verbose or not folded else " (--verbose lists them)"
    without = f"{folded} without effect{more}"
    if found.same:
        return f"same: {found.stack.environment} is what the HCL says; {without}"
    named = [
        count(counts["difference"], "difference"),
        f"{counts['invalid']} invalid",
        f"{counts['not evaluated']} not evaluated",
    ]
    return f"HCL -> generated: {', '.join(named)}; {without}"


def _short(value: Any) -> str:  # noqa: ANN401  # JSON, or what stands for no value
    text = repr(value) if isinstance(value, Absent) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _data(found: Parity) -> dict[str, Any]:
    return {
        "environment": found.stack.environment,
        "same": found.same,
        "read": found.read,
        "resources": {"hcl": len(found.hcl.instances), "generated": len(found.generated.instances)},
        "differences": [_difference_data(each) for each in found.differences],
    }


def _difference_data(difference: Difference) -> dict[str, Any]:
    place = difference.place
    sides = {"hcl": difference.hcl, "generated": difference.generated}
    return {
        "kind": difference.kind,
        "address": difference.address,
        "argument": difference.argument,
        **{name: value for name, value in sides.items() if value is not ABSENT},
        "why": difference.why,
        **({"file": place.file.as_posix(), "line": place.line} if place else {}),
        "settings": [
            {
                "setting": cause.setting,
                "value": cause.value,
                **({"file": cause.place[0].as_posix(), "line": cause.place[1]} if cause.place else {}),
            }
            for cause in difference.causes
        ],
    }
