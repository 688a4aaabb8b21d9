"""Elastic Load Balancing: the load balancer, its target groups, its listeners with their rules and certificates."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from miyabi_infra.aws.readers.beside import beside
from miyabi_infra.aws.readers.common import Json, block, names_of, part, set_check
from miyabi_infra.aws.readers.ecs import addresses_of_tasks
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, compared
from miyabi_infra.stacks import Resource, Value
from miyabi_infra.stacks.platform import leads_to, mappings


def _tags(arn: str, world: World) -> Any:  # noqa: ANN401  # JSON
    return world.ask("elbv2", "describe_tags", ResourceArns=[arn])["TagDescriptions"][0]["Tags"]


def _value(text: str) -> Any:  # noqa: ANN401  # a bool, a number or a text
    """The value of an attribute, which AWS writes as text."""
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if text.isdecimal() else text


def _attributes(answer: Json, names: Mapping[str, str]) -> dict[str, Any]:
    held = {each["Key"]: _value(each["Value"]) for each in answer["Attributes"]}
    return {argument: held[name] for argument, name in names.items() if name in held}


# ---- load balancer ---------------------------------------------------------------------------------------------------

_LOAD_BALANCER: Final = {
    "client_keep_alive": "client_keep_alive.seconds",
    "desync_mitigation_mode": "routing.http.desync_mitigation_mode",
    "drop_invalid_header_fields": "routing.http.drop_invalid_header_fields.enabled",
    "enable_deletion_protection": "deletion_protection.enabled",
    "enable_http2": "routing.http2.enabled",
    "enable_tls_version_and_cipher_suite_headers": "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
    "enable_waf_fail_open": "waf.fail_open.enabled",
    "enable_xff_client_port": "routing.http.xff_client_port.enabled",
    "enable_zonal_shift": "zonal_shift.config.enabled",
    "idle_timeout": "idle_timeout.timeout_seconds",
    "preserve_host_header": "routing.http.preserve_host_header.enabled",
    "xff_header_processing_mode": "routing.http.xff_header_processing.mode",
}
"""Arguments of `aws_lb` that are attributes in AWS."""

_LOAD_BALANCER_DEFAULTS: Final[Mapping[str, Any]] = {
    "client_keep_alive": 3600,
    "desync_mitigation_mode": "defensive",
    "drop_invalid_header_fields": False,
    "enable_deletion_protection": False,
    "enable_http2": True,
    "enable_tls_version_and_cipher_suite_headers": False,
    "enable_waf_fail_open": False,
    "enable_xff_client_port": False,
    "enable_zonal_shift": False,
    "idle_timeout": 60,
    "ip_address_type": "ipv4",
    "preserve_host_header": False,
    "xff_header_processing_mode": "append",
}
"""What the provider sets where the argument is not configured (documentation of `aws_lb`)."""

_LOGS: Final = {"access_logs": "access_logs.s3", "connection_logs": "connection_logs.s3"}
"""Blocks of logs, and how the names of their attributes begin."""


def _load_balancer(resource: Resource, world: World) -> Found | None:
    balancer = world.ask("elbv2", "describe_load_balancers", Names=[str(resource.get("name"))])["LoadBalancers"][0]
    arn = balancer["LoadBalancerArn"]
    answer = world.ask("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
    checks = [
        *world.checks(
            resource,
            {
                "name": balancer["LoadBalancerName"],
                "load_balancer_type": balancer["Type"],
                "internal": balancer.get("Scheme") == "internal",
                "ip_address_type": balancer.get("IpAddressType", "ipv4"),
                **_attributes(answer, _LOAD_BALANCER),
            },
            **_LOAD_BALANCER_DEFAULTS,
        ),
        set_check("subnets", resource, world, [each["SubnetId"] for each in balancer["AvailabilityZones"]]),
        set_check("security_groups", resource, world, balancer["SecurityGroups"]),
    ]
    for name, prefix in _LOGS.items():
        names = {key: f"{prefix}.{key}" for key in ("enabled", "bucket", "prefix")}
        held = {"enabled": False, **_attributes(answer, names)}
        generated = {"enabled": False, **block(resource, name)}
        if generated["enabled"] is not True:  # then the provider leaves the bucket as it is
            generated, held = {"enabled": False}, {"enabled": held["enabled"]}
        checks += compared(name, {key: world.value(each) for key, each in generated.items()}, _stated(generated, held))
    found = Found(
        {
            "id": arn,
            "arn": arn,
            "arn_suffix": arn.partition(":loadbalancer/")[2],
            "dns_name": balancer["DNSName"],
            "zone_id": balancer.get("CanonicalHostedZoneId"),
        },
        checks + world.tags(resource, _tags(arn, world)),
    )
    found.search(_extra_listeners(resource, arn, world))
    found.search(_extra_groups(arn, world))
    return found


def _stated(generated: Json, held: Json) -> dict[str, Any]:
    """What AWS says about what is generated; empty texts, which say nothing, count as absent."""
    return {key: each for key, each in held.items() if key in generated or each not in ("", None)}


def _extra_listeners(resource: Resource, arn: str, world: World) -> Iterator[Extra]:
    ports = [
        each.get("port")
        for each in world.stack.of_type("aws_lb_listener")
        if leads_to(each.get("load_balancer_arn"), resource)
    ]
    for each in world.items("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
        if each["Port"] not in ports:
            yield Extra(f"listener on port {each['Port']}")


def _extra_groups(arn: str, world: World) -> Iterator[Extra]:
    """Target groups that the load balancer sends requests to."""
    generated = names_of("aws_lb_target_group", world)
    for each in world.items("elbv2", "describe_target_groups", "TargetGroups", LoadBalancerArn=arn):
        if each["TargetGroupName"] not in generated:
            yield Extra(f"target group {each['TargetGroupName']} behind it")


# ---- target group ----------------------------------------------------------------------------------------------------

_TARGET_GROUP: Final = {
    "deregistration_delay": "deregistration_delay.timeout_seconds",
    "load_balancing_algorithm_type": "load_balancing.algorithm.type",
    "load_balancing_anomaly_mitigation": "load_balancing.algorithm.anomaly_mitigation",
    "load_balancing_cross_zone_enabled": "load_balancing.cross_zone.enabled",
    "slow_start": "slow_start.duration_seconds",
}
"""Arguments of `aws_lb_target_group` that are attributes in AWS."""

_TARGET_GROUP_DEFAULTS: Final[Mapping[str, Any]] = {
    "deregistration_delay": 300,
    "load_balancing_algorithm_type": "round_robin",
    "load_balancing_anomaly_mitigation": "off",
    "load_balancing_cross_zone_enabled": "use_load_balancer_configuration",
    "protocol_version": "HTTP1",
    "slow_start": 0,
}


def _target_group(resource: Resource, world: World) -> Found | None:
    group = world.ask("elbv2", "describe_target_groups", Names=[str(resource.get("name"))])["TargetGroups"][0]
    arn = group["TargetGroupArn"]
    answer = world.ask("elbv2", "describe_target_group_attributes", TargetGroupArn=arn)
    health = {
        "enabled": group["HealthCheckEnabled"],
        "port": group.get("HealthCheckPort", "traffic-port"),
        "protocol": group["HealthCheckProtocol"],
        "path": group["HealthCheckPath"],
        "matcher": group["Matcher"]["HttpCode"],
        "interval": group["HealthCheckIntervalSeconds"],
        "timeout": group["HealthCheckTimeoutSeconds"],
        "healthy_threshold": group["HealthyThresholdCount"],
        "unhealthy_threshold": group["UnhealthyThresholdCount"],
    }
    generated = world.value(block(resource, "health_check"))
    checks = world.checks(
        resource,
        {
            "name": group["TargetGroupName"],
            "port": group["Port"],
            "protocol": group["Protocol"],
            "protocol_version": group.get("ProtocolVersion", "HTTP1"),
            "target_type": group["TargetType"],
            "vpc_id": group["VpcId"],
            **_attributes(answer, _TARGET_GROUP),
        },
        **_TARGET_GROUP_DEFAULTS,
    )
    if not isinstance(generated, Unresolved):
        checks += compared("health_check", {"port": "traffic-port", **generated}, health)
    sticky = _attributes(answer, {"enabled": "stickiness.enabled", "type": "stickiness.type"})
    wanted = {"enabled": False, **block(resource, "stickiness")}
    checks += compared("stickiness.enabled", wanted["enabled"], sticky.get("enabled", False))
    known = {"id": arn, "arn": arn, "name": group["TargetGroupName"], "arn_suffix": arn.rpartition(":")[2]}
    found = Found(known, checks + world.tags(resource, _tags(arn, world)))
    found.extras.extend(_set(answer, _TARGET_GROUP_USUAL, [*_TARGET_GROUP.values(), *_STICKY]))
    found.search(_foreign_targets(arn, world))
    return found


_STICKY: Final = ("stickiness.enabled", "stickiness.type")
_TARGET_GROUP_USUAL: Final = {
    "stickiness.app_cookie.duration_seconds": ("86400",),
    "stickiness.lb_cookie.duration_seconds": ("86400",),
    "target_group_health.dns_failover.minimum_healthy_targets.count": ("1",),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": ("off",),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": ("1",),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": ("off",),
}
"""Attributes of a target group that are no arguments here, as AWS sets them (API, `TargetGroupAttribute`)."""


def _foreign_targets(arn: str, world: World) -> Iterator[Extra]:
    """Addresses that get requests and are no task: somebody registered them by hand."""
    clusters = [each for each in world.stack.of_type("aws_ecs_cluster") if world.find(each.address) is not None]
    if not clusters:
        return  # that the cluster is missing is a difference of its own
    health = world.ask("elbv2", "describe_target_health", TargetGroupArn=arn)["TargetHealthDescriptions"]
    targets = {str(each["Target"]["Id"]) for each in health if each["TargetHealth"]["State"] != "draining"}
    if not targets:
        return
    tasks: set[str] = set()
    for each in clusters:
        tasks |= addresses_of_tasks(str(each.get("name")), world)
    yield from (Extra(f"target {each} that is no task") for each in sorted(targets - tasks))


# ---- listeners -------------------------------------------------------------------------------------------------------


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
            "load_balancer_arn": listener["LoadBalancerArn"],
            "port": listener["Port"],
            "protocol": listener["Protocol"],
            "ssl_policy": listener.get("SslPolicy"),
            "certificate_arn": certificates[0].get("CertificateArn"),
        },
        certificate_arn=None,
    )
    mutual = part(listener, "MutualAuthentication")
    wanted = next((block.get("mode") for block in resource.blocks("mutual_authentication")), "off")
    checks += compared("mutual_authentication.mode", wanted, mutual.get("Mode", "off"))
    generated = world.value(resource.get("default_action"))
    if not isinstance(generated, Unresolved):
        actions = [_action(each) for each in listener["DefaultActions"]]
        checks += compared("default_action", [_generated_action(each) for each in _blocks(generated)], actions)
    found = Found({"id": arn, "arn": arn}, checks + world.tags(resource, _tags(arn, world)))
    found.search(_attributes_of_listener(arn, world))
    found.search(_extra_rules(arn, resource, world))
    found.search(_extra_certificates(arn, resource, world))
    return found


def _attributes_of_listener(arn: str, world: World) -> Iterator[Extra]:
    """Headers that the listener sets or names otherwise: no module does."""
    yield from _set(world.ask("elbv2", "describe_listener_attributes", ListenerArn=arn), _LISTENER_USUAL)


_LISTENER_USUAL: Final = {
    "routing.http.response.server.enabled": ("true",),
    "tcp.idle_timeout.seconds": ("350",),
}
"""Attributes of a listener as AWS sets them, where they are not empty (API, `ListenerAttribute`)."""


def _set(answer: Json, usual: Mapping[str, tuple[str, ...]], mapped: Iterable[str] = ()) -> Iterator[Extra]:
    """Attributes that are neither an argument nor as AWS sets them; text that is empty says nothing."""
    for each in answer["Attributes"]:
        name, value = str(each["Key"]), str(each.get("Value") or "")
        if name not in mapped and value not in usual.get(name, ("", "false")):
            yield Extra(f"attribute {name} = {value}")


def _blocks(value: Any) -> list[Json]:  # noqa: ANN401  # a block, or several
    return [value] if isinstance(value, Mapping) else list(cast("Sequence[Json]", value or ()))


_REDIRECT: Final = {
    "host": ("Host", "#{host}"),
    "path": ("Path", "/#{path}"),
    "port": ("Port", "#{port}"),
    "protocol": ("Protocol", "#{protocol}"),
    "query": ("Query", "#{query}"),
    "status_code": ("StatusCode", None),
}
"""Arguments of a redirect, their names in AWS, and what AWS takes where one is not given."""


def _generated_action(action: Json) -> dict[str, Any]:
    """A generated action with all its defaults, in one form: a forward is a list of target groups with weights."""
    kind = action["type"]
    if kind == "redirect":
        redirect = _blocks(action["redirect"])[0]
        return {
            "type": kind,
            "redirect": {key: redirect.get(key) or default for key, (_, default) in _REDIRECT.items()},
        }
    if kind == "fixed-response":
        answer = _blocks(action["fixed_response"])[0]
        return {"type": kind, "fixed_response": {key: str(answer.get(key) or "") for key in _FIXED}}
    if kind != "forward":
        return dict(action)
    forwards = _blocks(action.get("forward"))
    if not forwards:
        return _forward({str(action.get("target_group_arn")): 1}, sticky=False)
    groups = {each["arn"]: each.get("weight", 1) for each in _blocks(forwards[0].get("target_group"))}
    sticky = any(each.get("enabled", False) for each in _blocks(forwards[0].get("stickiness")))
    return _forward(groups, sticky=sticky)


_FIXED: Final = {"content_type": "ContentType", "message_body": "MessageBody", "status_code": "StatusCode"}


def _action(action: Json) -> dict[str, Any]:
    """The same for an action in AWS."""
    kind = action["Type"]
    if kind == "redirect":
        redirect: Json = action["RedirectConfig"]
        held = {key: redirect.get(name) or default for key, (name, default) in _REDIRECT.items()}
        return {"type": kind, "redirect": held}
    if kind == "fixed-response":
        answer: Json = action["FixedResponseConfig"]
        return {"type": kind, "fixed_response": {key: str(answer.get(name) or "") for key, name in _FIXED.items()}}
    if kind != "forward":
        return {"type": kind}
    config = part(action, "ForwardConfig")
    groups: dict[str, Any] = {
        each["TargetGroupArn"]: each.get("Weight", 1) for each in config.get("TargetGroups") or ()
    }
    sticky = bool(part(config, "TargetGroupStickinessConfig").get("Enabled", False))
    return _forward(groups or {action["TargetGroupArn"]: 1}, sticky=sticky)


def _forward(groups: Mapping[str, Any], *, sticky: bool) -> dict[str, Any]:
    """A forward, as weights by target group; the weight of a single one means nothing."""
    weights = dict.fromkeys(groups, 1) if len(groups) == 1 else groups
    return {"type": "forward", "target_groups": weights, "stickiness": sticky}


def _extra_rules(arn: str, resource: Resource, world: World) -> Iterator[Extra]:
    """Rules that were not generated; which of several with a priority is meant, only the priority says."""
    generated = {
        str(each.get("priority"))
        for each in world.stack.of_type("aws_lb_listener_rule")
        if leads_to(each.get("listener_arn"), resource)
    }
    for each in world.items("elbv2", "describe_rules", "Rules", ListenerArn=arn):
        if each["Priority"] != "default" and each["Priority"] not in generated:
            yield Extra(f"rule of priority {each['Priority']}")


def _extra_certificates(arn: str, resource: Resource, world: World) -> Iterator[Extra]:
    if resource.get("protocol") not in {"HTTPS", "TLS"}:
        return
    generated = {
        world.value(each.get("certificate_arn"))
        for each in world.stack.of_type("aws_lb_listener_certificate")
        if leads_to(each.get("listener_arn"), resource)
    }
    for each in world.items("elbv2", "describe_listener_certificates", "Certificates", ListenerArn=arn):
        if not each.get("IsDefault") and each["CertificateArn"] not in generated:
            own = world.value(resource.get("certificate_arn"))
            if each["CertificateArn"] != own:
                yield Extra(f"certificate {each['CertificateArn']}")


def _further_certificate(resource: Resource, world: World) -> Found | None:
    """A further certificate of a listener: it is there, or it is not."""
    listener, arn = world.value(resource.get("listener_arn")), world.value(resource.get("certificate_arn"))
    if isinstance(listener, Unresolved) or isinstance(arn, Unresolved):
        return None
    for each in world.items("elbv2", "describe_listener_certificates", "Certificates", ListenerArn=listener):
        if not each.get("IsDefault") and each["CertificateArn"] == arn:
            checks = [
                Compared("listener_arn", listener, listener),
                Compared("certificate_arn", arn, each["CertificateArn"]),
            ]
            return Found({"id": f"{listener}_{arn}"}, checks)
    return None


def _rule(resource: Resource, world: World) -> Found | None:
    """A rule, by its listener and priority; of a secret header the name, because its value is in no file."""
    listener = world.value(resource.get("listener_arn"))
    if isinstance(listener, Unresolved):
        return None
    for each in world.items("elbv2", "describe_rules", "Rules", ListenerArn=listener):
        if each["Priority"] != str(resource.get("priority")):
            continue
        headers = [header.get("http_header_name") for held in resource.blocks("condition") for header in _of(held)]
        found = [part(held, "HttpHeaderConfig").get("HttpHeaderName") for held in each.get("Conditions", ())]
        actions = world.value(resource.get("action"))
        generated = [_generated_action(action) for action in _blocks(actions)]
        checks = [
            Compared("listener_arn", listener, listener),
            Compared("priority", str(resource.get("priority")), each["Priority"]),
            Compared("condition", headers, found),
            *compared("action", generated, [_action(action) for action in each["Actions"]]),
        ]
        arn = str(each["RuleArn"])
        extras = list(beside(resource.type, each))
        return Found({"id": arn, "arn": arn}, checks + world.tags(resource, _tags(arn, world)), extras)
    return None


def _of(condition: Mapping[str, Value]) -> tuple[Mapping[str, Value], ...]:
    return mappings(condition.get("http_header"))


READERS: Final[Mapping[str, Reader]] = {
    "aws_lb": _load_balancer,
    "aws_lb_listener": _listener,
    "aws_lb_listener_certificate": _further_certificate,
    "aws_lb_listener_rule": _rule,
    "aws_lb_target_group": _target_group,
}
