"""What moto lacks of AWS, as far as the platform's resources need it.

Each addition answers as AWS does, from what was really sent: nothing is accepted that is not stored, and nothing is
answered that was not stored. Methods are put into moto's own classes, because moto finds them there by name.
"""

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.ec2.models.subnets import Subnet
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elasticache.exceptions import ElastiCacheException
from moto.elasticache.models import CacheCluster, ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer

from tests.aws.refusals import within


def install() -> None:
    """Put the additions into moto. Once in a process."""
    for method in (
        create_cache_parameter_group,
        describe_cache_parameter_groups,
        describe_cache_parameters,
        modify_cache_parameter_group,
        reset_cache_parameter_group,
        delete_cache_parameter_group,
        modify_cache_cluster,
        delete_cache_cluster,
        modify_cache_subnet_group,
        delete_cache_subnet_group,
    ):
        setattr(ElastiCacheResponse, method.__name__, method)
    _wrap(ElastiCacheBackend, "__init__", _with_tags_of_parameter_groups)
    for view in (cache_nodes, security_groups, cache_parameter_group, notification_configuration):
        setattr(CacheCluster, view.__name__, property(view))
    for method in (list_tags_for_resource, tag_resource, untag_resource):
        setattr(ApplicationAutoScalingResponse, method.__name__, method)
    _wrap(ApplicationAutoScalingResponse, "register_scalable_target", _with_tags)
    _wrap(EC2ContainerServiceResponse, "create_service", _with_all_arguments)
    _wrap(EC2ContainerServiceResponse, "update_service", _with_all_arguments)
    _wrap(EC2ContainerServiceBackend, "list_services", _without_deleted)
    # The default of an account is the setting of everybody in it: there is one caller here.
    EC2ContainerServiceResponse.put_account_setting_default = EC2ContainerServiceResponse.put_account_setting  # pyright: ignore[reportAttributeAccessIssue]
    _wrap(SecurityGroupRule, "__init__", _with_description_of_list)
    _wrap(SecurityGroup, "_flattened_rules", _with_descriptions_of_lists)
    _wrap(ELBv2Backend, "modify_target_group_attributes", _with_the_longest_delay)
    Subnet.ipv6_cidr_block_association_set = property(ipv6_blocks)  # pyright: ignore[reportAttributeAccessIssue]
    _wrap(Subnet, "get_filter_value", _by_ipv6_association)
    _wrap(ELBv2Backend, "create_load_balancer", _with_each_address_type)
    _wrap(ELBv2Backend, "set_ip_address_type", _of_each_address_type)
    _wrap(FlowLogsBackend, "create_flow_logs", _with_the_group_of_the_arn)
    # A load balancer that is ready at once saves the ten seconds after which the provider asks again.
    FakeLoadBalancer.state = property(lambda _: "active", lambda _, __: None)  # pyright: ignore[reportAttributeAccessIssue]


def _wrap(owner: type, name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    setattr(owner, name, wrapper(getattr(owner, name)))


# ---- EC2: IPv6 blocks of subnets -------------------------------------------------------------------------------------


def ipv6_blocks(self: Subnet) -> list[dict[str, Any]]:
    """moto wraps the state of a subnet's block twice, so that nobody finds it."""
    return [
        {**each, "ipv6CidrBlockState": {"state": each["ipv6CidrBlockState"]["State"]}}
        for each in self.ipv6_cidr_block_associations.values()
        if each["ipv6CidrBlockState"]["State"] == "associated"
    ]


def _by_ipv6_association(original: Callable[..., Any]) -> Callable[..., Any]:
    """The filter by which the provider waits for a block, which moto lacks."""

    @functools.wraps(original)
    def value(self: Subnet, name: str, method_name: str | None = None) -> Any:  # noqa: ANN401  # moto's own types
        if name == "ipv6-cidr-block-association.association-id":
            return [each["associationId"] for each in ipv6_blocks(self)]
        return original(self, name, method_name)

    return value


# ---- EC2: flow logs --------------------------------------------------------------------------------------------------


def _with_the_group_of_the_arn(original: Callable[..., Any]) -> Callable[..., Any]:
    """AWS takes the name of the log group from its ARN; moto finds none then, and says that nothing is delivered."""

    @functools.wraps(original)
    def create(self: Any, **arguments: Any) -> Any:  # noqa: ANN401  # moto's own types
        destination = str(arguments.get("log_destination") or "")
        if ":log-group:" in destination and not arguments.get("log_group_name"):
            arguments["log_group_name"] = destination.partition(":log-group:")[2].removesuffix(":*")
        return original(self, **arguments)

    return create


# ---- ElastiCache: parameter groups ---------------------------------------------------------------------------------


class CacheParameterGroupNotFound(ElastiCacheException):  # AWS's name of it
    code = "CacheParameterGroupNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"CacheParameterGroup {name} not found.")


class CacheParameterGroupAlreadyExists(ElastiCacheException):
    code = "CacheParameterGroupAlreadyExists"

    def __init__(self, name: str) -> None:
        super().__init__(f"CacheParameterGroup {name} already exists.")


@dataclass
class ParameterGroup:
    """A group of Redis parameters; of the parameters, those that were set."""

    name: str
    family: str
    description: str
    arn: str
    parameters: dict[str, str] = field(default_factory=dict[str, str])

    def answer(self) -> dict[str, Any]:
        return {
            "CacheParameterGroupName": self.name,
            "CacheParameterGroupFamily": self.family,
            "Description": self.description,
            "IsGlobal": False,
            "ARN": self.arn,
        }


def _groups(response: ElastiCacheResponse) -> dict[str, ParameterGroup]:
    """The parameter groups of the account and region; held by moto's backend, so that its reset empties them."""
    return response.elasticache_backend.__dict__.setdefault("cache_parameter_groups", {})


def _group(response: ElastiCacheResponse) -> ParameterGroup:
    name = _text(response, "CacheParameterGroupName")
    try:
        return _groups(response)[name]
    except KeyError:
        raise CacheParameterGroupNotFound(name) from None


def create_cache_parameter_group(self: ElastiCacheResponse) -> ActionResult:
    name = _text(self, "CacheParameterGroupName")
    if name in _groups(self):
        raise CacheParameterGroupAlreadyExists(name)
    arn = f"arn:aws:elasticache:{self.region}:{self.current_account}:parametergroup:{name}"
    group = ParameterGroup(name, _text(self, "CacheParameterGroupFamily"), _text(self, "Description"), arn)
    _groups(self)[name] = group
    self.elasticache_backend.tagging_service.tag_resource(arn, _list(self, "Tags"))
    return ActionResult({"CacheParameterGroup": group.answer()})


def describe_cache_parameter_groups(self: ElastiCacheResponse) -> ActionResult:
    named = _get(self, "CacheParameterGroupName")
    found = [_group(self)] if named else list(_groups(self).values())
    return ActionResult({"CacheParameterGroups": [group.answer() for group in found]})


def describe_cache_parameters(self: ElastiCacheResponse) -> ActionResult:
    parameters = [
        {
            "ParameterName": name,
            "ParameterValue": value,
            "Source": "user",
            "DataType": "string",
            "IsModifiable": True,
        }
        for name, value in _group(self).parameters.items()
    ]
    return ActionResult({"Parameters": parameters})


def modify_cache_parameter_group(self: ElastiCacheResponse) -> ActionResult:
    group = _group(self)
    for each in _list(self, "ParameterNameValues"):
        group.parameters[each["ParameterName"]] = each["ParameterValue"]
    return ActionResult({"CacheParameterGroupName": group.name})


def reset_cache_parameter_group(self: ElastiCacheResponse) -> ActionResult:
    group = _group(self)
    for each in _list(self, "ParameterNameValues"):
        group.parameters.pop(each["ParameterName"], None)
    return ActionResult({"CacheParameterGroupName": group.name})


def delete_cache_parameter_group(self: ElastiCacheResponse) -> ActionResult:
    del _groups(self)[_group(self).name]
    return EmptyResult()


def _with_tags_of_parameter_groups(construct: Callable[..., None]) -> Callable[..., None]:
    """Moto lists the tags of ARNs of the kinds that it knows only."""

    @functools.wraps(construct)
    def constructed(self: ElastiCacheBackend, region_name: str, account_id: str) -> None:
        construct(self, region_name, account_id)
        self.arn_regex = re.compile(self.arn_regex.pattern.replace("(cluster|", "(cluster|parametergroup|"))

    return constructed


# ---- ElastiCache: clusters and subnet groups -----------------------------------------------------------------------


def cache_nodes(self: CacheCluster) -> list[dict[str, Any]]:
    """The one node of a Redis cluster, with the address that clients connect to."""
    return [
        {
            "CacheNodeId": "0001",
            "CacheNodeStatus": "available",
            "Endpoint": {"Address": f"{self.cache_cluster_id}.abcdef.0001.usw2.cache.amazonaws.com", "Port": self.port},
            "CustomerAvailabilityZone": self.preferred_availability_zone or "us-west-2a",
        }
    ]


def security_groups(self: CacheCluster) -> list[dict[str, str]]:
    return [{"SecurityGroupId": each, "Status": "active"} for each in self.security_group_ids]


def cache_parameter_group(self: CacheCluster) -> dict[str, str | None]:
    return {"CacheParameterGroupName": self.cache_parameter_group_name, "ParameterApplyStatus": "in-sync"}


def notification_configuration(self: CacheCluster) -> dict[str, str] | None:
    if not self.notification_topic_arn:
        return None
    return {"TopicArn": self.notification_topic_arn, "TopicStatus": "active"}


MODIFIABLE: Final = {
    "CacheNodeType": "cache_node_type",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "EngineVersion": "engine_version",
    "NotificationTopicArn": "notification_topic_arn",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SecurityGroupIds": "security_group_ids",
    "SnapshotRetentionLimit": "snapshot_retention_limit",
    "SnapshotWindow": "snapshot_window",
}
"""What ModifyCacheCluster changes, and where moto holds it."""


def modify_cache_cluster(self: ElastiCacheResponse) -> ActionResult:
    cluster = self.elasticache_backend.describe_cache_clusters(_text(self, "CacheClusterId"))[0]
    for wire, held in MODIFIABLE.items():
        value = _get(self, wire)
        if value is not None:
            setattr(cluster, held, value)
    automatic = _get(self, "AutoMinorVersionUpgrade")
    if automatic is not None:
        cluster.auto_minor_version_upgrade = str(automatic).lower() == "true"
    return ActionResult({"CacheCluster": cluster})


def delete_cache_cluster(self: ElastiCacheResponse) -> ActionResult:
    """Delete at once; in moto a cluster stays `deleting` for ever."""
    cluster = self.elasticache_backend.delete_cache_cluster(_text(self, "CacheClusterId"))
    del self.elasticache_backend.cache_clusters[cluster.cache_cluster_id]
    return ActionResult({"CacheCluster": cluster})


def modify_cache_subnet_group(self: ElastiCacheResponse) -> ActionResult:
    backend: ElastiCacheBackend = self.elasticache_backend
    group = backend.describe_cache_subnet_groups(_text(self, "CacheSubnetGroupName"))[0]
    del backend.cache_subnet_groups[group.cache_subnet_group_name]
    changed = backend.create_cache_subnet_group(
        group.cache_subnet_group_name,
        _get(self, "CacheSubnetGroupDescription") or group.cache_subnet_group_description,
        _list(self, "SubnetIds") or group.subnet_ids,
        None,
    )
    return ActionResult({"CacheSubnetGroup": changed})


def delete_cache_subnet_group(self: ElastiCacheResponse) -> ActionResult:
    backend: ElastiCacheBackend = self.elasticache_backend
    group = backend.describe_cache_subnet_groups(_text(self, "CacheSubnetGroupName"))[0]
    del backend.cache_subnet_groups[group.cache_subnet_group_name]
    return EmptyResult()


# ---- Application Auto Scaling: tags of targets ---------------------------------------------------------------------


def _target_tags(response: ApplicationAutoScalingResponse) -> dict[str, dict[str, str]]:
    """Tags by ARN; held by moto's backend, so that its reset empties them."""
    return response.applicationautoscaling_backend.__dict__.setdefault("target_tags", {})


def _with_tags(register: Callable[[ApplicationAutoScalingResponse], str]) -> Callable[..., str]:
    @functools.wraps(register)
    def registered(self: ApplicationAutoScalingResponse) -> str:
        answer = register(self)
        arn = json.loads(answer)["ScalableTargetARN"]
        _target_tags(self).setdefault(arn, {}).update(_get(self, "Tags") or {})
        return answer

    return registered


def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
    return json.dumps({"Tags": _target_tags(self).get(_text(self, "ResourceARN"), {})})


def tag_resource(self: ApplicationAutoScalingResponse) -> str:
    _target_tags(self).setdefault(_text(self, "ResourceARN"), {}).update(_get(self, "Tags") or {})
    return json.dumps({})


def untag_resource(self: ApplicationAutoScalingResponse) -> str:
    held = _target_tags(self).get(_text(self, "ResourceARN"), {})
    for key in _list(self, "TagKeys"):
        held.pop(key, None)
    return json.dumps({})


# ---- ECS: arguments of a service that moto forgets -----------------------------------------------------------------

KEPT: Final = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
}
"""Arguments of CreateService and UpdateService, and where their values are answered from."""


def _with_all_arguments(call: Callable[[EC2ContainerServiceResponse], ActionResult]) -> Callable[..., ActionResult]:
    @functools.wraps(call)
    def completed(self: EC2ContainerServiceResponse) -> ActionResult:
        before = _deployment_configuration(self)
        answer = call(self)
        service = cast("dict[str, object]", answer.result)["service"]
        for wire, held in KEPT.items():
            if _get(self, wire) is not None:
                setattr(service, held, _get(self, wire))
        asked: dict[str, Any] | None = _get(self, "deploymentConfiguration")
        if asked is not None:  # UpdateService leaves what it does not name as it is
            setattr(service, KEPT["deploymentConfiguration"], {**before, **asked})
        return answer

    return completed


def _deployment_configuration(response: EC2ContainerServiceResponse) -> dict[str, Any]:
    """What the service that is updated has so far."""
    name = _text(response, "service").rpartition("/")[2]
    services = cast("dict[str, Any]", response.ecs_backend.services)
    found = [getattr(each, "deployment_configuration", None) for each in services.values() if each.name == name]
    return cast("dict[str, Any]", found[0] or {}) if found else {}


def _without_deleted(listed: Callable[..., list[str]]) -> Callable[..., list[str]]:
    @functools.wraps(listed)
    def list_services(self: EC2ContainerServiceBackend, *args: Any, **others: Any) -> list[str]:  # noqa: ANN401
        """Moto lists services that were deleted, too."""
        deleted = {each.arn for each in self.services.values() if each.status == "INACTIVE"}
        return [each for each in listed(self, *args, **others) if each not in deleted]

    return list_services


# ---- EC2: rules about prefix lists -----------------------------------------------------------------------------------


def _with_description_of_list(init: Callable[..., None]) -> Callable[..., None]:
    """moto keeps the ID of a prefix list, and forgets what the rule says of it."""

    def __init__(self: Any, *args: Any, **others: Any) -> None:  # noqa: ANN401, N807  # moto's own types
        init(self, *args, **others)
        given = [each for each in (*args, others.get("prefix_list_id")) if within(each, "PrefixListId")]
        self.list_description = within(given[0], "Description") if given else None

    return __init__


def _with_descriptions_of_lists(flatten: Callable[..., Any]) -> Callable[..., Any]:
    def flattened(self: Any, rules: list[Any]) -> Any:  # noqa: ANN401  # moto's own types
        views = flatten(self, rules)
        for view in views:
            for each in view.prefix_list_ids:
                same = [
                    rule
                    for rule in rules
                    if (rule.prefix_list_id, rule.from_port) == (each["PrefixListId"], view.from_port)
                ]
                if same and same[0].list_description:
                    each["Description"] = same[0].list_description
        return views

    return flattened


# ---- parameters of a request ---------------------------------------------------------------------------------------


def _get(response: Any, name: str) -> Any:  # noqa: ANN401  # moto's own types
    return response._get_param(name)


def _text(response: Any, name: str) -> str:  # noqa: ANN401
    return str(_get(response, name) or "")


def _list(response: Any, name: str) -> list[Any]:  # noqa: ANN401
    return list(_get(response, name) or ())


# ---- Load balancers ------------------------------------------------------------------------------------------------

_DELAY: Final = "deregistration_delay.timeout_seconds"
_WITHOUT_IPV4: Final = "dualstack-without-public-ipv4"


def _with_each_address_type(create: Callable[..., FakeLoadBalancer]) -> Callable[..., FakeLoadBalancer]:
    """moto knows two of the three types."""

    @functools.wraps(create)
    def created(self: ELBv2Backend, *args: Any, **others: Any) -> FakeLoadBalancer:  # noqa: ANN401  # moto's own types
        kind = others.get("ip_address_type") or "ipv4"
        balancer = create(self, *args, **{**others, "ip_address_type": "ipv4"})
        balancer.ip_address_type = kind
        return balancer

    return created


def _of_each_address_type(change: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(change)
    def changed(self: ELBv2Backend, arn: str, ip_type: str) -> None:
        change(self, arn, "ipv4")
        self.load_balancers[arn].ip_address_type = ip_type

    return changed


def _with_the_longest_delay(modify: Callable[..., Any]) -> Callable[..., None]:
    def modify_target_group_attributes(self: ELBv2Backend, target_group_arn: str, attributes: dict[str, Any]) -> None:
        """moto refuses an hour, the longest delay, which AWS accepts."""
        longest = attributes.get(_DELAY) == "3600"
        modify(self, target_group_arn, {**attributes, _DELAY: "3599"} if longest else attributes)
        if longest:
            self.target_groups[target_group_arn].attributes[_DELAY] = "3600"

    return modify_target_group_attributes
