"""`miyabi-infra deploy`: a new image in a running service; each step on standard error, the end on standard output."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from miyabi_infra import exits
from miyabi_infra.aws.client import Aws, Trouble
from miyabi_infra.aws.deploy import deploy
from miyabi_infra.aws.patience import Patience
from miyabi_infra.stacks import OUT, chosen, read


def run(
    root: Path, environment: str, image: str, *, seconds: float, migrate: bool = True, as_json: bool = False
) -> int:
    """Deploy an image, and print how that ended.

    Raises:
        Refused: before anything is changed, when this image or this environment is not to be deployed so.
    """
    (stack,) = chosen(read(root / OUT), environment)

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    try:
        outcome = deploy(stack, Aws(stack.region), image, patience=Patience(seconds), tell=tell, migrate=migrate)
    except Trouble as trouble:
        print(f"not known how it ended: {trouble}", file=sys.stderr)
        return exits.UNKNOWN
    except KeyboardInterrupt:
        print(f"not waited for: see 'miyabi-infra status --env {environment}'", file=sys.stderr)
        return exits.INTERRUPTED
    if as_json:
        print(json.dumps(asdict(outcome), indent=2))
    elif outcome.deployed:
        print(f"{environment}: {outcome.runs} runs {outcome.image}")
    else:
        print(f"{environment}: {outcome.image} was not deployed, {outcome.runs} runs: {outcome.reason}")
    return exits.FINE if outcome.deployed else exits.FOUND
