output "redis_cluster_id" {
  value = aws_elasticache_cluster.redis.id
}

output "redis_endpoint" {
  value = aws_elasticache_cluster.redis.cache_nodes[0].address
}

output "redis_port" {
  value = aws_elasticache_cluster.redis.port
}

output "redis_connection_string" {
  value = "${aws_elasticache_cluster.redis.cache_nodes[0].address}:${aws_elasticache_cluster.redis.port}"
}

output "parameter_group_name" {
  value = aws_elasticache_parameter_group.redis.name
}

output "subnet_group_name" {
  value = aws_elasticache_subnet_group.redis.name
}
