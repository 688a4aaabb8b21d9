environment = "prod"

vpc_cidr             = "10.2.0.0/16"
public_subnet_cidrs  = ["10.2.1.0/24", "10.2.2.0/24"]
private_subnet_cidrs = ["10.2.11.0/24", "10.2.12.0/24"]

ecr_image_uri      = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:latest"
log_retention_days = 30
environment_variables = [
  { name = "ENVIRONMENT", value = "prod" },
  { name = "LOG_LEVEL", value = "info" },
]

redis_node_type = "cache.t3.small"

desired_count            = 4
autoscaling_min_capacity = 4
autoscaling_max_capacity = 8
