# Another team's root for dev: values in the calls, no variables of its own to speak of, tags by hand.

terraform {
  required_version = ">= 1.0"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
  backend "local" { path = "terraform.tfstate" }
}
provider "aws" {
  region = var.aws_region
  default_tags { tags = local.common_tags }
}
locals {
  environment = "dev"
  common_tags = {
    Project     = "miyabi"
    Environment = local.environment
    ManagedBy   = "Terraform"
  }
}
data "aws_caller_identity" "current" {}
variable "aws_region" { default = "us-west-2" }
variable "ecr_image_uri" { type = string }
variable "project_name" { default = "miyabi" }
module "networking" {
  source               = "../../modules/networking"
  project_name         = var.project_name
  environment          = local.environment
  vpc_cidr             = "10.0.0.0/16"
  availability_zones   = ["${var.aws_region}a", "${var.aws_region}b"]
  public_subnet_cidrs  = [for i in range(2) : cidrsubnet("10.0.0.0/16", 8, i + 1)]
  private_subnet_cidrs = ["10.0.11.0/24", "10.0.12.0/24"]
  enable_nat_gateway   = true
  single_nat_gateway   = true
}
module "security_groups" {
  source       = "../../modules/security-groups"
  project_name = var.project_name
  environment  = local.environment
  vpc_id       = module.networking.vpc_id
}
module "iam" {
  source       = "../../modules/iam"
  project_name = var.project_name
  environment  = local.environment
}
module "alb" {
  source                = "../../modules/alb"
  project_name          = var.project_name
  environment           = local.environment
  vpc_id                = module.networking.vpc_id
  public_subnet_ids     = module.networking.public_subnet_ids
  alb_security_group_id = module.security_groups.alb_security_group_id
}
module "ecs" {
  source                      = "../../modules/ecs"
  project_name                = var.project_name
  environment                 = local.environment
  aws_region                  = var.aws_region
  ecr_image_uri               = var.ecr_image_uri
  ecs_task_execution_role_arn = module.iam.ecs_task_execution_role_arn
  ecs_task_role_arn           = module.iam.ecs_task_role_arn
  environment_variables = [
    { name = "ENVIRONMENT", value = local.environment },
    { name = "LOG_LEVEL", value = "info" }
  ]
}
module "elasticache" {
  source                  = "../../modules/elasticache"
  project_name            = var.project_name
  environment             = local.environment
  private_subnet_ids      = module.networking.private_subnet_ids
  redis_security_group_id = module.security_groups.redis_security_group_id
}
module "ecs_service" {
  source                  = "../../modules/ecs-service"
  project_name            = var.project_name
  environment             = local.environment
  vpc_id                  = module.networking.vpc_id
  ecs_cluster_id          = module.ecs.cluster_id
  ecs_cluster_name        = module.ecs.cluster_name
  ecs_task_definition_arn = module.ecs.task_definition_arn
  private_subnet_ids      = module.networking.private_subnet_ids
  ecs_security_group_id   = module.security_groups.ecs_security_group_id
  target_group_arn        = module.alb.target_group_arn
  alb_arn_suffix          = module.alb.alb_arn_suffix
  target_group_arn_suffix = module.alb.target_group_arn_suffix
  depends_on              = [module.alb]
}
