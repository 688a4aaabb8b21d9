"""The oracle of the pipeline's permissions itself: what IAM's user guide says of small policies."""

from typing import Any

import pytest

from tests.aws.permitted import Call, passed, refused, resource_of

EVERYTHING: dict[str, Any] = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
HOME, ELSEWHERE = "us-west-2", "eu-west-1"
MINE, THEIRS = "arn:aws:s3:::mine", "arn:aws:s3:::theirs"
REGION = {"aws:RequestedRegion": [HOME]}


def statement(effect: str, actions: object, resource: object = "*", **more: object) -> dict[str, Any]:
    return {"Effect": effect, "Action": actions, "Resource": resource, **more}


def call(operation: str = "GetObject", region: str = HOME, resource: str = f"{MINE}/key") -> Call:
    return Call("s3", operation, region, resource)


@pytest.mark.parametrize(
    ("policy", "asked", "may"),
    [
        ([statement("Allow", ["s3:GetObject"], f"{MINE}/*")], call(), True),
        ([statement("Allow", ["s3:GetObject"], f"{MINE}/*")], call(resource=f"{THEIRS}/key"), False),
        ([statement("Allow", ["s3:Put*"], "*")], call(), False),
        ([statement("Allow", "s3:*"), statement("Deny", "s3:GetObject", f"{MINE}/*")], call(), False),
        ([statement("Allow", "s3:*", Condition={"StringEquals": REGION})], call(), True),
        ([statement("Allow", "s3:*", Condition={"StringEquals": REGION})], call(region=ELSEWHERE), False),
        ([statement("Allow", "s3:*", Condition={"StringEquals": {"aws:ResourceTag/a": "b"}})], call(), False),
        ([statement("Allow", "s3:*", Condition={"StringEqualsIfExists": {"aws:ResourceTag/a": "b"}})], call(), True),
        (
            [statement("Allow", "s3:*"), statement("Deny", "*", Condition={"StringNotEquals": REGION})],
            call(region=ELSEWHERE),
            False,
        ),
        ([statement("Allow", ["s3:PutBucketCORS"], MINE)], call("DeleteBucketCors", resource=MINE), True),
        ([], call(), False),
    ],
)
def test_a_call_is_allowed_as_iam_says(policy: list[dict[str, Any]], asked: Call, *, may: bool) -> None:
    assert (refused([asked], {"Statement": policy}, EVERYTHING) == []) is may
    assert (refused([asked], EVERYTHING, {"Statement": policy}) == []) is may  # a boundary limits in the same way


ROLE = "arn:aws:iam::123456789012:role/miyabi-ecs-task-role-dev"
TO_TASKS = {"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}}


@pytest.mark.parametrize(
    ("policy", "may"),
    [
        ([statement("Allow", "iam:PassRole", ROLE, Condition=TO_TASKS)], True),
        ([statement("Allow", "iam:PassRole", "arn:aws:iam::*:role/miyabi-*-prod", Condition=TO_TASKS)], False),
        (
            [
                statement(
                    "Allow",
                    "iam:PassRole",
                    ROLE,
                    Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
                )
            ],
            False,
        ),
        ([statement("Allow", "ecs:*")], False),
    ],
)
def test_a_role_that_a_call_hands_on_needs_pass_role(policy: list[dict[str, Any]], *, may: bool) -> None:
    (asked,) = passed("ecs", {"family": "app", "taskRoleArn": ROLE}, HOME)
    assert asked == Call("iam", "PassRole", HOME, ROLE, "ecs-tasks.amazonaws.com")
    assert (refused([asked], {"Statement": policy}, EVERYTHING) == []) is may


def test_a_parameter_with_a_role_that_nobody_knows_is_told() -> None:
    to_all = {"Statement": [statement("Allow", "iam:PassRole", Condition=TO_TASKS)]}
    assert refused(passed("lambda", {"Role": ROLE}, HOME), to_all, EVERYTHING) == [
        f"iam:PassRole on {ROLE} to whom? lambda has it by Role, which is not in PASSES in us-west-2"
    ]
    assert list(passed("iam", {"PolicyArn": ROLE}, HOME)) == []
    linked = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    assert list(passed("ecs", {"roleARN": linked}, HOME)) == []


def test_a_request_names_what_iam_decides_by() -> None:
    def on(service: str, **parameters: str) -> str:
        return resource_of(service, parameters, "123456789012", HOME)

    assert on("s3", Bucket="mine") == MINE
    assert on("s3", Bucket="mine", Key="a/b") == f"{MINE}/a/b"
    assert on("s3") == "*"
    assert on("iam", RoleName="x") == "arn:aws:iam::123456789012:role/x"
    assert on("secretsmanager", SecretId="a/b") == "arn:aws:secretsmanager:us-west-2:123456789012:secret:a/b-a1b2c3"
    assert on("ec2", VpcId="vpc-1") == "*"
