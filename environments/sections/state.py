"""Where the Terraform state of a stack is stored: a local file, or an object in S3."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from modules.buckets import BucketName
from modules.platform import AssumeRoleSettings, Platform, Region
from modules.settings import Settings, Violation, matching, rule

RelativePath = Annotated[
    str,
    matching(
        r"(?!/)(?!.*(?:^|/)\.{1,2}/)(?!.*//)[\w./ -]+\.tfstate",
        "is not the relative path of a state file",
        "a path below the project's root that ends in .tfstate, such as environments/dev/terraform.tfstate",
    ),
]

StateKey = Annotated[
    str,
    matching(
        r"(?!/)(?!.*//)(?!(?:.*/)?\.{1,2}(?:/|$))[\w!.*'():/-]{1,1024}(?<!/)",
        "is not a key that Terraform and S3 accept",
        "up to 1024 characters such as dev/terraform.tfstate, without // and without . or .. as a folder",
    ),
]

TableName = Annotated[
    str, matching(r"[\w.-]{3,255}", "is not the name of a DynamoDB table", "3 to 255 letters, digits and _ . -")
]


class LocalState(Settings):
    """State in a file of the checkout: for one person, or before the bucket exists."""

    backend: Literal["local"]
    """Terraform backend `local`."""

    path: RelativePath | None = None
    """Path of the state file, relative to the project's root. Default:
    `environments/<environment>/terraform.tfstate`."""

    def location(self, platform: Platform) -> str:
        """The identity of the state: its path."""
        return self.path or f"environments/{platform.environment}/terraform.tfstate"


class S3State(Settings):
    """State in S3: shared, locked, versioned."""

    backend: Literal["s3"]
    """Terraform backend `s3`."""

    bucket: BucketName
    """Bucket of the state; the stack `miyabi-shared` creates one
    (S3 user guide, "General purpose bucket naming rules")."""

    key: StateKey | None = None
    """Key of the object. Default: `<environment>/terraform.tfstate`. The state of a Terraform workspace has the key
    `env:/<workspace>/<key>`, or another prefix (`workspace_key_prefix` of the backend; S3 user guide, "Naming Amazon S3
    objects")."""

    region: Region | None = None
    """Region of the bucket. Default: the region of the environment (S3 API, `CreateBucketConfiguration`)."""

    encrypt: bool = True
    """Whether Terraform requests encryption at rest, regardless of the default of the bucket."""

    assume_role: AssumeRoleSettings = AssumeRoleSettings()
    """The IAM role with which Terraform reads and writes the state, for a bucket of another account."""

    use_lockfile: bool = True
    """Whether a lock file next to the state prevents concurrent runs (Terraform 1.10 and newer)."""

    dynamodb_table: TableName | None = None
    """DynamoDB table that prevents concurrent runs, as before Terraform 1.10 (DynamoDB API, `TableName`)."""

    def location(self, platform: Platform) -> str:
        """The identity of the state: bucket and key."""
        return f"s3://{self.bucket}/{self.object_key(platform)}"

    def object_key(self, platform: Platform) -> str:
        """The key of the object."""
        return self.key or f"{platform.environment}/terraform.tfstate"

    @rule("use_lockfile", "dynamodb_table")
    def state_is_locked(self, _platform: Platform) -> Iterator[Violation]:
        """Concurrent runs would overwrite each other's state."""
        if not self.use_lockfile and self.dynamodb_table is None:
            yield Violation(
                "use_lockfile", value=False, problem="leaves the state unlocked", allowed="true, or a dynamodb_table"
            )


State = Annotated[LocalState | S3State, Field(discriminator="backend")]
"""One of the two backends, selected by `backend`."""
