"""Metrics of a section: phases and particles, then layers, from the tables and sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from transect.measure.agglomerates import Lumps
from transect.measure.blocks import profile_table
from transect.measure.clustering import add_clustering
from transect.measure.contact_metrics import add_contacts
from transect.measure.corrected import add_corrected
from transect.measure.crack_metrics import add_cracks, add_shapes
from transect.measure.crack_profile import crack_profile
from transect.measure.crack_shapes import Shapes
from transect.measure.drifts import drift_table
from transect.measure.element_metrics import element_tables
from transect.measure.estimates import Estimates
from transect.measure.film_metrics import add_films
from transect.measure.joined import Joined
from transect.measure.layer_metrics import add_layers
from transect.measure.neighbour_metrics import add_neighbours
from transect.measure.particle_metrics import add_particles, add_volumes
from transect.measure.phase_metrics import (
    add_area,
    add_gradients,
    add_mass_balance,
    add_phases,
    add_skin,
)
from transect.measure.radial.profile import add_radial, radial_profile, rings_of
from transect.measure.sizes import distribution_table
from transect.measure.surface_metrics import add_surface
from transect.measure.transport.indices import add_transport
from transect.measure.transport.section import Transport
from transect.measure.uniformity import Series, add_uniformity
from transect.phases import COATING, Phase


@dataclass(frozen=True)
class Tables:
    """The tables of a section, by name."""

    frames: dict[str, pd.DataFrame]
    shapes: Shapes

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One table."""
        return self.frames[name]


def metric_tables(
    joined: Joined,
    tables: Tables,
    lumps: Lumps,
    transport: Transport | None = None,
    radial: Iterable[pd.DataFrame] | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables `metrics`, `replicates`, `size_distribution` and those of profiles.

    Parameters
    ----------
    joined
        Sums of the section.
    tables
        Tables `particles`, `cracks`, `columns` and `blocks`.
    lumps
        Agglomerates of the section.
    transport
        Windows of the section that transport was looked at in; its metrics are not made without.
    radial
        Rows of `RADIAL_SUMS`, some at a time; metrics of them are not made without.
    """
    valid = joined.valid(COATING).sum(axis=(1, 2))
    used = np.flatnonzero(valid)
    whole = valid[used].astype(np.float64)
    pores = joined.valid((Phase.PORE, Phase.CRACK, Phase.VOID)).sum(axis=(1, 2))[used]
    config = joined.settings.statistics
    estimates = Estimates.over(pores / np.maximum(whole, 1), config.replicates, config.seed, used)
    add_phases(estimates, joined, used, whole)
    add_corrected(estimates, joined, used, joined.confusion)
    px, block_um = joined.px_um, joined.reach.block * joined.px_um
    part, valid_um2 = (estimates.along(values * px**2) for values in (1.0 * pores, whole))
    add_uniformity(estimates, Series(part, valid_um2, block_um, px), config)
    add_cracks(estimates, joined, used, tables["blocks"], len(tables["cracks"]))
    add_shapes(estimates, joined, used, tables["cracks"], tables.shapes)
    rings = rings_of(radial or (), tables["particles"], joined, used)
    if radial is not None:
        add_radial(estimates, joined, rings)
    add_gradients(estimates, joined, used)
    add_particles(estimates, joined, used, tables["particles"])
    sizes = add_volumes(estimates, joined, used, tables["particles"])
    add_neighbours(estimates, joined, used, tables["particles"])
    add_skin(estimates, joined, used)
    add_clustering(estimates, joined)
    if transport is not None:
        add_transport(estimates, transport, config)
    add_layers(estimates, joined, tables["columns"], used)
    add_area(estimates, joined, tables["pores"], lumps)
    add_mass_balance(estimates, joined)
    add_surface(estimates, joined, tables["columns"], used)
    add_contacts(estimates, joined, used)
    add_films(estimates, joined, used)
    elements = element_tables(estimates, joined, used, tables["particles"])
    drifts = drift_table(estimates, joined, tables["blocks"])
    metrics, replicates = estimates.tables(joined.keys)
    profile = profile_table(joined, estimates.resampling, used)
    return {
        "crack_profile": crack_profile(joined, tables["particles"], estimates.resampling, used),
        "radial_profile": radial_profile(rings, joined, estimates),
        "metrics": metrics,
        "replicates": replicates,
        "profile": profile,
        "drift": drifts,
        **elements,
        "size_distribution": distribution_table(sizes, joined.keys),
    }
