"""The emulated AWS: the generated JSON runs on it as it is, and a copy of it is one."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.parsers import ResponseParserError

from tests.aws.emulator import ACCOUNT, Emulator
from tests.aws.environment import Environment, quiet
from tests.aws.strict import Strict

pytestmark = pytest.mark.aws


def test_dev_is_applied_and_the_next_plan_is_empty(applied: Environment) -> None:
    quiet(applied.terraform)


def test_what_happens_in_a_copy_does_not_happen_in_its_original(applied: Environment, dev: Environment) -> None:
    service = {"cluster": "miyabi-cluster-dev", "service": "miyabi-service-dev"}
    dev.aws.client("ecs").update_service(**service, desiredCount=0)
    counts = [
        each.aws.client("ecs").describe_services(cluster=service["cluster"], services=[service["service"]])["services"]
        for each in (dev, applied)
    ]
    assert [found[0]["desiredCount"] for found in counts] == [0, 2]


def test_a_fresh_one_holds_nothing_of_the_account_but_what_aws_makes(aws: Emulator) -> None:
    assert aws.client("sts").get_caller_identity()["Account"] == ACCOUNT
    assert aws.tagged() == []


def test_what_moto_lacks_is_an_error_that_nobody_repeats(aws: Emulator) -> None:
    with pytest.raises(ResponseParserError, match="moto failed: The describe_source_regions action"):
        aws.client("rds").describe_source_regions()
    assert aws.called()["rds"]["DescribeSourceRegions"] == 1


@pytest.mark.parametrize(
    ("operation", "error", "answers"),
    [
        ("DescribeVpcs", RuntimeError("dictionary changed size during iteration"), ["503", "503", "503", "400"]),
        ("DescribeVpcs", NotImplementedError("it is not there"), ["400"]),
        ("DeleteVpc", RuntimeError("dictionary changed size during iteration"), ["400"]),
    ],
)
def test_a_read_that_another_call_disturbed_is_worth_some_tries(
    operation: str, error: Exception, answers: list[str]
) -> None:
    def fails(environ: dict[str, Any], start_response: object) -> list[bytes]:  # noqa: ARG001  # of WSGI
        raise error

    said: list[str] = []

    def start(code: str, _headers: object) -> None:
        said.append(code)

    body = f"Action={operation}&Version=2016-11-15&VpcId=vpc-1".encode()
    strict = Strict(cast("Any", fails), ACCOUNT)
    for _ in answers:
        strict(
            {
                "REQUEST_METHOD": "POST",
                "PATH_INFO": "/",
                "CONTENT_TYPE": "application/x-www-form-urlencoded",
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=test/20270101/us-west-2/ec2/aws4_request",
                "wsgi.input": BytesIO(body),
            },
            cast("Any", start),
        )
    assert [each.partition(" ")[0] for each in said] == answers


LACKING = """
import importlib, inspect
from botocore.session import get_session
from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores
from tests.aws import serve
from tests.aws.refusals import RECORDED

serve.install()
for service, operation in sorted(RECORDED):
    if get_session().get_service_model(service).protocol.startswith("rest"):
        continue  # found by its path, not by a name
    module = importlib.import_module(f"moto.{service.replace('-', '')}.responses")
    classes = [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, BaseResponse)]
    if not any(hasattr(each, camelcase_to_underscores(operation)) for each in classes):
        print(service, operation)
"""
"""In a process of its own: the additions change moto."""


def test_every_operation_that_an_apply_or_a_change_calls_is_emulated(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LACKING], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == ""
