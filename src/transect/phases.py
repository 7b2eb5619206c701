"""The phases of a section: the codes in every label image, their names and their colours."""

from __future__ import annotations

from enum import IntEnum


class Phase(IntEnum):
    """Code of a phase in a label image (uint8)."""

    OUTSIDE = 0
    COLLECTOR = 1
    ACTIVE_MATERIAL = 2
    BINDER = 3
    PORE = 4
    SEPARATOR = 5
    CRACK = 6
    """Thin opening inside a particle."""
    VOID = 7
    """Round pore inside a particle (intra-particle porosity)."""
    GAP = 8
    """Opening between the coating and the collector or the separator (delamination)."""
    INVALID = 255
    """No pixel was recorded here."""


# Colour-blind safe (Okabe-Ito), RGB; the report and the `image-label` metadata share them.
COLORS: dict[Phase, tuple[int, int, int]] = {
    Phase.OUTSIDE: (20, 20, 24),
    Phase.COLLECTOR: (240, 228, 66),
    Phase.ACTIVE_MATERIAL: (86, 180, 233),
    Phase.BINDER: (0, 158, 115),
    Phase.PORE: (40, 44, 90),
    Phase.SEPARATOR: (204, 121, 167),
    Phase.CRACK: (213, 94, 0),
    Phase.VOID: (230, 159, 0),
    Phase.GAP: (255, 60, 60),
    Phase.INVALID: (128, 128, 128),
}

# What counts as coating volume, the reference of every phase fraction.
COATING: tuple[Phase, ...] = (
    Phase.ACTIVE_MATERIAL,
    Phase.BINDER,
    Phase.PORE,
    Phase.CRACK,
    Phase.VOID,
)
