"""What every environment of the platform has."""

from miyabi_infra.stacks import Resource, Stack, StackError


def needed(stack: Stack, resource: Resource | None, kind: str) -> Resource:
    """A resource that an environment must have.

    Raises:
        StackError: when it does not exist: the stack is not one of an environment.
    """
    if resource is None:
        raise StackError(f"{stack.name} has no {kind}: it is not an environment of the platform")
    return resource
