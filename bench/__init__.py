"""The benchmark: how long synthesis takes beside stock cdktf and beside other tools. `make bench` runs it."""
