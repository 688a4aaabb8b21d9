"""Where a stack's Terraform state is: a local file, or an object in S3."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from modules.platform import Platform, Region
from modules.settings import Settings, Violation, matching, rule
from modules.state_bucket import BucketName

RelativePath = Annotated[
    str,
    matching(
        r"(?!/)(?!.*(?:^|/)\.{1,2}/)(?!.*//)[\w./ -]+\.tfstate",
        "is no relative path of a state file",
        "a path below the project's root that ends in .tfstate, such as environments/dev/terraform.tfstate",
    ),
]

StateKey = Annotated[
    str,
    matching(
        r"(?!/)[\w!.*'()/-]{1,1024}(?<!/)", "is no key that Terraform takes", "a key such as dev/terraform.tfstate"
    ),
]

TableName = Annotated[
    str, matching(r"[\w.-]{3,255}", "is no name of a DynamoDB table", "3 to 255 letters, digits and _ . -")
]


class LocalState(Settings):
    """State in a file of the checkout: for one person, or until the bucket exists."""

    backend: Literal["local"]
    """Terraform backend `local`."""

    path: RelativePath | None = None
    """State file, relative to the project's root. Default: `environments/<environment>/terraform.tfstate`."""

    def location(self, platform: Platform) -> str:
        """What tells this state from every other: its path."""
        return self.path or f"environments/{platform.environment}/terraform.tfstate"


class S3State(Settings):
    """State in S3: shared, locked, versioned."""

    backend: Literal["s3"]
    """Terraform backend `s3`."""

    bucket: BucketName
    """Bucket that holds the state; the stack `miyabi-shared` makes one."""

    key: StateKey | None = None
    """Key of the state's object. Default: `<environment>/terraform.tfstate`."""

    region: Region | None = None
    """Region of the bucket. Default: the environment's."""

    encrypt: bool = True
    """Whether the object is encrypted at rest even where the bucket does not say so."""

    use_lockfile: bool = True
    """Whether a lock file beside the state keeps two runs apart (Terraform 1.10 and newer)."""

    dynamodb_table: TableName | None = None
    """DynamoDB table that keeps two runs apart, as before Terraform 1.10."""

    def location(self, platform: Platform) -> str:
        """What tells this state from every other: bucket and key."""
        return f"s3://{self.bucket}/{self.object_key(platform)}"

    def object_key(self, platform: Platform) -> str:
        """The key of the state's object."""
        return self.key or f"{platform.environment}/terraform.tfstate"

    @rule("use_lockfile", "dynamodb_table")
    def state_is_locked(self, _platform: Platform) -> Iterator[Violation]:
        """Two runs at once would overwrite each other's state."""
        if not self.use_lockfile and self.dynamodb_table is None:
            yield Violation(
                "use_lockfile", value=False, problem="leaves the state unlocked", allowed="true, or a dynamodb_table"
            )


State = Annotated[LocalState | S3State, Field(discriminator="backend")]
"""One of the two backends, told apart by `backend`."""
