"""Tables of one section: particles, cracks, pores, x-blocks, depth profile and thickness.

Lengths are in um on the specimen: x along the foil from the mosaic's left border, z from the
collector into the coating, zeta = z / thickness. `mosaic_*` are positions in the mosaic image.
"""

from __future__ import annotations

from transect.measure.tables.decisions import DECISIONS as DECISIONS
from transect.measure.tables.drift import DRIFT as DRIFT
from transect.measure.tables.elements import ELEMENTS as ELEMENTS
from transect.measure.tables.elements import PARTICLE_ELEMENTS as PARTICLE_ELEMENTS
from transect.measure.tables.objects import CRACKS as CRACKS
from transect.measure.tables.objects import PARTICLES as PARTICLES
from transect.measure.tables.objects import PORES as PORES
from transect.measure.tables.profiles import BLOCKS as BLOCKS
from transect.measure.tables.profiles import COLUMNS as COLUMNS
from transect.measure.tables.profiles import CRACK_PROFILE as CRACK_PROFILE
from transect.measure.tables.profiles import PROFILE as PROFILE
from transect.measure.tables.profiles import RADIAL_PROFILE as RADIAL_PROFILE
from transect.measure.tables.profiles import SIZE_DISTRIBUTION as SIZE_DISTRIBUTION
from transect.statistics.tables import METRICS as METRICS
from transect.statistics.tables import REPLICATES as REPLICATES

SECTION_TABLES = {
    schema.name: schema
    for schema in (
        PARTICLES,
        CRACKS,
        PORES,
        BLOCKS,
        CRACK_PROFILE,
        RADIAL_PROFILE,
        SIZE_DISTRIBUTION,
        PROFILE,
        COLUMNS,
        DRIFT,
        ELEMENTS,
        PARTICLE_ELEMENTS,
        METRICS,
        REPLICATES,
    )
}
"""Every table of a section, by the name of its file."""
