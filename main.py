"""What `cdktf synth` runs: overlays in, stacks out."""

from miyabi_infra.commands.synth import main
from miyabi_infra.synthesis import runtime

if __name__ == "__main__":
    runtime.leave(main())
