"""The Terraform modules of the platform as Python classes: one file a module, settings above, the construct below."""
