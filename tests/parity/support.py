"""The reference HCL: the seven modules and a root as a platform team writes them by hand."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from miyabi_infra.project import ROOT
from tests.support import Project

HCL: Final = Path(__file__).parent / "hcl"
"""The root module. Its modules lie below it, its environments' values beside it (`dev.tfvars`)."""

ANOTHER: Final = Path(__file__).parent / "another/main.tf"
"""A root module for the same modules in another style, without its outputs."""

ENVIRONMENTS: Final = ("dev", "staging", "prod")

GROUP: Final = """\
  topology: replication-group # a primary and a replica in two zones, with automatic failover
  redis_node_type: cache.t3.small
  auto_minor_version_upgrade: false # versions change in a commit, never behind Terraform's back
  snapshot_retention_limit: 7
  transit_encryption_enabled: true
  url_variable: REDIS_URL
  log_delivery: [slow-log, engine-log]
  cpu_alarm_threshold: 45 # 90 % of one of the node's two vCPUs, as Redis uses one
  memory_alarm_metric: DatabaseMemoryUsagePercentage
"""
NODE: Final = """\
  redis_node_type: cache.t3.small
  snapshot_retention_limit: 7
"""
"""The replication group of prod, and the single node that the HCL creates instead."""

AS_THE_HCL_IS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "dev": (("https_ingress: false", "https_ingress: true"), ("alarm_threshold: 70", "alarm_threshold: 80")),
    "staging": (("snapshot_retention_limit: 3", "snapshot_retention_limit: 1"),),
    "prod": ((GROUP, NODE),),
}
"""What of the committed overlays goes beyond the HCL, and what the HCL does instead."""


def prod_as_the_hcl_is(root: Path, folder: Path) -> Path:
    """A copy of the project with prod as its HCL is: a single node of Redis, not a replication group."""
    project = Project.copy_of(root, folder)
    shutil.copy(root / "environments/schema.json", project.root / "environments")
    project.change("prod", *AS_THE_HCL_IS["prod"])
    project.synthesize()
    return project.root


@cache
def as_the_hcl_is() -> Path:
    """The same, synthesized once in this process; only to be read."""
    folder = Path(tempfile.mkdtemp(prefix="miyabi-as-the-hcl-is-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return prod_as_the_hcl_is(ROOT, folder / "project")
