"""What really exists, and its configuration and health: read from AWS's API, never from Terraform's state."""
