"""From grey values to phases and particles, exact at every seam."""
