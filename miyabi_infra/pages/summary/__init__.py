"""`miyabi-infra summary`: what a change does, as one Markdown comment for a pull request."""
