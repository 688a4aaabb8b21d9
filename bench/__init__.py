"""The benchmark: how long synthesis takes compared with stock cdktf and with other tools. `make bench` runs it."""
