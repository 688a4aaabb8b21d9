"""Where the project is: its root holds the modules, the environments and this package."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
"""The project's root. The modules and the stacks are read from here as sources, too."""

OUT: Final = "cdktf.out"
"""The output folder, below the root."""

OVERLAYS: Final = "environments"
"""The folder of the overlays, below the root."""

BASE: Final = "base"
"""The overlay that every other one is laid over."""

SHARED: Final = "shared"
"""The overlay, and the environment, of what exists once per account."""
