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

variable "public_subnet_ids" {
  description = "Subnets of the load balancer"
  type        = list(string)
}

variable "alb_security_group_id" {
  description = "Security group of the load balancer"
  type        = string
}

variable "container_port" {
  description = "Port that the container listens on"
  type        = number
  default     = 8080
}

variable "health_check_path" {
  description = "Path that is asked whether a task is well"
  type        = string
  default     = "/health"
}

variable "certificate_arn" {
  description = "Certificate of the HTTPS listener; without one there is no such listener"
  type        = string
  default     = ""
}
