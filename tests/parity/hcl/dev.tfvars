environment = "dev"

vpc_cidr             = "10.0.0.0/16"
public_subnet_cidrs  = ["10.0.1.0/24", "10.0.2.0/24"]
private_subnet_cidrs = ["10.0.11.0/24", "10.0.12.0/24"]
single_nat_gateway   = true

ecr_image_uri = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-web-api:latest"
environment_variables = [
  { name = "ENVIRONMENT", value = "dev" },
  { name = "LOG_LEVEL", value = "info" },
]
