"""IAM: roles and their policies."""

import json
import re
from typing import Any, Final

from tests.aws.refusals import Ask, nothing_more, one_or_more, refusal

API: Final = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_{}.html"
QUOTAS: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"

TRUST: Final = 2048
INLINE: Final = 10240
MANAGED: Final = 6144
ATTACHED: Final = 10
TAGS: Final = 50


@refusal("iam", "CreateRole", code="EntityAlreadyExists", source=f"{API.format('CreateRole')} {QUOTAS}")
def role_that_exists(ask: Ask) -> str | None:
    """The account has a role of the name; upper and lower case are the same."""
    name = str(ask.get("RoleName", ""))
    exists = any(each.name.lower() == name.lower() for each in ask.backend("iam").roles.values())
    return f"Role with name {name} already exists." if exists else None


@refusal("iam", "CreateRole", "UpdateAssumeRolePolicy", code="LimitExceeded", source=QUOTAS)
def trust_policy_too_long(ask: Ask) -> str | None:
    """The trust policy has more than 2048 characters, white space aside."""
    document = ask.get("AssumeRolePolicyDocument", ask.get("PolicyDocument", ""))
    return f"Cannot exceed quota for ACLSizePerRole: {TRUST}" if _length(document) > TRUST else None


@refusal("iam", "CreateRole", "UpdateAssumeRolePolicy", code="MalformedPolicyDocument", source=API.format("CreateRole"))
def principal_that_does_not_exist(ask: Ask) -> str | None:
    """The trust policy names a role of the account that does not exist."""
    document = ask.get("AssumeRolePolicyDocument", ask.get("PolicyDocument", ""))
    there = {each.arn for each in ask.backend("iam").roles.values()}
    for arn in re.findall(rf'"(arn:aws:iam::{ask.account}:role/[^"*]+)"', document):
        if arn not in there:
            return f'Invalid principal in policy: "AWS":"{arn}"'
    return None


@refusal("iam", "PutRolePolicy", code="LimitExceeded", source=f"{API.format('PutRolePolicy')} {QUOTAS}")
def inline_policies_too_long(ask: Ask) -> str | None:
    """The inline policies of the role have more than 10240 characters together, white space aside."""
    role = _role(ask)
    held: dict[str, str] = role.policies if role else {}
    others = [document for name, document in held.items() if name != ask.get("PolicyName")]
    length = sum(map(_length, others)) + _length(ask.get("PolicyDocument", ""))
    return f"Maximum policy size of {INLINE} bytes exceeded for role {ask.get('RoleName')}" if length > INLINE else None


@refusal("iam", "CreatePolicy", "CreatePolicyVersion", code="LimitExceeded", source=QUOTAS)
def managed_policy_too_long(ask: Ask) -> str | None:
    """The managed policy has more than 6144 characters, white space aside."""
    long = _length(ask.get("PolicyDocument", "")) > MANAGED
    return f"Cannot exceed quota for PolicySize: {MANAGED}" if long else None


@refusal("iam", "PutRolePolicy", "CreatePolicy", code="MalformedPolicyDocument", source=API.format("PutRolePolicy"))
def statement_without_resource(ask: Ask) -> str | None:
    """A statement has no action or no resource, or an empty list of them."""
    try:
        document = json.loads(ask.get("PolicyDocument", ""))
    except ValueError:
        return "Syntax errors in policy."
    for each in one_or_more(document.get("Statement", [])):
        if not (each.get("Resource") or each.get("NotResource")):
            return "Policy statement must contain resources."
        if not (each.get("Action") or each.get("NotAction")):
            return "Policy statement must contain actions."
    return None


@refusal("iam", "AttachRolePolicy", code="LimitExceeded", source=QUOTAS)
def more_managed_policies_than_the_quota(ask: Ask) -> str | None:
    """The role has 10 managed policies already."""
    role = _role(ask)
    full = role is not None and len(role.managed_policies) >= ATTACHED
    return f"Cannot exceed quota for PoliciesPerRole: {ATTACHED}" if full else None


@refusal("iam", "DeleteRole", code="DeleteConflict", source=API.format("DeleteRole"))
def role_with_policies(ask: Ask) -> str | None:
    """The role has attached or inline policies."""
    role = _role(ask)
    if role is not None and role.managed_policies:
        return "Cannot delete entity, must detach all policies first."
    return "Cannot delete entity, must delete policies first." if role is not None and role.policies else None


@refusal("iam", "CreateRole", "TagRole", code="InvalidInput", source=API.format("TagRole"))
def tags_of_a_role(ask: Ask) -> str | None:
    """Two tags have the same key (upper and lower case are the same), a key begins with `aws:`, or there are more than 50."""  # noqa: E501
    keys = [str(each.get("Key", "")).lower() for each in ask.all("Tags")]
    if len(set(keys)) < len(keys):
        return "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    if any(key.startswith("aws:") for key in keys):
        return "Tag keys cannot begin with aws:."
    return "The number of tags has reached the maximum limit." if len(keys) > TAGS else None


def _role(ask: Ask) -> Any:  # noqa: ANN401  # moto's own
    roles = ask.backend("iam").roles.values()
    return next((each for each in roles if each.name == ask.get("RoleName")), None)


def _length(document: str) -> int:
    """The characters that IAM counts."""
    return len(re.sub(r"\s", "", document))


nothing_more(
    "iam",
    CreateOpenIDConnectProvider="moto refuses a second one of an issuer",
    DeleteOpenIDConnectProvider="AWS lets any go",
    DeletePolicy="moto refuses one that is attached, or that has other versions",
    DeleteRolePolicy="moto refuses a policy that is not there",
    DetachRolePolicy="moto refuses a policy that is not attached",
    UntagRole="AWS accepts keys that are not there",
    UpdateRole="nothing beyond the model",
)
