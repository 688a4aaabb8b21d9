"""Parity against the platform's HCL, and the figures of its page, which are made by `python -m`."""

from miyabi_infra.synthesis import runtime

runtime.prepare()  # before any module here brings jsii, which would take whatever Node.js is on the PATH
