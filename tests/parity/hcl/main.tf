# One environment of the Miyabi platform. Its values stand in <environment>.tfvars.

module "networking" {
  source = "./modules/networking"

  project_name         = var.project_name
  environment          = var.environment
  vpc_cidr             = var.vpc_cidr
  availability_zones   = var.availability_zones
  public_subnet_cidrs  = var.public_subnet_cidrs
  private_subnet_cidrs = var.private_subnet_cidrs
  enable_nat_gateway   = var.enable_nat_gateway
  single_nat_gateway   = var.single_nat_gateway
}

module "security_groups" {
  source = "./modules/security-groups"

  project_name = var.project_name
  environment  = var.environment
  vpc_id       = module.networking.vpc_id
}

module "iam" {
  source = "./modules/iam"

  project_name = var.project_name
  environment  = var.environment
}

module "alb" {
  source = "./modules/alb"

  project_name          = var.project_name
  environment           = var.environment
  vpc_id                = module.networking.vpc_id
  public_subnet_ids     = module.networking.public_subnet_ids
  alb_security_group_id = module.security_groups.alb_security_group_id
  container_port        = var.container_port
  health_check_path     = var.health_check_path
  certificate_arn       = var.certificate_arn

  depends_on = [module.networking]
}

module "ecs" {
  source = "./modules/ecs"

  project_name                = var.project_name
  environment                 = var.environment
  aws_region                  = var.aws_region
  ecr_image_uri               = var.ecr_image_uri
  task_cpu                    = var.task_cpu
  task_memory                 = var.task_memory
  container_port              = var.container_port
  ecs_task_execution_role_arn = module.iam.ecs_task_execution_role_arn
  ecs_task_role_arn           = module.iam.ecs_task_role_arn
  log_retention_days          = var.log_retention_days
  environment_variables       = var.environment_variables
  secrets                     = var.secrets
}

module "elasticache" {
  source = "./modules/elasticache"

  project_name            = var.project_name
  environment             = var.environment
  private_subnet_ids      = module.networking.private_subnet_ids
  redis_security_group_id = module.security_groups.redis_security_group_id
  redis_node_type         = var.redis_node_type
  redis_engine_version    = var.redis_engine_version
  sns_topic_arn           = var.sns_topic_arn
}

module "ecs_service" {
  source = "./modules/ecs-service"

  project_name                = var.project_name
  environment                 = var.environment
  vpc_id                      = module.networking.vpc_id
  ecs_cluster_id              = module.ecs.cluster_id
  ecs_cluster_name            = module.ecs.cluster_name
  ecs_task_definition_arn     = module.ecs.task_definition_arn
  private_subnet_ids          = module.networking.private_subnet_ids
  ecs_security_group_id       = module.security_groups.ecs_security_group_id
  target_group_arn            = module.alb.target_group_arn
  container_port              = var.container_port
  desired_count               = var.desired_count
  autoscaling_min_capacity    = var.autoscaling_min_capacity
  autoscaling_max_capacity    = var.autoscaling_max_capacity
  autoscaling_cpu_target      = var.autoscaling_cpu_target
  autoscaling_memory_target   = var.autoscaling_memory_target
  autoscaling_requests_target = var.autoscaling_requests_target
  alb_arn_suffix              = module.alb.alb_arn_suffix
  target_group_arn_suffix     = module.alb.target_group_arn_suffix
  enable_service_discovery    = var.enable_service_discovery

  # The listener, the policies and the routes must be there before tasks start, and no argument says so.
  depends_on = [module.alb, module.iam, module.networking]
}
