"""What `cdktf synth` runs: overlays in, stacks out. Ctrl-C while it imports anything is no crash."""

import sys


def main() -> None:
    """Synthesize all stacks."""
    try:
        from miyabi_infra.guard import guarded  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(130)
    guarded(_synthesize)


def _synthesize() -> None:
    from miyabi_infra.commands import synth  # noqa: PLC0415
    from miyabi_infra.synthesis import runtime  # noqa: PLC0415

    runtime.leave(synth.main())


if __name__ == "__main__":
    main()
