"""From tiles to a mosaic: pair shifts, a global solve, brightness, fusion."""
