"""What the network says of every pixel: the names and the order of its maps."""

from __future__ import annotations

CLASSES = (
    "outside",
    "collector",
    "active_material",
    "active_material_2",
    "binder",
    "pore",
    "separator",
)
"""Phases that the network tells apart; an opening in a particle is a pore to it."""


def coating(*, second: bool = False, electrolyte: bool = False) -> tuple[bool, ...]:
    """Say which of `CLASSES` a coating can hold: the network decides among these.

    Parameters
    ----------
    second
        Whether it holds a second active material.
    electrolyte
        Whether solid electrolyte lies between particles, and not binder.
    """
    there = {"active_material", "pore", "separator" if electrolyte else "binder"}
    return tuple(name in there or (second and name == "active_material_2") for name in CLASSES)


MAPS = (*CLASSES, "boundary", "distance", "crack")
"""Channels of the network's output, each 0 to 255: probabilities of the classes, which add up, of a
particle's outline and of a crack; and the distance to the particle's outline over the largest in
that particle, both up to `CAP_PX`."""

CAP_PX = 64
"""Distance from the outline, in px, beyond which all is equally deep."""

FOLD = 4
"""Edge of the squares of pixels that become channels."""

STRIDE = 16
"""Rows and columns of an input are multiples of this."""

HALO = 160
"""Receptive field in px, rounded up to whole strides; checked by a test."""
