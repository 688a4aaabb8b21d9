"""A check in front of the emulated AWS: it refuses what AWS refuses, with AWS's error, and passes on the rest.

moto accepts almost everything. So each request is compared with AWS's service models (`tests.aws.models`) and with the
catalogue of refusals (`tests.aws.refusals`) before moto sees it. The check is in moto's process, so that it can look at
what the account holds, and so that a copy of an account has it too.
"""

import io
import json
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import astuple
from typing import Any, Final, cast

from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from tests.aws import models
from tests.aws.emulator import CALLED, CALLED_ON, INTERRUPTED, REGION
from tests.aws.permitted import Call, passed, resource_of
from tests.aws.pulse import working
from tests.aws.refusals import CATALOGUE, Ask, Refusal

REFUSED_BY: Final = "x-refused-by"
"""The header of an error that names its entry in the catalogue; `model` for AWS's service models."""
MODEL: Final = "model"

SIGNING_NAMES: Final = {
    "servicequotas": "service-quotas",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
}
"""botocore's names of services that sign their requests with another name."""

CODES: Final = {
    "acm": "ValidationException",
    "application-autoscaling": "ValidationException",
    "cloudfront": "InvalidArgument",
    "codedeploy": "InvalidInputException",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidParameterException",
    "ecs": "InvalidParameterException",
    "elasticache": "InvalidParameterValue",
    "logs": "InvalidParameterException",
    "route53": "InvalidInput",
    "s3": "MalformedXML",
    "secretsmanager": "ValidationException",
    "servicediscovery": "InvalidInput",
    "sns": "InvalidParameter",
    "ssm": "ValidationException",
    "wafv2": "WAFInvalidParameterException",
}
"""The error code with which a service refuses what its model excludes; `ValidationError` of the others."""

READS: Final = ("BatchGet", "Describe", "Get", "Head", "List")
"""How the operations begin that change nothing."""
_TRIES: Final = 3
"""How often an operation that failed is worth another try."""

_PAYLOADS: Final = {"PutObject", "UploadPart"}
"""Operations of S3 whose body is the object itself."""

Environ = dict[str, Any]
Operation = Any
"""A moto model of an operation, whose own types say too little."""
StartResponse = Callable[..., Any]


class Refused(ServiceException):
    """AWS's error. A class of its own, because moto looks for a service in the module of its exceptions."""


def _with_request_id(start_response: StartResponse) -> StartResponse:
    """AWS gives every answer a request ID; moto forgets it with some services."""

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:  # noqa: ANN401  # of WSGI
        if not any(name.lower() in {"x-amzn-requestid", "x-amz-request-id"} for name, _ in headers):
            headers = [*headers, ("x-amzn-RequestId", "00000000-0000-0000-0000-000000000000")]
        return start_response(status, headers, *rest)

    return start


class Strict:
    """The WSGI application: moto's, behind the check."""

    def __init__(self, application: DomainDispatcherApplication, account: str) -> None:
        self._application = application
        self._account = account
        self._refusals: dict[tuple[str, str], list[Refusal]] = {}
        for each in CATALOGUE:
            for operation in each.operations:
                self._refusals.setdefault((each.service, operation), []).append(each)
        self._called: dict[str, Counter[str]] = {}
        self._called_on: Counter[Call] = Counter()
        self._worked: set[str] | None = None
        self._interrupted: set[str] = set()
        self._failed: Counter[str] = Counter()

    def watch(self) -> None:
        """From now on, note what works and does not any more after a request."""
        self._worked = working(self._account, REGION)
        self._interrupted.clear()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == CALLED:
            body = json.dumps(self._called, sort_keys=True).encode()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [body]
        if environ.get("PATH_INFO") == CALLED_ON:
            body = json.dumps(sorted((astuple(call), number) for call, number in self._called_on.items())).encode()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [body]
        if environ.get("PATH_INFO") == INTERRUPTED:
            now = working(self._account, REGION)
            ended = {name: name not in now for name in self._interrupted}
            body = json.dumps(ended, sort_keys=True).encode()
            self.watch()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [body]
        read = _read(environ, self._account)
        if read is not None:
            operation, ask = read
            self._called.setdefault(ask.service, Counter())[ask.operation] += 1
            named = resource_of(ask.service, ask.parameters, ask.account, ask.region)
            self._called_on[Call(ask.service, ask.operation, ask.region, named)] += 1
            for each in passed(ask.service, ask.parameters, ask.region):
                self._called_on[each] += 1
            refused = self._refused(operation, ask)
            if refused is not None:
                status, headers, body = _error(operation, refused, environ.get("CONTENT_TYPE"))
                start_response(status, headers)
                return [body]
        try:
            answer = cast("Iterable[bytes]", self._application(environ, _with_request_id(start_response)))
        except Exception as error:  # noqa: BLE001  # whatever fails in moto
            # The server's own answer would be a page with the status 500, which the provider asks for an hour.
            traceback.print_exc()
            # A read that a call at the same time may have disturbed is asked again, as AWS's 503 would be.
            operation = "" if read is None else read[1].operation
            self._failed[operation] += 1
            there = not isinstance(error, NotImplementedError)
            again = there and operation.startswith(READS) and self._failed[operation] <= _TRIES
            start_response("503 Slow Down" if again else "400 Bad Request", [("Content-Type", "text/plain")])
            return [f"moto failed: {error}".encode()]
        if self._worked is not None and read is not None and not read[1].operation.startswith(READS):
            self._interrupted |= self._worked - working(self._account, REGION)
        return answer

    def _refused(self, operation: Operation, ask: Ask) -> tuple[str, str, str] | None:
        """The entry that refuses a request, AWS's error code and message; None when it passes."""
        found = models.violations(ask.service, operation.input_shape, ask.parameters)
        if found:
            return MODEL, CODES.get(ask.service, "ValidationError"), models.message(found)
        for each in self._refusals.get((ask.service, ask.operation), ()):
            text = each.condition(ask)
            if text is not None:
                return each.id, each.code, text
        return None


def _read(environ: Environ, account: str) -> tuple[Operation, Ask] | None:
    """The operation that is called, and the request; None where it is not a signed call of AWS's API."""
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0].split("/")
    if len(scope) != len(("key", "date", "region", "service", "aws4_request")):
        return None
    region, signed = str(scope[2]), str(scope[3])
    service: str = SIGNING_NAMES.get(signed, signed)
    # Without either, there is no body, and reading would wait for the connection's end.
    stream, length, ends = environ["wsgi.input"], environ.get("CONTENT_LENGTH"), environ.get("wsgi.input_terminated")
    body = cast("bytes", stream.read(int(length)) if length else stream.read() if ends else b"")
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    found: tuple[Operation, dict[str, Any]] = get_service_router(service).match(request)
    operation, labels = found
    parser: Any = PROTOCOL_PARSERS[determine_request_protocol(get_service_model(service), request.content_type)]
    wire = {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": b"" if operation.name in _PAYLOADS else body,
        "url_path": request.path,
        "url_params": labels,
    }
    return operation, Ask(service, operation.name, parser(operation).parse(wire), account, region)


def _error(
    operation: Operation, refused: tuple[str, str, str], content_type: str | None
) -> tuple[str, list[tuple[str, str]], bytes]:
    """The error as the service's protocol writes it: status, headers and body."""
    entry, code, text = refused
    model = operation.service_model
    serializer: Any = get_serializer_class(model.service_name, determine_request_protocol(model, content_type))
    answer = serializer(operation_model=operation).serialize(Refused(code, text))
    headers = [(name, str(value)) for name, value in answer["headers"].items()]
    body = answer["body"]
    encoded = body.encode() if isinstance(body, str) else body
    return f"{answer['status_code']} Refused", [*headers, (REFUSED_BY, entry)], encoded
