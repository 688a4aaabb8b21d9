"""An emulated AWS in which things run: what AWS does by itself once a service is there, and moto does not.

ECS starts the tasks that a service asks for, at once: they are registered with the target group, write to the log
group, and are replaced by a deployment. So what an operator's commands look at is there, and changes as in AWS when a
command changes something. `install` makes this of a running emulated AWS, with what it holds already.
"""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, cast

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elasticache.responses import ElastiCacheResponse
from moto.elbv2.models import elbv2_backends
from moto.logs.models import logs_backends

from tests.aws.observed import told

BROKEN: Final = ":broken"
"""In the name of an image: its tasks never become healthy."""
PANICS: Final = ":panics"
"""In the name of an image: its tasks exit as soon as they start."""
NEEDED: Final = "/observed/needed-memory"
"""The MiB that the application needs, a task with less is killed: a parameter of Systems Manager, as in `observed`."""

Moto = Any
"""A model of moto's, whose own types say too little."""


@dataclass(frozen=True)
class End:
    """How a task ends by itself, as ECS tells it."""

    reason: str
    code: int
    of_container: str | None
    """The reason at the container, where there is one."""
    logged: str
    """The last line of its log."""


_EXITED: Final = "Essential container in task exited"
UNHEALTHY: Final = End("Task failed container health checks", 143, None, "INFO stopping")
CRASHED: Final = End(_EXITED, 101, None, "thread 'main' panicked at src/main.rs:12: LOG_LEVEL is not a level")
KILLED: Final = End(_EXITED, 137, "OutOfMemoryError: Container killed due to memory usage", "INFO GET /report")

_MINUTE: Final = 60_000
LOG: Final = (
    (30 * _MINUTE, "INFO listening on 0.0.0.0"),
    (20 * _MINUTE, "ERROR request failed: upstream timed out"),
    (5 * _MINUTE, "INFO GET /health 200"),
)
"""What a task has logged: how many milliseconds ago, and the line."""


_DEPLOYED_ANEW: Final = ("network_configuration", "load_balancers", "service_registries", "platform_version")
"""What a service has beside its task definition whose change deploys anew (ECS API, UpdateService)."""


def install(account: str, region: str) -> None:
    """Let things run, in this process."""
    for name, wrapper in (
        ("create_service", _settling),
        ("update_service", _deploying),
        ("stop_task", _replacing),
        ("list_tasks", _of_service),
        ("run_task", _ending),
    ):
        original = getattr(EC2ContainerServiceResponse, name)
        setattr(EC2ContainerServiceResponse, name, functools.wraps(original)(wrapper(original)))
    setattr(ElastiCacheResponse, "reboot_cache_cluster", _reboot_cache_cluster)  # noqa: B010  # moto lacks it
    # Of the resources of container instances, which Fargate has none of; moto fails where a container says no memory.
    setattr(EC2ContainerServiceBackend, "_calculate_task_resource_requirements", _nothing)  # noqa: B010
    original = cast("Any", EC2Backend).describe_nat_gateways
    setattr(EC2Backend, "describe_nat_gateways", _by_tags(original))  # noqa: B010  # what moto lacks
    backend = ecs_backends[account][region]
    for service in backend.services.values():
        settle(backend, service, "new")


Call = Callable[[EC2ContainerServiceResponse], ActionResult]


def _settling(call: Call) -> Call:
    def create_service(self: EC2ContainerServiceResponse) -> ActionResult:
        answer = call(self)
        settle(self.ecs_backend, _service_of(answer), "new")
        return answer

    return create_service


def _deploying(call: Call) -> Call:
    def update_service(self: EC2ContainerServiceResponse) -> ActionResult:
        name = str(_asked(self, "service")).rpartition("/")[2]
        service = next((each for each in self.ecs_backend.services.values() if each.name == name), None)
        before = service.task_definition if service else None
        placed = [getattr(service, attribute, None) for attribute in _DEPLOYED_ANEW]
        answer = call(self)
        forced = bool(_asked(self, "forceNewDeployment"))
        moved = placed != [getattr(_service_of(answer), attribute, None) for attribute in _DEPLOYED_ANEW]
        deployed = forced or moved or _asked(self, "taskDefinition") is not None
        if deployed and never_healthy(self.ecs_backend, _service_of(answer).task_definition):
            _fail(self.ecs_backend, _service_of(answer), before)
        else:
            settle(self.ecs_backend, _service_of(answer), "deployment" if deployed else "scaling")
        return answer

    return update_service


def _replacing(call: Call) -> Call:
    def stop_task(self: EC2ContainerServiceResponse) -> ActionResult:
        answer = call(self)
        task = cast("dict[str, Moto]", answer.result)["task"]
        _left(self.ecs_backend, task, "UserInitiated")
        for service in self.ecs_backend.services.values():
            if _group(service) == task.group:
                settle(self.ecs_backend, service, "scaling")
        return answer

    return stop_task


def _ending(call: Call) -> Call:
    def run_task(self: EC2ContainerServiceResponse) -> ActionResult:
        """A task that belongs to no service does its work at once, and ends: well, unless its image is broken."""
        answer = call(self)
        for task in cast("dict[str, list[Moto]]", answer.result)["tasks"]:
            definition: Moto = self.ecs_backend.describe_task_definition(task.task_definition_arn)
            broken = any(BROKEN in each["image"] for each in definition.container_definitions)
            cluster = str(task.cluster_arn).rpartition("/")[2]
            self.ecs_backend.stop_task(cluster, task.id, "Essential container in task exited")
            task.stop_code, task.stopped_at = "EssentialContainerExited", utcnow()
            task.containers[0].exitCode = int(broken)
        return answer

    return run_task


def _of_service(call: Call) -> Call:
    def list_tasks(self: EC2ContainerServiceResponse) -> ActionResult:
        """Moto lists tasks of all services, and stopped ones beside those that run, where nothing else is asked for."""
        arns = cast("dict[str, list[str]]", call(self).result)["taskArns"]
        tasks = {arn: task for held in self.ecs_backend.tasks.values() for arn, task in held.items()}
        name, wanted = _asked(self, "serviceName"), _asked(self, "desiredStatus") or "RUNNING"
        groups = {f"service:{str(name).rsplit('/', 1)[-1]}"} if name else {each.group for each in tasks.values()}
        found = [arn for arn in arns if tasks[arn].group in groups and tasks[arn].desired_status == wanted]
        return ActionResult({"taskArns": found})

    return list_tasks


def _reboot_cache_cluster(self: ElastiCacheResponse) -> ActionResult:
    """Answer as for a reboot that has just begun; the next look finds the cluster available again."""
    cluster = self.elasticache_backend.describe_cache_clusters(_asked(self, "CacheClusterId"))[0]
    answer = {"CacheClusterId": cluster.cache_cluster_id, "CacheClusterStatus": "rebooting cache cluster nodes"}
    return ActionResult({"CacheCluster": answer})


def _by_tags(describe: Callable[..., Any]) -> Callable[..., list[Moto]]:
    def describe_nat_gateways(self: Moto, filters: Moto, nat_gateway_ids: Moto) -> list[Moto]:
        """Moto takes filters by tag and leaves them out of account."""
        asked: dict[str, list[str]] = filters or {}
        wanted = {key[4:]: values for key, values in asked.items() if key.startswith("tag:")}
        return [
            each
            for each in describe(self, filters, nat_gateway_ids)
            if all(_tagged(each, key, values) for key, values in wanted.items())
        ]

    return describe_nat_gateways


def _tagged(resource: Moto, key: str, patterns: list[str]) -> bool:
    tags = {tag["key"]: tag["value"] for tag in resource.get_tags()}
    return any(fnmatchcase(tags.get(key, ""), pattern) for pattern in patterns)


def settle(backend: Moto, service: Moto, why: str) -> None:
    """Start and stop tasks until those run that the service asks for; a deployment replaces all of them."""
    cluster = backend.tasks.setdefault(service.cluster_name, {})
    running = [task for task in cluster.values() if task.group == _group(service) and task.desired_status == "RUNNING"]
    leaving = running if why == "deployment" else running[service.desired_count :]
    _stop(backend, service, leaving)
    for _ in range(service.desired_count - (len(running) - len(leaving))):
        _join(backend, service)
    if _end(backend, service.task_definition):  # it did not, when it was deployed: ECS starts one after the other
        _start_and_end(backend, service)
        service.running_count, service.pending_count = 0, service.desired_count
        return
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments:
        deployment |= {
            "desiredCount": service.desired_count,
            "runningCount": service.desired_count,
            "pendingCount": 0,
            "rolloutState": "COMPLETED",
            "rolloutStateReason": f"ECS deployment {_id(service)} completed.",
            "taskDefinition": service.task_definition,
        }
    message = f"(service {service.name}) has reached a steady state."
    service.events.insert(0, {"id": str(len(service.events)), "createdAt": utcnow(), "message": message})


def stop_all(backend: Moto, service: Moto) -> None:
    """Stop the tasks of a service, as CodeDeploy does with the old ones."""
    running = [task for task in backend.tasks[service.cluster_name].values() if task.group == _group(service)]
    _stop(backend, service, [task for task in running if task.desired_status == "RUNNING"])


def _stop(backend: Moto, service: Moto, tasks: list[Moto]) -> None:
    for task in tasks:
        backend.stop_task(service.cluster_name, task.id, f"Scaling activity initiated by (deployment {_id(service)})")
        _left(backend, task, "ServiceSchedulerInitiated")


def never_healthy(backend: Moto, revision: object) -> bool:
    """Whether the tasks of a revision end before they are healthy."""
    return _end(backend, revision) is not None


def _end(backend: Moto, revision: object) -> End | None:
    """How the tasks of a revision end by themselves: by the tag of their image, or for lack of memory."""
    definition = backend.describe_task_definition(str(revision).rpartition("/")[2])
    images = [str(each["image"]) for each in definition.container_definitions]
    if any(BROKEN in each for each in images):
        return UNHEALTHY
    if any(PANICS in each for each in images):
        return CRASHED
    needed: int | None = told(backend.account_id, backend.region_name, NEEDED)
    return KILLED if needed and int(definition.memory) < needed else None


def _start_and_end(backend: Moto, service: Moto) -> None:
    """Start a task of a service's revision, and let all that run of it end."""
    revision = str(service.task_definition)
    end = _end(backend, revision)
    assert end is not None
    _join(backend, service, end.logged)
    for task in backend.tasks[service.cluster_name].values():
        ran = task.group == _group(service) and task.desired_status == "RUNNING"
        if ran and task.task_definition_arn.rpartition("/")[2] == revision.rpartition("/")[2]:
            backend.stop_task(service.cluster_name, task.id, end.reason)
            _left(backend, task, "EssentialContainerExited", end)


def _fail(backend: Moto, service: Moto, before: Moto) -> None:
    """The deployment fails; with its circuit breaker, ECS deploys what ran before, else the old tasks stay."""
    _start_and_end(backend, service)
    configuration: dict[str, Any] = service.deployment_configuration or {}
    breaker: dict[str, Any] = configuration.get("deploymentCircuitBreaker", {})
    reason = "ECS deployment circuit breaker: tasks failed to start."
    message = f"(service {service.name}) (deployment {_id(service)}) deployment failed: tasks failed to start."
    service.events.insert(0, {"id": str(len(service.events)), "createdAt": utcnow(), "message": message})
    if breaker.get("enable") and breaker.get("rollback"):
        service.task_definition = before
        settle(backend, service, "scaling")
        return
    failed = {"rolloutState": "FAILED", "rolloutStateReason": reason, "failedTasks": 3}
    service.deployments[0] |= {**failed, "runningCount": 0, "taskDefinition": service.task_definition}


def _join(backend: Moto, service: Moto, *logged: str) -> None:
    """Start one task, spread over the subnets, and register it."""
    network = service.network_configuration
    subnets = network["awsvpcConfiguration"]["subnets"]
    turn = len(backend.tasks.get(service.cluster_name, {})) % len(subnets)
    subnet = ec2_backends[backend.account_id][backend.region_name].get_subnet(subnets[turn])
    configuration = {"awsvpcConfiguration": {**network["awsvpcConfiguration"], "subnets": [subnet.id]}}
    (task,) = backend.run_task(
        service.cluster_name,
        str(service.task_definition),
        1,
        None,
        _id(service),
        None,
        "FARGATE",
        networking_configuration=configuration,
        group=_group(service),
    )
    task.availability_zone = subnet.availability_zone
    for balancer in service.load_balancers:
        target = {"Id": _address(task), "Port": balancer["containerPort"]}
        elbv2_backends[backend.account_id][backend.region_name].register_targets(balancer["targetGroupArn"], [target])
    _log(backend, task, *logged)


def _left(backend: Moto, task: Moto, code: str, end: End | None = None) -> None:
    """Take a task that was stopped out of the target groups, and say how it ended."""
    task.stop_code, task.stopped_at = code, utcnow()
    task.containers[0].exitCode = end.code if end else 143  # as processes end after SIGTERM
    if end and end.of_container:
        task.containers[0].reason = end.of_container
    balancing, address = elbv2_backends[backend.account_id][backend.region_name], _address(task)
    # Where it was registered, which may be another group than the one that its service has by now.
    for arn, group in list(balancing.target_groups.items()):
        if address in group.targets:
            balancing.deregister_targets(arn, [{"Id": address}])


def _log(backend: Moto, task: Moto, *last: str) -> None:
    """Write what a task logs, if CloudWatch gets it and not a log router."""
    definition = backend.describe_task_definition(task.task_definition_arn).container_definitions[0]
    if definition["logConfiguration"]["logDriver"] != "awslogs":
        return
    options = definition["logConfiguration"]["options"]
    group, stream = options["awslogs-group"], f"{options['awslogs-stream-prefix']}/{definition['name']}/{task.id}"
    logs = logs_backends[backend.account_id][backend.region_name]
    logs.create_log_stream(group, stream)
    now = int(time.time() * 1000)
    lines = (*LOG, *((_MINUTE, line) for line in last))
    logs.put_log_events(group, stream, [{"timestamp": now - ago, "message": line} for ago, line in lines])


def _address(task: Moto) -> str:
    details: list[dict[str, str]] = task.attachments[0]["details"]
    return next(each["value"] for each in details if each["name"] == "privateIPv4Address")


def _nothing(*_: object) -> dict[str, Any]:
    return {}


def _asked(response: Moto, name: str) -> Any:  # noqa: ANN401  # of a request
    return response._get_param(name)


def _group(service: Moto) -> str:
    return f"service:{service.name}"


def _id(service: Moto) -> str:
    return str(service.deployments[0]["id"]) if service.deployments else "codedeploy"


def _service_of(answer: ActionResult) -> Moto:
    return cast("dict[str, Moto]", answer.result)["service"]
