"""Tasks of ECS services in Cloud Map, which moto lacks: a task is registered for as long as it runs.

An update that takes a service registry away starts a deployment: the old tasks stay registered until new ones have
taken their place. Terraform does not wait for that, unless the service says `wait_for_steady_state`, and Cloud Map
refuses to delete a service with instances.
"""

import functools
import time
from collections.abc import Callable
from typing import Any, Final, cast

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.servicediscovery.models import ServiceInstance, servicediscovery_backends

Moto = Any
"""A model of moto's, whose own types say too little."""

DEPLOYMENT: Final = 60.0
"""Seconds for which tasks that a deployment replaces stay registered. In AWS it is minutes."""


def install() -> None:
    """Put the additions into moto. Once in a process."""
    for name in ("create_service", "update_service", "delete_service"):
        original = getattr(EC2ContainerServiceResponse, name)
        setattr(EC2ContainerServiceResponse, name, functools.wraps(original)(_registering(original)))


def leave(discovered: Moto) -> None:
    """Let the instances of a Cloud Map service go whose tasks have ended."""
    discovered.instances[:] = [each for each in discovered.instances if _stays(each)]


def _stays(instance: Moto) -> bool:
    return time.monotonic() < getattr(instance, "until", float("inf"))


def _registering(call: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
    def registered(self: EC2ContainerServiceResponse) -> ActionResult:
        answer = call(self)
        service = cast("dict[str, Moto]", answer.result)["service"]
        backend = servicediscovery_backends[self.current_account][self.region]
        active = service.status == "ACTIVE"
        named = {each.get("registryArn") for each in service.service_registries} if active else set[str | None]()
        for discovered in backend.services.values():
            own = [each for each in discovered.instances if each.attributes.get("ECS_SERVICE_NAME") == service.name]
            if discovered.arn in named:
                _register(discovered, service, own)
            elif active:
                for each in own:
                    cast("Any", each).until = time.monotonic() + DEPLOYMENT
            else:  # Terraform waits until the tasks of a deleted service are gone
                discovered.instances[:] = [each for each in discovered.instances if each not in own]
        return answer

    return registered


def _register(discovered: Moto, service: Moto, own: list[Moto]) -> None:
    """Register as many tasks as the service is to run."""
    discovered.instances[:] = [each for each in discovered.instances if each not in own]
    for number in range(service.desired_count):
        attributes = {"ECS_SERVICE_NAME": service.name, "AWS_INIT_HEALTH_STATUS": "HEALTHY"}
        discovered.instances.append(ServiceInstance(discovered.id, f"{service.name}-{number}", None, attributes))
