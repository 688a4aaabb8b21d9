"""Hand-written HCL: parsed, and evaluated under the values of one environment.

syntax, parsing          HCL text becomes expressions and blocks with their lines
values, functions        what expressions yield; Terraform's functions
expressions              expressions as Terraform evaluates them
folder, checkout         the files of a module; what all modules of a checkout share
scope, blocks            what names refer to; the bodies of blocks
data_sources             data sources that need no AWS
instance, contents       the resource instances, modules and outputs of a module
provider, learn          what provider 5.100.0 accepts, and what it plans for an argument that is left out
"""
