"""What a status consists of: observations in sections, with the level that decides the verdict."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final, Literal, cast

from miyabi_infra.aws.client import UNEXPECTED, Kind, Trouble, not_understood, together
from miyabi_infra.aws.world import World
from miyabi_infra.progress import step
from miyabi_infra.stacks import Stack
from miyabi_infra.stacks.platform import Platform

UNKNOWN: Final = 3
"""Exit code when nothing is known to be degraded, but not everything could be determined."""


class Level(IntEnum):
    """How much an observation matters; the greatest level is the verdict."""

    OK = 0
    NOTE = 1
    """Worth knowing, but no reason to act."""
    UNKNOWN = 2
    """Could not be determined."""
    DEGRADED = 3
    """Something does not work as it should."""


@dataclass(frozen=True)
class Observation:
    """One line of a section."""

    level: Level
    text: str
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The figures in the text, for programs."""


@dataclass(frozen=True)
class StatusSection:
    """A part of the environment, with what was observed."""

    name: str
    observations: tuple[Observation, ...]


def greatest(sections: Iterable[StatusSection]) -> Level:
    """The greatest level of all observations; unknown without any."""
    return max((each.level for section in sections for each in section.observations), default=Level.UNKNOWN)


def sections_as_data(sections: Iterable[StatusSection], names: Mapping[Level, str]) -> dict[str, list[dict[str, Any]]]:
    """Sections for programs, with the names of the levels."""
    return {
        section.name: [
            {"level": names[each.level], "text": each.text, "data": cast("Any", each.data)}
            for each in section.observations
        ]
        for section in sections
    }


@dataclass(frozen=True)
class Status:
    """The status of an environment at a time."""

    stack: Stack
    time: datetime
    account: str
    """Account of the credentials; empty when AWS did not say."""
    principal: str
    """ARN of the user or the role that asked."""
    sections: tuple[StatusSection, ...]

    @property
    def level(self) -> Level:
        """The greatest level of all observations."""
        return greatest(self.sections)

    @property
    def verdict(self) -> Literal["healthy", "degraded", "unknown"]:
        """The status in a word: `healthy` only when everything was read."""
        if self.level is Level.DEGRADED:
            return "degraded"
        return "unknown" if self.level is Level.UNKNOWN else "healthy"

    @property
    def exit_code(self) -> int:
        """0 healthy, 1 degraded, 3 when nothing is known to be degraded but not everything could be determined."""
        return {"healthy": 0, "degraded": 1, "unknown": UNKNOWN}[self.verdict]


@dataclass(frozen=True)
class Look:
    """What every section gets: AWS, where each question is asked once, and what was generated."""

    world: World
    platform: Platform
    now: datetime

    @property
    def cluster(self) -> str:
        """Name of the ECS cluster."""
        return str(self.platform.cluster.get("name")) if self.platform.cluster else ""

    @property
    def service(self) -> str:
        """Name of the ECS service."""
        return str(self.platform.service.get("name")) if self.platform.service else ""

    @property
    def scalable(self) -> str:
        """The service, as Application Auto Scaling names it."""
        return f"service/{self.cluster}/{self.service}"

    def describe_service(self) -> Mapping[str, Any] | None:
        """The service as ECS describes it; None when it does not exist."""
        answer = self.world.ask("ecs", "describe_services", cluster=self.cluster, services=[self.service])
        return next(iter(answer["services"]), None)

    def describe_load_balancer(self) -> Mapping[str, Any]:
        """The load balancer as Elastic Load Balancing describes it.

        Raises:
            Trouble: when AWS gives no answer, also when it does not exist.
        """
        balancer = self.platform.load_balancer
        names = [str(balancer.get("name"))] if balancer else []
        return self.world.ask("elbv2", "describe_load_balancers", Names=names)["LoadBalancers"][0]

    @property
    def by_codedeploy(self) -> bool:
        """Whether CodeDeploy moves the traffic between two target groups."""
        return bool(self.platform.stack.of_type("aws_codedeploy_deployment_group"))

    def target_group(self) -> Mapping[str, Any]:
        """The target group of the service as Elastic Load Balancing describes it; of two, the one that it uses now.

        Raises:
            Trouble: when AWS gives no answer, also when it does not exist.
        """
        group = self.platform.target_group
        asked: dict[str, Any] = {"Names": [str(group.get("name"))] if group else []}
        found = self.describe_service() if self.by_codedeploy else None
        for each in (found or {}).get("loadBalancers") or ():
            asked = {"TargetGroupArns": [each["targetGroupArn"]]}
        return self.world.ask("elbv2", "describe_target_groups", **asked)["TargetGroups"][0]

    def alarms(self) -> Mapping[str, Mapping[str, Any]]:
        """The generated alarms as CloudWatch describes them, by name."""
        by_region: dict[str, list[str]] = {}
        for name, alarm in sorted(self.platform.alarms.items()):
            by_region.setdefault(alarm.region, []).append(name)
        return {
            str(each["AlarmName"]): each
            for region, names in by_region.items()
            for each in self.world.at(region).items("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNames=names)
        }


def unknown(trouble: Trouble) -> Observation:
    """A question that AWS did not answer."""
    return Observation(Level.UNKNOWN, trouble.text, {"trouble": trouble.kind.value})


Ask = Callable[[Look], Iterator[Observation]]
"""What a section asks AWS, line by line."""


def section(name: str, ask: Ask, look: Look) -> StatusSection:
    """A section; what goes wrong in the middle of it is its last line."""
    found: list[Observation] = []
    try:
        found.extend(ask(look))  # keeps what was observed before a trouble
    except Trouble as trouble:
        level = Level.DEGRADED if trouble.kind is Kind.MISSING else Level.UNKNOWN
        found.append(Observation(level, trouble.text, {"trouble": trouble.kind.value}))
    except UNEXPECTED as error:
        found.append(unknown(not_understood(error)))
    return StatusSection(name, tuple(found))


def sections_of(look: Look, asked: Mapping[str, Ask]) -> list[StatusSection]:
    """All sections, asked at the same time, in their order."""
    name, done = look.world.stack.name, iter(range(1, len(asked) + 1))

    def answered(pair: tuple[str, Ask]) -> StatusSection:
        found = section(*pair, look)
        step(f"ask AWS about {name}: {next(done)} of {len(asked)} sections answered")
        return found

    step(f"ask AWS about {name}")
    return together(answered, asked.items())


def ago(then: datetime, now: datetime) -> str:
    """How long ago something was: `4 min ago`."""
    return "just now" if now - then < timedelta(minutes=1) else f"{_duration(now - then)} ago"


def _duration(length: timedelta) -> str:
    seconds = length.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def as_data(status: Status) -> dict[str, Any]:
    """The status for programs."""
    return {
        "environment": status.stack.environment,
        "stack": status.stack.name,
        "region": status.stack.region,
        "account": status.account,
        "principal": status.principal,
        "time": status.time.isoformat(timespec="seconds"),
        "verdict": status.verdict,
        "exit_code": status.exit_code,
        "undetermined": sum(
            each.level is Level.UNKNOWN for section in status.sections for each in section.observations
        ),
        "sections": sections_as_data(status.sections, {level: level.name.lower() for level in Level}),
    }
