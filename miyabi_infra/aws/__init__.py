"""What really exists and how it is: read from an AWS account through its API, never from Terraform's state."""
