"""IAM: roles and what they may do."""

from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.readers.common import part
from miyabi_infra.aws.world import Compared, Extra, Found, Reader, Unresolved, World, unordered
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import leads_to
from miyabi_infra.stacks.policies import canonical


def _role(resource: Resource, world: World) -> Found | None:
    name = str(resource.get("name"))
    role = world.ask("iam", "get_role", RoleName=name)["Role"]
    checks = [
        Compared(
            "assume_role_policy",
            canonical(world.value(resource.get("assume_role_policy"))),
            canonical(role["AssumeRolePolicyDocument"]),
        ),
        *world.checks(
            resource,
            {
                "name": role["RoleName"],
                "path": role.get("Path", "/"),
                "description": role.get("Description") or "",
                "max_session_duration": role.get("MaxSessionDuration", 3600),
                "permissions_boundary": part(role, "PermissionsBoundary").get("PermissionsBoundaryArn"),
            },
            path="/",
            description="",
            max_session_duration=3600,
            permissions_boundary=None,
        ),
    ]
    inline = [world.value(each.get("name")) for each in _of_role("aws_iam_role_policy", resource, world)]
    attached = [
        world.value(each.get("policy_arn")) for each in _of_role("aws_iam_role_policy_attachment", resource, world)
    ]
    extras = [
        Extra(f"policy {each}")
        for each in world.items("iam", "list_role_policies", "PolicyNames", RoleName=name)
        if each not in inline
    ]
    extras += [
        Extra(f"policy {each['PolicyArn']}")
        for each in world.items("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        if each["PolicyArn"] not in attached
    ]
    attributes = {"id": name, "name": name, "arn": role["Arn"]}
    return Found(attributes, checks + world.tags(resource, role.get("Tags")), extras)


def _of_role(kind: str, role: Resource, world: World) -> list[Resource]:
    return [
        each
        for each in world.stack.of_type(kind)
        if each.get("role") == role.get("name") or leads_to(each.get("role"), role)
    ]


def _role_policy(resource: Resource, world: World) -> Found | None:
    role, name = world.value(resource.get("role")), str(resource.get("name"))
    if isinstance(role, Unresolved):
        return None
    held = world.ask("iam", "get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"]
    identity = Compared("role", role, role), Compared("name", name, name)
    return Found({}, [*identity, Compared("policy", canonical(world.value(resource.get("policy"))), canonical(held))])


def _role_policy_attachment(resource: Resource, world: World) -> Found | None:
    role, arn = world.value(resource.get("role")), world.value(resource.get("policy_arn"))
    if isinstance(role, Unresolved):
        return None
    attached = world.items("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role)
    if arn not in {each["PolicyArn"] for each in attached}:
        return None
    return Found({}, [Compared("role", role, role), Compared("policy_arn", arn, arn)])


def _policy(resource: Resource, world: World) -> Found | None:
    name = resource.get("name")
    held = next(
        (each for each in world.items("iam", "list_policies", "Policies", Scope="Local") if each["PolicyName"] == name),
        None,
    )
    if held is None:
        return None
    arn = held["Arn"]
    answer = world.ask("iam", "get_policy", PolicyArn=arn)["Policy"]
    version = world.ask("iam", "get_policy_version", PolicyArn=arn, VersionId=answer["DefaultVersionId"])
    checks = [
        *world.checks(
            resource, {"name": answer["PolicyName"], "description": answer.get("Description") or ""}, description=""
        ),
        Compared(
            "policy",
            canonical(world.value(resource.get("policy"))),
            canonical(version["PolicyVersion"]["Document"]),
        ),
    ]
    return Found({"id": arn, "arn": arn}, checks + world.tags(resource, answer.get("Tags")))


def _openid_connect_provider(resource: Resource, world: World) -> Found | None:
    issuer = str(resource.get("url")).removeprefix("https://")
    listed = world.ask("iam", "list_open_id_connect_providers")["OpenIDConnectProviderList"]
    arn = next((each["Arn"] for each in listed if str(each["Arn"]).partition("/")[2] == issuer), None)
    if arn is None:
        return None
    held = world.ask("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
    checks = [
        Compared("url", issuer, str(held["Url"]).removeprefix("https://")),
        Compared("client_id_list", unordered(resource.get("client_id_list")), unordered(held["ClientIDList"])),
    ]
    return Found({"id": arn, "arn": arn}, checks + world.tags(resource, held.get("Tags")))


READERS: Final[Mapping[str, Reader]] = {
    "aws_iam_openid_connect_provider": _openid_connect_provider,
    "aws_iam_policy": _policy,
    "aws_iam_role": _role,
    "aws_iam_role_policy": _role_policy,
    "aws_iam_role_policy_attachment": _role_policy_attachment,
}
