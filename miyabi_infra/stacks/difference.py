"""Two environments compared: what differs, the settings that cause it, and which protections become weaker."""

from dataclasses import dataclass
from pathlib import Path

from miyabi_infra.overlays.merging import documents
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, Stack, chosen, read
from miyabi_infra.stacks.causes import Cause, Causes, names_ipv6
from miyabi_infra.stacks.compare import Comparison, compare
from miyabi_infra.stacks.provenance import EXISTENCE
from miyabi_infra.stacks.strengths import Unjudged, Weaker, unjudged, weaker
from modules.addresses import IPV6


@dataclass(frozen=True)
class EnvironmentDifference:
    """Two environments compared."""

    before: Stack
    after: Stack
    comparison: Comparison
    causes: Causes
    weaker: tuple[Weaker, ...]
    unjudged: tuple[Unjudged, ...]
    """Differences that may make the second weaker: nobody has declared which way is."""

    def causes_of_weakness(self, found: Weaker) -> list[Cause]:
        """The settings by which the second environment has less of a strength."""
        causes: dict[str, Cause] = {}
        subject, _, item = found.subject.partition(": ")  # a rule of a web ACL, or the resource
        own = [each for each in self.comparison.changes if each.address == subject]
        for change in own or self.comparison.changes:
            for kind, argument in found.strength.arguments:
                if change.address != kind and f".{kind}." not in f".{change.address}":
                    continue
                paths = [each.path for each in change.arguments if each.argument == argument]
                about = f"[{item}]" if item else found.strength.about
                paths = [path for path in paths if about in path] or paths
                if found.strength.version is not None:  # of the rules that are about it, where they say so
                    ipv6 = found.strength.version == IPV6
                    paths = [path for path in paths if names_ipv6(path) == ipv6] or paths
                if not change.arguments:  # a resource that is gone takes its arguments along
                    says = self.causes.knows(change, argument) and self.causes.of(change, argument)
                    paths = [argument, EXISTENCE] if says else [EXISTENCE]
                for path in paths:
                    causes |= {each.name: each for each in self.causes.of(change, path)}
        return list(causes.values())


def difference(root: Path, before: str, after: str) -> EnvironmentDifference:
    """What differs from one environment to another.

    Raises:
        Refused: when the stacks or overlays cannot be read, or an environment does not exist.
    """
    stacks = read(root / OUT)
    (first,), (second,) = chosen(stacks, before), chosen(stacks, after)
    if (SHARED in {before, after}) and before != after:
        raise Refused("the shared stack has other modules than an environment: there is nothing to compare")
    overlays = documents(root)
    for name in (before, after):
        if name not in overlays:
            raise Refused(f"environments/{name}.yaml is not there, though {OUT} holds its stack: run 'make synth'")
    causes = Causes(
        ROOT, overlays[before], overlays[after], shared=before == SHARED, stays=first.addresses & second.addresses
    )
    comparison = compare(first, second)
    return EnvironmentDifference(
        before=first,
        after=second,
        comparison=comparison,
        causes=causes,
        weaker=tuple(weaker(first, second)),
        unjudged=tuple(unjudged(comparison.changes)),
    )
