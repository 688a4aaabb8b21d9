"""The settings that give the values of today: proposed, synthesized with, and kept if the difference is gone."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from environments.stack import stack_name
from miyabi_infra.adopt.proposals import Proposal, Proposer
from miyabi_infra.adopt.today import Mismatch, Today, ValueKey
from miyabi_infra.overlays.document import Document
from miyabi_infra.overlays.edit import REMOVED, applied
from miyabi_infra.overlays.explain import explain
from miyabi_infra.overlays.loading import AnySettings
from miyabi_infra.overlays.problems import KeyPath, Problem
from miyabi_infra.stacks import Stack, StackError
from miyabi_infra.stacks.provenance import EXISTENCE, Provenance
from miyabi_infra.stacks.reading import Root
from miyabi_infra.synthesis.render import render
from miyabi_infra.terraform.address import label

Edits = dict[KeyPath, Any]
"""Values of settings by path, in addition to those of the overlay."""

_ROUNDS: Final = 8
_ROUNDS_OF_COMPLETION: Final = 3
_INSTANCE: Final = 10
"""Weight of an instance, in values, when the differences that settings remove and add are compared."""

_MOST: Final = 0.8
"""Minimum share of the resources that have a tag, for it to be a tag of the environment."""


@dataclass
class Solution:
    """Settings that give values of today."""

    settings: Edits = field(default_factory=Edits)
    causes: dict[tuple[str, str], set[KeyPath]] = field(default_factory=dict[tuple[str, str], set[KeyPath]])
    """For each address and argument, the settings that remove the difference."""
    refused: dict[KeyPath, Problem] = field(default_factory=dict[KeyPath, Problem])
    """Why a setting must not have the value of today, by setting."""


class Solver:
    """Looks for settings, given an overlay, a state and the stack's sources."""

    def __init__(
        self,
        environment: str,
        *,
        model: type[AnySettings],
        document: Document,
        today: Today,
        provenance: Provenance,
        relevant: Iterable[tuple[str, str]],
    ) -> None:
        """`relevant`: the addresses and arguments in which the plan shows a difference."""
        self._environment = environment
        self._model = model
        self._document = document
        self._today = today
        self._provenance = provenance
        self._proposer = Proposer(provenance, today)
        self._relevant = frozenset(relevant)
        self._doubtful: set[KeyPath] = set()
        """Settings that were guessed, or of which another one may remove the same difference."""
        self._tried: dict[str, tuple[AnySettings, Stack] | None] = {}
        self.refused: dict[KeyPath, Problem] = {}
        self.considered: set[KeyPath] = set()
        """Settings whose values of today count although the plan shows no difference: a rule needs them."""

    def solve(self) -> Solution:
        """The settings, each of which removes a difference."""
        solution = Solution()
        current = self._mismatches({})
        assert current is not None, "the overlay itself was synthesized before"
        noise = {key for key in current if key[:2] not in self._relevant and not self._is_considered(key)}
        for _ in range(_ROUNDS):
            open_ones = {key: each for key, each in current.items() if key not in noise}
            step = self._step(solution.settings, open_ones, current) if open_ones else None
            if step is None:
                break
            solution.settings |= step
            after = self._mismatches(solution.settings)
            assert after is not None
            for key in current.keys() - after.keys():
                removed = solution.causes.setdefault(key[:2], set())
                removed |= {path for path in step if self._feeds(path, key)}
            current = after
        self._without_needless(solution, len(current))
        still = {path for key, each in current.items() if key not in noise for path in self._paths(solution, each)}
        solution.refused = {path: each for path, each in self.refused.items() if path in still}
        return solution

    def _paths(self, solution: Solution, mismatch: Mismatch) -> Iterator[KeyPath]:
        """The settings that surely give a value of today."""
        held = self._synthesized(solution.settings)
        assert held is not None
        yield from (each.path for each in self._proposer.of(mismatch, *held) if not each.guess)

    def _step(
        self, settings: Edits, open_ones: Mapping[ValueKey, Mismatch], current: Mapping[ValueKey, Mismatch]
    ) -> Edits | None:
        """Settings that remove differences and add none; None when no proposal does."""
        sure, unsure = self._proposed(settings, open_ones)
        together = {path: each.value for path, each in sure.items() if self._allowed(each)}
        if together:
            gain = self._gain(settings, together, current)
            good = together if gain is not None and gain[0] and not gain[1] else None
            good = good or self._completed(settings, together, current)
            good = good or self._useful(settings, together, current)
            if good:
                return good
        best: tuple[int, Edits] | None = None
        for proposal in [*sure.values(), *unsure]:
            if not self._allowed(proposal):
                continue
            one = {proposal.path: proposal.value}
            gain = self._gain(settings, one, current)
            if gain is not None and gain[0] > gain[1] and (best is None or gain[0] - gain[1] > best[0]):
                best = gain[0] - gain[1], one
        return best[1] if best else None

    def _proposed(
        self, settings: Edits, open_ones: Mapping[ValueKey, Mismatch]
    ) -> tuple[dict[KeyPath, Proposal], list[Proposal]]:
        """Values that follow from today's, by the majority of the differences; and all other proposals."""
        held = self._synthesized(settings)
        assert held is not None
        votes: dict[KeyPath, Counter[str]] = defaultdict(Counter)
        known: dict[str, Proposal] = {}
        guesses: dict[str, Proposal] = {}
        for mismatch in open_ones.values():
            proposals = {repr(each): each for each in self._proposer.of(mismatch, *held)}
            for text, each in proposals.items():
                if each.guess:
                    guesses.setdefault(text, each)
                else:
                    known[text] = each
                    votes[each.path][text] += 1
            paths = {each.path for each in proposals.values() if not each.guess}
            if mismatch.argument != EXISTENCE and len(paths) > 1:
                self._doubtful |= paths
        sure: dict[KeyPath, Proposal] = {}
        for path, counted in votes.items():
            first, *others = counted.most_common()
            if path[0] == "tags" and first[1] < _MOST * self._today.tagged:
                continue  # a tag of single resources; no setting sets it
            sure[path] = known[first[0]]
            guesses |= {text: known[text] for text, _ in others}
        self._doubtful |= {each.path for each in guesses.values()}
        return sure, list(guesses.values())

    def _completed(self, settings: Edits, together: Edits, current: Mapping[ValueKey, Mismatch]) -> Edits | None:
        """Proposals with those that remove the differences which they add; None when some are left."""
        completed = dict(together)
        for _ in range(_ROUNDS_OF_COMPLETION):
            after = self._mismatches({**settings, **completed})
            if after is None:
                return None
            added = {key: after[key] for key in after.keys() - current.keys()}
            if not added:
                return completed if current.keys() - after.keys() else None
            sure, _ = self._proposed({**settings, **completed}, added)
            more = {path: each.value for path, each in sure.items() if path not in completed and self._allowed(each)}
            if not more:
                return None
            completed |= more
        return None

    def _useful(self, settings: Edits, together: Edits, current: Mapping[ValueKey, Mismatch]) -> Edits | None:
        """The proposals that are needed to remove a difference; None when they remove none together."""
        kept = dict(together)
        gain = self._gain(settings, kept, current)
        for path in list(together):
            if gain is not None and gain[0] and not gain[1]:
                break
            rest = {key: value for key, value in kept.items() if key != path}
            without = self._gain(settings, rest, current) if rest else (0, 0)
            if without is not None and (gain is None or without[0] - without[1] >= gain[0] - gain[1]):
                kept, gain = rest, without
        return kept if kept and gain is not None and gain[0] > gain[1] else None

    def _gain(self, settings: Edits, more: Edits, current: Mapping[ValueKey, Mismatch]) -> tuple[int, int] | None:
        """Weight of the differences that further settings remove and add; None when they cannot be synthesized."""
        after = self._mismatches({**settings, **more})
        if after is None:
            return None
        return _weight(current.keys() - after.keys()), _weight(after.keys() - current.keys())

    def _without_needless(self, solution: Solution, left: int) -> None:
        """Drop settings that later ones made unnecessary: without them there are no more differences."""
        for path in [each for each in solution.settings if each in self._doubtful]:
            rest = {key: value for key, value in solution.settings.items() if key != path}
            without = self._mismatches(rest)
            if without is not None and len(without) <= left:
                solution.settings = rest
                for removed in solution.causes.values():
                    removed.discard(path)

    def _is_considered(self, key: ValueKey) -> bool:
        """Whether Terraform ignores changes of the argument, and a setting that a rule needs feeds it."""
        held = self._synthesized({})
        resource = held[1].find(key[0]) if held else None
        ignored = resource is not None and key[1] in resource.ignore_changes
        return ignored and any(self._feeds(path, key) for path in self.considered)

    def _feeds(self, path: KeyPath, key: ValueKey) -> bool:
        feeding = self._proposer.feeding(label(key[0]), key[1])
        return any(path[: len(each)] == each or each[: len(path)] == path for each in feeding)

    # ---- trying --------------------------------------------------------------------------------------------------

    def _allowed(self, proposal: Proposal) -> bool:
        """Whether a setting may have a value; if not, and it surely is today's, the reason is noted."""
        path, value = proposal.path, proposal.value
        if path in self.refused:
            return False
        if value is REMOVED:
            return True
        data = {**applied(self._document.data, {path: value}), "environment": self._environment}
        try:
            self._model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                key, found, problem, allowed = explain(detail, self._model, data)
                if key[: len(path)] == path:
                    if not proposal.guess:
                        self.refused[path] = Problem(self._document.place(path), key, found, problem, allowed)
                    return False
        return True

    def _mismatches(self, settings: Edits) -> dict[ValueKey, Mismatch] | None:
        held = self._synthesized(settings)
        if held is None:
            return None
        arguments = {label: list(each) for label, each in self._provenance.resources.items()}
        return self._today.mismatches(held[1], arguments)

    def _synthesized(self, settings: Edits) -> tuple[AnySettings, Stack] | None:
        """The stack with further settings, without the rules; None when it cannot be synthesized."""
        name = repr(sorted(settings.items(), key=repr))
        if name not in self._tried:
            self._tried[name] = self._synthesize(settings)
        return self._tried[name]

    def _synthesize(self, settings: Edits) -> tuple[AnySettings, Stack] | None:
        ordered = sorted(settings.items(), key=lambda pair: [(str(type(key)), key) for key in pair[0]])
        try:
            data = {**applied(self._document.data, dict(ordered)), "environment": self._environment}
            model = self._model.model_validate(data)
            with tempfile.TemporaryDirectory(prefix="miyabi-adopt-") as name:
                out = Path(name)
                render([model], out)
                return model, Root(out / "stacks" / stack_name(model), out).stack()
        except (ValidationError, StackError, ValueError, TypeError, IndexError):
            return None


def _weight(keys: Iterable[ValueKey]) -> int:
    """The weight of differences: the existence of an instance counts more than its arguments."""
    return sum(_INSTANCE if argument == EXISTENCE else 1 for _, argument, _ in keys)
