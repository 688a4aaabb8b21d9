"""Parity: a checkout of hand-written HCL held against the generated stack, without Terraform and without AWS.

The HCL has variables and conditions where the generated JSON has literals. So it is evaluated under an environment's
values, with the parser of python-hcl2, and both sides are brought into one normal form: resource instances by address,
with the values of their arguments (`miyabi_infra.stacks` has the same for the generated side).

    syntax, parsing        HCL text -> expressions and blocks with their lines
    values, functions      what expressions yield, and Terraform's functions
    expressions            expressions as Terraform evaluates them
    evaluation             modules, resources and outputs under the values of an environment
    checkout               which folder is the root, and which files hold an environment's values
    provider, learn        what provider 5.100.0 takes, and what it plans for an argument that is left out
    settings, sides        what the overlay says; both configurations in one form
    normal, leaves, order  values that mean the same are equal; where they differ; what waits for what
    comparing, command     what differs, sorted by what it means

What can't be evaluated is reported as such, by name. It is never guessed, so it is never taken for equal.
"""
