environment = "staging"

vpc_cidr             = "10.1.0.0/16"
public_subnet_cidrs  = ["10.1.1.0/24", "10.1.2.0/24"]
private_subnet_cidrs = ["10.1.11.0/24", "10.1.12.0/24"]

ecr_image_uri      = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:latest"
log_retention_days = 14
environment_variables = [
  { name = "ENVIRONMENT", value = "staging" },
  { name = "LOG_LEVEL", value = "info" },
]

autoscaling_max_capacity = 6
