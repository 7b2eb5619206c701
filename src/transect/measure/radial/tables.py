"""Tables of the layers of particles: what the step sums, and what a section publishes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from transect.measure.joined import keyed
from transect.measure.radial.layers import LAYERS
from transect.measure.tables import RADIAL_PROFILE
from transect.storage.tables import Column, Schema

RADIAL_SUMS = Schema(
    "radial_sums",
    1,
    "Sums over layers of equal depth in every particle",
    (
        Column("particle", "uint64", "", "id in the label image"),
        Column("layer", "int32", "1", "number of the layer, 0 at the rim"),
        Column("level", "int32", "1", "level of the pyramid that it was summed at"),
        Column("n_active_material", "int64", "px", "pixels of active material, of level 0"),
        Column("n_crack", "int64", "px", "pixels of cracks, of level 0"),
        Column("n_void", "int64", "px", "pixels of voids, of level 0"),
        Column("sum_grey", "int64", "", "sum of the greys of active material, in steps"),
    ),
)


def of_listed(sums: pd.DataFrame, particles: pd.DataFrame) -> pd.DataFrame:
    """Keep the sums of whole particles of the table `particles`, in its order.

    Of a particle that is cut, it is not known how deep a pixel lies.
    """
    whole = particles.loc[particles["ml_weight"] > 0, ["particle", "x_um"]]
    return whole.merge(sums, on="particle", how="inner", validate="one_to_many")


def radial_profile(
    sums: pd.DataFrame, keys: dict[str, str], px_um: float, grey_step: float
) -> pd.DataFrame:
    """Rows of the table `radial_profile`.

    Parameters
    ----------
    sums
        What `of_listed` gives.
    keys
        Batch, cell and section.
    px_um
        Edge of a pixel.
    grey_step
        Grey value of one step of the sums.
    """
    solid, crack = (sums[name].to_numpy(np.float64) for name in ("n_active_material", "n_crack"))
    layer = sums["layer"].to_numpy(np.float64)
    filled = solid + crack + sums["n_void"].to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = pd.DataFrame(
            {
                "particle": sums["particle"].to_numpy(np.uint64),
                "layer": sums["layer"].to_numpy(np.int32),
                "depth_low": layer / LAYERS,
                "depth_high": (layer + 1) / LAYERS,
                "area_um2": filled * px_um**2,
                "crack_area_fraction": crack / (crack + solid),
                "grey_mean": grey_step * sums["sum_grey"].to_numpy(np.float64) / solid,
            }
        )
    return keyed(found, keys)[RADIAL_PROFILE.names]
