"""Command: compare labels with masks that somebody drew, pixel by pixel."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from transect.errors import InputError
from transect.log import logger
from transect.parallel import Window
from transect.phases import Phase
from transect.recipes import RECIPES
from transect.statistics.confusion import CLASSES, CONFUSION, Confusion
from transect.storage.images import Image, open_image
from transect.storage.tables import write_table

NAME = re.compile(r"(?:.*_)?r(?P<row>\d+)_c(?P<column>\d+)\.tiff?")


def validate(masks: Path, *, labels: Path, output: Path) -> None:
    """Count how often a phase is taken for another, for fractions that are corrected by it.

    Parameters
    ----------
    masks
        Folder of masks `NAME_rROW_cCOLUMN.tif`: codes of phases (docs/reference/tables.md), 255
        where you say nothing, of the rectangle of the mosaic whose upper left pixel is at that row
        and column.
    labels
        Store of the section's labels.
    output
        Table to write; name it in the configuration as `confusion`.
    """
    phases = open_image(labels, "phases")
    found = sorted(p for p in masks.glob("*.tif*") if p.is_file()) if masks.is_dir() else []
    if not found:
        raise InputError(f"{masks}: no mask in it; expected files like NAME_r1200_c34000.tif")
    faults, tables = [], []
    for path in found:
        try:
            tables.append(_compared(path, phases))
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("; ".join(faults))
    table = pd.concat(tables, ignore_index=True)
    right = np.trace(Confusion.of(table, str(masks)).counts.sum(axis=0)) / table["n_px"].sum()
    write_table(output, table, CONFUSION, {"recipe": str(RECIPES["validate"])})
    logger.info("validate: %d px of %d masks, %.1f %% right", table["n_px"].sum(), len(found),
                100 * right)  # fmt: skip


def _compared(path: Path, phases: Image) -> pd.DataFrame:
    """Count the pixels of one mask by class in it and in the labels."""
    place = NAME.fullmatch(path.name)
    if place is None:
        raise InputError(
            f"{path}: its name does not say where it lies; expected NAME_rROW_cCOLUMN.tif"
        )
    try:
        mask = tifffile.imread(path)
    except (OSError, ValueError, tifffile.TiffFileError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    row, column = int(place["row"]), int(place["column"])
    rows, columns = phases.shape
    if mask.ndim != 2 or row + mask.shape[0] > rows or column + mask.shape[1] > columns:
        raise InputError(
            f"{path}: shape {mask.shape} at row {row}, column {column}; expected rows and columns"
            f" within the mosaic of {rows} x {columns}"
        )
    strange = sorted(set(np.unique(mask).tolist()) - {int(p) for p in Phase})
    if strange:
        raise InputError(
            f"{path}: codes {strange[:5]} are not phases; expected"
            f" {', '.join(f'{int(p)} {p.name.lower()}' for p in Phase)}"
        )
    seen = phases.read(Window(row, row + mask.shape[0], column, column + mask.shape[1]))
    pairs = [
        (path.name, truth, found, int(np.count_nonzero(np.isin(mask, a) & np.isin(seen, b))))
        for truth, a in CLASSES.items()
        for found, b in CLASSES.items()
    ]
    return pd.DataFrame(pairs, columns=CONFUSION.names)
