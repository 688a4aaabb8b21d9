"""The reference HCL: the seven modules and a root as a platform team writes them by hand."""

from pathlib import Path
from typing import Final

HCL: Final = Path(__file__).parent / "hcl"
"""The root module. Its modules lie below it, its environments' values beside it (`dev.tfvars`)."""

ENVIRONMENTS: Final = ("dev", "staging", "prod")
