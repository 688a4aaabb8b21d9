variable "project_name" {
  description = "First part of every name"
  type        = string
}

variable "environment" {
  description = "Last part of every name"
  type        = string
}

variable "aws_region" {
  description = "Region that the logs go to"
  type        = string
}

variable "ecr_image_uri" {
  description = "Image that the task runs"
  type        = string
}

variable "task_cpu" {
  description = "CPU units of a task"
  type        = string
  default     = "512"
}

variable "task_memory" {
  description = "MiB of memory of a task"
  type        = string
  default     = "1024"
}

variable "container_port" {
  description = "Port that the container listens on"
  type        = number
  default     = 8080
}

variable "ecs_task_execution_role_arn" {
  description = "Role with which ECS starts a task"
  type        = string
}

variable "ecs_task_role_arn" {
  description = "Role of the application itself"
  type        = string
}

variable "log_retention_days" {
  description = "Days that logs are kept"
  type        = number
  default     = 7
}

variable "environment_variables" {
  description = "Environment of the container"
  type        = list(object({ name = string, value = string }))
  default     = []
}

variable "secrets" {
  description = "Environment of the container that comes from a secret"
  type        = list(object({ name = string, valueFrom = string }))
  default     = []
}
