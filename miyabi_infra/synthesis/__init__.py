"""From settings to Terraform JSON: rendered by cdktf, and published so that no reader meets half of it."""
