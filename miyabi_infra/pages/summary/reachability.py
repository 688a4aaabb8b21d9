"""Which connections a change opens, closes, or lets in from other addresses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from miyabi_infra.reach import Connection
from miyabi_infra.reach.blocks import parsed
from miyabi_infra.reach.questions import ReachChange
from modules.addresses import IpNetwork, union, within

Kind = Literal["opened", "widened", "changed", "narrowed", "closed"]


@dataclass(frozen=True)
class ConnectionChange:
    """A connection that differs. `widened` and `narrowed`: to more or to fewer addresses of the internet."""

    kind: Kind
    connection: Connection
    """As it is after the change; for one that is closed, as it was."""
    before: tuple[str, ...] = ()
    """Blocks of addresses before the change, for one that is neither opened nor closed."""


def connection_changes(difference: ReachChange) -> Iterator[ConnectionChange]:
    """The connections that differ, those that let more in first."""
    closed = {_key(each): each for each in difference.closed}
    found: list[ConnectionChange] = []
    for each in difference.opened:
        earlier = closed.pop(_key(each), None)
        if earlier is None:
            found.append(ConnectionChange("opened", each))
        else:
            found.append(ConnectionChange(_compared(earlier.blocks, each.blocks), each, earlier.blocks))
    found += [ConnectionChange("closed", each) for each in closed.values()]
    order: Sequence[Kind] = ("opened", "widened", "changed", "narrowed", "closed")
    yield from sorted(found, key=lambda change: order.index(change.kind))


def _key(connection: Connection) -> tuple[object, ...]:
    return (*connection.ends, connection.version)


def _compared(before: Sequence[str], after: Sequence[str]) -> Kind:
    first, second = (union(found for each in blocks for found in parsed(each)) for blocks in (before, after))
    if first == second:  # only whether it is certain differs
        return "changed"
    if _within(second, first):
        return "narrowed"
    return "widened" if _within(first, second) else "changed"


def _within(inner: Sequence[IpNetwork], outer: Sequence[IpNetwork]) -> bool:
    """Whether each block lies in one of the others."""
    return all(any(within(block, each) for each in outer) for block in inner)
