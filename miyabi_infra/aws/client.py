"""Calls to AWS: limited in time, safe to make from several threads, and with failures that are distinguished.

Every failure is a `Trouble`, which says in one line what an operator can do: request a permission, log in, wait, check
the network, or look for what is missing.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar, cast

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    HTTPClientError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)
from botocore.parsers import ResponseParserError
from botocore.response import StreamingBody


class Kind(Enum):
    """Why AWS gave no answer."""

    MISSING = "missing"
    DENIED = "denied"
    CREDENTIALS = "credentials"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


@dataclass
class Trouble(Exception):  # noqa: N818  # not an error of the program: an answer that AWS did not give
    """A call that gave no answer."""

    kind: Kind
    text: str
    """What happened and what can be done, in one line."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Limits:
    """How long a call may take. The worst case is `attempts` times both limits, plus short pauses."""

    connect: float = 3
    """Seconds to connect."""
    read: float = 8
    """Seconds to wait for each part of an answer."""
    attempts: int = 3
    """Attempts, including the first."""


_IAM_PREFIX: Final = {
    "elbv2": "elasticloadbalancing",
    "service-quotas": "servicequotas",
}
"""IAM's name of a service, where it differs from boto3's."""

_IAM_ACTION: Final = {
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "servicequotas:GetAwsDefaultServiceQuota": "servicequotas:GetAWSDefaultServiceQuota",
}
"""IAM's name of an action, where it differs from the operation's (Service Authorization Reference)."""

_DENIED: Final = re.compile(r"AccessDenied|Unauthorized(?:Operation|Access)|AuthorizationError|NotAuthorized|Forbidden")
_CREDENTIALS: Final = re.compile(
    r"ExpiredToken|TokenExpired|RequestExpired|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClient"
    r"|SignatureDoesNotMatch|InvalidSignature|AuthFailure|MissingAuthenticationToken|IncompleteSignature|OptInRequired"
)
_THROTTLED: Final = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown|LimitExceeded$")
_MISSING: Final = re.compile(r"NotFound|NoSuch|DoesNotExist|Non[Ee]xistent|NotExist|InvalidParameterGroupName")
_NOT_LOGGED_IN: Final = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
    NoAuthTokenError,
    TokenRetrievalError,
    SSOError,
)


def not_understood(error: Exception) -> Trouble:
    """The trouble with an answer of AWS that lacks what its reader needs."""
    return Trouble(Kind.FAILED, f"AWS answered in an unknown form ({type(error).__name__}: {error})")


UNEXPECTED: Final = (KeyError, IndexError, TypeError, ValueError, AttributeError)
"""What is raised when an answer of an unknown form is read."""


class Aws:
    """The account of the usual credential chain (environment, profile, SSO, role), in one region."""

    def __init__(self, region: str, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.region = region
        self._limits = limits
        self._config = Config(
            region_name=region,
            connect_timeout=limits.connect,
            read_timeout=limits.read,
            retries={"mode": "standard", "total_max_attempts": limits.attempts},
            max_pool_connections=32,
            user_agent_extra="miyabi-infra",
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._session: Any = None
        self._elsewhere: dict[str, Aws] = {}

    def elsewhere(self, region: str) -> "Aws":
        """The same account in another region."""
        with self._lock:
            return self._elsewhere.setdefault(region, Aws(region, self._limits))

    def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
        """The answer of an operation, with boto3's name for it: `call("ecs", "describe_services", cluster=…)`.

        Raises:
            Trouble: when there is none.
        """
        action = action_name(service, operation)
        with _telling(action, self._limits):
            answer = _from_aws(getattr(self._client(service), operation)(**arguments), action)
            if isinstance(answer.get("Body"), StreamingBody):  # which can be read once, and an answer is shared
                answer["Body"] = answer["Body"].read()
            return answer

    def pages(self, service: str, operation: str, key: str, /, **arguments: Any) -> list[Any]:  # noqa: ANN401  # JSON
        """The items under `key` of all pages of an operation.

        Raises:
            Trouble: when one of the pages cannot be read.
        """
        action = action_name(service, operation)
        with _telling(action, self._limits):
            client = self._client(service)
            if not client.can_paginate(operation):  # it returns everything at once
                return _from_aws(getattr(client, operation)(**arguments), action).get(key, [])
            pages = client.get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in _from_aws(page, action).get(key, [])]

    def _client(self, service: str) -> Any:  # noqa: ANN401  # made at run time
        with self._lock:  # a session is not safe to use from several threads, a client is
            if self._session is None:
                self._session = cast("Any", boto3.Session(region_name=self.region))
            if service not in self._clients:
                self._clients[service] = self._session.client(service, config=self._config)
            return self._clients[service]


class _telling:  # noqa: N801  # reads as a statement: `with _telling(…):`
    """Turns what boto3 raises into a `Trouble`."""

    def __init__(self, action: str, limits: Limits) -> None:
        self._action = action
        self._limits = limits

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, BotoCoreError | ClientError | ResponseParserError):
            raise trouble(error, self._action, self._limits) from error


def _from_aws(answer: Any, action: str) -> dict[str, Any]:  # noqa: ANN401  # made at run time
    """An answer, when it has the request ID that AWS gives every answer.

    The login page of a captive portal has none. Without this check it would be an empty list: nothing exists.
    """
    if not _request_id(answer):
        raise _not_from_aws(action)
    return answer


def _request_id(answer: Mapping[str, Any]) -> bool:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return any(str(name).lower() in {"x-amzn-requestid", "x-amz-request-id"} for name in headers)


def _not_from_aws(action: str) -> Trouble:
    return Trouble(Kind.FAILED, f"{action}: the answer is not from AWS: check AWS_ENDPOINT_URL and the proxy")


def action_name(service: str, operation: str) -> str:
    """IAM's name of an operation: `elasticloadbalancing:DescribeTargetHealth`."""
    prefix = _IAM_PREFIX.get(service, service)
    action = f"{prefix}:{''.join(word.capitalize() for word in operation.split('_'))}"
    return _IAM_ACTION.get(action, action)


def trouble(error: BotoCoreError | ClientError | ResponseParserError, action: str, limits: Limits) -> Trouble:
    """The trouble that an error of boto3 stands for."""
    if isinstance(error, ResponseParserError):
        return _not_from_aws(action)
    if isinstance(error, ClientError):
        return _answered(error, action)
    if isinstance(error, _NOT_LOGGED_IN):
        said = str(error).rstrip(".")
        return Trouble(Kind.CREDENTIALS, f"no credentials ({said}): log in, or set AWS_PROFILE")
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        connects = isinstance(error, ConnectTimeoutError)
        waited = f"connection within {limits.connect:g}" if connects else f"answer within {limits.read:g}"
        return Trouble(Kind.TIMEOUT, f"{action}: no {waited} s ({_host(error)}), tried {limits.attempts}x")
    if isinstance(error, HTTPClientError | NoConnectionError):
        return Trouble(Kind.UNREACHABLE, f"{action}: {_host(error)} cannot be reached: check network, proxy and DNS")
    return Trouble(Kind.FAILED, f"{action}: {_one_line(str(error))}")


def _answered(error: ClientError, action: str) -> Trouble:
    """The trouble that an error answer of AWS stands for."""
    answer = cast("dict[str, Any]", error.response)
    code = str(answer.get("Error", {}).get("Code", ""))
    said = _one_line(str(answer.get("Error", {}).get("Message", "")))
    if code.isdecimal():  # no code of AWS's in the body: a HEAD request, or a body that is not AWS's
        if not _request_id(answer):
            return _not_from_aws(action)
        code = {"403": "Forbidden", "404": "NotFound"}.get(code, code)
    if _DENIED.search(code):
        named = re.search(r"not authorized to perform:? ([\w-]+:\w+)", said)
        return Trouble(Kind.DENIED, f"not permitted: the credentials need {named[1] if named else action}")
    if _CREDENTIALS.search(code):
        return Trouble(Kind.CREDENTIALS, f"the credentials have expired or are not valid ({code}): log in again")
    if _THROTTLED.search(code):
        return Trouble(Kind.THROTTLED, f"{action}: AWS throttles this account ({code}): try again in a minute")
    if _MISSING.search(code) or "Unable to describe task definition" in said:
        return Trouble(Kind.MISSING, f"{action}: {said or code}")
    return Trouble(Kind.FAILED, f"{action}: {code}: {said}")


def _host(error: BotoCoreError) -> str:
    url = str(cast("dict[str, Any]", error.kwargs).get("endpoint_url", ""))
    found = re.match(r"https?://([^/?]+)", url)
    return found[1] if found else "the endpoint"


def _one_line(text: str) -> str:
    return " ".join(text.split())


_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")


def together(work: Callable[[_Argument], _Result], arguments: Iterable[_Argument], threads: int = 16) -> list[_Result]:
    """The results of work that waits for AWS, done in parallel; in the order of the arguments.

    The threads are daemons: after Ctrl-C nobody waits for the calls that are in progress.

    Raises:
        Exception: the first failure, in the order of the arguments.
    """
    waiting: Iterator[tuple[int, _Argument]] = iter(list(enumerate(arguments)))
    results: dict[int, _Result] = {}
    failures: dict[int, BaseException] = {}
    lock = threading.Lock()

    def run() -> None:
        while True:
            with lock:
                index, argument = next(waiting, (-1, None))
            if index < 0:
                return
            try:
                results[index] = work(cast("_Argument", argument))
            except BaseException as error:  # noqa: BLE001  # raised again in the caller
                failures[index] = error

    workers: Sequence[threading.Thread] = [threading.Thread(target=run, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[min(failures)]
    return [results[index] for index in sorted(results)]
