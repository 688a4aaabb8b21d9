"""The database in operation: the commands of its part of the runbook, on emulated AWS, and what a rotation changes."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final, cast

import botocore.session
import pytest
from awscli.shorthand import ShorthandParser

from miyabi_infra.pages import guides
from miyabi_infra.terraform.cli import environment
from tests import complete
from tests.aws.cli import AwsCli
from tests.aws.models import violations
from tests.aws.refused import Account
from tests.guide import Command, commands
from tests.support import Project

pytestmark = pytest.mark.aws


@pytest.fixture(scope="module")
def runbook(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Command]:
    """The commands of the runbook's section about the database, of the most complete environment."""
    project = Project.copy_of(root, tmp_path_factory.mktemp("database") / "project")
    complete.write(project)
    project.synthesize()
    (text,) = (
        text for file, text in guides.pages(project.root, complete.ENVIRONMENT).items() if file.name == "runbook.md"
    )
    page = project.root / "runbook.md"
    page.write_text(text.partition("### Database")[2].partition("\n### ")[0], encoding="utf-8")
    return list(commands(page))


def created(account: Account) -> str:
    """A database with the names of the most complete environment."""
    account.rds.create_db_subnet_group(
        DBSubnetGroupName="miyabi-db-subnet-complete", DBSubnetGroupDescription="x", SubnetIds=account.subnets
    )
    name = "miyabi-db-complete"
    asked = {"DBInstanceIdentifier": name, "DBSubnetGroupName": "miyabi-db-subnet-complete"}
    asked |= {"DeletionProtection": True, "MultiAZ": True}
    account.rds.create_db_instance(**account.database | asked)
    return name


def test_the_runbooks_commands_do_what_it_says(runbook: list[Command], account: Account, tmp_path: Path) -> None:
    name = created(account)
    ran = [each for each in runbook if each.not_run is None]
    for command in ("restore-db-instance-to-point-in-time", "create-db-snapshot", "reboot-db-instance"):
        assert any(command in each.text for each in ran)
    with AwsCli.start() as cli:
        for each in ran:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", each.text],
                cwd=tmp_path,
                env={
                    **environment(),
                    **account.aws.variables,
                    "PATH": f"{cli.folder}{os.pathsep}{os.environ['PATH']}",
                },
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, each.text) == (0, each.text), done.stderr
            assert each.printed(done.stdout), f"{each.text}\nprinted\n{done.stdout}"
            if "create-db-snapshot" in each.text:  # what Terraform then does in staging
                (snapshot,) = account.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
                account.rds.restore_db_instance_from_db_snapshot(
                    DBInstanceIdentifier="miyabi-db-staging", DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"]
                )
    assert {each["DBInstanceIdentifier"] for each in account.rds.describe_db_instances()["DBInstances"]} == {
        name, "miyabi-db-staging"
    }  # fmt: skip


def test_a_migration_gets_the_network_of_the_service(runbook: list[Command]) -> None:
    (migration,) = (each for each in runbook if "run-task" in each.text)
    assert "--task-definition miyabi-migration-complete" in migration.text
    assert "--network-configuration" in migration.text


DOCUMENT: Final = {"host", "portNumber", "localPortNumber"}
"""Parameters of AWS-StartPortForwardingSessionToRemoteHost (Systems Manager user guide, "Start a session")."""
STAND_IN: Final = """#!/bin/bash
case "$1 $2" in
  "ecs list-tasks") echo arn:aws:ecs:us-west-2:123456789012:task/c/0123456789abcdef0123456789abcdef ;;
  "ecs describe-tasks") echo "0123456789abcdef0123456789abcdef-1234567890" ;;
  "rds describe-db-instances") echo "miyabi-db-complete.abcdef.us-west-2.rds.amazonaws.com" ;;
  *) printf '%s\\n' "$@" ;;
esac
"""
"""What answers in place of the AWS CLI, and says with what it is asked for a session."""


def test_a_connection_from_ones_own_machine_is_asked_for_as_the_api_wants_it(
    runbook: list[Command], tmp_path: Path
) -> None:
    """As far as it goes without the plugin of the Session Manager, which opens the local port."""
    (connection,) = (each for each in runbook if "start-session" in each.text)
    stand_in = tmp_path / "aws"
    stand_in.write_text(STAND_IN, encoding="utf-8")
    stand_in.chmod(0o755)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", connection.text],
        env={**environment(), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    service, operation, *rest = done.stdout.splitlines()
    given = dict(zip(rest[::2], rest[1::2], strict=True))
    model = cast("Any", botocore.session).get_session().get_service_model(service).operation_model("StartSession")
    parameters = cast("Any", ShorthandParser()).parse(given["--parameters"])
    asked = {
        "Target": given["--target"],
        "DocumentName": given["--document-name"],
        "Parameters": {name: [value] for name, value in parameters.items()},
    }

    assert (service, operation) == ("ssm", "start-session")
    assert given.keys() == {"--target", "--document-name", "--parameters"}
    assert violations(service, model.input_shape, asked) == []
    assert parameters.keys() == DOCUMENT
    assert given["--document-name"] == "AWS-StartPortForwardingSessionToRemoteHost"
    assert re.fullmatch(r"ecs:miyabi-cluster-complete_[0-9a-f]{32}_[0-9a-f]{32}-[0-9]{10}", given["--target"])
    assert parameters["host"].startswith("miyabi-db-complete.")
    assert parameters["portNumber"] == parameters["localPortNumber"] == "5432"


def test_a_rotation_of_the_master_password_leaves_the_applications_secret_alone(account: Account) -> None:
    name = created(account)
    secret = account.secretsmanager.create_secret(Name="miyabi/complete/database-1", SecretString="first")["ARN"]
    (before,) = account.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    account.rds.modify_db_instance(DBInstanceIdentifier=name, RotateMasterUserPassword=True, ApplyImmediately=True)
    (after,) = account.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    assert after["MasterUserSecret"]["SecretArn"] == before["MasterUserSecret"]["SecretArn"] != secret
    assert account.secretsmanager.get_secret_value(SecretId=secret)["SecretString"] == "first"


def test_the_previous_login_stays_readable_after_a_rotation(account: Account) -> None:
    """Running tasks keep the user that they started with; its login is the previous version of the secret."""
    secret = account.secretsmanager.create_secret(Name="miyabi/complete/database-1", SecretString="user a")["ARN"]
    account.secretsmanager.put_secret_value(SecretId=secret, SecretString="user b")

    def value(stage: str) -> str:
        return account.secretsmanager.get_secret_value(SecretId=secret, VersionStage=stage)["SecretString"]

    assert (value("AWSCURRENT"), value("AWSPREVIOUS")) == ("user b", "user a")
