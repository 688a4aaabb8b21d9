"""The commands of miyabi-infra: synthesize, check, document."""
