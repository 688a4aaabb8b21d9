variable "project_name" {
  description = "First part of every name"
  type        = string
}

variable "environment" {
  description = "Last part of every name"
  type        = string
}

variable "private_subnet_ids" {
  description = "Subnets of the node"
  type        = list(string)
}

variable "redis_security_group_id" {
  description = "Security group of the node"
  type        = string
}

variable "redis_node_type" {
  description = "Size of the node"
  type        = string
  default     = "cache.t3.micro"
}

variable "redis_engine_version" {
  description = "Version of Redis"
  type        = string
  default     = "7.0"
}

variable "sns_topic_arn" {
  description = "Topic that hears of events; empty for none"
  type        = string
  default     = ""
}
