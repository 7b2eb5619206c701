"""Register a section whose scan may be bent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from transect.log import logger
from transect.mosaic.bending.own import own_bends
from transect.mosaic.bending.shared import find_distortion
from transect.mosaic.bending.straight import Bending, Straightener
from transect.mosaic.detectors.channels import Channel
from transect.mosaic.detectors.register import Recorded
from transect.mosaic.layout import Layout

Register = Callable[[Sequence[Channel], Layout], Recorded]


def register_straight(
    register: Register, channels: Sequence[Channel], layout: Layout
) -> tuple[Recorded, Layout, Bending | None]:
    """Register a section, and again with straightened tiles where the scan bends them.

    Parameters
    ----------
    register
        Registers detectors by a layout.
    channels
        All detectors.
    layout
        Fields of view by the stage.

    Returns
    -------
    What was learned of the detectors, the layout that it is of (tiles are smaller where they
    were straightened), and how tiles are bent, if they are.
    """
    recorded = register(channels, layout)
    shared = find_distortion(recorded.found.seams, layout.shape)
    if shared is None:
        return recorded, layout, None
    logger.info(
        "the scan bends its field by up to %d px, in all tiles alike: they are straightened",
        shared.margin - 1,
    )
    count = len(layout.names)

    def again(bending: Bending) -> tuple[Recorded, Layout]:
        tool = Straightener(bending)
        laid = tool.straight_layout(layout)
        return register([tool.straight_channel(c) for c in channels], laid), laid

    recorded, laid = again(Bending(shared, np.zeros((count, 2, 2))))
    wider = np.array(layout.shape[::-1]) / np.array(laid.shape[::-1])
    bending = Bending(shared, own_bends(recorded.found.seams, laid.shape, count) * wider)
    return *again(bending), bending
