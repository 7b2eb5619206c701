"""What is done about findings: refuse the section, or warn and go on; and in which words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from transect.errors import InputError
from transect.log import logger
from transect.mosaic.faults.findings import Apart, Finding, Moved, Turned
from transect.tiles.index import StageAxes, Tile

LINES = ("columns", "rows")


def refuse_turned(findings: Sequence[Finding], folder: Path, stage: StageAxes | None) -> None:
    """Stop where the stage's axes do not run along the image's as set.

    Parameters
    ----------
    findings
        What was found.
    folder
        Raw folder, to name.
    stage
        Settings that the positions were read with; None where no stage said them.

    Raises
    ------
    InputError
        Names the evidence, and the settings that would mend it.
    """
    turned = [f for f in findings if isinstance(f, Turned)]
    if not turned:
        return
    evidence = "; ".join(
        f"along the {LINES[t.axis]} {t.given} of {t.asked} pairs of neighbours fit as placed, and"
        f" {t.believed} of {t.tested} when {_otherwise(t)}"
        for t in turned
    )
    raise InputError(f"{folder}: tiles lie in a wrong order: {evidence}; {_cure(turned, stage)}")


def _otherwise(turned: Turned) -> str:
    if turned.source == turned.axis:
        return "their order is reversed"
    order = "" if turned.sign > 0 else " and reversed"
    return f"{LINES[0]} and {LINES[1]} are exchanged{order}"


def _cure(turned: Sequence[Turned], stage: StageAxes | None) -> str:
    if stage is None:
        exchanged = any(t.source != t.axis for t in turned)
        which = " and ".join("xy"[t.axis] for t in turned)
        how = "exchange x and y" if exchanged else f"turn the sign of {which}"
        return (
            f"{how} in positions.csv, or correct rows and columns in the names of the images or in"
            " tiles.name_pattern"
        )
    settings = ", ".join(f"tiles.{key}: {value}" for key, value in mended(turned, stage).items())
    return f"the stage's axes run otherwise than set: set {settings}"


def mended(turned: Sequence[Turned], stage: StageAxes) -> dict[str, int | str]:
    """Name the settings to change, with the values that put the tiles in order."""
    signs = [int(stage.x_sign), int(stage.y_sign)]
    fresh, axes = list(signs), str(stage.axes)
    for one in turned:
        fresh[one.axis] = one.sign * signs[one.source]
        if one.source != one.axis:
            axes = stage.axes[::-1]
    found: dict[str, int | str] = {"stage_axes": axes} if axes != stage.axes else {}
    for key, before, after in zip(("stage_x_sign", "stage_y_sign"), signs, fresh, strict=True):
        if before != after:
            found[key] = after
    return found


def words(findings: Sequence[Finding], tiles: Sequence[Tile], shape: tuple[int, int]) -> list[str]:
    """Say every finding in one sentence.

    Parameters
    ----------
    findings
        What was found.
    tiles
        Entries of the tiles, in the order of the layout.
    shape
        Rows and columns of a tile.
    """
    said = []
    for finding in findings:
        if isinstance(finding, Apart):
            said.append(finding.say())
        elif isinstance(finding, Moved):
            said.append(finding.say(tiles, shape))
        elif not isinstance(finding, Turned):
            said.append(f"{tiles[finding.tile].tile} is left out: {finding.say(tiles)}")
    return said


def warn(said: Sequence[str]) -> None:
    """Log what was found."""
    for sentence in said:
        logger.warning("%s", sentence)


def as_fact(said: Sequence[str]) -> str:
    """Write findings for the metadata of a table."""
    return json.dumps(list(said), ensure_ascii=False)
