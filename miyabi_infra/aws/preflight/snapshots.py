"""Snapshots that a new database or cache is made of: whether they are there, and are what the overlay says."""

from collections.abc import Iterator, Mapping
from typing import Any

from miyabi_infra.aws.preflight.model import Observations, blocked, fine
from miyabi_infra.aws.preflight.names import known
from miyabi_infra.aws.status.model import Look
from miyabi_infra.stacks import Resource
from miyabi_infra.stacks.platform import integer, text
from miyabi_infra.terraform.address import label


def snapshots(look: Look) -> Observations:
    """Of what is not in the state: one that exists keeps its data, whatever the overlay says of a snapshot."""
    restored = [
        (each, text(each.get(argument)))
        for kind, argument in (
            ("aws_db_instance", "snapshot_identifier"),
            ("aws_elasticache_replication_group", "snapshot_name"),
        )
        for each in look.world.stack.of_type(kind)
        if each.get(argument)
    ]
    held = known(look) if restored else frozenset[str]()
    for resource, name in restored:
        if label(resource.address) not in held:
            yield from (_database if resource.type == "aws_db_instance" else _cache)(look, resource, name)


def _database(look: Look, database: Resource, name: str) -> Observations:
    answer = look.world.optional("rds", "describe_db_snapshots", DBSnapshotIdentifier=name)
    found: list[dict[str, Any]] = answer["DBSnapshots"] if answer else []
    if not found:
        yield blocked(f"snapshot {name} does not exist: rds.restore_from_snapshot", snapshot=name)
        return
    if found[0]["Status"] != "available":
        yield blocked(f"snapshot {name} is {found[0]['Status']}", snapshot=name, status=found[0]["Status"])
        return
    others = list(_other_than(database, found[0]))
    for key, there, here in others:
        problem = f"snapshot {name} has {there}, and a restored database keeps it: {key}, now {here}"
        yield blocked(problem, snapshot=name, setting=key, snapshots=there)
    if not others:
        yield fine(f"snapshot {name} is available, of PostgreSQL {found[0]['EngineVersion']}", snapshot=name)


def _other_than(database: Resource, snapshot: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    """What the snapshot has otherwise: the setting, the snapshot's value, and the overlay's."""
    version = text(database.get("engine_version"))
    if integer(str(snapshot["EngineVersion"]).partition(".")[0]) != integer(version):
        yield "rds.engine_version", snapshot["EngineVersion"], version
    if snapshot["MasterUsername"] != database.get("username"):
        yield "rds.admin_user", snapshot["MasterUsername"], database.get("username")
    if snapshot["AllocatedStorage"] > integer(database.get("allocated_storage")):
        yield "rds.allocated_storage", snapshot["AllocatedStorage"], database.get("allocated_storage")
    if not snapshot["Encrypted"]:
        yield "a copy of it with a key", "no encryption", "encrypted"


def _cache(look: Look, cache: Resource, name: str) -> Observations:
    answer = look.world.optional("elasticache", "describe_snapshots", SnapshotName=name)
    found: list[dict[str, Any]] = answer["Snapshots"] if answer else []
    if not found:
        yield blocked(f"snapshot {name} does not exist: elasticache.restore_from_snapshot", snapshot=name)
    elif found[0]["SnapshotStatus"] != "available":
        yield blocked(f"snapshot {name} is {found[0]['SnapshotStatus']}", snapshot=name)
    elif (engine := found[0].get("Engine", "redis")) != "redis" and engine != cache.get("engine"):
        problem = f"snapshot {name} is of {engine}, which {text(cache.get('engine'))} cannot read: elasticache.engine"
        yield blocked(problem, snapshot=name)
    else:
        yield fine(f"snapshot {name} is available", snapshot=name)
