"""How each type of resource is found in an account, by its name and not by Terraform's state, and what it is then like.

A reader looks for its resource as a person would, by name or by the tag Name, and gives what AWS says in the words of
Terraform's arguments. The files are named after the modules whose resources they read.
"""

from collections.abc import Mapping
from typing import Final

from miyabi_infra.aws.readers import (
    alb,
    ecs,
    ecs_service,
    elasticache,
    iam,
    monitoring,
    networking,
    security_groups,
    shared,
)
from miyabi_infra.aws.readers.common import Reader

READERS: Final[Mapping[str, Reader]] = {
    **networking.READERS,
    **security_groups.READERS,
    **iam.READERS,
    **alb.READERS,
    **ecs.READERS,
    **elasticache.READERS,
    **ecs_service.READERS,
    **monitoring.READERS,
    **shared.READERS,
}
"""The readers, by type of resource."""
