"""The JSON Schemas tell an editor what the loader would say."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from environments.settings import EnvironmentSettings, SharedSettings
from miyabi_infra.pages.reference import schema


@cache
def validator(model: type[EnvironmentSettings | SharedSettings]) -> Draft202012Validator:
    return Draft202012Validator(schema(model))


def errors(model: type[EnvironmentSettings | SharedSettings], overlay: Any) -> list[str]:  # noqa: ANN401  # as read
    plain = json.loads(json.dumps(overlay, default=str))  # a day is text to an editor
    found = validator(model).iter_errors(plain)  # pyright: ignore[reportUnknownMemberType]  # a deprecated overload
    return [error.message for error in found]


@pytest.mark.parametrize("name", ["base", "dev", "staging", "prod", "shared"])
def test_every_overlay_satisfies_its_schema(root: Path, name: str) -> None:
    overlay: Any = YAML(typ="safe").load(root / "environments" / f"{name}.yaml")  # pyright: ignore[reportUnknownMemberType]
    model = SharedSettings if name == "shared" else EnvironmentSettings
    assert errors(model, overlay) == []


@pytest.mark.parametrize(
    "overlay",
    [
        {"no_such_key": 1},
        {"environment": "qa"},
        {"container_port": 0},
        {"networking": {"vpc_cidr": "10.0.0.0"}},
        {"networking": {"single_nat_gateway": "yes"}},
        {"alb": {"ssl_policy": "TLS"}},
        {"alb": {"certificate_arn": "my-certificate"}},
        {"ecs": {"ecr_image_uri": "no image"}},
        {"ecs": {"log_retention_days": 8}},
        {"elasticache": {"maintenance_window": "sunday"}},
        {"ecs_service": {"managed_elsewhere": ["tags"]}},
        {"lint": {"waive": {"no-htps": {"reason": "why", "until": "2027-03-31"}}}},
        {"lint": {"waive": {"no-https": {"reason": 3}}}},
        {"state": {"backend": "azurerm"}},
        {"state": {"backend": "s3", "bucket": "My_Bucket"}},
    ],
)
def test_an_editor_marks_what_the_loader_would_refuse(overlay: dict[str, Any]) -> None:
    assert errors(EnvironmentSettings, overlay) != []


@pytest.mark.parametrize("model", [EnvironmentSettings, SharedSettings])
def test_the_schema_is_one(model: type[EnvironmentSettings | SharedSettings]) -> None:
    Draft202012Validator.check_schema(schema(model))
