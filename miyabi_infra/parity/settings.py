"""The values in an overlay, and which settings a generated value depends on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.hcl.values import Value, frozen
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.merging import documents
from miyabi_infra.overlays.problems import key_text
from miyabi_infra.parity.remark import DecidingSetting, Remark
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT
from miyabi_infra.stacks.compare import PROVIDER
from miyabi_infra.stacks.provenance import EXISTENCE, Provenance, Setting

_EVERYWHERE: Final = frozenset({("project",), ("environment",)})
"""Settings that nearly every argument depends on, through its name; they explain no difference."""


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
        label = remark.address.partition("[")[0]
        argument = remark.argument.partition(".")[0].partition("[")[0]
        if ".output." in label or label.startswith("output."):
            return ()
        resource = self._provenance.resources.get(label, {})
        settings = resource.get(argument if argument and argument != "count" else EXISTENCE, frozenset[Setting]())
        if label == PROVIDER and argument == "default_tags":
            settings = frozenset({("tags",)})
        listed = [self._settings.deciding(each) for each in sorted(settings - _EVERYWHERE)]
        found = tuple(each for each in listed if each is not None)
        exact = tuple(each for each in found if each.value == remark.generated)
        within = tuple(each for each in found if _shows(remark.generated, each.value))
        return (exact or within or found) if len(found) > 1 else found


def _shows(generated: object, value: object) -> bool:
    """Whether a text is a part of a generated one."""
    return isinstance(generated, str) and isinstance(value, str) and value != "" and value in generated
