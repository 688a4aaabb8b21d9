"""The reference HCL: the seven modules and a root as a platform team writes them by hand."""

from pathlib import Path
from typing import Final

HCL: Final = Path(__file__).parent / "hcl"
"""The root module. Its modules lie below it, its environments' values beside it (`dev.tfvars`)."""

ANOTHER: Final = Path(__file__).parent / "another/main.tf"
"""A root module for the same modules in another style, without its outputs."""

ENVIRONMENTS: Final = ("dev", "staging", "prod")

AS_THE_HCL_IS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "dev": (("https_ingress: false", "https_ingress: true"), ("alarm_threshold: 70", "alarm_threshold: 80")),
    "staging": (("snapshot_retention_limit: 3", "snapshot_retention_limit: 1"),),
    "prod": (),
}
"""What of the committed overlays goes beyond the HCL, and what the HCL does instead."""
