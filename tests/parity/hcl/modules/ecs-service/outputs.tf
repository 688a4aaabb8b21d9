output "service_id" {
  value = aws_ecs_service.app.id
}

output "service_name" {
  value = aws_ecs_service.app.name
}

output "service_arn" {
  value = aws_ecs_service.app.id # the ID of a service is its ARN
}

output "service_desired_count" {
  value = var.desired_count
}

output "autoscaling_target_id" {
  value = aws_appautoscaling_target.ecs.id
}

output "service_discovery_namespace_id" {
  value = var.enable_service_discovery ? aws_service_discovery_private_dns_namespace.app[0].id : null
}

output "service_discovery_service_arn" {
  value = var.enable_service_discovery ? aws_service_discovery_service.app[0].arn : null
}

output "service_discovery_dns_name" {
  value = var.enable_service_discovery ? "${aws_service_discovery_service.app[0].name}.${aws_service_discovery_private_dns_namespace.app[0].name}" : null
}
