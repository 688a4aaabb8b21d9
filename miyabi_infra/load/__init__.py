"""`miyabi-infra load`: the milestone report's load profiles against an environment, judged by its service levels."""
