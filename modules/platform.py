"""What all modules of an environment share: names, region, tags, and the port of the application."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modules.settings import ACCOUNT, Port, Settings, Violation, matching, rule, tag_problem

_ID_ALLOWED = "2 to 1224 letters, digits and _ + = , . @ : / -"
_SESSION_ALLOWED = "2 to 64 letters, digits and _ + = , . @ -"
_NAME_PATTERN = r"[a-z](?:-?[a-z0-9])*"
_NAME_ALLOWED = "lower-case letters, digits and single hyphens, starting with a letter and not ending with a hyphen"

Name = Annotated[str, matching(_NAME_PATTERN, "is not a valid name for every AWS service", _NAME_ALLOWED)]
"""A part of resource names: the format that ElastiCache, the strictest of the services used, allows in an
identifier."""

Region = Literal[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
]
"""Regions of the partition `aws` that provider 5.100.0 supports. China and GovCloud are other partitions, and the
policies contain ARNs of the partition `aws`."""

AwsProviderVersion = Literal["~> 5.0", "~> 6.0"]
"""Both take the same configuration: `make provider-6` synthesizes with the bindings of provider 6, and compares."""

AccountId = Annotated[str, matching(ACCOUNT, "is not an AWS account ID", "twelve digits, in quotes")]


RoleArn = Annotated[
    str,
    matching(
        rf"|arn:aws:iam::{ACCOUNT}:role/[\w+=,.@/-]{{1,512}}",
        "is not the ARN of an IAM role",
        "arn:aws:iam::<account>:role/<name>, or an empty string for none",
    ),
]


PolicyArn = Annotated[
    str,
    matching(
        rf"arn:aws:iam::(?:aws|{ACCOUNT}):policy/[\w+=,.@/-]{{1,512}}",
        "is not the ARN of a policy of IAM",
        "arn:aws:iam::<account>:policy/<name>, or a policy of AWS's, arn:aws:iam::aws:policy/<name>",
    ),
]


class AssumeRoleSettings(Settings):
    """The IAM role that Terraform assumes. By default it acts with the credentials themselves."""

    role_arn: RoleArn = ""
    """ARN of the role. Empty: none. Only Terraform assumes it: commands that read AWS, such as `preflight`, act with
    your credentials, so for them name the role in a profile (`AWS_PROFILE`; STS API, `AssumeRole`)."""

    external_id: Annotated[str, matching(r"[\w+=,.@:/-]{2,1224}", "is not an external ID", _ID_ALLOWED)] | None = None
    """External ID that the trust policy of the role requires (STS API, `AssumeRole`). Default: none."""

    session_name: Annotated[str, matching(r"[\w+=,.@-]{2,64}", "is not a session name", _SESSION_ALLOWED)] | None = None
    """Name of the session, which CloudTrail shows (STS API, `AssumeRole`). Default: one that Terraform chooses."""

    @rule("role_arn", "external_id", "session_name")
    def session_needs_a_role(self, _platform: "Platform") -> Iterator[Violation]:
        """Without a role, external ID and session name have no effect."""
        for key in ("external_id", "session_name"):
            value: str | None = getattr(self, key)
            if value and not self.role_arn:
                yield Violation(key, value, "has no effect without role_arn", "no such key, or a role_arn")

    @rule("role_arn", "account_id")
    def role_is_of_the_account(self, platform: "Platform") -> Iterator[Violation]:
        """The provider acts on the account of the role, and refuses one that is not `account_id`."""
        account = self.role_arn.split(":")[4] if self.role_arn else platform.account_id
        if platform.account_id and account != platform.account_id:
            yield Violation(
                "role_arn",
                self.role_arn,
                f"is a role of account {account}",
                f"a role of account_id, {platform.account_id}",
            )


class Platform(Settings):
    """The keys at the top level of an overlay."""

    MAX_TAGS: ClassVar[int] = 50
    """Maximum number of tags of a resource."""
    OWN_TAGS: ClassVar[tuple[str, ...]] = ("Name", "Type", "Project", "Environment", "ManagedBy")
    """Tags that the generator sets."""

    environment: Name
    """Name of the environment. It is the name of the overlay's file and cannot be set in the file."""

    project: Name
    """First part of the name of every resource: `{project}-{thing}-{environment}`."""

    region: Region
    """AWS region of the environment (S3 API, `CreateBucketConfiguration`)."""

    account_id: AccountId | None = None
    """AWS account that the provider may act on (`allowed_account_ids`). Default: the account of the credentials (ECR
    API, `CreateRepository`)."""

    aws_provider: AwsProviderVersion = "~> 5.0"
    """Version constraint of Terraform's AWS provider. There is no way back from 6: provider 5 cannot read the state
    that it writes. docs/guides/aws-provider-6.md has the steps."""

    role_boundary_arn: PolicyArn | None = None
    """ARN of the policy that no role of the environment's own goes beyond (permissions boundary), such as the shared
    stack's with `pipeline.roles_need_boundary`. Default: none. Existing roles get it by somebody who may
    `iam:PutRolePermissionsBoundary`; the pipeline may not (IAM API, `CreateRole`)."""

    container_port: Port = 8080
    """TCP port of the application: used by the target group, the task and the ingress rule from the ALB (ELB API,
    `CreateTargetGroup`)."""

    tags: dict[str, str] = Field(default={})
    """Additional tags of every resource. `Project`, `Environment` and `ManagedBy` are always set (the provider's
    default tags)."""

    def name(self, thing: str) -> str:
        """The name of a resource: `{project}-{thing}-{environment}`."""
        return f"{self.project}-{thing}-{self.environment}"

    def target_group_name(self, plain_port: int, thing: str) -> str:
        """The name of a target group: without the port for `plain_port`, with it for every other one."""
        return self.name(thing if self.container_port == plain_port else f"{thing}-{self.container_port}")

    @property
    def default_tags(self) -> dict[str, str]:
        """The tags that the provider sets on every resource."""
        return {"Project": self.project, "Environment": self.environment, "ManagedBy": "Terraform", **self.tags}

    @rule("tags")
    def tags_are_taken_by_aws(self, _platform: "Platform") -> Iterator[Violation]:
        """AWS limits the characters and the length of tags; nearly every service refuses others."""
        for key, value in self.tags.items():
            if problem := tag_problem(key, value):
                yield Violation(("tags", key), value, *problem)

    @rule("tags")
    def tags_leave_the_generators_own_alone(self, _platform: "Platform") -> Iterator[Violation]:
        """`Name` would give every resource the same name; cost reports and policies rely on the others.

        IAM considers `name` and `Name` to be the same key, and refuses a role that has both.
        """
        own = {key.lower() for key in self.OWN_TAGS}
        for key in self.tags:
            if key.lower() not in own:
                continue
            yield Violation(
                ("tags", key),
                self.tags[key],
                "is set by the generator",
                f"keys other than {_and(self.OWN_TAGS)}",
            )

    @rule("tags")
    def tags_differ_in_more_than_case(self, _platform: "Platform") -> Iterator[Violation]:
        """IAM considers `Team` and `team` to be the same key, and refuses a role that has both."""
        seen: dict[str, str] = {}
        for key, value in self.tags.items():
            first = seen.setdefault(key.lower(), key)
            if first != key:
                yield Violation(
                    ("tags", key),
                    value,
                    f"has a key that IAM considers to be the same as {first}",
                    "keys that differ in more than case",
                )

    @rule("tags")
    def tags_fit_on_a_resource(self, _platform: "Platform") -> Iterator[Violation]:
        """AWS allows 50 tags on a resource, including those that the generator sets."""
        allowed = self.MAX_TAGS - len(self.OWN_TAGS)
        if len(self.tags) > allowed:
            yield Violation("tags", len(self.tags), "are more tags than AWS allows on a resource", f"at most {allowed}")


def _and(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
