variable "project_name" {
  description = "First part of every name"
  type        = string
  default     = "miyabi"
}

variable "environment" {
  description = "dev, staging, prod …"
  type        = string
}

variable "aws_region" {
  description = "Region of everything"
  type        = string
  default     = "us-west-2"
}

# Network

variable "vpc_cidr" {
  description = "Address block of the VPC"
  type        = string
}

variable "availability_zones" {
  description = "Zones that the subnets are spread over"
  type        = list(string)
  default     = ["us-west-2a", "us-west-2b"]
}

variable "public_subnet_cidrs" {
  description = "Address block of the public subnet in each zone"
  type        = list(string)
}

variable "private_subnet_cidrs" {
  description = "Address block of the private subnet in each zone"
  type        = list(string)
}

variable "enable_nat_gateway" {
  description = "Give private subnets a way to the internet"
  type        = bool
  default     = true
}

variable "single_nat_gateway" {
  description = "Share one NAT gateway between all zones"
  type        = bool
  default     = false
}

# Application

variable "container_port" {
  description = "Port that the container listens on"
  type        = number
  default     = 8080
}

variable "health_check_path" {
  description = "Path that the load balancer checks"
  type        = string
  default     = "/health"
}

variable "certificate_arn" {
  description = "Certificate of the HTTPS listener; empty for HTTP alone"
  type        = string
  default     = ""
}

variable "ecr_image_uri" {
  description = "Image that the tasks run"
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
  description = "Environment of the container that comes from Secrets Manager or the parameter store"
  type        = list(object({ name = string, valueFrom = string }))
  default     = []
}

# Cache

variable "redis_node_type" {
  description = "Size of the cache node"
  type        = string
  default     = "cache.t3.micro"
}

variable "redis_engine_version" {
  description = "Version of Redis"
  type        = string
  default     = "7.0"
}

variable "sns_topic_arn" {
  description = "Topic that hears of the cache's events; empty for none"
  type        = string
  default     = ""
}

# Service

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

variable "enable_service_discovery" {
  description = "Give the tasks a name in a private zone"
  type        = bool
  default     = false
}
