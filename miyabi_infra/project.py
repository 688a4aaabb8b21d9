"""Where the project is: its root holds the modules, the environments and this package."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
"""The project's root. The modules and the stacks are read from here as sources, too."""
