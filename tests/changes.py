"""The changes that `make changes` measures: of each setting, with what must change with it.

A setting of the shared stack has `shared.` before its name.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel

from environments.settings import EnvironmentSettings, SharedSettings
from miyabi_infra.project import ROOT, SHARED
from miyabi_infra.stacks import provenance
from miyabi_infra.stacks.steps import STEPS
from tests import complete
from tests.complete import leaves

DEFAULT: Final = object()
"""The value of a setting that is taken out of the overlay."""

Values = Mapping[str, Any]
"""Settings by their paths, each with its value."""

ROLLING: Final[Values] = {
    "alb.ip_address_type": DEFAULT,  # else no change of networking.ipv6 would get past the load balancer
    "security_groups.alb_ingress_ipv6_cidr_blocks": DEFAULT,
    "ecs_service.wait_for_steady_state": DEFAULT,  # without tasks, the first apply would wait for ever
    "ecs_service.managed_elsewhere": DEFAULT,  # else no setting of the tasks would roll out
    "ecs_service.scaling_managed_elsewhere": DEFAULT,  # else no other capacity would be applied
    "ecs_service.running_hours": DEFAULT,  # they need both capacities managed elsewhere
    "ecs_service.running_hours_timezone": DEFAULT,
    "ecs_service.tasks_outside_running_hours": DEFAULT,
    "ecs_service.deployment": DEFAULT,  # else CodeDeploy would roll out, not Terraform
    "codedeploy.traffic": DEFAULT,
    "codedeploy.approval_minutes": DEFAULT,
    "codedeploy.termination_wait_minutes": DEFAULT,
    "codedeploy.hooks": DEFAULT,
    "codedeploy.test_port": DEFAULT,
    "codedeploy.test_cidr_blocks": DEFAULT,
}
"""How the living environment in which ECS deploys differs from the most complete overlay."""
BLUE_GREEN: Final[Values] = {
    "ecs_service.wait_for_steady_state": DEFAULT,
    "ecs_service.deployment": "blue_green",
    "ecs_service.enable_service_discovery": DEFAULT,  # blue/green excludes it
    "ecs_service.service_discovery_force_destroy": DEFAULT,
    "ecs_service.autoscaling_requests_target": DEFAULT,
}
"""How the one differs in which CodeDeploy deploys."""

_IMAGE: Final = f"{complete.ACCOUNT}.dkr.ecr.{complete.REGION}.amazonaws.com/miyabi-web-api:9d8e7f6"
_TOPIC: Final = f"arn:aws:sns:{complete.REGION}:{complete.ACCOUNT}:on-call"
_ALONE: Final = (
    "alb.named_for_port",
    "ecs_service.deployment_alarms",
    "ecs_service.enable_service_discovery",
    "ecs_service.wait_for_steady_state",  # an apply of several waits until the service has settled on all of them
    "elasticache.auth",
    "elasticache.kms_key_arn",
    "elasticache.named_for_family",
    "elasticache.redis_engine_version",
    "elasticache.url_variable",
    "rds.access",
    "rds.engine_version",
    "tags",
)
"""Settings whose change touches much, though they look small."""
_FEW: Final = 3
"""Resources that a change may touch which is measured together with others."""
_ZONES: Final = [f"{complete.REGION}a", f"{complete.REGION}b"]
_PUBLIC: Final = ["10.8.1.0/24", "10.8.2.0/24"]
_PRIVATE: Final = ["10.8.16.0/20", "10.8.32.0/20"]
GLOBAL_CERTIFICATE: Final = f"arn:aws:acm:us-east-1:{complete.ACCOUNT}:certificate/0a1b2c3d-4444-5555-6666-777788889999"
WEB_ACL: Final = f"arn:aws:wafv2:us-east-1:{complete.ACCOUNT}:global/webacl/cdn/0a1b2c3d-4444-5555-6666-777788889999"
_NO_HTTPS: Final[Values] = {
    "certificate.domain_names": DEFAULT,
    "alb.further_certificate_arns": DEFAULT,
    "alb.redirect_http_to_https": DEFAULT,
    "frontend.api_domain_name": DEFAULT,
}
_OWN_CERTIFICATES: Final[Values] = {
    "certificate.domain_names": DEFAULT,
    "alb.certificate_arn": complete.CERTIFICATE,
    "alb.further_certificate_arns": DEFAULT,
    "frontend.certificate_arn": GLOBAL_CERTIFICATE,
    "certificate.for_frontend": DEFAULT,
}
_NO_FIREWALL: Final[Values] = {"waf.enabled": False, "alb.waf_fail_open": DEFAULT}
_NO_FRONTEND: Final[Values] = {
    "frontend.enabled": False,
    "dns.frontend_names": DEFAULT,
    "dns.health_check_name": DEFAULT,
    "frontend.domain_names": DEFAULT,
    "certificate.for_frontend": DEFAULT,
    "waf.protects": DEFAULT,
}
_HOURS: Final[Values] = {
    "ecs_service.running_hours": "MON-FRI 07:00-20:30",
    "ecs_service.scaling_managed_elsewhere": ["min_capacity", "max_capacity"],
}
_DUALSTACK: Final = {
    "alb.ip_address_type": "dualstack",
    "security_groups.alb_ingress_ipv6_cidr_blocks": ["2001:db8:113::/48"],
}
CHANGES: Final[Mapping[str, Sequence[Values]]] = {
    "account_id": ({"account_id": DEFAULT},),
    "networking.availability_zones": (
        {
            "networking.availability_zones": [*_ZONES, f"{complete.REGION}c", f"{complete.REGION}d"],
            "networking.public_subnet_cidrs": [*_PUBLIC, "10.8.3.0/24", "10.8.4.0/24"],
            "networking.private_subnet_cidrs": [*_PRIVATE, "10.8.48.0/20", "10.8.64.0/20"],
        },
    ),
    "networking.public_subnet_cidrs": ({"networking.public_subnet_cidrs": [*_PUBLIC, "10.8.4.0/24"]},),
    "networking.private_subnet_cidrs": (),
    "networking.ipv6": ({"networking.ipv6": "vpc-only"}, {"networking.ipv6": "none"}),
    "security_groups.alb_ingress_ipv6_cidr_blocks": (dict(reversed(_DUALSTACK.items())),),
    "alb.ip_address_type": (_DUALSTACK,),
    "networking.enable_nat_gateway": ({"networking.enable_nat_gateway": False},),
    "networking.single_nat_gateway": ({"networking.single_nat_gateway": True},),
    "security_groups.https_ingress": ({"security_groups.https_ingress": False, **_NO_HTTPS},),
    "alb.internal": (),  # with the frontend, which it excludes, Terraform finds a cycle; the guide is run
    "alb.enable_deletion_protection": ({"alb.enable_deletion_protection": True},),
    "alb.certificate_arn": (
        {
            "alb.certificate_arn": complete.CERTIFICATE,
            "alb.further_certificate_arns": DEFAULT,
            "certificate.domain_names": DEFAULT,
        },
    ),
    "ecs.ecr_image_uri": ({"ecs.ecr_image_uri": _IMAGE},),
    "ecs.task_memory": ({"ecs.task_memory": 4096},),
    "ecs.health_check_path": (  # with a command of one's own, the path would be for nothing
        {
            "ecs.health_check_path": DEFAULT,
            "ecs.container_health_check": DEFAULT,
            "ecs.container_health_check_command": DEFAULT,
        },
    ),
    "ecs.container_health_check": (
        {"ecs.container_health_check": DEFAULT, "ecs.container_health_check_command": DEFAULT},
    ),
    "ecs.container_health_check_command": ({"ecs.container_health_check_command": ["/usr/local/bin/healthy"]},),
    "ecs.read_only_root": ({"ecs.read_only_root": True, "ecs_service.enable_execute_command": DEFAULT},),
    "ecs.writable_paths": (
        {
            "ecs.writable_paths": ["/tmp"],  # a path in a container
            "ecs.read_only_root": True,
            "ecs_service.enable_execute_command": DEFAULT,
        },
    ),
    "ecs.sidecars": ({"ecs.sidecars": DEFAULT, "ecs.log_router_options": DEFAULT},),
    "ecs.environment_variables": ({"ecs.environment_variables": {"LOG_LEVEL": "info", "TOKEN": "csrf"}},),
    "ecs.not_secret": ({"ecs.not_secret": {"TOKEN": "another reason"}},),
    "ecs.container_insights": ({"ecs.container_insights": False, "monitoring.enabled": DEFAULT},),
    "elasticache.topology": (
        {"elasticache.topology": "replication-group"},
        {"elasticache.topology": "adding-group"},
    ),
    "elasticache.engine": (
        {
            "elasticache.engine": "valkey",
            "elasticache.redis_engine_version": "7.2",
            "elasticache.topology": "replication-group",
        },
    ),
    "elasticache.previous_generation_node": ({"elasticache.previous_generation_node": True},),
    "elasticache.restore_from_snapshot": ({"elasticache.restore_from_snapshot": "miyabi-complete-before"},),
    "elasticache.at_rest_encryption_enabled": (
        {"elasticache.at_rest_encryption_enabled": False, "elasticache.kms_key_arn": DEFAULT},
    ),
    "rds.variable_prefix": ({"rds.variable_prefix": "ORDERS"},),
    "rds.restore_from_snapshot": ({"rds.restore_from_snapshot": "miyabi-complete-before"},),
    "rds.performance_insights": ({"rds.performance_insights": False, "rds.performance_insights_days": DEFAULT},),
    "ecs_service.running_hours": (_HOURS,),
    "ecs_service.running_hours_timezone": ({"ecs_service.running_hours_timezone": "America/Los_Angeles", **_HOURS},),
    "ecs_service.tasks_outside_running_hours": ({"ecs_service.tasks_outside_running_hours": 1, **_HOURS},),
    "ecs_service.desired_count": ({"ecs_service.desired_count": 3},),
    "ecs_service.deployment_alarms": (
        {"ecs_service.deployment_alarms": []},
        {"ecs_service.deployment_alarms": DEFAULT},
    ),
    "ecs_service.managed_elsewhere": ({"ecs_service.managed_elsewhere": ["desired_count", "task_definition"]},),
    "ecs_service.scaling_managed_elsewhere": (
        {"ecs_service.scaling_managed_elsewhere": ["min_capacity", "max_capacity"]},
    ),
    "ecs_service.wait_for_steady_state": ({"ecs_service.wait_for_steady_state": True},),
    "endpoints.s3": ({"endpoints.s3": False, "endpoints.interfaces": ["logs", "secretsmanager", "ssmmessages"]},),
    "frontend.enabled": (_NO_FRONTEND,),
    "log_bucket.name": ({"log_bucket.name": "miyabi-logs-another"},),
    "frontend.bucket": ({"frontend.bucket": "miyabi-frontend-another"},),
    "frontend.domain_names": (
        {"frontend.domain_names": ["app.example.com"], "dns.frontend_names": ["app.example.com"]},
    ),
    "frontend.certificate_arn": (
        {"frontend.certificate_arn": GLOBAL_CERTIFICATE, "certificate.for_frontend": DEFAULT},
    ),
    "frontend.api_domain_name": ({"frontend.api_domain_name": "backend.api.example.com"},),
    "frontend.web_acl_arn": ({"frontend.web_acl_arn": WEB_ACL, **_NO_FIREWALL},),
    "dns.zone": (
        {
            "dns.zone": DEFAULT,
            "dns.zone_id": DEFAULT,
            "dns.load_balancer_names": DEFAULT,
            "dns.frontend_names": DEFAULT,
            "dns.health_check_name": DEFAULT,
            **_OWN_CERTIFICATES,
        },
    ),
    "dns.frontend_names": ({"dns.frontend_names": ["app.example.com"]},),
    "certificate.domain_names": ({"certificate.domain_names": ["api.example.com"]},),
    "certificate.for_frontend": (
        {"certificate.for_frontend": DEFAULT, "frontend.certificate_arn": GLOBAL_CERTIFICATE},
    ),
    "certificate.wait_for_validation": ({"certificate.wait_for_validation": False},),
    "waf.enabled": (_NO_FIREWALL,),
    "waf.protects": ({"waf.protects": "distribution", "alb.waf_fail_open": DEFAULT},),
    "secrets": ({"secrets": {**complete.overlay()["secrets"], "search": {"description": "Key of the search"}}},),
    "frontend.only_from_cloudfront": (
        {
            "frontend.only_from_cloudfront": True,
            "security_groups.alb_ingress_cidr_blocks": DEFAULT,
        },
    ),
    "frontend.origin_secret": ({"frontend.origin_secret": DEFAULT, "frontend.previous_origin_secret": DEFAULT},),
    "frontend.hsts_subdomains": ({"frontend.hsts_subdomains": DEFAULT, "frontend.hsts_preload": DEFAULT},),
    "notifications.topic_arn": (
        {
            "notifications.topic_arn": _TOPIC,
            "notifications.email_addresses": DEFAULT,
            "notifications.webhook": DEFAULT,
            "notifications.webhook_confirms_itself": DEFAULT,
            "notifications.kms_key_arn": DEFAULT,
        },
    ),
}
"""The changes of a setting that are measured, each with what must change with it. Any other setting is changed from its
value in the most complete overlay to its default."""
WITH_BLUE_GREEN: Final[Mapping[str, Sequence[Values]]] = {
    **{
        f"codedeploy.{name}": ({f"codedeploy.{name}": DEFAULT},)
        for name in ("traffic", "approval_minutes", "termination_wait_minutes", "hooks")
    },
    "codedeploy.test_port": (
        {"codedeploy.test_port": DEFAULT, "codedeploy.test_cidr_blocks": DEFAULT, "codedeploy.hooks": DEFAULT},
    ),
    "codedeploy.test_cidr_blocks": ({"codedeploy.test_cidr_blocks": ["203.0.113.8/32", "203.0.113.9/32"]},),
    "container_port": ({"container_port": DEFAULT},),
    "networking.availability_zones": CHANGES["networking.availability_zones"],
    "ecs.task_cpu": ({"ecs.task_cpu": DEFAULT},),
    "ecs.ecr_image_uri": ({"ecs.ecr_image_uri": _IMAGE},),
    "ecs_service.enable_execute_command": ({"ecs_service.enable_execute_command": DEFAULT},),
    "ecs_service.health_check_grace_period_seconds": ({"ecs_service.health_check_grace_period_seconds": DEFAULT},),
    "ecs_service.spot_share": ({"ecs_service.spot_share": 50},),
}
"""The changes that are measured where CodeDeploy deploys: its own settings, and what it does otherwise than ECS."""
BASES: Final[Mapping[str, Values]] = {"rolling": ROLLING, "blue_green": BLUE_GREEN, SHARED: {}}
"""The living environments, by who deploys, and how they differ from the most complete overlay; and the shared stack."""
SHARED_OVERLAY: Final[Mapping[str, Any]] = {
    "account_id": complete.ACCOUNT,
    "role_boundary_arn": complete.ROLE_BOUNDARY,
    "container_port": 9090,
    "tags": {"CostCenter": "4711"},
    "registry": {
        "keep_images": 20,
        "deployed_tag_prefixes": ["dev-"],
        "keep_deployed": 5,
        "pull_accounts": ["210987654321"],
        "untagged_days": 3,
    },
    "state_bucket": {"name": "miyabi-terraform-state", "noncurrent_days": 90},
    "pipeline": {
        "repository": "example/miyabi-infra",
        "owner_id": 1001,
        "repository_id": 2002,
        "branch": "trunk",
        "environments": ["dev"],
        "roles_need_boundary": True,
    },
    "hosted_zone": {"name": "example.net", "certificate_authorities": ["amazon.com"]},
    "usage": {"image_gb": 9, "state_gb": 1},
    "monthly_budget": 20,
    "lint": {"application_keep_alive": 75},
}
"""The living shared stack: no setting has its default but those that exclude another one."""
_PIPELINE: Final[Values] = {f"{SHARED}.pipeline.{name}": DEFAULT for name in SHARED_OVERLAY["pipeline"]}
SHARED_CHANGES: Final[Mapping[str, Sequence[Values]]] = {
    f"{SHARED}.pipeline.repository": ({f"{SHARED}.pipeline.repository": "example/infra"}, _PIPELINE),
    f"{SHARED}.pipeline.owner_id": ({f"{SHARED}.pipeline.owner_id": 1003},),
    f"{SHARED}.pipeline.repository_id": ({f"{SHARED}.pipeline.repository_id": 2004},),
    f"{SHARED}.pipeline.provider_arn": (
        {
            f"{SHARED}.pipeline.provider_arn": f"arn:aws:iam::{complete.ACCOUNT}:oidc-provider/"
            "token.actions.githubusercontent.com"
        },
    ),
    f"{SHARED}.pipeline.environments": (
        {f"{SHARED}.pipeline.environments": DEFAULT, f"{SHARED}.pipeline.roles_need_boundary": DEFAULT},
    ),
    f"{SHARED}.state_bucket.name": ({f"{SHARED}.state_bucket.name": "miyabi-states"},),
    f"{SHARED}.hosted_zone.name": (
        {f"{SHARED}.hosted_zone.name": DEFAULT, f"{SHARED}.hosted_zone.certificate_authorities": DEFAULT},
    ),
    f"{SHARED}.lint.waive": (
        {f"{SHARED}.lint.waive": {"CKV_AWS_18": {"reason": "CloudTrail shows it.", "until": "2027-06-30"}}},
    ),
}
"""The changes that are measured in the shared stack, where they are not to the default."""


@dataclass(frozen=True)
class Change:
    """A change that is measured: a setting, its other value, and what must change with it."""

    setting: str
    values: Values

    @property
    def labels(self) -> frozenset[str]:
        """The addresses of resources that it may touch, without their indexes."""
        return _touched(tuple(self.values))[0]

    @property
    def makes(self) -> frozenset[str]:
        """Those of them whose existence depends on it."""
        return _touched(tuple(self.values))[1]

    @property
    def grave(self) -> bool:
        """Whether it may replace or interrupt something."""
        networking = any(".networking." in label for label in self.labels)
        return networking or len(self.values) > 1 or len(self.labels) > _FEW or self.setting in (*STEPS, *_ALONE)

    def touches(self, label: str, arguments: Iterable[str]) -> bool:
        """Whether one of some arguments of a resource may depend on it."""
        resource = _settings().get(label, {})
        found = frozenset[str]().union(*(resource.get(argument, ()) for argument in arguments))
        return any(_same(each, setting) for each in self.values for setting in found)


@cache
def _settings() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """The settings that each argument of each resource may depend on."""
    return {
        label: {argument: frozenset(before + ".".join(path) for path in each) for argument, each in arguments.items()}
        for stack, before in zip(provenance.STACKS, ("", f"{SHARED}."), strict=True)
        for label, arguments in provenance.read(ROOT, stack).resources.items()
    }


@cache
def _touched(settings: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The resources that settings may touch, and those whose existence depends on them."""
    touched, made = set[str](), set[str]()
    for label, arguments in _settings().items():
        for argument, names in arguments.items():
            if any(_same(each, name) for each in settings for name in names):
                touched.add(label)
                if argument == provenance.EXISTENCE:
                    made.add(label)
    return frozenset(touched), frozenset(made)


def _same(one: str, other: str) -> bool:
    """Whether a setting is another one, or in it."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def changes_of(setting: str, base: str = "rolling") -> Sequence[Values]:
    """The changes of a setting that are measured in a living environment: the first value of each is the setting's."""
    if (base == SHARED) is not of_shared(setting):
        return ()
    if base == "blue_green" or setting.startswith("codedeploy."):
        return WITH_BLUE_GREEN.get(setting, ()) if base == "blue_green" else ()
    if setting in STEPS and STEPS[setting].always:
        return ()
    return (SHARED_CHANGES if base == SHARED else CHANGES).get(setting, ({setting: DEFAULT},))


def of_shared(setting: str) -> bool:
    """Whether a setting is one of the shared stack."""
    return setting.startswith(f"{SHARED}.")


def settings() -> list[str]:
    """Every setting of an environment, then those of the shared stack."""
    return [path for path, _ in _leaves()]


def _leaves() -> Iterator[tuple[str, Any]]:
    yield from leaves(EnvironmentSettings)
    yield from leaves(SharedSettings, f"{SHARED}.")


def base_of(setting: str, deployed_by: str) -> str:
    """In which living environment a change was measured."""
    if of_shared(setting):
        return SHARED
    return "blue_green" if deployed_by else "rolling"


def changed(overlay: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """An overlay with other values."""
    found = deepcopy(dict(overlay))
    for path, value in values.items():
        *sections, name = path.removeprefix(f"{SHARED}.").split(".")
        held = found
        for section in sections:
            held = held.setdefault(section, {})
        if value is DEFAULT:
            held.pop(name, None)
        else:
            held[name] = value
    return found


def default_of(setting: str) -> Any:  # noqa: ANN401  # any setting
    """The default of a setting, as JSON has it."""
    found = next(default for path, default in _leaves() if path == setting)
    return json.loads(json.dumps(found, default=_plain))


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_defaults=True)


def batches(changes: Sequence[Change]) -> list[list[Change]]:
    """The changes, in applies: those together of which it can be told which did what.

    Of the small ones none makes or removes what another one changes; the others are of different modules.
    """
    found: list[list[Change]] = []
    for change in sorted(changes, key=lambda each: (each.grave, -len(each.labels))):
        fits = (batch for batch in found if batch[0].grave == change.grave and not any(_mix(change, o) for o in batch))
        batch = next(fits, None)
        if batch is None:
            found.append([change])
        else:
            batch.append(change)
    return found


def _mix(one: Change, other: Change) -> bool:
    """Whether it could not be told which of two changes did something."""
    if one.setting == other.setting or set(one.values) & set(other.values):
        return True
    if one.grave:
        modules = [{label.split(".")[1] for label in each.labels if label.count(".") > 1} for each in (one, other)]
        return bool(modules[0] & modules[1]) or not all(modules)
    return bool(one.makes & other.labels or other.makes & one.labels)
