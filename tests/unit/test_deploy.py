"""Waiting for a rollout: until it is done, has failed, or has taken too long."""

from typing import Any, cast

import pytest

from miyabi_infra.aws.client import Aws
from miyabi_infra.aws.deploy import Patience, Rollout
from miyabi_infra.refused import Refused

OLD, NEW = "arn:aws:ecs:us-west-2:123456789012:task-definition/miyabi-app-dev:1", "miyabi-app-dev:2"


def deployment(revision: str, status: str, state: str, **more: object) -> dict[str, Any]:
    return {"taskDefinition": revision, "status": status, "rolloutState": state, **more}


class Answers:
    """An account whose service answers differently each time; the last answer stays."""

    def __init__(self, *answers: list[dict[str, Any]], status: str = "ACTIVE") -> None:
        self.left = list(answers)
        self.status = status

    def call(self, service: str, operation: str, /, **_: object) -> dict[str, Any]:
        assert (service, operation) == ("ecs", "describe_services")
        found = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        return {"services": [{"status": self.status, "deployments": found, "events": []}]}


class Time:
    """A clock that only waiting moves."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def rollout(*answers: list[dict[str, Any]], status: str = "ACTIVE", told: list[str] | None = None) -> Rollout:
    time = Time()
    patience = Patience(25, clock=lambda: time.now, sleep=time.sleep)
    lines = told if told is not None else []
    return Rollout(cast("Aws", Answers(*answers, status=status)), "c", "s", patience, lines.append)


def test_it_waits_until_the_new_revision_runs() -> None:
    told: list[str] = []
    going = [deployment(NEW, "PRIMARY", "IN_PROGRESS", runningCount=1, desiredCount=2), deployment(OLD, "ACTIVE", "X")]
    assert rollout(going, going, [deployment(NEW, "PRIMARY", "COMPLETED")], told=told).wait(NEW) == ""
    assert told == ["1 of 2 tasks of miyabi-app-dev:2 run"] * 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([deployment(NEW, "PRIMARY", "FAILED", rolloutStateReason="tasks failed to start")], "tasks failed to start"),
        ([deployment(OLD, "PRIMARY", "IN_PROGRESS")], "the circuit breaker rolled miyabi-app-dev:2 back"),
        ([deployment(NEW, "PRIMARY", "IN_PROGRESS")], "miyabi-app-dev:2 does not run after 25 s"),
    ],
)
def test_why_it_does_not_run(answer: list[dict[str, Any]], reason: str) -> None:
    assert rollout(answer).wait(NEW) == reason


@pytest.mark.parametrize(
    "answer",
    [
        [deployment(OLD, "PRIMARY", "IN_PROGRESS")],
        [deployment(NEW, "PRIMARY", "COMPLETED"), deployment(OLD, "ACTIVE", "COMPLETED")],
    ],
)
def test_two_deployments_at_once_are_refused(answer: list[dict[str, Any]]) -> None:
    with pytest.raises(Refused, match="a deployment of s is in progress"):
        rollout(answer).running()


def test_a_service_that_is_not_there_is_named() -> None:
    with pytest.raises(Refused, match="service s does not exist in cluster c"):
        rollout([deployment(OLD, "PRIMARY", "COMPLETED")], status="INACTIVE").running()
