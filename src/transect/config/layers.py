"""Settings of the stage that finds foil, coatings and separator."""

from __future__ import annotations

from pydantic import Field

from transect.config.part import Part


class LayersConfig(Part):
    """How foil, coatings, separator and outside are found."""

    min_gap_um: float = Field(
        0.5, gt=0, description="Smallest gap at an interface that counts as delaminated, in um."
    )
    min_run_um: float = Field(
        2.0, gt=0, description="Shortest run of a gap that counts as delaminated, in um."
    )
    max_gap_um: float = Field(
        6.0, gt=0, description="Largest gap at the collector that is looked for, in um."
    )
    surface_disc_um: float = Field(
        3.0,
        gt=0,
        description="Radius of the disc whose envelope is the surface, in um: about half the D50"
        " of the particles.",
    )
    cutoff_um: float = Field(
        80.0,
        gt=0,
        description="Longest wavelength of roughness (ISO 21920-3), in um: what is longer is form.",
    )
