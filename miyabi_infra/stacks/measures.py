"""How protections are measured in a generated stack. Each measure gives figures by subject; greater is stronger.

The subject is the resource that a figure is about, or empty for a figure about the whole stack.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Final

from miyabi_infra.stacks.firewalls import of_acl
from miyabi_infra.stacks.model import Resource, Stack, Value
from miyabi_infra.stacks.platform import CACHES, Platform, address_of, addresses_of, mappings, number, strings
from miyabi_infra.stacks.policies import Statement, statements

Measure = Callable[[Stack], Mapping[str, float]]
"""Figures by subject; a flag is a bool, so that people are told yes or no."""


def whole(figure: Callable[[Stack], float]) -> Measure:
    """A figure about the whole stack."""
    return lambda stack: {"": figure(stack)}


def least(argument: str, *types: str, default: float = 0) -> Measure:
    """The least value of an argument among the resources of some types; 0 without any."""

    def figure(stack: Stack) -> float:
        values = [each.get(argument) for each in stack.of_type(*types)]
        if any(isinstance(each, bool) or each in ("true", "false") for each in values):
            return all(each is True or each == "true" for each in values)
        return min((number(each, default) for each in values), default=0)

    return whole(figure)


def each_of(figure: Callable[[Resource], float], *types: str) -> Measure:
    """A figure of every resource of some types."""
    return lambda stack: {each.address: figure(each) for each in stack.of_type(*types)}


def each_of_stack(figures: Callable[[Stack], Iterator[tuple[str, float]]]) -> Measure:
    """Figures by subject that are found by looking at several resources at once."""
    return lambda stack: dict(figures(stack))


def argument(name: str, *types: str, default: float = 0) -> Measure:
    """The value of an argument, of every resource of some types."""
    return each_of(lambda each: value if isinstance(value := each.get(name), bool) else number(value, default), *types)


def not_set(name: str, *types: str) -> Measure:
    """1 for a resource without a flag that weakens it."""
    return each_of(lambda each: each.get(name) is not True, *types)


def nobody_has(name: str, *types: str) -> Measure:
    """1 when no resource of some types has a flag that weakens it."""
    return whole(lambda stack: not any(each.get(name) is True for each in stack.of_type(*types)))


def is_there(name: str, *types: str) -> Measure:
    """1 for a resource that has something in an argument."""
    return each_of(lambda each: bool(each.get(name)), *types)


def count(*types: str) -> Measure:
    """How many resources of some types there are."""
    return whole(lambda stack: len(stack.of_type(*types)))


# ---- network -----------------------------------------------------------------------------------------------------


def nat_zones(stack: Stack) -> float:
    """Zones with a NAT gateway of their own."""
    subnets = {address_of(each.get("subnet_id")) for each in stack.of_type("aws_nat_gateway")}
    return len({str(each.get("availability_zone")) for each in stack.of_type("aws_subnet") if each.address in subnets})


def private_subnets(stack: Stack) -> Iterator[tuple[str, float]]:
    """1 for a subnet whose route table has no route to an internet gateway."""
    gateways = {each.address for each in stack.of_type("aws_internet_gateway")}
    open_tables = {
        address_of(each.get("route_table_id"))
        for each in stack.of_type("aws_route")
        if address_of(each.get("gateway_id")) in gateways
    }
    for each in stack.of_type("aws_route_table_association"):
        yield address_of(each.get("subnet_id")), address_of(each.get("route_table_id")) not in open_tables


def state_kept_safe(stack: Stack) -> float:
    """0 for a file of one checkout, 1 for a bucket, 2 for one that encrypts, 3 for one that also locks."""
    backend = stack.backend.get("s3")
    if not isinstance(backend, Mapping):
        return 0
    encrypted = backend.get("encrypt") is True
    return 1 + encrypted + (encrypted and bool(backend.get("use_lockfile") or backend.get("dynamodb_table")))


# ---- entrance ----------------------------------------------------------------------------------------------------


def https(stack: Stack) -> float:
    """1 with an HTTPS listener."""
    return Platform(stack).https is not None


def http_redirects(stack: Stack) -> float:
    """1 when every HTTP listener redirects."""
    return not any(_serves(each) for each in Platform(stack).listeners() if each.get("protocol") == "HTTP")


def plain_listeners(stack: Stack) -> float:
    """The negative number of listeners that serve without TLS."""
    return -len([each for each in Platform(stack).listeners() if _serves(each) and not _encrypts(each)])


def _serves(listener: Resource) -> bool:
    return any(each.get("type") != "redirect" for each in listener.blocks("default_action"))


def _encrypts(listener: Resource) -> bool:
    return listener.get("protocol") in {"HTTPS", "TLS"}


_TLS: Final[Mapping[str, float]] = {
    "ELBSecurityPolicy-FS-2018-06": 1.0,
    "ELBSecurityPolicy-2016-08": 1.0,
    "ELBSecurityPolicy-2015-05": 1.0,
}
"""Oldest version of TLS of the policies whose name does not say it."""


def oldest_tls(stack: Stack) -> float:
    """The oldest version of TLS that a listener accepts; 0 without one."""
    return min(map(oldest_tls_of, _policies(stack)), default=0)


def oldest_tls_of(policy: str) -> float:
    """The oldest version of TLS of a security policy of the load balancers; 0 of one that is not known."""
    version = re.search(r"-(?:TLS13|TLS|FS)-(1)-(\d)", policy)
    return float(f"{version[1]}.{version[2]}") if version else _TLS.get(policy, 0)


def newest_tls(stack: Stack) -> float:
    """The newest version of TLS that every listener offers; 0 without one."""
    return min((1.3 if "TLS13" in policy else 1.2 for policy in _policies(stack)), default=0)


def _policies(stack: Stack) -> list[str]:
    return [str(each.get("ssl_policy")) for each in Platform(stack).listeners() if each.get("ssl_policy")]


def codes_accepted(group: Resource) -> float:
    """The negative number of status codes that the health check accepts."""
    total = 0
    for check in group.blocks("health_check"):
        for part in str(check.get("matcher", "200")).split(","):
            first, _, last = part.strip().partition("-")
            if first.isdecimal() and (last or first).isdecimal():
                total += int(last or first) - int(first) + 1
    return -total


def seconds_until_unhealthy(group: Resource) -> float:
    """The negative number of seconds until a target that fails is taken out of service; for ever without a check."""
    checks = group.blocks("health_check")
    if any(each.get("enabled") is False for each in checks):
        return -inf
    return -max(
        (number(each.get("interval"), 30) * number(each.get("unhealthy_threshold"), 3) for each in checks), default=0
    )


def desync_mitigation(balancer: Resource) -> float:
    """How strictly a load balancer treats requests that can be read in two ways."""
    modes = ("monitor", "defensive", "strictest")
    mode = str(balancer.get("desync_mitigation_mode") or "defensive")
    return modes.index(mode) if mode in modes else 0


def listeners_that_ask(stack: Stack) -> float:
    """Rules that forward only requests with a header, which is the distribution's secret."""
    rules = stack.of_type("aws_lb_listener_rule")
    return len([each for each in rules if any(block.get("http_header") for block in each.blocks("condition"))])


def plain_behaviors(distribution: Resource) -> float:
    """The negative number of cache behaviors that answer over plain HTTP."""
    behaviors = (*distribution.blocks("default_cache_behavior"), *distribution.blocks("ordered_cache_behavior"))
    return -len([each for each in behaviors if each.get("viewer_protocol_policy") == "allow-all"])


def plain_origins(distribution: Resource) -> float:
    """The negative number of origins to which CloudFront may connect over plain HTTP."""
    custom = [each for origin in distribution.blocks("origin") for each in mappings(origin.get("custom_origin_config"))]
    return -len([each for each in custom if each.get("origin_protocol_policy") != "https-only"])


def signed_origins(distribution: Resource) -> float:
    """The negative number of buckets that CloudFront reads without a signature: they would have to be public."""
    files = [each for each in distribution.blocks("origin") if not each.get("custom_origin_config")]
    return -len([each for each in files if not each.get("origin_access_control_id")])


def oldest_tls_of_viewers(distribution: Resource) -> float:
    """The oldest version of TLS with which browsers connect, and after its digits the year of the ciphers.

    Without a certificate of its own, CloudFront takes TLS 1.0.
    """
    for each in distribution.blocks("viewer_certificate"):
        found = re.fullmatch(r"TLSv(1(?:\.\d)?)(?:_(\d{4}))?", str(each.get("minimum_protocol_version") or "TLSv1"))
        if found:
            return float(found[1]) + int(found[2] or 0) / 1e6
    return 0


def security_headers(policy: Resource) -> float:
    """How many security headers a policy sets."""
    return sum(
        isinstance(held, Mapping | tuple) and bool(held)
        for block in policy.blocks("security_headers_config")
        for held in block.values()
    )


def hsts(policy: Resource) -> float:
    """Seconds of HSTS, one more for each of its flags; 0 without it."""
    blocks = [
        held
        for block in policy.blocks("security_headers_config")
        for held in mappings(block.get("strict_transport_security"))
    ]
    return sum(
        number(each.get("access_control_max_age_sec"))
        + (each.get("include_subdomains") is True)
        + (each.get("preload") is True)
        for each in blocks
    )


# ---- firewall ----------------------------------------------------------------------------------------------------


def blocking_rules(stack: Stack) -> Mapping[str, float]:
    """1 for each rule of a web ACL that blocks."""
    acls = map(of_acl, stack.of_type("aws_wafv2_web_acl"))
    return {
        f"{acl.resource.address}: {rule.name}": float(rule.does == "block")
        for acl in acls
        for rule in acl.rules
        if rule.does != "allow"
    }


def counted_rules(acl: Resource) -> float:
    """The negative number of rules of AWS's groups that only count, though their group may block."""
    groups = (group for rule in acl.blocks("rule") for group in _statement(rule, "managed_rule_group_statement"))
    return -sum(len(mappings(group.get("rule_action_override"))) for group in groups)


def hourly_limit(acl: Resource) -> float:
    """The negative number of requests that an address may make in an hour before it is blocked."""
    blocking = of_acl(acl).that("block")
    rates = (
        number(rate.get("limit")) * 3600 / (number(rate.get("evaluation_window_sec")) or 300)
        for rule in acl.blocks("rule")
        if rule.get("name") in blocking
        for rate in _statement(rule, "rate_based_statement")
    )
    return -min(rates, default=inf)


def largest_body(acl: Resource) -> float:
    """The negative number of bytes above which a body is blocked."""
    blocking = of_acl(acl).that("block")
    sizes = (
        number(size.get("size"))
        for rule in acl.blocks("rule")
        if rule.get("name") in blocking
        for size in _statement(rule, "size_constraint_statement")
    )
    return -min(sizes, default=inf)


def _statement(rule: Mapping[str, Value], kind: str) -> Iterator[Mapping[str, Value]]:
    for block in mappings(rule.get("statement")):
        yield from mappings(block.get(kind))


def logged_requests(logging: Resource) -> float:
    """2 where all requests are logged, 1 where some are."""
    return 1 if logging.blocks("logging_filter") else 2


def redacted_fields(logging: Resource) -> float:
    """How many fields of requests are left out of the log."""
    return len(logging.blocks("redacted_fields"))


# ---- tasks -------------------------------------------------------------------------------------------------------


def tasks(which: str) -> Measure:
    """The `minimum` or `maximum` number of tasks of the services together."""
    return whole(
        lambda stack: sum(getattr(Platform(stack).tasks(each), which) for each in stack.of_type("aws_ecs_service"))
    )


def tasks_on_demand(stack: Stack) -> Iterator[tuple[str, float]]:
    """The per cent of a service's tasks, at its minimum, that are not on Fargate Spot."""
    platform = Platform(stack)
    for each in stack.of_type("aws_ecs_service"):
        least, share = platform.tasks(each).minimum, platform.spot_share(each) / 100
        base = sum(
            number(block.get("base"))
            for block in each.blocks("capacity_provider_strategy")
            if block.get("capacity_provider") != "FARGATE_SPOT"
        )
        above = max(0.0, least - base)
        yield each.address, 100 * (1 - above * share / least) if least else 100


def scaling_targets(stack: Stack) -> Iterator[tuple[str, float]]:
    """The negative target value of each metric by which the autoscaler adds tasks."""
    return ((metric, -target) for metric, target in Platform(stack).scaling_targets.items())


def tasks_off_by_schedule(stack: Stack) -> float:
    """The negative number of tasks that services lack outside their running hours."""
    platform, total = Platform(stack), 0
    for each in stack.of_type("aws_ecs_service"):
        hours = platform.running_hours(each)
        total += max(0, platform.tasks(each).minimum - hours.otherwise.minimum) if hours else 0
    return -total


def deployment_alarms(stack: Stack) -> float:
    """How many alarms roll a deployment back."""
    blocks = [block for each in stack.of_type("aws_ecs_service") for block in each.blocks("alarms")]
    names = [block.get("alarm_names") for block in blocks if block.get("enable") and block.get("rollback")]
    groups = [
        block
        for each in stack.of_type("aws_codedeploy_deployment_group")
        for block in each.blocks("alarm_configuration")
        if "DEPLOYMENT_STOP_ON_ALARM" in _rollback_events(each)
    ]
    names += [block.get("alarms") for block in groups if block.get("enabled")]
    return sum(len(each) for each in names if isinstance(each, tuple))


def _rollback_events(group: Resource) -> tuple[str, ...]:
    blocks = [block for block in group.blocks("auto_rollback_configuration") if block.get("enabled")]
    return tuple(event for block in blocks for event in strings(block.get("events")))


_FIRST_SHARE: Final = re.compile(r"(?:Canary|Linear)(\d+)Percent")


def first_share(group: Resource) -> float:
    """The negative per cent of the requests that a new version gets at first: 10 of `ECSCanary10Percent5Minutes`."""
    found = _FIRST_SHARE.search(str(group.get("deployment_config_name")))
    return -float(found[1]) if found else -100


def database_messages(stack: Stack) -> float:
    """Kinds of events of databases that somebody is told."""
    subscriptions = stack.of_type("aws_db_event_subscription")
    return sum(_length(each.get("event_categories")) for each in subscriptions if each.get("enabled") is not False)


def _length(value: Value) -> int:
    return len(value) if isinstance(value, tuple) else 0


def exported_logs(database: Resource) -> float:
    """Logs that a database hands over."""
    return _length(database.get("enabled_cloudwatch_logs_exports"))


def seconds_to_notice(check: Resource) -> float:
    """The negative number of seconds after which a health check from outside fails (Route 53 asks every 30 s)."""
    return -(number(check.get("request_interval"), 30) * number(check.get("failure_threshold"), 3))


def minutes_of_old_tasks(group: Resource) -> float:
    """Minutes that the old tasks run beside the new ones after a deployment."""
    return sum(
        number(ending.get("termination_wait_time_in_minutes"))
        for block in group.blocks("blue_green_deployment_config")
        for ending in mappings(block.get("terminate_blue_instances_on_deployment_success"))
    )


def rolls_back(resource: Resource) -> float:
    """1 for a service, or a deployment group, that rolls a failed deployment back; of CodeDeploy, the group says it."""
    if resource.type == "aws_codedeploy_deployment_group":
        return "DEPLOYMENT_FAILURE" in _rollback_events(resource)
    breakers = resource.blocks("deployment_circuit_breaker")
    return any(each.get("enable") is True and each.get("rollback") is True for each in breakers)


def private_tasks(service: Resource) -> float:
    """1 for a service whose tasks get no public addresses."""
    return not any(each.get("assign_public_ip") is True for each in service.blocks("network_configuration"))


def confined_containers(stack: Stack) -> Iterator[tuple[str, float]]:
    """How many ways of confinement a container has: not privileged, a read-only file system, a user other than root."""
    for definition in stack.of_type("aws_ecs_task_definition"):
        for each in definition.blocks("container_definitions"):
            user = str(each.get("user") or "root").partition(":")[0]
            ways = (each.get("privileged") is not True, each.get("readonlyRootFilesystem") is True)
            yield f"{definition.address} {each.get('name')}", sum(ways) + (user not in {"root", "0"})


def checked_containers(definition: Resource) -> float:
    """How many containers have a health check."""
    return len([each for each in definition.blocks("container_definitions") if each.get("healthCheck")])


# ---- caches ------------------------------------------------------------------------------------------------------


def cache_nodes(cache: Resource) -> float:
    """Nodes of a cache."""
    shards = cache.get("num_node_groups")
    if shards is not None:
        return number(shards) * (1 + number(cache.get("replicas_per_node_group")))
    return number(cache.get("num_cache_clusters", cache.get("num_cache_nodes")), 1)


def cache_asks(stack: Stack) -> float:
    """1 when every cache asks for a password."""
    return all(each.get("auth_token") or each.get("user_group_ids") for each in Platform(stack).caches)


def version(resource: Resource) -> float:
    """The version of an engine: 7.01 of `7.1`, so that 16.10 is above 16.9."""
    found = re.match(r"(\d+)(?:\.(\d+))?", str(resource.get("engine_version")))
    return int(found[1]) + int(found[2] or 0) / 100 if found else 0


def takes_minor_versions(resource: Resource) -> float:
    """1 where AWS installs minor versions in the maintenance window, as it does by default."""
    return str(resource.get("auto_minor_version_upgrade", "true")).lower() != "false"


def least_of_caches(name: str) -> Measure:
    """The least value of an argument among the caches, whichever type they are of."""
    return least(name, *CACHES)


def last_snapshot_of_caches(stack: Stack) -> float:
    """1 when every cache leaves a snapshot behind."""
    caches = Platform(stack).caches
    return bool(caches) and all(each.get("final_snapshot_identifier") for each in caches)


def forces_tls(group: Resource) -> float:
    """1 for a parameter group with which PostgreSQL refuses connections without TLS."""
    return any(each.get("name") == "rds.force_ssl" and each.get("value") == "1" for each in group.blocks("parameter"))


# ---- watching ----------------------------------------------------------------------------------------------------


def telling_alarms(stack: Stack) -> float:
    """Alarms that notify somebody when they go into ALARM."""
    alarms = Platform(stack).alarms.values()
    return len([each for each in alarms if each.get("alarm_actions") and each.get("actions_enabled") is not False])


def threshold(alarm: Resource) -> float:
    """The threshold of an alarm, negative if it goes into ALARM above it."""
    above = "Greater" in str(alarm.get("comparison_operator"))
    return (-1 if above else 1) * number(alarm.get("threshold"))


def seconds_until_alarm(alarm: Resource) -> float:
    """The negative number of seconds that a problem lasts before the alarm goes into ALARM."""
    periods = number(alarm.get("datapoints_to_alarm"), number(alarm.get("evaluation_periods"), 1))
    return -periods * number(alarm.get("period"), 60)


_MISSING: Final = ("notBreaching", "ignore", "missing", "breaching")


def missing_data(alarm: Resource) -> float:
    """0 to 3: what an alarm makes of missing data; the more, the sooner somebody notices."""
    treated = str(alarm.get("treat_missing_data") or "missing")
    return _MISSING.index(treated) if treated in _MISSING else 0


def log_days(group: Resource) -> float:
    """Days that a log group is kept."""
    return number(group.get("retention_in_days")) or inf


# ---- access ------------------------------------------------------------------------------------------------------


def of_roles(width: Callable[[Resource], float]) -> Measure:
    """The figure of all policies that are written for a role, together; of another policy, its own."""

    def measured(stack: Stack) -> dict[str, float]:
        found = {each.address: 0.0 for each in stack.of_type("aws_iam_role")}
        for policy in stack.of_type("aws_iam_role_policy", "aws_iam_policy"):
            subject = address_of(policy.get("role")) or policy.address
            found[subject] = found.get(subject, 0.0) + width(policy)
        return found

    return measured


def allowed_actions(policy: Resource) -> float:
    """The negative width of a policy: actions, times resources; a `*` in an action counts 100, alone 10 000."""
    return -sum(_actions(each) * max(1, len(each.resources)) for each in _granting(policy))


def every_resource(policy: Resource) -> float:
    """The negative width of the statements that allow something on every resource."""
    return -sum(_actions(each) for each in _granting(policy) if "*" in each.resources or each.not_resources)


def trusted(role: Resource) -> float:
    """The negative width of who may assume a role: a service or an account counts 1, everybody 10 000."""
    total = 0
    for each in statements(role.get("assume_role_policy")):
        if each.allows:
            everybody = any("*" in held for held in each.principals.values())
            total += _EVERYBODY if everybody else sum(map(len, each.principals.values()))
    return -total


def open_policy(policy: Resource) -> float:
    """The negative number of statements that allow everybody something without a condition."""
    granting = [each for each in _granting(policy) if not each.conditions]
    return -len([each for each in granting if any("*" in held for held in each.principals.values())])


def conditions(name: str) -> Callable[[Resource], float]:
    """How many conditions the statements have that allow something, and how many deny, in a policy of an argument."""

    def measured(resource: Resource) -> float:
        held = list(statements(resource.get(name)))
        narrowing = sum(len(keys) for each in held if each.allows for keys in each.conditions.values())
        return narrowing + len([each for each in held if not each.allows])

    return measured


def recorded(flow_log: Resource) -> float:
    """2 where a flow log writes down accepted and rejected connections, 1 where one of both."""
    return 2 if flow_log.get("traffic_type") == "ALL" else 1


def summed_up(flow_log: Resource) -> float:
    """The negative number of seconds in one record; AWS's default is 600."""
    return -number(flow_log.get("max_aggregation_interval"), 600)


def writes(name: str) -> Callable[[Resource], float]:
    """1 for a load balancer that writes the logs of a block."""
    return lambda balancer: any(each.get("enabled") is True for each in balancer.blocks(name))


def denies_plain_http(stack: Stack) -> float:
    """1 when there are policies of buckets, and each refuses requests without TLS."""
    policies = stack.of_type("aws_s3_bucket_policy")
    return bool(policies) and all(
        any(
            not each.allows and "aws:SecureTransport" in str(each.conditions)
            for each in statements(policy.get("policy"))
        )
        for policy in policies
    )


_EVERYBODY: Final = 10_000
_SERVICE: Final = 100


def _granting(policy: Resource) -> list[Statement]:
    return [each for each in statements(policy.get("policy")) if each.allows]


def _actions(statement: Statement) -> int:
    if statement.not_actions:
        return _EVERYBODY
    return sum(_EVERYBODY if each == "*" else _SERVICE if "*" in each else 1 for each in statement.actions)


def managed_policies(stack: Stack) -> float:
    """The negative number of managed policies attached to roles."""
    return -len(
        {
            (address_of(each.get("role")), address_of(each.get("policy_arn")))
            for each in stack.of_type("aws_iam_role_policy_attachment")
        }
    ) - sum(len(addresses_of(each.get("managed_policy_arns"))) for each in stack.of_type("aws_iam_role"))


# ---- storage -----------------------------------------------------------------------------------------------------


def public_access_blocked(block: Resource) -> float:
    """How many of the four kinds of public access a bucket blocks."""
    kinds = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    return sum(block.get(each) is True for each in kinds)


def versioned(versioning: Resource) -> float:
    """1 when a bucket keeps every version."""
    return any(each.get("status") == "Enabled" for each in versioning.blocks("versioning_configuration"))


def scans_images(repository: Resource) -> float:
    """1 when a registry scans images as they are pushed."""
    return any(each.get("scan_on_push") is True for each in repository.blocks("image_scanning_configuration"))


def own_key(repository: Resource) -> float:
    """1 when a registry encrypts with a KMS key."""
    return any(each.get("encryption_type") != "AES256" for each in repository.blocks("encryption_configuration"))


def days_kept(configuration: Resource) -> float:
    """The fewest days after which a rule deletes versions or objects; for ever without such a rule."""
    found = [
        number(each.get(days))
        for rule in configuration.blocks("rule")
        for block, days in (("noncurrent_version_expiration", "noncurrent_days"), ("expiration", "days"))
        for each in mappings(rule.get(block))
        if each.get(days)
    ]
    return min(found, default=inf)


def owner_enforced(controls: Resource) -> float:
    """1 where access lists of objects mean nothing."""
    return any(each.get("object_ownership") == "BucketOwnerEnforced" for each in controls.blocks("rule"))


def encrypted_bucket(encryption: Resource) -> float:
    """0 without a default encryption, 1 with S3's keys, 2 with a KMS key."""
    found = [
        default.get("sse_algorithm")
        for rule in encryption.blocks("rule")
        for default in mappings(rule.get("apply_server_side_encryption_by_default"))
    ]
    return max((2 if str(each).startswith("aws:kms") else 1 for each in found), default=0)


def prevented_destroys(stack: Stack) -> float:
    """Resources that Terraform refuses to destroy."""
    return len([each for each in stack.resources if each.prevent_destroy])
