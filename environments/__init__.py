"""The environments: overlays in YAML, the settings that they must satisfy, and the stacks that they become."""
