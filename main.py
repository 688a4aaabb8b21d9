"""What `cdktf synth` runs: overlays in, stacks out."""

from miyabi_infra.synthesis import runtime

runtime.prepare(for_one_run=True)

from miyabi_infra.synthesis.synth import main  # noqa: E402  # cdktf starts Node.js when it is imported

if __name__ == "__main__":
    runtime.leave(main())
