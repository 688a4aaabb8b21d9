"""How long somebody waits for a deployment, and who hears of it meanwhile."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PAUSE: Final = 10.0
"""Seconds between two looks at the service."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Patience:
    """How long a rollout may take, and how the time passes."""

    seconds: float
    pause: float = PAUSE
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
