"""What modules, and the judgements about them, know of WAF: facts only, which are quick to import."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

NAMESPACE: Final = "AWS/WAFV2"
LOGS_PREFIX: Final = "aws-waf-logs-"
"""How the name of a log group must begin that WAF writes to (WAFV2 API, `LoggingConfiguration`)."""
BLOCKED_SHARE: Final = (
    "IF(FILL(blocked,0)+FILL(allowed,0)>100, 100*FILL(blocked,0)/(FILL(blocked,0)+FILL(allowed,0)), 0)"
)
"""The percentage of requests that are blocked, for the metrics `blocked` and `allowed`; 0 where there are few."""
INCLUDED_CAPACITY: Final = 1500
"""Capacity units that are in the price of a request (AWS WAF developer guide, "Web ACL capacity units")."""
MOST_CAPACITY: Final = 5000
"""Capacity units that a web ACL can have."""


@dataclass(frozen=True)
class Group:
    """One of AWS's groups of rules."""

    capacity: int
    """Capacity units (AWS WAF developer guide, "AWS Managed Rules rule groups list")."""
    of_addresses: bool = False
    """Whether it judges the address of the caller. Such a group has no versions."""


GROUPS: Final[Mapping[str, Group]] = {
    "AWSManagedRulesAmazonIpReputationList": Group(25, of_addresses=True),
    "AWSManagedRulesAnonymousIpList": Group(50, of_addresses=True),
    "AWSManagedRulesCommonRuleSet": Group(700),
    "AWSManagedRulesAdminProtectionRuleSet": Group(100),
    "AWSManagedRulesKnownBadInputsRuleSet": Group(200),
    "AWSManagedRulesSQLiRuleSet": Group(200),
    "AWSManagedRulesLinuxRuleSet": Group(200),
    "AWSManagedRulesUnixRuleSet": Group(100),
    "AWSManagedRulesWindowsRuleSet": Group(200),
    "AWSManagedRulesPHPRuleSet": Group(100),
    "AWSManagedRulesWordPressRuleSet": Group(100),
}
"""The groups without a price of their own, in the order in which requests meet them."""
