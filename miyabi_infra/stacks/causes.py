"""Why two environments differ: the settings that differ and may cause a difference, with their lines."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.problems import KeyPath, key_text
from miyabi_infra.place import Place
from miyabi_infra.stacks.compare import Absent, ResourceChange
from miyabi_infra.stacks.provenance import EXISTENCE, STACKS, Provenance, read


class Default(Absent):
    """A setting that an overlay does not have, and whose default is not a literal."""

    def __repr__(self) -> str:
        """How it is shown."""
        return "(default)"


DEFAULT: Final = Default()


@dataclass(frozen=True)
class SettingValue:
    """A setting in one of two environments."""

    value: Any
    place: Place | None
    """File and line; None if it is the default."""


@dataclass(frozen=True)
class Cause:
    """A setting that differs between two environments."""

    setting: KeyPath
    before: SettingValue
    after: SettingValue

    @property
    def name(self) -> str:
        """The setting as people write it: `networking.public_subnet_cidrs[1]`."""
        return key_text(self.setting)

    @property
    def places(self) -> list[Place]:
        """Where it is written, the second environment first: its line makes the difference, if it has one."""
        return list(dict.fromkeys(side.place for side in (self.after, self.before) if side.place))


class Causes:
    """The settings that differ between two overlays, and the differences that they may cause."""

    def __init__(
        self,
        sources: Path,
        before: Document,
        after: Document,
        *,
        shared: bool = False,
        stays: frozenset[str] = frozenset(),
    ) -> None:
        """Read what depends on what.

        Args:
            sources: The folder of the modules and the stacks.
            before: The first overlay.
            after: The second.
            shared: Whether both are of the shared stack.
            stays: Addresses of the instances that are on both sides.
        """
        self.shared = shared
        self._stays = stays
        self._provenance: Provenance = read(sources, STACKS[1] if shared else STACKS[0])
        self._data = (before.data, after.data)
        self.before = dict(leaves(before.data))
        """What the first overlay says, by setting."""
        self.settings = tuple(self._differing(before, after))
        """Settings that differ, by name."""

    def of(self, change: ResourceChange, path: str = EXISTENCE) -> list[Cause]:
        """The causes of a difference: of the path of an argument, or of the existence of the instance."""
        argument = re.split(r"[.\[]", path, maxsplit=1)[0]
        dependence = self._provenance.of(change.label, argument)
        found = [each for each in self.settings if any(_within(each.setting, setting) for setting in dependence)]
        found = self._without_what_is_switched_with(found, path) if path else self._without_the_number(found, change)
        if argument in ("ingress", "egress"):
            found = _of_https(_of_the_ip_version(found, path), path)
        elif argument == "rule" and ".aws_wafv2_web_acl." in f".{change.label}":
            found = _of_the_acl_rule(found, path)
        named = set(re.findall(r"[\w-]+", f"{change.address.rpartition('.')[2]} {path}"))
        groups: dict[KeyPath, list[Cause]] = {}
        for each in found:
            groups.setdefault(each.setting[:_SETTING_DEPTH], []).append(each)
        meant = [_those_meant(group, named, existence=not path) for group in groups.values()]
        if "[" in path:  # of an item with a name: the setting of that name, or what is no setting of another item
            by_name = [group for group in meant if _of_named_items(group, named)]
            meant = by_name or [group for group in meant if not _of_items(group)] or meant
        return [each for group in meant for each in group]

    def _without_what_is_switched_with(self, found: Sequence[Cause], path: str) -> list[Cause]:
        """Without the settings of a section that is switched on or off as a whole.

        But for those that a path names, and those without which the switch alone would not do it.
        """
        switched = {each.setting[0] for each in found if each.setting[1:] == _SWITCH}
        return [
            each
            for each in found
            if each.setting[0] not in switched
            or each.setting[1:] == _SWITCH
            or _words(str(each.setting[1])) <= _words(path)
            or any({each.setting[:2], (each.setting[0], *_SWITCH)} <= both for both in self._provenance.together)
        ]

    def _without_the_number(self, found: list[Cause], change: ResourceChange) -> list[Cause]:
        """Without what decides the number alone, where another resource of that number has such an instance anyway."""
        index = change.address.removeprefix(change.label)
        number = self._provenance.resources.get(change.label, {}).get("count")
        alike = (
            label
            for label, arguments in self._provenance.resources.items()
            if label != change.label and arguments.get("count") == number and f"{label}{index}" in self._stays
        )
        if not index or not number or next(alike, None) is None:
            return found
        return [each for each in found if not any(_within(each.setting, setting) for setting in number)] or found

    def value(self, setting: KeyPath, *, after: bool) -> object:
        """The value of a whole setting in the first overlay, or the second; None for a default that is no literal."""
        held: object = self._data[after]
        for key in setting:
            if not isinstance(held, Mapping) or key not in held:
                return self._provenance.defaults.get(cast("tuple[str, ...]", setting))
            held = cast("Mapping[str, object]", held)[str(key)]
        return held

    def knows(self, change: ResourceChange, argument: str) -> bool:
        """Whether an argument of a resource depends on any setting."""
        return bool(argument and self._provenance.resources.get(change.label, {}).get(argument))

    def _differing(self, before: Document, after: Document) -> Iterator[Cause]:
        first, second = dict(leaves(before.data)), dict(leaves(after.data))
        for setting in sorted(first.keys() | second.keys(), key=lambda key: tuple(map(str, key))):
            sides = [
                SettingValue(held[setting], document.place(setting))
                if setting in held
                else SettingValue(self._default(setting, held), None)
                for held, document in ((first, before), (second, after))
            ]
            if _comparable(sides[0].value) != _comparable(sides[1].value):
                yield Cause(setting, *sides)

    def _default(self, setting: KeyPath, held: Mapping[KeyPath, Any]) -> Any:  # noqa: ANN401  # any setting
        """The default of a setting, or of an item in it; an item of a list in the overlay has none."""
        for length in range(len(setting), 0, -1):
            prefix = setting[:length]
            if (
                any(key[:length] == prefix for key in held)
                and length < len(setting)
                and prefix in self._provenance.defaults
            ):
                return None
            if prefix in self._provenance.defaults:
                value: Any = self._provenance.defaults[cast("tuple[str, ...]", prefix)]
                for key in setting[length:]:
                    try:
                        value = value[key]
                    except (KeyError, IndexError, TypeError):
                        return None
                return value
        return DEFAULT


_SETTING_DEPTH: Final = 2
"""Length of the path of most settings, section and name; a longer one is an item of a list or a mapping."""


def _of_the_ip_version(found: list[Cause], path: str) -> list[Cause]:
    """For a rule of a security group: without the settings of the other IP version."""
    return [each for each in found if names_ipv6(each.name) == names_ipv6(path)] or found


def _of_https(found: list[Cause], path: str) -> list[Cause]:
    """For a rule of a security group that is not for HTTPS: without the settings that are for HTTPS only."""
    others = [each for each in found if not str(each.setting[-1]).startswith("https")]
    return found if "HTTPS" in path else others or found


def _of_the_acl_rule(found: list[Cause], path: str) -> list[Cause]:
    """For a rule of a web ACL: the settings that have a word of its name, and then of what differs in it."""
    rule, _, within = path.partition("]")
    name = _words(rule.partition("[")[2])
    of_rule = [each for each in found if name & _words(str(each.setting[1]))] or found
    return [each for each in of_rule if str(each.setting[1]).rpartition("_")[2] in _words(within)] or of_rule


def names_ipv6(text: str) -> bool:
    """Whether the name of a setting, or the path to a rule, is about IPv6."""
    return "ipv6" in text.lower()


_SWITCH: Final = ("enabled",)


def _words(name: str) -> set[str]:
    return {each.lower() for each in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _those_meant(group: list[Cause], named: set[str], *, existence: bool) -> list[Cause]:
    """Of the items of a list or a mapping that differ, those that a difference is about.

    The existence of an instance depends on the number of items; its arguments depend on the item with its index or
    its name.
    """
    if existence:
        return [
            each
            for each in group
            if not isinstance(each.setting[-1], int) or None in (each.before.place, each.after.place)
        ]
    exact = [each for each in group if len(each.setting) > _SETTING_DEPTH and str(each.setting[-1]) in named]
    return exact or group


def _of_named_items(group: list[Cause], named: set[str]) -> bool:
    """Whether settings are items of a mapping that a difference names."""
    return _of_items(group) and all(each.setting[-1] in named for each in group)


def _of_items(group: list[Cause]) -> bool:
    """Whether settings are items of a mapping."""
    return all(len(each.setting) > _SETTING_DEPTH and isinstance(each.setting[-1], str) for each in group)


def _within(leaf: KeyPath, setting: KeyPath) -> bool:
    shorter = min(len(leaf), len(setting))
    return leaf[:shorter] == setting[:shorter]


def leaves(data: object, at: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every value of an overlay, with its path."""
    if isinstance(data, Mapping) and data:
        for key, held in cast("Mapping[str, object]", data).items():
            yield from leaves(held, (*at, key))
    elif isinstance(data, list) and data:
        for index, held in enumerate(cast("list[object]", data)):
            yield from leaves(held, (*at, index))
    else:
        yield at, data


def _comparable(value: object) -> object:
    """Sizes may be written as numbers or as text; an empty list or mapping is the same as none."""
    if value in ([], {}, ()):
        return None
    return int(value) if isinstance(value, str) and value.isdecimal() else value
