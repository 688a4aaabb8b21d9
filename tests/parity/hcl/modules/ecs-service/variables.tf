variable "project_name" {
  description = "First part of every name"
  type        = string
}

variable "environment" {
  description = "Last part of every name"
  type        = string
}

variable "vpc_id" {
  description = "VPC that this stands in"
  type        = string
}

variable "ecs_cluster_id" {
  description = "Cluster that the service runs in"
  type        = string
}

variable "ecs_cluster_name" {
  description = "Name of that cluster"
  type        = string
}

variable "ecs_task_definition_arn" {
  description = "Task to run"
  type        = string
}

variable "private_subnet_ids" {
  description = "Subnets of the tasks"
  type        = list(string)
}

variable "ecs_security_group_id" {
  description = "Security group of the tasks"
  type        = string
}

variable "target_group_arn" {
  description = "Target group that the tasks register in"
  type        = string
}

variable "container_port" {
  description = "Port that the container listens on"
  type        = number
  default     = 8080
}

variable "desired_count" {
  description = "Tasks to begin with"
  type        = number
  default     = 2
}

variable "autoscaling_min_capacity" {
  description = "Fewest tasks"
  type        = number
  default     = 2
}

variable "autoscaling_max_capacity" {
  description = "Most tasks"
  type        = number
  default     = 4
}

variable "autoscaling_cpu_target" {
  description = "CPU to aim at, in per cent"
  type        = number
  default     = 70
}

variable "autoscaling_memory_target" {
  description = "Memory to aim at, in per cent"
  type        = number
  default     = 80
}

variable "autoscaling_requests_target" {
  description = "Requests a minute and task to aim at"
  type        = number
  default     = 1000
}

variable "alb_arn_suffix" {
  description = "The load balancer in metrics"
  type        = string
}

variable "target_group_arn_suffix" {
  description = "The target group in metrics"
  type        = string
}

variable "enable_service_discovery" {
  description = "Whether the tasks have a name in a private zone"
  type        = bool
  default     = false
}
