"""A snapshot of one environment becomes the database of another, by an apply, as step 7 of the runbook's database says.

First on an environment without a database; then on one that has one, where the setting alone does nothing, and what
would replace the database is refused until the overlay says the word.
"""

import json
import os
import re
from pathlib import Path

import pytest

from miyabi_infra.pages import guides
from miyabi_infra.terraform.cli import TerraformError
from modules.rds import RdsSettings
from tests.aws.cli import AwsCli
from tests.aws.environment import Environment, apply, plan, quiet
from tests.aws.following import Block, Operator
from tests.aws.permitted import policies_of, refused
from tests.aws.refused import Account
from tests.pipeline import made
from tests.support import Project

pytestmark = pytest.mark.aws

SNAPSHOT = "miyabi-db-prod-copy"
DATABASE = "module.rds.aws_db_instance.main"
MADE = "rds:\n  enabled: true\n  instance_class: db.t3.micro\n  engine_version: '17'\n  multi_az: false\n"
REPLACE = f"-replace={DATABASE}"


def snapshot_of_prod(account: Account) -> None:
    """What somebody took in prod; its master user is in no overlay of dev."""
    subnets = {"DBSubnetGroupName": "miyabi-db-subnet-prod", "DBSubnetGroupDescription": "prod"}
    account.rds.create_db_subnet_group(**subnets, SubnetIds=account.subnets)
    as_generated = RdsSettings()  # what a snapshot says of these, a restored database keeps
    of_prod = {
        "DBInstanceIdentifier": "miyabi-db-prod",
        "DBSubnetGroupName": "miyabi-db-subnet-prod",
        "DBName": as_generated.database_name,
        "MasterUsername": as_generated.admin_user,
        "EngineVersion": as_generated.engine_version,
        "CACertificateIdentifier": as_generated.ca_certificate,
        "StorageEncrypted": True,
    }
    account.rds.create_db_instance(**account.database | of_prod)
    account.rds.create_db_snapshot(DBInstanceIdentifier="miyabi-db-prod", DBSnapshotIdentifier=SNAPSHOT)


def say(environment: Environment, *lines: str) -> None:
    """Let the overlay say this of the database."""
    overlay = environment.project.overlay(environment.name)
    text = re.sub(r"(?ms)^rds:\n(?:  .*\n)*", "", overlay.read_text(encoding="utf-8"))
    overlay.write_text(text + MADE + "".join(f"  {each}\n" for each in lines), encoding="utf-8")
    environment.project.synthesize(environment.name)


def test_a_snapshot_is_restored_into_another_environment_by_an_apply(dev: Environment, project: Project) -> None:
    snapshot_of_prod(Account(dev.aws))
    rds, before, begun = dev.aws.client("rds"), dev.aws.called().get("rds", {}), dev.aws.called_on()

    say(dev, f"restore_from_snapshot: {SNAPSHOT}")
    dev.terraform.init()
    changed = apply(dev.terraform)
    state = json.loads(dev.state.read_text(encoding="utf-8"))
    (snapshot,) = [
        each["instances"][0]["attributes"]["snapshot_identifier"]
        for each in state["resources"]
        if each["type"] == "aws_db_instance"
    ]
    called, made_calls = dev.aws.called()["rds"], dev.aws.called_on() - begun
    (held,) = rds.describe_db_instances(DBInstanceIdentifier="miyabi-db-dev")["DBInstances"]
    quiet(dev.terraform)
    say(dev, "restore_from_snapshot: another-one")
    quiet(dev.terraform)  # a database that is there keeps its data
    with pytest.raises(TerraformError, match="Instance cannot be destroyed"):
        plan(dev.terraform, REPLACE)
    say(dev, "restore_from_snapshot: another-one", "deletable: true")
    word = plan(dev.terraform)

    ended = [address for address, action in changed.items() if action in {"delete", "replace"}]
    assert ended == ["module.ecs.aws_ecs_task_definition.app"]  # a revision that knows the database
    assert changed[DATABASE] == "create"
    assert snapshot == SNAPSHOT
    assert called["RestoreDBInstanceFromDBSnapshot"] == 1
    assert called["CreateDBInstance"] == before["CreateDBInstance"]  # prod's
    assert held["DBSubnetGroup"]["DBSubnetGroupName"] == "miyabi-db-subnet-dev"
    assert held["DeletionProtection"] is True
    assert held["MasterUserSecret"]["SecretArn"]  # a master password of its own
    assert word == {DATABASE: "update"}  # an apply of its own takes the protection away, and nothing else
    policies = policies_of(made(project, environments=("dev",)), "states")
    assert refused(made_calls, policies["apply_policies"][0], policies["boundary_policy"]) == []


def test_a_restored_database_takes_the_place_of_the_one_that_is_there(dev: Environment, tmp_path: Path) -> None:
    say(dev)
    dev.terraform.init()
    dev.terraform.apply()
    pages = tmp_path / "pages"
    pages.mkdir()
    for file, page in guides.pages(dev.project.root, "dev").items():
        (pages / file.name).write_text(page, encoding="utf-8")
    rds, iam = dev.aws.client("rds"), dev.aws.client("iam")
    (before,) = rds.describe_db_instances(DBInstanceIdentifier="miyabi-db-dev")["DBInstances"]

    place = "put-a-restored-database-in-the-place-of-the-old-one"
    with AwsCli.start() as cli:
        path = f"{cli.folder}{os.pathsep}{os.environ['PATH']}"
        operator = Operator(pages, dev.project.root, {**dev.aws.variables, "PATH": path})
        for block in (
            Block("runbook", "database", "restore-db-instance-to-point-in-time"),
            Block("runbook", place, "rename miyabi-db-dev-restored miyabi-db-dev"),
            Block("runbook", place, "terraform"),
        ):
            assert operator.does(block).problem is None
    say(dev, "apply_immediately: true")
    changed = apply(dev.terraform)
    quiet(dev.terraform)

    assert changed[DATABASE] == "update"
    assert not {"delete", "replace"} & set(changed.values())
    found = {each["DBInstanceIdentifier"]: each for each in rds.describe_db_instances()["DBInstances"]}
    now, old = found["miyabi-db-dev"], found["miyabi-db-dev-old"]
    assert (old["DbiResourceId"], old["DeletionProtection"]) == (before["DbiResourceId"], True)
    assert now["DbiResourceId"] != before["DbiResourceId"]
    assert now["Endpoint"]["Address"] == before["Endpoint"]["Address"]
    assert (now["DeletionProtection"], now["IAMDatabaseAuthenticationEnabled"]) == (True, True)
    assert now["DBParameterGroups"][0]["DBParameterGroupName"].startswith("miyabi-db-dev-")
    assert now["MasterUserSecret"]["SecretArn"]
    policies = iam.list_role_policies(RoleName="miyabi-ecs-task-dev")["PolicyNames"]
    texts = [iam.get_role_policy(RoleName="miyabi-ecs-task-dev", PolicyName=each) for each in policies]
    assert now["DbiResourceId"] in json.dumps([each["PolicyDocument"] for each in texts])
