"""Pages for people, made from the stacks: pictures, guides, the report, the pull request comment, the reference."""
