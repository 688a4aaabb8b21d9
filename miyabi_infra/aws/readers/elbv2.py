"""Elastic Load Balancing: the load balancer, its target group, its listeners."""

from collections.abc import Mapping
from typing import Any, Final

from miyabi_infra.aws.readers.common import Json, set_check
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, plain
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import leads_to


def _elb_tags(arn: str, world: World) -> Any:  # noqa: ANN401  # JSON
    return world.ask("elbv2", "describe_tags", ResourceArns=[arn])["TagDescriptions"][0]["Tags"]


def _load_balancer(resource: Resource, world: World) -> Found | None:
    balancer = world.ask("elbv2", "describe_load_balancers", Names=[str(resource.get("name"))])["LoadBalancers"][0]
    arn = balancer["LoadBalancerArn"]
    attributes = _attributes(world.ask("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn))
    checks = [
        *world.checks(
            resource,
            {
                "load_balancer_type": balancer["Type"],
                "internal": balancer.get("Scheme") == "internal",
                "enable_deletion_protection": attributes.get("deletion_protection.enabled") == "true",
                "idle_timeout": int(attributes.get("idle_timeout.timeout_seconds", 60)),
                "enable_http2": attributes.get("routing.http2.enabled", "true") == "true",
            },
        ),
        set_check("subnets", resource, world, [each["SubnetId"] for each in balancer["AvailabilityZones"]]),
        set_check("security_groups", resource, world, balancer["SecurityGroups"]),
    ]
    ports = [
        each.get("port")
        for each in world.stack.of_type("aws_lb_listener")
        if leads_to(each.get("load_balancer_arn"), resource)
    ]
    listeners = world.items("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
    extras = [Extra(f"listener on port {each['Port']}") for each in listeners if each["Port"] not in ports]
    known = {
        "id": arn,
        "arn": arn,
        "arn_suffix": arn.partition(":loadbalancer/")[2],
        "dns_name": balancer["DNSName"],
        "zone_id": balancer.get("CanonicalHostedZoneId"),
    }
    return Found(known, checks + world.tags(resource, _elb_tags(arn, world)), extras)


def _attributes(answer: Json) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in answer["Attributes"]}


def _target_group(resource: Resource, world: World) -> Found | None:
    group = world.ask("elbv2", "describe_target_groups", Names=[str(resource.get("name"))])["TargetGroups"][0]
    arn = group["TargetGroupArn"]
    attributes = _attributes(world.ask("elbv2", "describe_target_group_attributes", TargetGroupArn=arn))
    health = {
        "enabled": group["HealthCheckEnabled"],
        "protocol": group["HealthCheckProtocol"],
        "path": group["HealthCheckPath"],
        "matcher": group["Matcher"]["HttpCode"],
        "interval": group["HealthCheckIntervalSeconds"],
        "timeout": group["HealthCheckTimeoutSeconds"],
        "healthy_threshold": group["HealthyThresholdCount"],
        "unhealthy_threshold": group["UnhealthyThresholdCount"],
    }
    checks = world.checks(
        resource,
        {
            "port": group["Port"],
            "protocol": group["Protocol"],
            "target_type": group["TargetType"],
            "vpc_id": group["VpcId"],
            "deregistration_delay": attributes.get("deregistration_delay.timeout_seconds"),
            "health_check": health,
        },
    )
    known = {"id": arn, "arn": arn, "name": group["TargetGroupName"], "arn_suffix": arn.rpartition(":")[2]}
    return Found(known, checks + world.tags(resource, _elb_tags(arn, world)))


def _listener(resource: Resource, world: World) -> Found | None:
    balancer = world.value(resource.get("load_balancer_arn"))
    if isinstance(balancer, Unresolved):
        return None
    listeners = world.items("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=balancer)
    listener = next((each for each in listeners if each["Port"] == resource.get("port")), None)
    if listener is None:
        return None
    arn = listener["ListenerArn"]
    certificates: list[Json] = listener.get("Certificates") or [{}]
    checks = world.checks(
        resource,
        {
            "protocol": listener["Protocol"],
            "ssl_policy": listener.get("SslPolicy"),
            "certificate_arn": certificates[0].get("CertificateArn"),
        },
    )
    actions = [_action(each) for each in listener["DefaultActions"]]
    generated = world.value(resource.get("default_action"))
    checks.append(Compared("default_action", plain(generated), plain(actions)))
    rules = world.items("elbv2", "describe_rules", "Rules", ListenerArn=arn)
    extras = [Extra(f"rule of priority {each['Priority']}") for each in rules if each["Priority"] != "default"]
    return Found({"id": arn, "arn": arn}, checks + world.tags(resource, _elb_tags(arn, world)), extras)


def _action(action: Json) -> dict[str, Any]:
    if action["Type"] == "redirect":
        redirect = action["RedirectConfig"]
        held = {"port": redirect["Port"], "protocol": redirect["Protocol"], "status_code": redirect["StatusCode"]}
        return {"type": "redirect", "redirect": held}
    arn = action.get("TargetGroupArn")
    if arn is None and action.get("ForwardConfig"):
        arn = action["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"]
    return {"type": action["Type"], "target_group_arn": arn}


READERS: Final[Mapping[str, Reader]] = {
    "aws_lb": _load_balancer,
    "aws_lb_listener": _listener,
    "aws_lb_target_group": _target_group,
}
