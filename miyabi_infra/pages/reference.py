"""The generated reference (`docs/reference`) and the JSON Schemas of the overlays, from the settings."""

import inspect
import json
import types
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from cdktf import App
from pydantic import BaseModel

from environments.sections.lint import LintSettings, Waiver
from environments.settings import EnvironmentSettings, SharedSettings
from environments.stack import build, stack_name
from miyabi_infra.lint.rules import RULES
from miyabi_infra.load.result import LoadResult
from miyabi_infra.overlays.loading import load
from miyabi_infra.pages.rendering import render
from miyabi_infra.project import SHARED
from modules.certificate import CertificateSettings
from modules.codedeploy import CodedeploySettings
from modules.dns import DnsSettings
from modules.ecs_service import EcsServiceSettings
from modules.endpoints import EndpointsSettings
from modules.flow_logs import FlowLogsSettings
from modules.frontend import FrontendSettings
from modules.hosted_zone import HostedZoneSettings
from modules.log_bucket import LogBucketSettings
from modules.monitoring import MonitoringSettings
from modules.notifications import NotificationsSettings
from modules.pipeline import PipelineSettings
from modules.platform import Platform
from modules.rds import RdsSettings
from modules.secrets import SecretSettings
from modules.settings import Settings, rules_of
from modules.waf import WafSettings

_FROM_THE_FILE_NAME = "environment"
_ENVIRONMENTS_OWN = ("highly_available", "monthly_budget")
_NONE = "none"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EVERYTHING = {
    "notifications": NotificationsSettings(email_addresses=("oncall@example.com",), webhook=True),
    "monitoring": MonitoringSettings(enabled=True),
    "waf": WafSettings(enabled=True, protects="both"),
    "account_id": "123456789012",
    "log_bucket": LogBucketSettings(name="miyabi-logs"),
    "flow_logs": FlowLogsSettings(destination="cloudwatch-logs"),
    "endpoints": EndpointsSettings(s3=True, interfaces=("ecr.api", "ecr.dkr", "logs")),
    "frontend": FrontendSettings(
        enabled=True, bucket="miyabi-frontend", origin_secret=True, domain_names=("app.example.com",)
    ),
    "dns": DnsSettings(
        zone="example.com", load_balancer_names=("api.example.com",), frontend_names=("app.example.com",)
    ),
    "certificate": CertificateSettings(domain_names=("api.example.com",), for_frontend=True),
    "rds": RdsSettings(enabled=True),
    "ecs_service": EcsServiceSettings(
        deployment="both", managed_elsewhere=("desired_count", "task_definition", "load_balancer")
    ),
    "codedeploy": CodedeploySettings(test_port=8443, test_cidr_blocks=("203.0.113.0/24",)),
    "secrets": {"payments": SecretSettings(description="Key of the payment provider")},
}
"""Settings that turn on the modules that are off by default: the reference shows these too."""

_EVERYTHING_SHARED = {
    "pipeline": PipelineSettings(repository="example/miyabi-infra", environments=("dev",)),
    "hosted_zone": HostedZoneSettings(name="example.com"),
}
"""The same of the shared stack."""


def pages(root: Path) -> dict[Path, str]:
    """Every generated page, by its file."""
    return {
        root / "environments/schema.json": _schema_text(EnvironmentSettings),
        root / "environments/shared.schema.json": _schema_text(SharedSettings),
        root / "docs/reference/load-result.schema.json": _json({"$schema": _DIALECT, **LoadResult.model_json_schema()}),
        root / "docs/reference/settings.md": _settings_page(),
        root / "docs/reference/lint.md": render("lint.md.j2", rules=RULES),
        root / "docs/reference/modules.md": render("modules.md.j2", **_modules(root)),
    }


@cache
def _settings_page() -> str:
    return render("settings.md.j2", sections=list(_sections()))


def schema(model: type[EnvironmentSettings | SharedSettings]) -> dict[str, Any]:
    """The JSON Schema of an overlay: no setting is required, because `base.yaml` can have the rest."""
    whole = model.model_json_schema()
    for definition in (whole, *whole.get("$defs", {}).values()):
        definition.pop("required", None)
    del whole["properties"][_FROM_THE_FILE_NAME]
    return {"$schema": _DIALECT, **whole}


@cache
def _schema_text(model: type[EnvironmentSettings | SharedSettings]) -> str:
    return _json(schema(model))


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _sections() -> Iterator[dict[str, Any]]:
    yield _section("Top level", Platform)
    yield _section("Top level of an environment", EnvironmentSettings, _ENVIRONMENTS_OWN)
    environment = EnvironmentSettings.model_fields
    for member in cast("types.UnionType", _plain(environment["state"].annotation)).__args__:
        yield _section(f"state (backend: {member.model_fields['backend'].annotation.__args__[0]})", member)
    for model, names in ((EnvironmentSettings, environment), (SharedSettings, SharedSettings.model_fields)):
        for name in names:
            annotation = model.model_fields[name].annotation
            if isinstance(annotation, type) and issubclass(annotation, Settings):
                yield _section(name if model is EnvironmentSettings else f"{name} (of {SHARED}.yaml)", annotation)
            if name == "secrets":
                yield _section("secrets, each", SecretSettings)
            if annotation is LintSettings and model is EnvironmentSettings:
                yield _section("lint.waive, each", Waiver)
        if model is EnvironmentSettings:
            own = [rule for rule in _rules(model) if rule not in _rules(Platform)]
            yield {"title": "Rules across sections", "summary": "", "settings": [], "rules": own}


def _plain(annotation: object) -> object:
    return getattr(annotation, "__origin__", annotation)


def _section(title: str, model: type[BaseModel], only: Collection[str] = ()) -> dict[str, Any]:
    """A section of the page: all settings of a model with its rules, or `only` some of them."""
    definition = model.model_json_schema()
    settings: list[dict[str, str]] = []
    for key, field in model.model_fields.items():
        if key == _FROM_THE_FILE_NAME or (only and key not in only):
            continue
        described = definition["properties"][key]
        default = _NONE if field.is_required() else f"`{json.dumps(described.get('default'), ensure_ascii=False)}`"
        text = " ".join(str(described.get("description", "")).split())
        settings.append(
            {"key": key, "allowed": _cell(_allowed(described)), "default": default, "description": _cell(text)}
        )
    if only:
        return {"title": title, "summary": "", "settings": settings, "rules": []}
    summary = " ".join((inspect.getdoc(model) or "").split())
    return {"title": title, "summary": summary, "settings": settings, "rules": _rules(model)}


def _rules(model: type[BaseModel]) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "about": ", ".join(f"`{key}`" for key in keys),
            "reason": " ".join((inspect.getdoc(method) or "").split()),
        }
        for name, keys, method in rules_of(model)
    ]


def _allowed(definition: Mapping[str, Any]) -> str:
    """What a JSON Schema allows, for people."""
    text = str(definition.get("type", "a value"))
    if "enum" in definition:
        text = ", ".join(f"`{value}`" for value in definition["enum"])
    elif "const" in definition:
        text = f"`{definition['const']}`"
    elif "anyOf" in definition:
        text = " or ".join(dict.fromkeys(_allowed(each) for each in definition["anyOf"]))
    elif "patternErrorMessage" in definition:
        text = str(definition["patternErrorMessage"]).partition("; allowed: ")[2]
    elif definition.get("type") in {"integer", "number"}:
        text = _range(definition)
    elif definition.get("type") == "array":
        text = f"list of {_allowed(definition['items'])}"
    elif definition.get("type") == "object":
        text = f"mapping of names to {'settings' if '$ref' in str(definition) else 'text'}"
    elif definition.get("format") == "date":
        text = "a date, such as 2027-03-31"
    else:
        text = {"boolean": "`true`, `false`", "null": "`null`", "string": "text"}.get(text, text)
    return text


def _range(definition: Mapping[str, Any]) -> str:
    kind = "integer" if definition["type"] == "integer" else "number"
    least, most, above = (definition.get(key) for key in ("minimum", "maximum", "exclusiveMinimum"))
    if least is not None and most is not None:
        return f"{least} to {most}"
    if least is not None:
        return f"{kind}, {least} or more"
    return f"{kind} above {above}" if above is not None else kind


def _cell(text: str) -> str:
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]  # code shows what it holds
    return "`".join(parts)


def _modules(root: Path) -> dict[str, Any]:
    """The modules of an environment in which all are on, and of the shared stack, as they are synthesized."""
    loaded = load(root)
    chosen = [
        loaded[0].model_copy(update=_EVERYTHING),
        *(each.model_copy(update=_EVERYTHING_SHARED) for each in loaded if each.environment == SHARED),
    ]
    described: list[dict[str, Any]] = []
    app = App()
    root_outputs: list[dict[str, str]] = []
    for settings in chosen:
        stack = build(app, settings)
        if not root_outputs:
            root_outputs = _named(cast("dict[str, Any]", stack.to_terraform())["output"])
        name = stack_name(settings) if settings.environment == SHARED else f"{settings.project}-<environment>"
        for module in stack.modules:
            body = module.rendered()
            resources = [
                {"address": f"{kind}.{resource}", "counted": bool({"count", "for_each"} & definition.keys())}
                for kind, by_name in sorted(body["resource"].items())
                for resource, definition in sorted(by_name.items())
            ]
            described.append(
                {
                    "name": module.folder,
                    "call": module.call_name(),
                    "stack": name,
                    "summary": (inspect.getdoc(type(module)) or "").strip(),
                    "resources": resources,
                    "variables": _named(body.get("variable", {})),
                    "outputs": _named(body["output"]),
                }
            )
    return {"modules": described, "root_outputs": root_outputs}


def _named(definitions: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"name": name, **definition} for name, definition in sorted(definitions.items())]
