"""Waiting for a rollout: until it is done, has failed, or has taken too long."""

from typing import Any, cast

import pytest

from miyabi_infra.aws.blue_green import Shift
from miyabi_infra.aws.client import Aws
from miyabi_infra.aws.deploy import Rollout
from miyabi_infra.aws.patience import Patience
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


class Migrating:
    """An account in which the migration ends as the answers say."""

    def __init__(self, started: dict[str, Any], *tasks: dict[str, Any]) -> None:
        self.answers: dict[str, list[dict[str, Any]]] = {
            "describe_task_definition": [{"taskDefinition": {"containerDefinitions": [{"name": "m", "image": "i:2"}]}}],
            "describe_services": [{"services": [{"status": "ACTIVE", "networkConfiguration": {}}]}],
            "run_task": [started],
            "describe_tasks": [{"tasks": [each]} for each in tasks],
        }

    def call(self, _service: str, operation: str, /, **_: object) -> dict[str, Any]:
        left = self.answers[operation]
        return left.pop(0) if len(left) > 1 else left[0]


STARTED: dict[str, Any] = {"tasks": [{"taskArn": "arn:aws:ecs:us-west-2:123456789012:task/c/42"}]}


def stopped(code: int | None, reason: str = "") -> dict[str, Any]:
    container: dict[str, Any] = {} if code is None else {"exitCode": code}
    return {"lastStatus": "STOPPED", "containers": [container], "stoppedReason": reason}


RUNS: dict[str, Any] = {"lastStatus": "RUNNING", "containers": [{}]}
NOT_STARTED: dict[str, Any] = {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]}
NO_SECRET = "ResourceInitializationError: unable to pull secrets"


@pytest.mark.parametrize(
    ("started", "tasks", "reason"),
    [
        (STARTED, [RUNS, stopped(0)], ""),
        (STARTED, [stopped(3)], "migration 42 failed with exit code 3"),
        (STARTED, [stopped(None, NO_SECRET)], f"migration 42 failed: {NO_SECRET}"),
        (STARTED, [RUNS], "migration 42 runs still after 25 s, and is not stopped in the middle"),
        (NOT_STARTED, [RUNS], "the migration did not start: RESOURCE:ENI"),
    ],
)
def test_how_a_migration_ends(started: dict[str, Any], tasks: list[dict[str, Any]], reason: str) -> None:
    time = Time()
    patience = Patience(25, clock=lambda: time.now, sleep=time.sleep)
    account = cast("Aws", Migrating(started, *tasks))
    assert Rollout(account, "c", "s", patience, lambda _: None).migrate("family", "m", "i:2") == reason


def test_a_service_that_is_not_there_is_named() -> None:
    with pytest.raises(Refused, match="service s does not exist in cluster c"):
        rollout([deployment(OLD, "PRIMARY", "COMPLETED")], status="INACTIVE").running()


SPEC = "{}"


class Deployments:
    """CodeDeploy, whose deployments answer differently each time; the last answer stays."""

    def __init__(self, *answers: dict[str, Any], going: tuple[str, ...] = ()) -> None:
        self.left = list(answers)
        self.going = going
        self.stopped: list[object] = []

    def call(self, service: str, operation: str, /, **arguments: object) -> dict[str, Any]:
        assert service == "codedeploy"
        if operation == "list_deployments":
            return {"deployments": self.going}
        if operation == "create_deployment":
            return {"deploymentId": "d-1"}
        if operation == "stop_deployment":
            self.stopped.append(arguments["autoRollbackEnabled"])
            self.left = [{"status": "Stopped", "rollbackInfo": {"rollbackDeploymentId": "d-2"}}]
            return {}
        if arguments["deploymentId"] == "d-2":
            return {"deploymentInfo": {"status": "Succeeded"}}
        return {"deploymentInfo": self.left.pop(0) if len(self.left) > 1 else self.left[0]}


def shift(aws: Deployments, told: list[str], minutes: int = 0) -> Shift:
    time = Time()
    patience = Patience(25, clock=lambda: time.now, sleep=time.sleep)
    return Shift(cast("Aws", aws), "app", "group", minutes, patience, told.append)


def test_a_deployment_of_codedeploy_is_told_step_by_step() -> None:
    told: list[str] = []
    moved = {"status": "InProgress", "instanceTerminationWaitTimeStarted": True}
    aws = Deployments({"status": "Created"}, {"status": "Ready"}, {"status": "Ready"}, moved, {"status": "Succeeded"})
    assert shift(aws, told, minutes=5).deploy(SPEC) == ""
    assert told == [
        "deployment d-1 begun: at most 5 min of waits beside the start of the tasks",
        "deployment d-1: Created",
        (
            "the new tasks run and wait for an approval: aws deploy continue-deployment --deployment-id d-1 "
            "--deployment-wait-type READY_WAIT"
        ),
        "deployment d-1: the traffic has moved, the old tasks still run",
    ]


def test_why_codedeploy_took_a_deployment_back() -> None:
    told: list[str] = []
    failed = {
        "status": "Failed",
        "errorInformation": {"message": "One\nalarm"},
        "rollbackInfo": {"rollbackDeploymentId": "d-2"},
    }
    assert shift(Deployments(failed), told).deploy(SPEC) == "One alarm"
    assert told[-1] == "One alarm; deployment d-2 takes it back"


def test_a_deployment_that_takes_too_long_is_stopped_and_rolled_back() -> None:
    aws = Deployments({"status": "InProgress"})
    assert shift(aws, []).deploy(SPEC) == "deployment d-1 had not ended after 25 s beside its waits"
    assert aws.stopped == [True]


def test_codedeploy_takes_one_deployment_at_a_time() -> None:
    with pytest.raises(Refused, match="deployment d-0 is in progress"):
        shift(Deployments(going=("d-0",)), []).free()
