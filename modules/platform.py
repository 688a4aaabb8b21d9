"""What all modules of an environment share: its names, its region, its tags, the port the application listens on."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modules.settings import ACCOUNT, Port, Settings, Violation, matching, rule, tag_problem

_NAME_PATTERN = r"[a-z](?:-?[a-z0-9])*"
_NAME_ALLOWED = "lower-case letters, digits and single hyphens, beginning with a letter and not ending with a hyphen"

Name = Annotated[str, matching(_NAME_PATTERN, "is no name that every AWS service takes", _NAME_ALLOWED)]
"""A part of resource names: what ElastiCache, the strictest of the services used, allows in an identifier."""

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
"""Regions that provider 5.100.0 takes, of AWS's public partition: the policies name ARNs of the partition `aws`, so
China and GovCloud are none."""

AccountId = Annotated[str, matching(ACCOUNT, "is no AWS account ID", "twelve digits, in quotes")]


class Platform(Settings):
    """The keys at the top of an overlay."""

    MAX_TAGS: ClassVar[int] = 50
    """Tags that AWS allows on a resource."""
    OWN_TAGS: ClassVar[tuple[str, ...]] = ("Name", "Type", "Project", "Environment", "ManagedBy")
    """Tags that the generator sets itself."""

    environment: Name
    """Name of the environment; it is the name of the overlay's file and can't be set in it."""

    project: Name
    """First part of the name of every resource: `{project}-{thing}-{environment}`."""

    region: Region
    """AWS region that the environment runs in."""

    account_id: AccountId | None = None
    """AWS account that the provider may act on (`allowed_account_ids`). Default: whichever the credentials are of."""

    container_port: Port = 8080
    """TCP port that the application listens on: of the target group, the task and the rule that lets the ALB in."""

    tags: dict[str, str] = Field(default={})
    """Further tags of every resource, beside `Project`, `Environment` and `ManagedBy` (the provider's default tags)."""

    def name(self, thing: str) -> str:
        """The name of a resource: `{project}-{thing}-{environment}`."""
        return f"{self.project}-{thing}-{self.environment}"

    @property
    def default_tags(self) -> dict[str, str]:
        """The tags that the provider sets on every resource."""
        return {"Project": self.project, "Environment": self.environment, "ManagedBy": "Terraform", **self.tags}

    @rule("tags")
    def tags_are_taken_by_aws(self, _platform: "Platform") -> Iterator[Violation]:
        """AWS limits the characters and the length of tags; nearly every service refuses more."""
        for key, value in self.tags.items():
            if problem := tag_problem(key, value):
                yield Violation(("tags", key), value, *problem)

    @rule("tags")
    def tags_leave_the_generators_own_alone(self, _platform: "Platform") -> Iterator[Violation]:
        """`Name` would name everything alike; the others are what cost reports and policies rely on.

        IAM takes `name` for `Name`, and refuses a role that has both.
        """
        own = {key.lower() for key in self.OWN_TAGS}
        for key in self.tags:
            if key.lower() not in own:
                continue
            yield Violation(
                ("tags", key),
                self.tags[key],
                "is set by the generator itself",
                f"keys other than {_and(self.OWN_TAGS)}",
            )

    @rule("tags")
    def tags_differ_in_more_than_case(self, _platform: "Platform") -> Iterator[Violation]:
        """To IAM, `Team` and `team` are the same key, and it refuses a role that has both; other services don't."""
        seen: dict[str, str] = {}
        for key, value in self.tags.items():
            first = seen.setdefault(key.lower(), key)
            if first != key:
                yield Violation(("tags", key), value, f"has a key that to IAM is {first}", "keys that differ")

    @rule("tags")
    def tags_fit_on_a_resource(self, _platform: "Platform") -> Iterator[Violation]:
        """AWS allows 50 tags on a resource, the generator's own included."""
        allowed = self.MAX_TAGS - len(self.OWN_TAGS)
        if len(self.tags) > allowed:
            yield Violation("tags", len(self.tags), "are more tags than fit on a resource", f"at most {allowed}")


def _and(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
