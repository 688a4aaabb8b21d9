"""Findings: of the rules and of the scanner's policies, with the overlay lines, and with what is waived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from environments.sections import lint as section
from environments.sections.lint import LintSettings, Waiver
from environments.sections.service_levels import ServiceLevelSettings
from miyabi_infra.lint.environment import Environment
from miyabi_infra.lint.policies import Violated
from miyabi_infra.lint.rule import Severity
from miyabi_infra.lint.rules import RULES
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.merging import documents
from miyabi_infra.place import Place
from miyabi_infra.project import SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import Stack

UNUSED: Final = "unused-waiver"
"""Name of the finding that a waiver waives nothing; it cannot be waived."""


@dataclass(frozen=True)
class Finding:
    """Something to fix, or to waive with a reason."""

    environment: str
    name: str
    severity: Severity
    subject: str
    """The setting, or the resource, that it is about."""
    place: Place | None
    """Where the setting is in the overlay, or where it would be."""
    written: bool
    """Whether the overlay writes the setting; if not, it has its default."""
    text: str
    why: str
    fix: str
    waiver: Waiver | None = None
    expired: bool = False

    @property
    def waived(self) -> bool:
        """Whether it is accepted today."""
        return self.waiver is not None and not self.expired


@dataclass(frozen=True)
class Overlay:
    """The overlay of a stack, as far as lint is concerned."""

    document: Document
    lint: LintSettings
    service_levels: ServiceLevelSettings


def overlays(root: Path) -> dict[str, Overlay]:
    """The overlays by environment.

    Raises:
        Refused: when one cannot be read, or its lint or service_levels cannot be used.
    """
    found = documents(root)
    return {name: _overlay(name, document) for name, document in found.items()}


def _overlay(name: str, document: Document) -> Overlay:
    try:
        lint = section.settings_of(document.data)
        levels = ServiceLevelSettings.model_validate(document.data.get("service_levels") or {})
    except ValidationError as error:
        problem = f"environments/{name}.yaml: lint or service_levels cannot be used; 'make synth' says why"
        raise Refused(problem) from error
    return Overlay(document, lint, levels)


def findings(
    stacks: Sequence[Stack],
    described: Mapping[str, Overlay],
    today: date,
    policies: Mapping[str, Sequence[Violated]] | None = None,
) -> list[Finding]:
    """Every finding of every stack, in the order of the stacks, waived ones too.

    Args:
        stacks: All stacks: some rules look at several.
        described: Their overlays, by environment.
        today: The day that the ends of waivers are compared with.
        policies: What the scanner found, by environment; None when it was not asked.
    """
    found: list[Finding] = []
    for stack in stacks:
        overlay = described.get(stack.environment)
        if overlay is None:
            continue
        own = [] if stack.environment == SHARED else _of_rules(_environment(stack, stacks, overlay))
        of_policies = [_of_policy(stack, each) for each in (policies or {}).get(stack.environment, ())]
        found += [_waived(each, overlay.lint, today) for each in (*own, *of_policies)]
    return [*found, *_unused(found, described, with_policies=policies is not None)]


def _environment(stack: Stack, stacks: Sequence[Stack], overlay: Overlay) -> Environment:
    return Environment(
        stack=stack,
        overlay=overlay.document,
        lint=overlay.lint,
        service_levels=overlay.service_levels,
        shared=next((each for each in stacks if each.environment == SHARED), None),
        others=tuple(each for each in stacks if each.environment not in (SHARED, stack.environment)),
    )


def _of_rules(environment: Environment) -> list[Finding]:
    return [
        Finding(
            environment=environment.stack.environment,
            name=rule.name,
            severity=problem.severity or rule.severity,
            subject=".".join(problem.setting),
            place=environment.overlay.place(problem.setting),
            written=environment.says(problem.setting),
            text=problem.text,
            why=rule.why,
            fix=problem.fix,
        )
        for rule in RULES
        for problem in rule.check(environment)
    ]


def _of_policy(stack: Stack, found: Violated) -> Finding:
    return Finding(
        environment=stack.environment,
        name=found.policy,
        severity="warning",
        subject=found.address,
        place=None,
        written=True,
        text=f"against checkov's policy: {found.text}",
        why="checkov considers it a weakness on AWS, whatever the environment.",
        fix=f"a setting that makes it so, or lint.waive.{found.policy} with a reason",
    )


def _waived(found: Finding, lint: LintSettings, today: date) -> Finding:
    waiver = lint.waive.get(found.name)
    return found if waiver is None else replace(found, waiver=waiver, expired=waiver.until < today)


def _unused(found: Sequence[Finding], described: Mapping[str, Overlay], *, with_policies: bool) -> list[Finding]:
    """Waivers that waive nothing, each once, though several environments may share it through the base."""
    used = {(each.environment, each.name) for each in found if each.waiver is not None}
    users: dict[tuple[Place, str], list[str]] = {}
    for environment, overlay in described.items():
        for name in overlay.lint.waive:
            users.setdefault((overlay.document.place(("lint", "waive", name)), name), []).append(environment)
    return [
        Finding(
            environment=environments[0] if len(environments) == 1 else "",
            name=UNUSED,
            severity="warning",
            subject=f"lint.waive.{name}",
            place=place,
            written=True,
            text=f"{name} is waived, and not found",
            why="A waiver that is left behind hides the finding when it comes back.",
            fix="remove the waiver",
        )
        for (place, name), environments in users.items()
        if not any((environment, name) in used for environment in environments)
        if with_policies or not name.startswith("CKV")
    ]
