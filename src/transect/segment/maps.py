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
"""Receptive field in px, rounded up to whole strides: 2 x 16 x 4 on the coarsest level, 8 x 7 on
the middle one and 4 x 6 on the finest reach no further; checked by a test."""
