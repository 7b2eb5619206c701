"""Defects: what a section's tables hold of them, one row each, the gravest first, with pictures."""
