"""All tables of one section, in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from transect.measure.agglomerates import (
    AGGLOMERATE_SHARE,
    Lumps,
    agglomerates,
    coarse_phases,
)
from transect.measure.blocks import block_table, column_table
from transect.measure.crack_columns import with_angles, with_shapes
from transect.measure.crack_shapes import shapes_of
from transect.measure.joined import Joined
from transect.measure.lines import Lines
from transect.measure.metrics import Tables, metric_tables
from transect.measure.openings import crack_table, pore_table
from transect.measure.particles import particle_table
from transect.measure.source import FLOAT_STEP
from transect.measure.transport.section import Transport
from transect.storage.images import Image
from transect.storage.strips import Strip


def section_tables(
    joined: Joined,
    lumps: Lumps,
    transport: Transport | None = None,
    radial: Iterable[pd.DataFrame] | None = None,
) -> dict[str, pd.DataFrame]:
    """Make every table of a section.

    Parameters
    ----------
    joined
        Sums of the section.
    lumps
        Agglomerates of the section.
    transport
        Windows of the section that transport was looked at in; its metrics are not made without.
    radial
        Rows of `RADIAL_SUMS`, some at a time; metrics of them are not made without.
    """
    cracks = crack_table(joined)
    particles = particle_table(joined, cracks)
    found = shapes_of(joined, cracks, particles)
    cracks = with_shapes(cracks, found, joined)
    particles = with_angles(particles, found, joined.px_um)
    # Frees three quarters of the sums, where the caller does not keep them.
    joined = replace(joined, partials=joined.partials.counted())
    columns = column_table(joined)
    tables = {
        "particles": particles,
        "cracks": cracks,
        "pores": pore_table(joined, particles),
        "columns": columns,
        "blocks": block_table(joined, particles, cracks, columns),
    }
    return {**tables, **metric_tables(joined, Tables(tables, found), lumps, transport, radial)}


def lumps_of(phases: Strip, lines: Lines, largest_um: float) -> Lumps:
    """Find the agglomerates in the label stores of all blocks.

    Parameters
    ----------
    phases
        Phases of all blocks.
    lines
        Layers of the section.
    largest_um
        Diameter from which any lump counts; smaller ones do from a fifth of the thickness on.
    """
    images = [image for _, _, image in phases.images]
    thick = lines.thickness[lines.coated]
    part = AGGLOMERATE_SHARE * float(np.median(thick)) * lines.px_um if thick.size else np.inf
    limit = min(largest_um, part) if lines.foil else largest_um
    if not images:
        return Lumps(np.empty(0), limit)
    coarse, step_um = coarse_phases(images, limit)
    sizes = agglomerates(coarse, step_um, limit)["size_um"].to_numpy(np.float64)
    return Lumps(sizes, limit)


def grey_step(mosaic: Image) -> float:
    """Grey value of one step of the sums of a mosaic."""
    return FLOAT_STEP if np.issubdtype(mosaic.dtype, np.floating) else 1.0
