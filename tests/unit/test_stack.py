"""The root module: where the state is, which provider, which tags."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support import Project
from tests.unit.test_refusals import QA


def root_module(project: Project, environment: str) -> dict[str, Any]:
    file = project.synthesize(environment) / "stacks" / f"miyabi-{environment}" / "cdk.tf.json"
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))


def test_a_local_state_is_the_file_that_the_hcl_root_had(project: Project) -> None:
    terraform = root_module(project, "dev")["terraform"]
    assert terraform == {
        "backend": {"local": {"path": "../../../environments/dev/terraform.tfstate"}},
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.0"}},
        "required_version": ">= 1.5",
    }


def test_an_environment_chooses_its_provider(project: Project) -> None:
    project.write("qa", QA + 'aws_provider: "~> 6.0"\n')
    assert root_module(project, "qa")["terraform"]["required_providers"]["aws"]["version"] == "~> 6.0"


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


def test_a_role_is_assumed_by_provider_and_backend(project: Project) -> None:
    role = "{role_arn: arn:aws:iam::123456789012:role/terraform, external_id: miyabi, session_name: ci}"
    project.write("qa", QA + f"assume_role: {role}\nstate: {{backend: s3, bucket: a-bucket, assume_role: {role}}}\n")
    root = root_module(project, "qa")
    expected = {
        "role_arn": "arn:aws:iam::123456789012:role/terraform",
        "external_id": "miyabi",
        "session_name": "ci",
    }
    assert root["provider"]["aws"][0]["assume_role"] == [expected]
    assert root["terraform"]["backend"]["s3"]["assume_role"] == expected


@pytest.mark.parametrize(("region", "skipped"), [("ap-east-2", True), ("us-west-2", None)])
def test_a_region_that_terraform_does_not_know_is_not_validated(
    project: Project,
    region: str,
    skipped: bool | None,  # noqa: FBT001  # a column
) -> None:
    project.write("qa", QA + f"state: {{backend: s3, bucket: a-bucket, region: {region}}}\n")
    assert root_module(project, "qa")["terraform"]["backend"]["s3"].get("skip_region_validation") is skipped


def test_the_state_of_a_workspace_has_its_key(project: Project) -> None:
    project.write("qa", QA + "state: {backend: s3, bucket: a-bucket, key: 'env:/qa/terraform.tfstate'}\n")
    assert root_module(project, "qa")["terraform"]["backend"]["s3"]["key"] == "env:/qa/terraform.tfstate"


def test_images_that_run_are_never_expired_by_pushes_for_others(project: Project) -> None:
    project.change(
        "shared",
        ("[dev-, staging-, prod-]", "[dev-, prod-]\n  pull_accounts: ['210987654321']"),
    )
    file = project.synthesize("shared") / "stacks/miyabi-shared/modules/registry/main.tf.json"
    registry = json.loads(file.read_text(encoding="utf-8"))
    rules = registry["locals"]["lifecycle_policy"]["rules"]
    assert [(each["rulePriority"], each["selection"].get("tagPrefixList")) for each in rules] == [
        (1, None),
        (2, ["dev-"]),
        (3, ["prod-"]),
        (4, None),
    ]
    (statement,) = registry["locals"]["pull_policy"]["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::210987654321:root"]}


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
