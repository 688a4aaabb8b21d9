"""Calls to AWS that give no answer: told apart, in a line, within bounds, and never as a traceback."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody

from miyabi_infra.aws.client import Aws, Kind, Limits, Trouble, action_name, together
from miyabi_infra.commands.status import run
from miyabi_infra.commands.verify import run as run_verify

QUICK = Limits(connect=0.5, read=0.2, attempts=1)
PATIENT = Limits(connect=10, read=10, attempts=1)
"""For a server that answers: on a busy machine that takes a while."""


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials of nobody, and none of the developer's own."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class Answer(BaseHTTPRequestHandler):
    """Answers every call with an error of ECS's protocol, or with nothing for a while."""

    status = 400
    code = ""
    message = ""
    hang = threading.Event()

    def do_POST(self) -> None:
        if not self.code:
            self.hang.wait(5)
            return
        if "form" in self.headers.get("Content-Type", ""):  # the protocol of the older services
            error = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
            body = f"<ErrorResponse>{error}</ErrorResponse>".encode()
        else:
            body = f'{{"__type": "{self.code}", "message": "{self.message}"}}'.encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        pass


@contextmanager
def answering(monkeypatch: pytest.MonkeyPatch, code: str, message: str = "", status: int = 400) -> Generator[str]:
    """A server on loopback that answers so; boto3 goes to it."""
    handler = type(
        "Handler", (Answer,), {"code": code, "message": message, "status": status, "hang": threading.Event()}
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}")
    yield host
    handler.hang.set()
    server.shutdown()
    server.server_close()


def trouble() -> Trouble:
    with pytest.raises(Trouble) as raised:
        Aws("us-west-2", QUICK).call("ecs", "describe_services", cluster="c", services=["s"])
    return raised.value


@pytest.mark.parametrize(
    ("code", "message", "kind", "text"),
    [
        (
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/a is not authorized to perform: ecs:DescribeServices on resource: x",
            Kind.DENIED,
            "not permitted: the credentials need ecs:DescribeServices",
        ),
        ("AccessDenied", "", Kind.DENIED, "not permitted: the credentials need ecs:DescribeServices"),
        (
            "ExpiredTokenException",
            "The security token included in the request is expired",
            Kind.CREDENTIALS,
            "the credentials have expired or are not valid (ExpiredTokenException): log in again",
        ),
        (
            "UnrecognizedClientException",
            "",
            Kind.CREDENTIALS,
            "the credentials have expired or are not valid (UnrecognizedClientException): log in again",
        ),
        (
            "ThrottlingException",
            "Rate exceeded",
            Kind.THROTTLED,
            "ecs:DescribeServices: AWS throttles this account (ThrottlingException): try again in a minute",
        ),
        (
            "ClusterNotFoundException",
            "Cluster not found.",
            Kind.MISSING,
            "ecs:DescribeServices: Cluster not found.",
        ),
        ("WAFNonexistentItemException", "", Kind.MISSING, "ecs:DescribeServices: WAFNonexistentItemException"),
        ("ServerException", "Of AWS", Kind.FAILED, "ecs:DescribeServices: ServerException: Of AWS"),
    ],
)
def test_what_aws_answers_instead_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, code: str, message: str, kind: Kind, text: str
) -> None:
    with answering(monkeypatch, code, message):
        found = trouble()
    assert (found.kind, str(found)) == (kind, text)


def test_a_proxy_that_answers_in_place_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    def log_in(self: Answer) -> None:
        self.send_error(200, "Please log in")

    monkeypatch.setattr(Answer, "do_POST", log_in)
    with answering(monkeypatch, "x"), pytest.raises(Trouble) as raised:
        Aws("us-west-2", QUICK).call("sts", "get_caller_identity")
    assert raised.value == Trouble(
        Kind.FAILED, "sts:GetCallerIdentity: the answer is not from AWS: check AWS_ENDPOINT_URL and the proxy"
    )


def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(monkeypatch, "") as host:
        found = trouble()
    assert found == Trouble(Kind.TIMEOUT, f"ecs:DescribeServices: no answer within 0.2 s ({host}), tried 1x")


def test_nobody_at_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}")
    assert trouble() == Trouble(
        Kind.UNREACHABLE, f"ecs:DescribeServices: {host} cannot be reached: check network, proxy and DNS"
    )


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert trouble() == Trouble(
        Kind.CREDENTIALS, "no credentials (Unable to locate credentials): log in, or set AWS_PROFILE"
    )


def test_a_profile_that_there_is_none_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    found = trouble()
    assert (found.kind, "nobody" in found.text) == (Kind.CREDENTIALS, True)


def test_a_throttled_call_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    original = Answer.do_POST

    def counted(self: Answer) -> None:
        calls.append(1)
        original(self)

    monkeypatch.setattr(Answer, "do_POST", counted)
    with answering(monkeypatch, "ThrottlingException"), pytest.raises(Trouble):
        Aws("us-west-2", Limits(attempts=2)).call("ecs", "list_clusters")
    assert len(calls) == 2


def test_an_action_is_named_as_iam_names_it() -> None:
    assert action_name("elbv2", "describe_target_health") == "elasticloadbalancing:DescribeTargetHealth"
    assert action_name("application-autoscaling", "describe_scaling_activities") == (
        "application-autoscaling:DescribeScalingActivities"
    )


def test_status_without_credentials_says_so_once_and_exits_with_3(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert run(root, "dev") == 3
    shown = capsys.readouterr().out
    assert shown.count("no credentials") == 1
    assert shown.endswith("unknown: 0 degraded, 1 not determined, 0 notes\n")


def test_verify_without_credentials_says_so_once_and_exits_with_3(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert run_verify(root, "dev") == 3
    shown = capsys.readouterr().out
    assert shown.count("no credentials") == 1
    assert shown.endswith("unknown; 0 of 48 resources the same, 48 not determined, 0 arguments compared\n")


def test_expired_credentials_exit_with_3_in_every_command(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(monkeypatch, "ExpiredTokenException"):
        assert (run(root, "dev"), run_verify(root, "dev")) == (3, 3)


@pytest.mark.slow
def test_the_login_page_of_a_captive_portal_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def log_in(self: Answer) -> None:
        body = b"<html>Please log in</html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def not_found(self: Answer) -> None:
        self.send_error(404, "Not Found")

    for answer in (log_in, not_found):
        for method in ("do_GET", "do_HEAD", "do_POST"):
            monkeypatch.setattr(Answer, method, answer, raising=False)
        with answering(monkeypatch, "x"):
            aws = Aws("us-west-2", PATIENT)
            for ask in (
                partial(aws.pages, "logs", "describe_log_groups", "logGroups"),
                partial(aws.pages, "ec2", "describe_vpcs", "Vpcs"),
                partial(aws.call, "s3", "head_bucket", Bucket="miyabi"),
            ):
                with pytest.raises(Trouble, match="the answer is not from AWS") as raised:
                    ask()
                assert raised.value.kind is Kind.FAILED


def test_a_missing_permission_is_a_line_of_each_section(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(monkeypatch, "AccessDeniedException"):
        code = run(root, "dev")
    shown = capsys.readouterr().out
    assert code == 3
    assert "service          UNKNOWN  not permitted: the credentials need ecs:DescribeServices\n" in shown
    assert "logs             UNKNOWN  not permitted: the credentials need logs:FilterLogEvents\n" in shown


def test_work_done_together_comes_back_in_order_and_its_first_failure_is_raised() -> None:
    assert together(lambda number: number * 2, range(40), threads=4) == [number * 2 for number in range(40)]
    with pytest.raises(ZeroDivisionError):
        together(lambda number: 1 // number, [1, 0, 2])


def test_the_body_of_an_object_is_read_for_all_who_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is shared by the sections of a command; a stream could be read by the first of them only."""

    class Bucket:
        def get_object(self, **_: str) -> dict[str, Any]:
            headers = {"HTTPHeaders": {"x-amz-request-id": "1"}}
            return {"Body": StreamingBody(BytesIO(b"{}"), 2), "ResponseMetadata": headers}

    def client(_: Aws, __: str) -> Bucket:
        return Bucket()

    monkeypatch.setattr(Aws, "_client", client)
    assert Aws("us-west-2", QUICK).call("s3", "get_object", Bucket="b", Key="k")["Body"] == b"{}"
