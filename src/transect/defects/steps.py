"""Command: the defects of a section, ranked, with pictures of the gravest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image as Picture

from transect.defects.found import BOX, Evidence
from transect.defects.look import Stores
from transect.defects.rank import ranked
from transect.defects.reviews import read_reviews
from transect.defects.tables import DEFECTS
from transect.log import logger, timed
from transect.measure.agglomerates import agglomerates, coarse_phases
from transect.measure.lines import read_lines
from transect.measure.particles import foreign_from
from transect.measure.steps import read_settings
from transect.parallel import Window, run
from transect.recipes import RECIPES
from transect.storage.files import writing
from transect.storage.images import Image, open_image
from transect.storage.tables import read_table, write_table

TABLE = "defects.parquet"
LOOKED_AT, PICTURED = 400, 24
"""Defects whose contrast is measured, and that get a picture, the gravest ones."""
SCALE = 512
"""Longest side of the coarse mosaic whose greys say what is black and white, in px."""

_PARTICLES = (
    *("particle", "side", *BOX, "x_um", "zeta", "ecd_um", "solidity"),
    *("grey_mean", "fragment", "foreign"),
)
_PORES = ("pore", "kind", *BOX, "x_um", "zeta", "ecd_um", "coating_crack")
_COLUMNS = ("side", "x_um", "delaminated")


def defects(
    *,
    mosaic: Path,
    layers: Path,
    labels: Path,
    tables: Path,
    batch: str,
    cell: str,
    section: str,
    output: Path,
    reviews: Path | None = None,
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """List the defects of a section, the gravest first, with pictures.

    Parameters
    ----------
    mosaic
        Store of the mosaic.
    layers
        Table of the layers.
    labels
        Store of the section's labels.
    tables
        Folder of the section's tables.
    batch, cell, section
        Names of the section.
    output
        Folder to write, with `defects.parquet` and pictures.
    reviews
        CSV file of what somebody said of defects: batch, cell, section, defect, review.
    settings
        JSON of the configuration's parts `measure`, `layers` and `segment`.
    threads
        Defects to look at at the same time.
    """
    keys = {"batch": batch, "cell": cell, "section": section}
    said = {} if reviews is None else read_reviews(reviews, keys)
    stores = Stores(open_image(mosaic), open_image(labels, "phases"))
    with timed(f"defects of {batch}/{cell}/{section}, recipe {RECIPES['defects']}"):
        found = ranked(_evidence(stores, layers, tables, settings))
        boxes = [_box(row, stores.mosaic) for row in found[BOX].to_numpy(np.float64)]
        first = list(zip(boxes, found["class"], strict=True))[:LOOKED_AT]
        contrast = list(run(lambda one: stores.contrast(*one), first, threads, "defects"))
        found["contrast"] = pd.Series(contrast, dtype=np.float64).reindex(range(len(found)))
        found["review"] = [said.get(name, "open") for name in found["defect"]]
        names = [f"{name}.png" for name in found["defect"][:PICTURED]]
        found["thumbnail"] = pd.Series(names, dtype=object).reindex(range(len(found))).fillna("")
        with writing(output) as folder:
            folder.mkdir(parents=True)
            black_white = _greys(stores.mosaic)
            for name, box in zip(names, boxes, strict=False):
                Picture.fromarray(stores.picture(box, black_white)).save(folder / name)
            facts = {"recipe": str(RECIPES["defects"])}
            write_table(folder / TABLE, found.assign(**keys), DEFECTS, facts)
    counts = found["class"].value_counts().sort_index()
    logger.info("defects: %s", ", ".join(f"{n} {name}" for name, n in counts.items()) or "none")


def _evidence(stores: Stores, layers: Path, tables: Path, settings: str) -> Evidence:
    config = read_settings(settings)
    image = stores.mosaic
    metrics = read_table(tables / "metrics.parquet", columns=("metric", "resolution_limit_um"))
    limits = dict(zip(metrics["metric"], metrics["resolution_limit_um"], strict=True))
    particles = read_table(tables / "particles.parquet", columns=_PARTICLES)
    grey = particles["grey_mean"].to_numpy(np.float64)
    return Evidence(
        particles,
        read_table(tables / "pores.parquet", columns=_PORES),
        read_table(tables / "columns.parquet", columns=_COLUMNS),
        _lumps(stores.phases, float(limits.get("agglomerate_per_mm2", np.nan))),
        read_lines(layers, image.shape[1], image.px_um),
        limits,
        foreign_from(grey, config.measure.foreign_sigma),
        config.layers.min_run_um,
    )


def _lumps(phases: Image, limit_um: float) -> pd.DataFrame:
    """Agglomerates with boxes and centroids in px."""
    if not np.isfinite(limit_um):
        limit_um = np.inf
    coarse, step_um = coarse_phases([phases], limit_um)
    found = agglomerates(coarse, step_um, limit_um)
    places = ["row0", "row1", "column0", "column1", "row", "column"]
    found[places] = found[places].astype(np.float64) * (step_um / phases.px_um)
    return found


def _box(ends: np.ndarray[tuple[int], np.dtype[np.float64]], image: Image) -> Window:
    """Box in px, inside the mosaic and at least a pixel large."""
    x0, y0, x1, y1 = ends / image.px_um
    rows, columns = image.shape
    row0, col0 = int(np.clip(y0, 0, rows - 1)), int(np.clip(x0, 0, columns - 1))
    row1, col1 = (int(np.ceil(v - 1e-6)) for v in (y1, x1))
    return Window(row0, min(max(row1, row0 + 1), rows), col0, min(max(col1, col0 + 1), columns))


def _greys(mosaic: Image) -> tuple[float, float]:
    """Greys that are shown black and white, from a coarse level."""
    coarse = mosaic.whole(mosaic.level_near(SCALE))
    low, high = np.percentile(coarse, (0.5, 99.8)) if coarse.size else (0.0, 1.0)
    return float(low), float(high)
