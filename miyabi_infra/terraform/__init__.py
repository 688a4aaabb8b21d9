"""The terraform CLI, run on copies of a stack."""
