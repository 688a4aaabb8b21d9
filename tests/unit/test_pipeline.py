"""The roles of the pipeline: who may assume them, and that they may do what was recorded and little more."""

import json
from fnmatch import fnmatchcase
from typing import Any, Final

import pytest

from modules.permissions import CHANGES, NEEDED, OF_ROLES, READS
from tests.aws.permitted import Call, policies_of, refused
from tests.pipeline import made
from tests.support import Project

INLINE: Final = 10_240
MANAGED: Final = 6_144
"""Characters that the inline policies of a role, and a managed policy, can have; white space does not count."""
SUBJECT: Final = "token.actions.githubusercontent.com:sub"


def subjects(trust: dict[str, Any]) -> list[str]:
    (statement,) = trust["Statement"]
    assert statement["Condition"].keys() == {"StringEquals"}
    assert statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    return statement["Condition"]["StringEquals"][SUBJECT]


def test_each_role_trusts_its_own_workflows_alone(project: Project) -> None:
    local = made(project, environments=("dev", "prod"))["locals"]
    assert subjects(local["plan_trust"]) == [
        "repo:example/infra:pull_request",
        "repo:example/infra:ref:refs/heads/main",
    ]
    assert subjects(local["image_trust"]) == ["repo:example/infra:ref:refs/heads/main"]
    assert list(map(subjects, local["apply_trusts"])) == [
        ["repo:example/infra:environment:dev"],
        ["repo:example/infra:environment:prod"],
    ]
    assert "*" not in str([local["plan_trust"], local["image_trust"], local["apply_trusts"]])


def test_both_forms_of_the_subject_are_trusted_where_the_numbers_are_known(project: Project) -> None:
    local = made(project, owner_id=1001, repository_id=2002, environments=("prod",))["locals"]
    assert subjects(local["apply_trusts"][0]) == [
        "repo:example/infra:environment:prod",
        "repo:example@1001/infra@2002:environment:prod",
    ]


def test_a_provider_that_exists_is_taken(project: Project) -> None:
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    rendered = made(project, provider_arn=arn)
    assert rendered["resource"]["aws_iam_openid_connect_provider"]["github"]["count"] == 0
    assert rendered["locals"]["plan_trust"]["Statement"][0]["Principal"] == {"Federated": arn}


def test_every_role_has_the_boundary(project: Project) -> None:
    roles = made(project, environments=("dev",))["resource"]["aws_iam_role"]
    assert {each["permissions_boundary"] for each in roles.values()} == {"${aws_iam_policy.boundary.arn}"}
    assert roles.keys() == {"plan", "apply", "image"}


def test_the_policies_are_as_short_as_aws_takes_them(project: Project) -> None:
    local = made(project, environments=("an-environment-with-a-long-name",))["locals"]
    sizes = {name: len(json.dumps(local[name], separators=(",", ":"))) for name in ("plan_policy", "image_policy")} | {
        "apply_policy": len(json.dumps(local["apply_policies"][0], separators=(",", ":")))
    }
    assert {name: size for name, size in sizes.items() if size > INLINE - 500} == {}
    for managed in ("boundary_policy", "reads_policy"):
        assert len(json.dumps(local[managed], separators=(",", ":"))) < MANAGED


def test_a_plan_changes_nothing_but_the_lock_and_its_own_folder(project: Project) -> None:
    local = made(project)["locals"]
    changing = {
        (action, resource)
        for statement in (*local["reads_policy"]["Statement"], *local["plan_policy"]["Statement"])
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.partition(":")[2].startswith(("Get", "List", "Describe", "BatchGet", "Filter", "Head"))
    }
    assert {(action, resource.partition("/")[2]) for action, resource in changing} == {
        ("s3:PutObject", "*/terraform.tfstate.tflock"),
        ("s3:DeleteObject", "*/terraform.tfstate.tflock"),
        ("s3:PutObject", "plans/*"),
    }


def test_a_plan_reads_the_settings_of_the_environments_buckets_and_no_object_in_them(project: Project) -> None:
    policies = policies_of(made(project), "states")
    bucket = "arn:aws:s3:::miyabi-logs-prod"
    settings = [Call("s3", operation, "us-west-2", bucket) for operation in ("GetBucketAcl", "HeadBucket")]
    contents = [
        Call("s3", "GetObject", "us-west-2", f"{bucket}/1"),
        Call("s3", "ListObjectVersions", "us-west-2", bucket),
    ]
    contents += [Call("s3", "PutBucketAcl", "us-west-2", bucket)]

    assert refused(settings, policies["plan_policy"], policies["boundary_policy"]) == []
    assert len(refused(contents, policies["plan_policy"], policies["boundary_policy"])) == len(contents)


def test_of_secrets_a_plan_reads_the_one_that_a_state_has_and_an_apply_its_own(project: Project) -> None:
    local = made(project, environments=("dev", "prod"))["locals"]
    unnamed = made(project)["locals"]["plan_policy"]

    def read(policy: dict[str, Any]) -> list[str]:
        held = [each["Resource"] for each in policy["Statement"] if each["Action"] == ["secretsmanager:GetSecretValue"]]
        return [resource.partition(":secret:")[2] for resources in held for resource in resources]

    assert read(local["plan_policy"]) == ["miyabi/dev/redis-*", "miyabi/prod/redis-*"]
    assert list(map(read, local["apply_policies"])) == [["miyabi/dev/redis-*"], ["miyabi/prod/redis-*"]]
    assert read(unnamed) == ["miyabi/*/redis-*"]


def test_an_apply_changes_roles_and_states_of_its_own_environment_alone(project: Project) -> None:
    local = made(project, environments=("dev",))["locals"]
    assert [each["Action"] for each in local["reads_policy"]["Statement"]] == [list(READS)]
    (policy,) = local["apply_policies"]
    everywhere = [each for each in policy["Statement"] if each["Resource"] == ["*"]]
    (changing,) = everywhere
    assert changing["Condition"] == {
        "StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]},
        "StringEqualsIfExists": {"aws:ResourceTag/Environment": "dev"},
    }
    others = [resource for each in policy["Statement"] if each not in everywhere for resource in each["Resource"]]
    assert [each for each in others if "dev" not in each] == [
        "arn:aws:iam::*:role/aws-service-role/*",
        "${var.repository_arn}",  # one more tag for the image that is deployed
        "${var.state_bucket_arn}",
    ]


def test_an_apply_may_do_what_was_recorded(project: Project) -> None:
    module = made(project, environments=("dev",))
    local = module["locals"]
    policies = (local["reads_policy"], local["apply_policies"][0])
    allowed = {action for policy in policies for statement in policy["Statement"] for action in statement["Action"]}
    assert [each for each in NEEDED if not any(fnmatchcase(each, pattern) for pattern in allowed)] == [], (
        "recorded in modules/recorded_calls.py, and in no statement of modules/pipeline.py"
    )
    attached = module["resource"]["aws_iam_role_policy_attachment"]
    assert {name: each["policy_arn"] for name, each in attached.items()} == dict.fromkeys(
        ("plan_reads", "apply_reads"), "${aws_iam_policy.reads.arn}"
    )


def denied(policy: dict[str, Any]) -> list[str]:
    """The patterns of actions that a policy denies everywhere, whatever the request is."""
    statements = [each for each in policy["Statement"] if each["Effect"] == "Deny" and each["Resource"] == "*"]
    return [action for each in statements if "Condition" not in each for action in each["Action"]]


def test_the_boundary_takes_nothing_away_that_was_recorded(project: Project) -> None:
    patterns = denied(made(project, environments=("dev",))["locals"]["boundary_policy"])
    assert patterns
    assert [each for each in NEEDED if any(fnmatchcase(each, pattern) for pattern in patterns)] == []


def test_the_pipeline_makes_no_role_that_goes_beyond_the_boundary(project: Project) -> None:
    local = made(project, environments=("dev",), roles_need_boundary=True)["locals"]
    needed = {"iam:PermissionsBoundary": "${aws_iam_policy.roles_boundary.arn}"}
    free = {
        action
        for statement in local["apply_policies"][0]["Statement"]
        if statement.get("Condition", {}).get("StringEquals") != needed
        for action in statement["Action"]
        if action.startswith("iam:")
    }
    assert free & {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"} == set()
    limits = denied(local["roles_boundary_policy"])
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:CreateAccessKey", "organizations:LeaveOrganization"):
        assert any(fnmatchcase(action, pattern) for pattern in limits), action
    assert not any(
        fnmatchcase("iam:PassRole", pattern) for pattern in limits
    )  # CodeDeploy starts tasks with their roles
    states = local["roles_boundary_policy"]["Statement"][-1]
    assert (states["Effect"], states["Action"], states["Resource"][0]) == ("Deny", "s3:*", "${var.state_bucket_arn}")


@pytest.mark.parametrize("action", ["iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy", "s3:DeleteBucket"])
def test_no_record_grows_to_what_no_apply_should_do(action: str) -> None:
    assert action not in {*READS, *CHANGES, *OF_ROLES}
