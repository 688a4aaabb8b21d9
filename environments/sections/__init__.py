"""Sections of an overlay that belong to no module: state, usage, service levels, lint."""
