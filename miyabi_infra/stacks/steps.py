"""Changes of settings that one apply does not carry out in a living environment, or not safely, and what to do instead.

Each was tried on emulated AWS, where it fails as on AWS, or loses what it must not; or AWS's documentation says so.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from miyabi_infra.overlays.problems import KeyPath
from miyabi_infra.project import SHARED
from miyabi_infra.stacks.causes import Cause, Causes
from miyabi_infra.stacks.compare import Absent, ResourceChange
from miyabi_infra.stacks.provenance import EXISTENCE

_TOPOLOGY: Final = "elasticache.topology"
_TOPOLOGIES: Final = ("single-node", "adding-group", "retiring-node", "replication-group")
"""In the order of the steps from a node to a group."""
_DEPLOYMENT: Final = ("ecs_service", "deployment")
_DEPLOYMENTS: Final = ("rolling", "both", "blue_green")
"""In the order of the steps to CodeDeploy."""


def _always(_before: object, _after: object) -> bool:
    return True


def _off(_before: object, after: object) -> bool:
    return not after


def _left_out(before: object, after: object) -> bool:
    return before is not None and after is None


def _another(before: object, _after: object) -> bool:
    return bool(before)


def _lower(before: object, after: object) -> bool:
    return _numbers(after) < _numbers(before)


def _numbers(version: object) -> list[int]:
    return [int(part) for part in str(version).split(".") if part.isdecimal()]


def _from_valkey(before: object, _after: object) -> bool:
    return before == "valkey"


def _held(before: object, _after: object) -> bool:
    """Of an item of a list: whether it changes or goes; what is added does no harm."""
    return before is not None and not isinstance(before, Absent)


def _from_dual_stack(before: object, _after: object) -> bool:
    return before == "dual-stack"


def _skipping(before: object, after: object) -> bool:
    """Whether a change leaves out a step of an order that holds both values."""
    order = next((each for each in (_TOPOLOGIES, _DEPLOYMENTS) if before in each and after in each), None)
    return order is not None and abs(order.index(str(before)) - order.index(str(after))) > 1


@dataclass(frozen=True)
class Steps:
    """What to do instead of one apply."""

    text: str
    page: str = ""
    """The page with the commands, from the project's root; empty where the text says all."""
    needed: Callable[[object, object], bool] = _always
    """Whether a change from one value to another needs them."""

    @property
    def always(self) -> bool:
        """Whether every change needs them."""
        return self.needed is _always


_NEW_ENVIRONMENT: Final = Steps(
    "make a new environment next to it, move the users by DNS, then destroy the old one",
    "README.md#add-an-environment",
)
_OTHER_SUBNETS: Final = Steps(
    f"a cache, a database and a NAT gateway can't leave their subnets: {_NEW_ENVIRONMENT.text}",
    _NEW_ENVIRONMENT.page,
    _held,
)
_ROLE: Final = Steps("terraform init -reconfigure, with a role of the same account; then a plan must say no changes")
_NEW_DATABASE: Final = Steps(
    "the database would be replaced, which Terraform refuses: create a new one from a snapshot",
    "docs/guides/database.md#nothing-deletes-or-replaces-it-by-accident",
)
_NEW_GROUP: Final = Steps(
    "the replication group would be replaced, and its data lost: go back to a node, then to a new group",
    "docs/guides/replication-group.md",
)
_OTHER_SHARE: Final = Steps(
    "provider 5 replaces the service, minutes without a task: change it in AWS first", "docs/guides/spot.md"
)
_EMPTY_BUCKETS: Final = Steps(
    "AWS deletes empty buckets only: empty those that go, all versions, first",
    "docs/guides/frontend.md#remove-it",
    _another,
)

_OTHER_SHARED: Final = Steps(
    "the registry with its images would be replaced, and Terraform refuses to destroy the bucket of the states: make a "
    "new shared stack next to it, push the images, move the states, then destroy the old one",
    "docs/guides/first-apply.md#2-what-exists-once-per-account",
)
_OF_EVERY_STACK: Final[Mapping[str, Steps]] = {
    "aws_provider": Steps("terraform init -upgrade, then a plan must say no changes", "docs/guides/aws-provider-6.md"),
    "state": Steps(
        "terraform init -migrate-state, then a plan must say no changes",
        "docs/guides/first-apply.md",
    ),
    "assume_role.role_arn": _ROLE,
    "assume_role.external_id": _ROLE,
    "assume_role.session_name": _ROLE,
}

STEPS: Final[Mapping[str, Steps]] = {
    "project": _NEW_ENVIRONMENT,
    "region": _NEW_ENVIRONMENT,
    **_OF_EVERY_STACK,
    "networking.vpc_cidr": _NEW_ENVIRONMENT,
    "networking.availability_zones": _OTHER_SUBNETS,
    "networking.public_subnet_cidrs": _OTHER_SUBNETS,
    "networking.private_subnet_cidrs": _OTHER_SUBNETS,
    "networking.ipv6": Steps(
        "AWS takes no block that something uses: in applies before, tasks without IPv6 and alb.ip_address_type: ipv4; "
        "then vpc-only, then none",
        "docs/guides/ipv6.md#switch-it-off",
        _from_dual_stack,
    ),
    _TOPOLOGY: Steps(
        "one step per apply: single-node, adding-group, retiring-node, replication-group",
        "docs/guides/replication-group.md",
        _skipping,
    ),
    "elasticache.at_rest_encryption_enabled": _NEW_GROUP,
    "elasticache.kms_key_arn": _NEW_GROUP,
    "elasticache.engine": Steps(
        "AWS does not change Valkey back to Redis: the group would be replaced, and its data lost",
        needed=_from_valkey,
    ),
    "elasticache.redis_engine_version": Steps(
        "AWS does not downgrade: the cache would be replaced, and its data lost", needed=_lower
    ),
    "elasticache.transit_encryption_enabled": Steps(
        "transit_encryption_mode: preferred, then the clients, and only then the end of the change",
        "docs/guides/replication-group.md#tls-on-a-group-that-exists",
    ),
    "elasticache.transit_encryption_mode": Steps(
        "say transit_encryption_mode: required instead: left out, the provider keeps what is there", needed=_left_out
    ),
    "rds.enabled": Steps(
        "apply rds.deletable: true first, or RDS refuses the deletion",
        "docs/guides/database.md#nothing-deletes-or-replaces-it-by-accident",
        _off,
    ),
    "rds.admin_user": _NEW_DATABASE,
    "rds.database_name": _NEW_DATABASE,
    "rds.kms_key_arn": _NEW_DATABASE,
    "rds.engine_version": Steps("AWS does not downgrade a database", needed=_lower),
    "ecs_service.deployment": Steps(
        "one step per apply: rolling, both, blue_green, or the service is replaced",
        "docs/guides/blue-green.md#from-rolling-to-bluegreen",
        _skipping,
    ),
    "alb.internal": Steps(
        "the load balancer and its target group are replaced, minutes without an answer: first what stands in its way",
        "docs/guides/internal.md#in-an-environment-that-runs",
    ),
    "ecs_service.deployment_alarms": Steps(
        "say deployment_alarms: [] instead: provider 5 fails where the block goes", needed=_left_out
    ),
    "ecs_service.spot_share": _OTHER_SHARE,
    "ecs_service.on_demand_base": _OTHER_SHARE,
    "dns.zone": Steps(
        "take the section certificate and all names out in applies before; all at once, Terraform finds a cycle",
        "docs/guides/domain.md",
        _another,
    ),
    "frontend.enabled": Steps(
        f"{_EMPTY_BUCKETS.text}; keep frontend.bucket for one apply more", _EMPTY_BUCKETS.page, _off
    ),
    "log_bucket.name": Steps("AWS deletes empty buckets only: empty the one that goes first", needed=_another),
    "frontend.bucket": _EMPTY_BUCKETS,
    "frontend.access_log_days": Steps(_EMPTY_BUCKETS.text, _EMPTY_BUCKETS.page, _off),
    **{f"{SHARED}.{name}": steps for name, steps in _OF_EVERY_STACK.items()},
    f"{SHARED}.project": _OTHER_SHARED,
    f"{SHARED}.region": _OTHER_SHARED,
    f"{SHARED}.state_bucket.name": Steps(
        "Terraform refuses to destroy the bucket of the states: take it out of the state (terraform state rm), apply, "
        "then move each state with terraform init -migrate-state",
        "docs/guides/first-apply.md#3-its-state-into-the-bucket",
    ),
    f"{SHARED}.hosted_zone.name": Steps(
        "the domain is delegated to the name servers of this zone: delegate it elsewhere first. Without a name "
        "Terraform deletes the zone; for another name it refuses to, so take it out of the state (terraform state rm)",
        "docs/guides/domain.md#1-the-hosted-zone",
        _another,
    ),
}
"""By setting; one of the shared stack has `shared.` before its name."""

NEW_ENVIRONMENT: Final = frozenset(name for name, steps in STEPS.items() if steps is _NEW_ENVIRONMENT)
"""Settings that make another environment of it."""

_ROLLING_FIRST: Final = Steps(
    "AWS changes no such argument of a service that CodeDeploy deploys: go back to rolling first",
    "docs/guides/blue-green.md#back-to-rolling",
)
STEPS_OF_CODEDEPLOY: Final[Mapping[str, Steps]] = STEPS | {
    "container_port": _ROLLING_FIRST,
    "networking.availability_zones": _ROLLING_FIRST,
    "ecs_service.enable_execute_command": _ROLLING_FIRST,
}
"""By setting, where CodeDeploy deploys already."""

_OF_A_SECTION_THAT_IS_THERE: Final = {"rds": "rds.enabled", "frontend": "frontend.enabled"}
"""Sections that an environment may lack, and the setting that says so: nothing of them can be in the way."""


@dataclass(frozen=True)
class Told:
    """A changed setting that needs steps."""

    setting: str
    steps: Steps

    def __str__(self) -> str:
        """For people: `networking.vpc_cidr: make a new environment … (README.md#add-an-environment)`."""
        return f"{short(self.setting)}: {self.steps.text}{f' ({self.steps.page})' if self.steps.page else ''}"


def steps_of(changes: Iterable[ResourceChange], causes: Causes) -> tuple[Told, ...]:
    """The steps that differences of an environment need, by setting."""
    values = {each.name: (each.before.value, each.after.value) for each in causes.settings}
    new = {section for section, switch in _OF_A_SECTION_THAT_IS_THERE.items() if not values.get(switch, (True,))[0]}
    if values.get(_TOPOLOGY, ("",))[0] == "single-node":
        new.add("elasticache")  # the group is made by this change
    found = dict[str, Told]()
    steps = steps_where(causes.before.get(_DEPLOYMENT))
    for cause in involved(changes, causes):
        told = step_of(full(cause.setting, causes), cause.before.value, cause.after.value, steps)
        if told and (told.setting == _TOPOLOGY or told.setting.partition(".")[0] not in new):
            found[told.setting] = told
    return tuple(found[setting] for setting in sorted(found))


def short(name: str) -> str:
    """The name of a setting in its overlay."""
    return name.removeprefix(f"{SHARED}.")


def full(setting: KeyPath, causes: Causes) -> KeyPath:
    """The name of a setting among those of all stacks."""
    return (SHARED, *setting) if causes.shared else setting


def steps_between(running: object, wanted: object, settings: Iterable[KeyPath]) -> tuple[Told, ...]:
    """The steps from the settings of what runs to others, of those that are named."""
    steps = steps_where(value_at(running, _DEPLOYMENT))
    found = (step_of(each, value_at(running, each), value_at(wanted, each), steps) for each in settings)
    told = {each.setting: each for each in found if each}
    return tuple(told[setting] for setting in sorted(told))


def value_at(settings: Any, path: KeyPath) -> object:  # noqa: ANN401  # settings, a list or a mapping
    """The value of a setting, or of an item in it; None if there is none."""
    held = settings
    for part in path:
        try:
            held = getattr(held, str(part)) if isinstance(held, BaseModel) else held[part]
        except (AttributeError, LookupError, TypeError):
            return None
    return held


def involved(changes: Iterable[ResourceChange], causes: Causes) -> Iterator[Cause]:
    """The settings of which differences come."""
    for change in changes:
        for path in [each.path for each in change.arguments] or [EXISTENCE]:
            yield from causes.of(change, path)


def steps_where(deployment: object) -> Mapping[str, Steps]:
    """The steps by setting, of an environment with a value of `ecs_service.deployment`."""
    return STEPS if deployment in (None, "rolling") else STEPS_OF_CODEDEPLOY


def named(setting: KeyPath, among: Container[str]) -> str | None:
    """The name of a setting, or of the one in which it is an item, that is among some; the longest of them."""
    names = (".".join(map(str, setting[:length])) for length in range(len(setting), 0, -1))
    return next((each for each in names if each in among), None)


def step_of(setting: KeyPath, before: object, after: object, steps: Mapping[str, Steps] = STEPS) -> Told | None:
    """The steps that a change of a setting, or of an item in it, needs."""
    name = named(setting, steps)
    if name is None or before == after or not steps[name].needed(before, after):
        return None
    return Told(name, steps[name])
