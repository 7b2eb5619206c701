"""Polarity of a section: looked for once, before its blocks, and held against the settings."""

from __future__ import annotations

from functools import partial

from transect.config import SegmentConfig
from transect.errors import AnalysisError
from transect.log import logger
from transect.parallel import WINDOW, Window, run
from transect.phases import Phase
from transect.segment.engine import UNDECIDED
from transect.segment.polarity import CLEAR, Shapes, shapes
from transect.segment.section import Section, sampled
from transect.segment.thresholds import Facing

SAMPLE = 48
"""Parts of a section whose shapes are looked at, at most."""

PART = WINDOW // 2
"""Edge of a part, in px: it shows tens of particles."""

ANYWHERE = 2.0
"""How much clearer shapes must be where it is not sure that they lie in the coating."""


def facing_of(section: Section, config: SegmentConfig, threads: int) -> Facing:
    """Tell the polarity of a section, from parts that are fixed for it.

    Parameters
    ----------
    section
        Mosaic and layers.
    config
        Settings, with the polarity that is expected.
    threads
        Threads to work with.
    """
    grid = sampled(section.mosaic.shape, SAMPLE, PART)

    def seen(everywhere: bool) -> Shapes:
        look = partial(_look, section, everywhere)
        return sum(run(look, grid, threads, "polarity"), start=Shapes.none())

    coating = seen(False)
    if coating.found == "undecided":
        # Where greys are not what is expected, layers are found in the wrong places.
        anywhere = seen(True)
        if abs(anywhere.score) >= ANYWHERE * CLEAR:
            return Facing(config.polarity, anywhere.found, anywhere.score)
    return Facing(config.polarity, coating.found, coating.score)


def _look(section: Section, everywhere: bool, part: Window) -> Shapes:
    """Shapes in the coating of a part, or in all of it that was recorded."""
    zone = section.zone(part)
    inside = zone != Phase.INVALID if everywhere else zone == UNDECIDED
    return shapes(section.mosaic.read(part), inside) if inside.any() else Shapes.none()


def check(facing: Facing, config: SegmentConfig, where: str) -> None:
    """Stop, or warn, where shapes do not say what the settings do.

    Parameters
    ----------
    facing
        What was found.
    config
        Settings.
    where
        Name of the section for the message.

    Raises
    ------
    AnalysisError
        They clearly say the opposite, and the settings do not ask for a warning only.
    """
    if facing.found == facing.polarity:
        return
    said = f"score {facing.score:+.2f}, sure from {CLEAR} on, negative for dark"
    if facing.found == "undecided":
        logger.warning(
            "%s: segment.polarity is %s, and shapes do not tell (%s); look at the picture",
            where, facing.polarity, said,
        )  # fmt: skip
        return
    contrary = (
        f"{where}: segment.polarity is {facing.polarity}, expected {facing.found}: the convex"
        f" shapes are {_tone(facing.found)} than what lies between them ({said})"
    )
    if config.polarity_check == "stop":
        raise AnalysisError(
            f"{contrary}; set segment.polarity to {facing.found}, or the order of expect.contrast,"
            " or segment.polarity_check to warn where the pores really are the round ones"
        )
    logger.warning("%s; segment.polarity_check is warn, so that it goes on", contrary)


def _tone(found: str) -> str:
    return "brighter" if found == "bright" else "darker"
