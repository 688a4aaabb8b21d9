"""What Terraform and the provider say of the stacks, and what `make learn` learns of them by `python -m`."""

from miyabi_infra.synthesis import runtime

runtime.prepare()  # before any module here brings jsii, which would take whatever Node.js is on the PATH
