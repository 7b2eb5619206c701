"""From placed tiles to one pyramid."""
