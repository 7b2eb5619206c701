"""Commands of the mosaic stage."""
