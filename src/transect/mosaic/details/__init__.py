"""Fields of a higher magnification: found in the mosaic and kept beside it."""
