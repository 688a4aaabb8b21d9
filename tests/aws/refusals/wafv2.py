"""WAF: web ACLs, lists of addresses, associations and logs."""

import ipaddress
from collections.abc import Iterator
from typing import Any, Final

from modules.waf_facts import GROUPS, LOGS_PREFIX, MOST_CAPACITY
from tests.aws.refusals import Ask, nothing_more, refusal, within

API: Final = "https://docs.aws.amazon.com/waf/latest/APIReference/API_{}.html"
GUIDE: Final = "https://docs.aws.amazon.com/waf/latest/developerguide/{}.html"

GLOBAL: Final = "CLOUDFRONT"
RESERVED: Final = {"All", "Default_Action"}
"""Names of metrics that AWS has itself."""
WINDOWS: Final = {60, 120, 300, 600}

Moto = Any
"""A model of moto's, whose own types say too little."""

ACLS: Final = ("CreateWebACL", "UpdateWebACL")
SETS: Final = ("CreateIPSet", "UpdateIPSet")


def _backend(ask: Ask, scope: str = "") -> Moto:
    """Moto's backend of a scope; it keeps what is for CloudFront in a region of its own."""
    return ask.backend("wafv2", "global" if (scope or ask.get("Scope")) == GLOBAL else "")


def _of_arn(ask: Ask, arn: str) -> Moto:
    return _backend(ask, GLOBAL if ":global/" in arn else "REGIONAL")


def _rules(ask: Ask) -> list[dict[str, Any]]:
    return ask.all("Rules")


def _statements(ask: Ask, kind: str) -> Iterator[dict[str, Any]]:
    yield from (found for rule in _rules(ask) if (found := within(rule, "Statement", kind)))


@refusal(
    "wafv2",
    "CreateWebACL",
    "UpdateWebACL",
    "DeleteWebACL",
    "CreateIPSet",
    "UpdateIPSet",
    "DeleteIPSet",
    code="WAFInvalidParameterException",
    source=API.format("CreateWebACL"),
)
def scope_of_another_region(ask: Ask) -> str | None:
    """What is for CloudFront is asked for elsewhere than in us-east-1."""
    if ask.get("Scope") == GLOBAL and ask.region != "us-east-1":
        return "Error reason: The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT"
    return None


@refusal("wafv2", *ACLS, code="WAFInvalidParameterException", source=GUIDE.format("web-acl-processing-order"))
def rules_of_one_priority(ask: Ask) -> str | None:
    """Two rules of a web ACL have the same priority, or the same name."""
    for name in ("Priority", "Name"):
        values = [rule.get(name) for rule in _rules(ask)]
        if len(values) != len(set(values)):
            return f"Error reason: Your statement has multiple rules of one {name.lower()}, field: RULES"
    return None


@refusal("wafv2", *ACLS, code="WAFInvalidParameterException", source=API.format("Rule"))
def action_of_a_group(ask: Ask) -> str | None:
    """A rule about a group has an action and not an override, or another rule has an override."""
    for rule in _rules(ask):
        statement = rule.get("Statement", {})
        group = "ManagedRuleGroupStatement" in statement or "RuleGroupReferenceStatement" in statement
        if bool(rule.get("OverrideAction")) != group or bool(rule.get("Action")) == group:
            return "Error reason: A reference in your rule statement is not valid., field: RULE, parameter: Action"
    return None


@refusal("wafv2", *ACLS, code="WAFLimitsExceededException", source=GUIDE.format("limits"))
def more_capacity_than_allowed(ask: Ask) -> str | None:
    """The rules need more than 5,000 capacity units; above 1,500 a request costs more."""
    needed = 0
    for rule in _rules(ask):
        statement = rule.get("Statement", {})
        name = within(statement, "ManagedRuleGroupStatement", "Name")
        if name:
            needed += GROUPS[name].capacity if name in GROUPS else 0
        else:
            needed += 2 if "RateBasedStatement" in statement else 1
    return "AWS WAF couldn't perform the operation: WEB_ACL_CAPACITY" if needed > MOST_CAPACITY else None


@refusal("wafv2", *ACLS, code="WAFInvalidParameterException", source=API.format("ManagedRuleGroupStatement"))
def group_that_does_not_exist(ask: Ask) -> str | None:
    """AWS has no group of the name."""
    for group in _statements(ask, "ManagedRuleGroupStatement"):
        if group.get("VendorName") == "AWS" and group.get("Name") not in GROUPS:
            return f"Error reason: The managed rule group is not valid., parameter: {group.get('Name')}"
    return None


@refusal("wafv2", *ACLS, code="WAFNonexistentItemException", source=API.format("IPSetReferenceStatement"))
def addresses_that_do_not_exist(ask: Ask) -> str | None:
    """A rule refers to an IP set that does not exist, or that is of the other scope."""
    held = _backend(ask).ip_sets
    for each in _statements(ask, "IPSetReferenceStatement"):
        if each.get("ARN") not in held:
            return "AWS WAF couldn't perform the operation because your resource doesn't exist."
    return None


@refusal("wafv2", *ACLS, code="WAFInvalidParameterException", source=API.format("RateBasedStatement"))
def window_that_does_not_exist(ask: Ask) -> str | None:
    """A rate is counted over another window than 60, 120, 300 or 600 seconds."""
    for each in _statements(ask, "RateBasedStatement"):
        if each.get("EvaluationWindowSec", 300) not in WINDOWS:
            return "Error reason: The evaluation window is not valid., field: EVALUATION_WINDOW_SEC"
    return None


@refusal("wafv2", *ACLS, code="WAFInvalidParameterException", source=API.format("VisibilityConfig"))
def metric_of_aws(ask: Ask) -> str | None:
    """A metric has a name that AWS uses itself: `All`, `Default_Action`."""
    seen = [ask.get("VisibilityConfig"), *(rule.get("VisibilityConfig") for rule in _rules(ask))]
    reserved = [name for each in seen if (name := within(each, "MetricName")) in RESERVED]
    return f"Error reason: The metric name is reserved., parameter: {reserved[0]}" if reserved else None


@refusal("wafv2", *SETS, code="WAFInvalidParameterException", source=API.format("IPSet"))
def block_that_is_not_one(ask: Ask) -> str | None:
    """A block is not one of the set's version, or is all addresses."""
    kept = _backend(ask).ip_sets.values()
    held = [each.ip_address_version for each in kept if each.ip_set_id == ask.get("Id")]
    version = 6 if (ask.get("IPAddressVersion") or (held or ["IPV4"])[0]) == "IPV6" else 4
    for block in ask.all("Addresses"):
        try:
            network = ipaddress.ip_network(block, strict=False)
        except ValueError:
            network = None
        if network is None or network.version != version or network.prefixlen == 0:
            return f"Error reason: The parameter contains formatting that is not valid., field: IP_ADDRESS, {block}"
    return None


@refusal("wafv2", "CreateIPSet", code="WAFDuplicateItemException", source=API.format("CreateIPSet"))
def addresses_of_the_name(ask: Ask) -> str | None:
    """The scope has an IP set of the name."""
    names = {each.name for each in _backend(ask).ip_sets.values()}
    taken = ask.get("Name") in names
    return "AWS WAF couldn't perform the operation because some resource already exists." if taken else None


@refusal("wafv2", "DeleteIPSet", code="WAFAssociatedItemException", source=API.format("DeleteIPSet"))
def addresses_in_use(ask: Ask) -> str | None:
    """A rule of a web ACL refers to the IP set."""
    backend = _backend(ask)
    own = {arn for arn, each in backend.ip_sets.items() if each.ip_set_id == ask.get("Id")}
    for acl in backend.wacls.values():
        for rule in acl.rules:
            if within(rule.statement, "IPSetReferenceStatement", "ARN") in own:
                return "AWS WAF couldn't perform the operation because your resource is being used by another resource."
    return None


@refusal("wafv2", "DeleteWebACL", code="WAFAssociatedItemException", source=API.format("DeleteWebACL"))
def web_acl_in_use(ask: Ask) -> str | None:
    """A load balancer or a distribution has the web ACL."""
    found = [(arn, each) for arn, each in _backend(ask).wacls.items() if each.id == ask.get("Id")]
    cdns = {each.config.get("WebACLId") for each in ask.backend("cloudfront").distributions.values()}
    if any(acl.associated_resources or arn in cdns for arn, acl in found):
        return "AWS WAF couldn't perform the operation because your resource is being used by another resource."
    return None


@refusal("wafv2", "AssociateWebACL", code="WAFInvalidParameterException", source=API.format("AssociateWebACL"))
def web_acl_of_distributions(ask: Ask) -> str | None:
    """A web ACL of the scope CLOUDFRONT is put in front of something else, or one of another region."""
    arn = str(ask.get("WebACLArn"))
    wrong = ":global/" in arn or arn.split(":")[3] != ask.region
    return "Error reason: The ARN isn't valid., field: WEB_ACL_ARN" if wrong else None


@refusal("wafv2", "AssociateWebACL", code="WAFNonexistentItemException", source=API.format("AssociateWebACL"))
def web_acl_for_nothing(ask: Ask) -> str | None:
    """The load balancer does not exist."""
    arn = str(ask.get("ResourceArn"))
    gone = ":loadbalancer/app/" in arn and arn not in ask.backend("elbv2").load_balancers
    return "AWS WAF couldn't perform the operation because your resource doesn't exist." if gone else None


def _targets(ask: Ask) -> list[str]:
    return list(within(ask.get("LoggingConfiguration"), "LogDestinationConfigs") or ())


LOGGING: Final = "PutLoggingConfiguration"


@refusal("wafv2", LOGGING, code="WAFLimitsExceededException", source=API.format("LoggingConfiguration"))
def several_logs(ask: Ask) -> str | None:
    """A web ACL logs to more than one place."""
    return "AWS WAF couldn't perform the operation: one destination per web ACL" if len(_targets(ask)) > 1 else None


@refusal("wafv2", LOGGING, code="WAFInvalidParameterException", source=GUIDE.format("logging-cw-logs"))
def log_of_another_name(ask: Ask) -> str | None:
    """The name of the log group does not begin with `aws-waf-logs-`, or it is not in the region of the web ACL."""
    for each in _targets(ask):
        name = each.partition(":log-group:")[2]
        if ":logs:" in each and (not name.startswith(LOGS_PREFIX) or each.split(":")[3] != ask.region):
            return "Error reason: The ARN isn't valid. A valid ARN begins with arn: and includes other information"
    return None


@refusal("wafv2", LOGGING, code="WAFLogDestinationPermissionIssueException", source=GUIDE.format("logging-cw-logs"))
def log_that_does_not_exist(ask: Ask) -> str | None:
    """The log group does not exist, so WAF cannot add its resource policy."""
    groups = ask.backend("logs").groups
    missing = [each for each in _targets(ask) if each.partition(":log-group:")[2].removesuffix(":*") not in groups]
    return "AWS WAF couldn't get permission to write to the log destination." if missing else None


@refusal("wafv2", LOGGING, code="WAFNonexistentItemException", source=API.format("PutLoggingConfiguration"))
def log_of_no_web_acl(ask: Ask) -> str | None:
    """The web ACL does not exist."""
    arn = str(within(ask.get("LoggingConfiguration"), "ResourceArn"))
    gone = arn not in _of_arn(ask, arn).wacls
    return "AWS WAF couldn't perform the operation because your resource doesn't exist." if gone else None


nothing_more(
    "wafv2",
    DeleteLoggingConfiguration="moto refuses a web ACL without one",
    DisassociateWebACL="a resource without a web ACL is no error",
    TagResource="nothing beyond the model",
    UntagResource="nothing beyond the model",
)
