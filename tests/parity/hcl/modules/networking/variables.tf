variable "project_name" {
  description = "First part of every name"
  type        = string
}

variable "environment" {
  description = "Last part of every name"
  type        = string
}

variable "vpc_cidr" {
  description = "Address block of the VPC"
  type        = string
}

variable "availability_zones" {
  description = "Zones, each with a public and a private subnet"
  type        = list(string)
}

variable "public_subnet_cidrs" {
  description = "Address blocks of the public subnets, one a zone"
  type        = list(string)
}

variable "private_subnet_cidrs" {
  description = "Address blocks of the private subnets, one a zone"
  type        = list(string)
}

variable "enable_nat_gateway" {
  description = "Whether private subnets reach the internet"
  type        = bool
  default     = true
}

variable "single_nat_gateway" {
  description = "Whether all zones share one NAT gateway"
  type        = bool
  default     = false
}
