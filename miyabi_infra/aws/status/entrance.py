"""Whether a request from a user gets to the target group: listeners with their rules, security groups, routes, ACLs."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Final

from miyabi_infra.aws.readers.common import part
from miyabi_infra.aws.status.model import Level, Look, Observation
from miyabi_infra.aws.status.network import CLIENTS, EVERYWHERE, EVERYWHERE_IPV6, acl_denies, default_route
from miyabi_infra.aws.world import Unresolved
from miyabi_infra.stacks.platform import address_of, integer, strings
from modules.addresses import within


def entrance(look: Look) -> Iterator[Observation]:
    """Each generated listener, and the way to it."""
    balancer = look.describe_load_balancer()
    arn = balancer["LoadBalancerArn"]
    found = {
        each["Port"]: each for each in look.world.items("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
    }
    generated = look.platform.listeners(look.platform.load_balancer)
    if not generated:
        yield Observation(Level.DEGRADED, "no listener is generated: nothing gets to the service")
    for each in generated:
        port = integer(each.get("port"))
        listener = found.get(port)
        if listener is None:
            text = f"no listener on port {port}: requests to it get no answer"
            yield Observation(Level.DEGRADED, text, {"port": port, "trouble": "missing"})
            continue
        yield from _listener(look, listener, set(found))
        yield from _opened(look, balancer, port)
    yield from _subnets(look, balancer, sorted(set(found) & {integer(each.get("port")) for each in generated}))


# ---- listeners -------------------------------------------------------------------------------------------------------


def _listener(look: Look, listener: Mapping[str, Any], ports: set[int]) -> Iterator[Observation]:
    """What the listener does with every request, and rules that take requests away from it."""
    port = listener["Port"]
    rules = look.world.items("elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"])
    others = sorted((each for each in rules if each["Priority"] != "default"), key=lambda each: int(each["Priority"]))
    for rule in others:
        level, does = _action(look, rule["Actions"], port, ports)
        if _matches_everything(rule):
            text = f"port {port}, rule of priority {rule['Priority']}: every request {does}"
            yield Observation(level, text, {"port": port, "priority": rule["Priority"]})
            return
        if needed := _secret_header(look, rule):
            others_get = "" if _refuses(listener["DefaultActions"]) else ", and others are answered as well"
            worse = Level.DEGRADED if others_get else level
            text = f"port {port}: every request with the header {needed} {does}{others_get}"
            yield Observation(max(level, worse), text, {"port": port, "header": needed})
            return
        conditions = ", ".join(str(each.get("Field")) for each in rule.get("Conditions", []))
        text = f"port {port}, rule of priority {rule['Priority']} ({conditions}): some requests {does}"
        if rule["Priority"] in _priorities(look):
            level = Level.NOTE
        yield Observation(max(level, Level.NOTE), text, {"port": port, "priority": rule["Priority"]})
    level, does = _action(look, listener["DefaultActions"], port, ports)
    yield Observation(level, f"port {port}: every request {does}", {"port": port})


def _secret_header(look: Look, rule: Mapping[str, Any]) -> str:
    """The header that a generated rule asks for, where this is that rule; empty for any other."""
    named = [part(each, "HttpHeaderConfig").get("HttpHeaderName") for each in rule.get("Conditions", [])]
    return str(named[0]) if len(named) == 1 and named[0] and rule["Priority"] in _priorities(look) else ""


def _priorities(look: Look) -> set[str]:
    return {str(each.get("priority")) for each in look.platform.stack.of_type("aws_lb_listener_rule")}


def _refuses(actions: Sequence[Mapping[str, Any]]) -> bool:
    return actions[-1]["Type"] == "fixed-response"


def _matches_everything(rule: Mapping[str, Any]) -> bool:
    """Whether a rule takes all requests: each of its conditions is a pattern that everything matches."""
    for each in rule.get("Conditions", []):
        config = part(each, "PathPatternConfig") or part(each, "HostHeaderConfig")
        values: list[str] = each.get("Values") or config.get("Values") or []
        if not {"*", "/*"} & set(values):
            return False
    return True


def _action(look: Look, actions: Sequence[Mapping[str, Any]], port: int, ports: set[int]) -> tuple[Level, str]:
    """What the last action of a rule does with a request, and whether the service answers it then."""
    action = actions[-1]
    kind = action["Type"]
    if kind == "fixed-response":
        return Level.DEGRADED, f"gets the fixed answer {action['FixedResponseConfig'].get('StatusCode')}"
    if kind == "redirect":
        config = action["RedirectConfig"]
        to = str(config.get("Port", "#{port}"))
        there = port if to == "#{port}" else int(to)
        host = str(config.get("Host", "#{host}"))
        if host != "#{host}":
            return Level.DEGRADED, f"is redirected to the host {host}"
        if there not in ports or there == port:
            return Level.DEGRADED, f"is redirected to port {there}, where no other listener is"
        return Level.OK, f"is redirected to port {there}"
    if kind != "forward":
        return Level.DEGRADED, f"ends in an action {kind}"
    return _forward(look, action)


def _forward(look: Look, action: Mapping[str, Any]) -> tuple[Level, str]:
    config = part(action, "ForwardConfig")
    weights = {each["TargetGroupArn"]: each.get("Weight", 1) for each in config.get("TargetGroups") or ()}
    weights = weights or {action["TargetGroupArn"]: 1}
    group, own = look.target_group(), look.platform.target_group
    arn, name = group["TargetGroupArn"], str(group.get("TargetGroupName") or (own.get("name") if own else ""))
    total = sum(weights.values())
    share = 100 * weights.get(arn, 0) / total if total else 100.0 * (list(weights) == [arn])
    if len(weights) == 1 and arn in weights:
        share = 100.0
    if share == 100:  # noqa: PLR2004
        return Level.OK, f"goes to target group {name}"
    others = [str(each).split("/")[-2] for each in weights if each != arn]
    pair = {str(each.get("name")) for each in look.platform.stack.of_type("aws_lb_target_group")}
    level = (
        Level.NOTE if look.by_codedeploy and set(others) <= pair else Level.DEGRADED
    )  # in a deployment of CodeDeploy
    return level, f"goes to target group {', '.join(others)} with {100 - share:.0f} %, to {name} with {share:.0f} %"


# ---- the way to them -------------------------------------------------------------------------------------------------


def _opened(look: Look, balancer: Mapping[str, Any], port: int) -> Iterator[Observation]:
    """Whether the security groups of the load balancer let in what the generated ones do."""
    wanted = _generated_sources(look, port)
    groups: list[str] = balancer.get("SecurityGroups") or []
    if not wanted or not groups:
        return
    found = look.world.items("ec2", "describe_security_groups", "SecurityGroups", GroupIds=sorted(groups))
    held = [
        ip_network(each[key])
        for group in found
        for rule in group["IpPermissions"]
        if _covers(rule, port)
        for ranges, key in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"))
        for each in rule.get(ranges, [])
    ]
    shut = [each for each in wanted if each != LISTED and not any(within(ip_network(each), at) for at in held)]
    listed = any(each.get("PrefixListIds") for group in found for each in group["IpPermissions"] if _covers(each, port))
    shut += [LISTED] if LISTED in wanted and not listed else []
    if shut:
        text = f"no security group of the load balancer lets tcp {port} in from {', '.join(shut)}"
        yield Observation(Level.DEGRADED, text, {"port": port, "closed": shut})


LISTED: Final = "a prefix list"
"""Among sources: whatever a prefix list holds, such as the addresses of CloudFront."""


def _covers(rule: Mapping[str, Any], port: int) -> bool:
    return rule["IpProtocol"] == "-1" or (
        rule["IpProtocol"] == "tcp" and rule.get("FromPort", 0) <= port <= rule.get("ToPort", 65535)
    )


def _generated_sources(look: Look, port: int) -> list[str]:
    """The blocks that the generated security groups of the load balancer let in to a port, and `LISTED`."""
    balancer = look.platform.load_balancer
    groups = balancer.get("security_groups") if balancer else None
    addresses = [address_of(each) for each in groups] if isinstance(groups, tuple) else []
    blocks: set[str] = set()
    for address in addresses:
        group = look.platform.stack.find(address)
        for rule in group.blocks("ingress") if group else ():
            sources = look.world.value((*strings(rule.get("cidr_blocks")), *strings(rule.get("ipv6_cidr_blocks"))))
            first, last = integer(rule.get("from_port")), integer(rule.get("to_port"))
            everything = str(rule.get("protocol")) == "-1"
            if everything or first <= port <= last:
                blocks.update(map(str, () if isinstance(sources, Unresolved) else sources or ()))
                blocks.update([LISTED] if rule.get("prefix_list_ids") else [])
    return sorted(blocks)


def _subnets(look: Look, balancer: Mapping[str, Any], ports: Sequence[int]) -> Iterator[Observation]:
    """Whether the subnets of a public load balancer are connected to the internet, and no ACL stops its requests."""
    if balancer.get("Scheme") == "internal":
        return
    for subnet in sorted(str(each["SubnetId"]) for each in balancer["AvailabilityZones"]):
        ways = [EVERYWHERE_IPV6] if str(balancer.get("IpAddressType")).startswith("dualstack") else []
        for way in [EVERYWHERE, *ways]:
            problem = default_route(look, subnet, balancer["VpcId"], "GatewayId", "igw-", to=way)
            if problem:
                text = f"{subnet} of the load balancer is not connected to the internet: {problem}"
                yield Observation(Level.DEGRADED, text, {"subnet": subnet})
        closed = [port for port in ports if acl_denies(look, subnet, port, egress=False)]
        if closed:
            text = f"the network ACL of {subnet} denies tcp {', '.join(map(str, closed))} from the internet"
            yield Observation(Level.DEGRADED, text, {"subnet": subnet, "ports": closed})
        unanswered = [port for port in CLIENTS if acl_denies(look, subnet, port, egress=True)]
        if unanswered:
            text = f"the network ACL of {subnet} denies the answers to clients, tcp {', '.join(map(str, unanswered))}"
            yield Observation(Level.DEGRADED, text, {"subnet": subnet, "ports": unanswered})
