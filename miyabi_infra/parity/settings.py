"""The values in an overlay, and which settings a generated value depends on."""

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.hcl.values import Value, frozen
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.merging import documents
from miyabi_infra.overlays.problems import key_text
from miyabi_infra.parity.remark import DecidingSetting, Remark
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT
from miyabi_infra.stacks.compare import ABSENT, PROVIDER
from miyabi_infra.stacks.provenance import EXISTENCE, Provenance, Setting

_EVERYWHERE: Final = frozenset({("project",), ("environment",)})
"""Settings that nearly every argument depends on, through its name; they explain no difference."""
_TAGS_WITHOUT_SETTING: Final = frozenset({"Environment", "ManagedBy"})
"""Default tags that no setting decides: the overlay's file name, and the generator itself."""


def overlay(root: Path, environment: str) -> Document:
    """The overlay of an environment, merged over the base.

    Raises:
        Refused: when it cannot be read, or does not exist.
    """
    overlays = documents(root)
    if environment not in overlays:
        raise Refused(f"environments/{environment}.yaml is not there, though {OUT} holds its stack: run 'make synth'")
    return overlays[environment]


class OverlaySettings:
    """The values in an overlay, and the defaults of the other settings, from the overlays' schema."""

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

    def value(self, name: str) -> object:
        """A setting of the platform as the overlay has it, None where it does not."""
        return self._overlay.data.get(name)

    def deciding(self, setting: Setting) -> DecidingSetting | None:
        """A setting with its value; None for one that is a section, or not known."""
        path = tuple(setting)
        held: Any = self._overlay.data
        for key in path:
            if not isinstance(held, Mapping) or key not in held:
                return self._default(path)
            held = cast("Any", held[key])
        return DecidingSetting(key_text(path), held, self._overlay.place(path))

    def _default(self, path: tuple[str, ...]) -> DecidingSetting | None:
        properties: Mapping[str, Any] | None = self._properties
        for section in path[:-1]:
            properties = self._section(properties.get(section, {})) if properties is not None else None
        held = (properties or {}).get(path[-1])
        if held is None or "default" not in held:
            return None
        return DecidingSetting(key_text(path), held["default"], None)

    def is_used(self, setting: Setting) -> bool:
        """Whether a setting can have an effect: its section is there, and is not switched off."""
        section = self._overlay.data.get(setting[0])
        properties = self._section(self._properties.get(setting[0], {}))
        if properties is None:
            return True
        if not isinstance(section, Mapping):
            return len(setting) > 1 and "enabled" not in properties
        held = cast("Mapping[str, Any]", section)
        return "enabled" not in properties or bool(held.get("enabled", properties["enabled"].get("default")))

    def variables(self, module: str) -> dict[str, Value]:
        """The overlay's values, under the names of the HCL module's variables."""
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
        found |= {name: frozen(value) for name, value in section.items()}
        for name, key in (("environment_variables", "value"), ("secrets", "valueFrom")):
            if isinstance(section.get(name), Mapping):
                found[name] = tuple({"name": each, key: value} for each, value in section[name].items())
        return found


class DecidingSettings:
    """The settings that generated values depend on."""

    def __init__(self, provenance: Provenance, settings: OverlaySettings) -> None:
        self._provenance = provenance
        self._settings = settings

    def of(self, remark: Remark) -> tuple[DecidingSetting, ...]:
        """The settings of a difference; none where no value differs."""
        if remark.kind in ("invalid", "no effect") or remark.argument.startswith(("depends", "var.")):
            return ()
        if remark.argument and remark.hcl is remark.generated is ABSENT:
            return ()  # the values are the same
        label = remark.address.partition("[")[0]
        argument = remark.argument.partition(".")[0].partition("[")[0]
        if ".output." in label or label.startswith("output."):
            return ()
        resource = self._provenance.resources.get(label, {})
        settings = resource.get(argument if argument and argument != "count" else EXISTENCE, frozenset[Setting]())
        if argument in ("tags", "tags_all", "default_tags"):
            return self._of_tag(remark, settings, of_provider=label == PROVIDER)
        found = self._used(settings)
        if remark.argument == "lifecycle.prevent_destroy":
            found = tuple(each for each in found if each.setting.endswith(".deletable"))
        elif remark.argument.startswith("lifecycle.") and remark.argument != "lifecycle.ignore_changes":
            return ()
        return _deciding(found, remark) if len(found) > 1 else found

    def _of_tag(
        self, remark: Remark, settings: AbstractSet[Setting], *, of_provider: bool
    ) -> tuple[DecidingSetting, ...]:
        """The settings of a tag's value: the item of `tags` with its key, `project`, or those that the value shows."""
        key = remark.argument.partition(".")[2]
        item = self._settings.deciding(("tags", key))
        if item is not None:
            return (item,)
        named: Setting = ("project",) if key == "Project" else ("tags",)
        if of_provider and key not in _TAGS_WITHOUT_SETTING:
            found = self._settings.deciding(named)
            return () if found is None else (found,)
        return tuple(each for each in self._used(settings) if _shows(remark.generated, each.value))

    def _used(self, settings: AbstractSet[Setting]) -> tuple[DecidingSetting, ...]:
        """Those of some settings that decide a value of the overlay's stack."""
        used = [each for each in sorted(settings - _EVERYWHERE) if self._settings.is_used(each)]
        listed = [self._settings.deciding(each) for each in used]
        return tuple(each for each in listed if each is not None)


def _deciding(found: Sequence[DecidingSetting], remark: Remark) -> tuple[DecidingSetting, ...]:
    """The settings that decide a value, the most likely first.

    Those whose value it is, or a part of it; else those with words of its path in their name. Of a value deep in a
    document with neither, none; else all, those that the overlay says first.
    """
    generated = remark.generated
    exact = [each for each in found if each.value == generated and each.value not in (None, "", (), {}, False)]
    within = [each for each in found if _shows(generated, each.value)]
    inner = _words(remark.argument.partition(".")[2] or remark.argument.partition("[")[2])
    named = {each.setting: len(inner & _words(each.setting.rpartition(".")[2])) for each in found}
    most = max(named.values(), default=0)
    candidates = exact or within or [each for each in found if most and named[each.setting] == most]
    if not candidates and inner:
        return ()
    rest = sorted(candidates or found, key=lambda each: (-named[each.setting], each.place is None))
    best = named[rest[0].setting] if rest else 0
    return tuple(each for each in rest if named[each.setting] == best) if candidates else tuple(rest)


def _words(name: str) -> frozenset[str]:
    """The words in a path or in the name of a setting, in small letters."""
    return frozenset(each.lower() for each in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)) - _OF_ANYTHING


_OF_ANYTHING: Final = frozenset({"name", "value", "app", "miyabi", "container"})
"""Words in many paths and settings, which tell nothing."""


def _shows(generated: object, value: object) -> bool:
    """Whether a value is a part of a generated one, or the other way round."""
    if isinstance(value, Mapping):
        return generated not in (None, ABSENT) and generated in cast("Mapping[str, object]", value).values()
    return isinstance(generated, str) and isinstance(value, str) and value != "" and value in generated
