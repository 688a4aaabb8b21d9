"""What happens in AWS by itself, and what moto lacks to tell of it: rollouts, health of targets, activities of scaling.

No call of AWS's API makes a deployment fail or a task unhealthy. So a test writes what is to be observed into a
parameter of Systems Manager, `/observed/<what>`, as JSON, and the emulated services answer accordingly.
"""

import functools
import json
from collections.abc import Callable
from typing import Any, Final, cast

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.responses import BaseResponse
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.responses import ELBV2Response
from moto.logs.responses import LogsResponse
from moto.moto_api._internal import mock_random
from moto.ssm.models import ssm_backends

SERVICE: Final = "/observed/service"
"""Attributes of the ECS service: `{"running_count": 1, "deployment": {"rolloutState": "FAILED"}, "events": […]}`."""
HEALTH: Final = "/observed/health"
"""Health of targets, by address: `{"10.0.11.5": {"State": "unhealthy", "Reason": …, "Description": …}}`."""
ACTIVITIES: Final = "/observed/activities"
"""Scaling activities, newest first, as AWS answers them."""


def install() -> None:
    """Put the additions into moto. Once in a process."""
    _after(EC2ContainerServiceResponse, "describe_services", _observe_service)
    _after(ELBV2Response, "describe_target_health", _observe_health)
    for owner, method in (
        (ApplicationAutoScalingResponse, describe_scaling_activities),
        (LogsResponse, put_query_definition),
        (LogsResponse, describe_query_definitions),
        (LogsResponse, delete_query_definition),
    ):
        setattr(owner, method.__name__, method)


def _after(owner: type, name: str, change: Callable[[Any, Any], None]) -> None:
    """Let `change` see the answer of a method, with the request, before it is sent."""
    method = cast("Callable[[Any], Any]", getattr(owner, name))

    @functools.wraps(method)
    def changed(self: Any) -> Any:  # noqa: ANN401
        answer = method(self)
        change(self, answer)
        return answer

    setattr(owner, name, changed)


def asked(response: Any, name: str) -> Any:  # noqa: ANN401  # moto's own types
    """A parameter of the request that is answered."""
    return response._get_param(name)


def told(account: str, region: str, name: str) -> Any:  # noqa: ANN401  # JSON
    """What a test has written into a parameter; None where it has not."""
    backend: Any = ssm_backends[account][region]
    held = backend._parameters.get(name)
    return json.loads(held[-1].value) if held else None


def _observed(response: BaseResponse, name: str) -> Any:  # noqa: ANN401  # JSON
    return told(response.current_account, response.region, name)


def _observe_service(response: BaseResponse, answer: Any) -> None:  # noqa: ANN401  # moto's own
    observed = _observed(response, SERVICE)
    for service in answer.result["services"] if observed else ():
        deployment = observed.get("deployment", {})
        service.deployments[0] |= deployment
        for name, value in observed.items():
            if name != "deployment":
                setattr(service, name, value)


def _observe_health(response: BaseResponse, answer: Any) -> None:  # noqa: ANN401  # moto's own
    observed: dict[str, dict[str, str]] = _observed(response, HEALTH) or {}
    for each in answer.result["TargetHealthDescriptions"]:
        found = observed.get(each.instance_id)
        if found:
            each.status, each.reason, each.description = found["State"], found["Reason"], found["Description"]


def describe_scaling_activities(self: ApplicationAutoScalingResponse) -> str:
    observed: list[dict[str, Any]] = _observed(self, ACTIVITIES) or []
    activities = [each for each in observed if each["ResourceId"] == asked(self, "ResourceId")]
    return json.dumps({"ScalingActivities": activities})


# ---- saved queries of Logs Insights --------------------------------------------------------------------------------


def _definitions(response: LogsResponse) -> dict[str, dict[str, Any]]:
    """The saved queries; held by moto's backend, so that its reset empties them."""
    return response.logs_backend.__dict__.setdefault("query_definitions", {})


def put_query_definition(self: LogsResponse) -> str:
    identifier = asked(self, "queryDefinitionId") or str(mock_random.uuid4())
    _definitions(self)[identifier] = {
        "queryDefinitionId": identifier,
        "name": asked(self, "name"),
        "queryString": asked(self, "queryString"),
        "logGroupNames": asked(self, "logGroupNames") or [],
        "lastModified": 0,
    }
    return json.dumps({"queryDefinitionId": identifier})


def describe_query_definitions(self: LogsResponse) -> str:
    prefix = asked(self, "queryDefinitionNamePrefix") or ""
    found = [each for each in _definitions(self).values() if each["name"].startswith(prefix)]
    return json.dumps({"queryDefinitions": found})


def delete_query_definition(self: LogsResponse) -> str:
    held = _definitions(self).pop(asked(self, "queryDefinitionId"), None)
    return json.dumps({"success": held is not None})
