"""What changes through the depth, and how binder clusters."""

from __future__ import annotations

from transect.statistics.registry.metric import Metric

METRICS = (
    Metric(
        "gradient_porosity",
        "1",
        "(top third - bottom third) / mean of the total porosity",
        signed=True,
    ),
    Metric(
        "gradient_binder",
        "1",
        "(top third - bottom third) / mean of the binder fraction",
        signed=True,
    ),
    Metric("binder_migration_index", "1", "binder fraction in the top third / bottom third"),
    Metric(
        "gradient_active_material",
        "1",
        "(top third - bottom third) / mean of the active material",
        signed=True,
    ),
    Metric(
        "skin_index",
        "1",
        "porosity of the outermost tenth of the depth over that between 0.3 and 0.7",
    ),
    Metric(
        "binder_join_count_z",
        "1",
        "joins between cells rich in binder, less their expectation, over its standard deviation;"
        " each depth's mean is taken off",
        signed=True,
    ),
    Metric(
        "binder_moran_I",
        "1",
        "Moran's I of binder between neighbouring cells: 0 at random, 1 in clusters; each depth's"
        " mean is taken off",
        signed=True,
    ),
    Metric("binder_lacunarity", "1", "variance / mean^2 + 1 of binder in cells, less the gradient"),
)
