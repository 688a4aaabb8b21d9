"""Sections of an overlay that do not belong to a module: state, usage, service levels, lint."""
