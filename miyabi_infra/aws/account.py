"""Whose credentials look at AWS, and whether they are of the environment's account."""

from dataclasses import dataclass

from miyabi_infra.aws.client import Trouble
from miyabi_infra.aws.world import World
from miyabi_infra.refused import Refused


@dataclass(frozen=True)
class Account:
    """The account of the credentials, or why AWS did not tell it."""

    number: str = ""
    principal: str = ""
    """ARN of the user or the role."""
    trouble: Trouble | None = None


def account_of(world: World) -> Account:
    """The account of the credentials.

    Raises:
        Refused: when the environment belongs to another account.
    """
    try:
        identity = world.ask("sts", "get_caller_identity")
    except Trouble as trouble:
        return Account(trouble=trouble)
    number = str(identity["Account"])
    allowed = world.stack.provider.get("allowed_account_ids")
    if isinstance(allowed, tuple) and number not in allowed:
        where = ", ".join(map(str, allowed))
        raise Refused(f"the credentials belong to account {number}; {world.stack.environment} is in {where}")
    return Account(number, str(identity["Arn"]))
