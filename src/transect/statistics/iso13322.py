"""What a count of particles is good for by ISO 13322-1, for log-normal sizes."""

from __future__ import annotations

MEAN = 6_000
"""Particles above which the mean by volume is repeatable, for a spread (GSD) of 1.6."""
D90 = 61_000
"""Particles from which D90 by volume is, likewise."""


def status(count: int) -> str:
    """Say what this many particles are enough for.

    Parameters
    ----------
    count
        Whole particles that are counted.
    """
    words = f"ISO 13322-1, N = {count}: "
    if count >= D90:
        return words + f"enough for D90 ({D90} and more)"
    if count > MEAN:
        return words + f"enough for the volume mean (more than {MEAN}), not for D90 ({D90})"
    return words + f"too few for a repeatable volume mean (more than {MEAN})"
