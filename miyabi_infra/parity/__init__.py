"""Parity: hand-written HCL compared with the generated stack, without Terraform and without AWS.

The HCL has variables and conditions where the generated JSON has literals. `miyabi_infra.hcl` evaluates it under the
values of an environment. Both sides are then read into one form: resource instances by address, with the values of
their arguments (`miyabi_infra.stacks` has the same for the generated side).

    roots, variable_values   which folder is the root module, and which files hold an environment's values
    configuration            the form that both sides are read into
    sides, generated         reads both sides
    comparing                compares them: instances, lifecycle, region
    arguments, tags          the arguments of one instance
    interfaces, order        outputs and variables; what depends on what
    normal, hidden, places   values that mean the same are equal; values that cannot be evaluated; lines
    remark, settings         what is reported; the settings that decide a value
    judgement                all of it: are they the same?

A value that cannot be evaluated is reported as such, with the reason. It is never guessed and never the same.
"""
