"""Coherence across modules: what works as it is generated, but not as somebody expects; and policies of a scanner."""
