"""How far numbers depend on where a pixel becomes another phase."""
