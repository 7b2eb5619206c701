"""Particles from rim to core: what each layer of equal depth holds."""
