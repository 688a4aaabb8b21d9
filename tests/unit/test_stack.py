"""The root module: where the state is, which provider, which tags."""

import json
from pathlib import Path
from typing import Any, cast

from tests.support import Project
from tests.unit.test_refusals import QA


def root_module(project: Project, environment: str) -> dict[str, Any]:
    file = project.synthesize() / "stacks" / f"miyabi-{environment}" / "cdk.tf.json"
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))


def test_a_local_state_is_the_file_that_the_hcl_root_had(project: Project) -> None:
    terraform = root_module(project, "dev")["terraform"]
    assert terraform == {
        "backend": {"local": {"path": "../../../environments/dev/terraform.tfstate"}},
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.0"}},
        "required_version": ">= 1.5",
    }


def test_the_state_in_s3_is_encrypted_and_locked(project: Project) -> None:
    terraform = root_module(project, "prod")["terraform"]
    assert terraform["backend"] == {
        "s3": {
            "bucket": "miyabi-terraform-state",
            "key": "prod/terraform.tfstate",
            "region": "us-west-2",
            "encrypt": True,
            "use_lockfile": True,
        }
    }
    assert terraform["required_version"] == ">= 1.10"


def test_a_lock_table_needs_no_newer_terraform(project: Project) -> None:
    state = "state: {backend: s3, bucket: a-bucket, use_lockfile: false, dynamodb_table: locks, region: eu-west-1}\n"
    project.write("qa", QA + state)
    terraform = root_module(project, "qa")["terraform"]
    assert terraform["backend"]["s3"] == {
        "bucket": "a-bucket",
        "key": "qa/terraform.tfstate",
        "region": "eu-west-1",
        "encrypt": True,
        "dynamodb_table": "locks",
    }
    assert terraform["required_version"] == ">= 1.5"


def test_the_provider_tags_everything_and_keeps_to_its_account(project: Project) -> None:
    project.write("qa", QA + 'account_id: "123456789012"\ntags: {CostCenter: web}\n')
    assert root_module(project, "qa")["provider"] == {
        "aws": [
            {
                "region": "us-west-2",
                "allowed_account_ids": ["123456789012"],
                "default_tags": [
                    {
                        "tags": {
                            "Project": "miyabi",
                            "Environment": "qa",
                            "ManagedBy": "Terraform",
                            "CostCenter": "web",
                        }
                    }
                ],
            }
        ]
    }


def test_the_image_is_a_root_variable_with_the_overlays_default(project: Project) -> None:
    project.write("qa", QA)
    variable = root_module(project, "qa")["variable"]["ecr_image_uri"]
    assert variable["default"] == "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:3f2c1ab"


def test_no_file_names_the_machine_that_made_it(output: Path, root: Path) -> None:
    for file in output.rglob("*.json"):
        text = file.read_text(encoding="utf-8")
        assert str(root) not in text
        assert str(output) not in text
