"""Overlays in YAML: read, merged, checked, explained, edited."""
