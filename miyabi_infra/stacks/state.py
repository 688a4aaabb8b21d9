"""Where the Terraform state of a stack is, as its backend says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from miyabi_infra.stacks.model import Stack, plain


@dataclass(frozen=True)
class StateLocation:
    """Where the Terraform state is."""

    path: str = ""
    """File relative to the project's root, with the backend `local`; else empty."""
    bucket: str = ""
    key: str = ""
    region: str = ""
    locked: bool = False
    """Whether Terraform locks it with an object next to it in the bucket."""
    table: str = ""
    """DynamoDB table in which Terraform locks it, instead or in addition."""

    def __str__(self) -> str:
        """The file, or the address of the object."""
        return self.path or f"s3://{self.bucket}/{self.key}"


def state_location(stack: Stack) -> StateLocation:
    """Where the state of a stack is."""
    return of_backend(plain(stack.backend))


def of_backend(backend: Mapping[str, Mapping[str, Any]]) -> StateLocation:
    """Where the block `backend` of a root module keeps its state: `{"s3": {"bucket": …}}`."""
    if "local" in backend:
        return StateLocation(path=str(backend["local"]["path"]).removeprefix("../../../"))
    settings = backend["s3"]
    return StateLocation(
        bucket=settings["bucket"],
        key=settings["key"],
        region=settings["region"],
        locked=bool(settings.get("use_lockfile")),
        table=settings.get("dynamodb_table") or "",
    )
