"""Settings of intervals, and of comparisons between groups of cells."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from transect.config.part import Part
from transect.statistics.registry import REGISTRY


class StatisticsConfig(Part):
    """How intervals are made."""

    replicates: int = Field(400, ge=100, description="Bootstrap replicates over blocks.")
    seed: int = Field(1, ge=0, description="Seed of the bootstrap.")
    target: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="Half width of the interval of porosity that `required_width_mm` is for: 0.01"
        " is one point.",
    )
    stretch_um: float = Field(
        200.0,
        gt=0,
        description="Length of the stretches of foil that `uniformity_index` and"
        " `heterogeneity_ratio` compare, in um; eight of them are needed.",
    )
    near_um: float = Field(
        40.0,
        gt=0,
        description="Distance beyond which the grain of the coating is not correlated, in um: 4 to"
        " 6 diameters of its particles. What varies more slowly counts as non-uniform.",
    )


class UncertaintyConfig(Part):
    """What is known of the microscope and the cut, for verdicts."""

    pixel_percent: float = Field(
        1.0,
        ge=0,
        le=20,
        description="Half width of the 95 % interval of the pixel size, in percent of it: what a"
        " calibration says; 0.5 to 3 is usual for an SEM.",
    )
    slant_deg: float = Field(
        2.0,
        ge=0,
        lt=45,
        description="Largest angle between the section and the plane across the foil, and of the"
        " section against the image, in degrees: what slants looks longer.",
    )


class ControlConfig(Part):
    """How batches are held against each other on control charts."""

    baseline: int = Field(
        25,
        ge=3,
        description="Batches, from the first of the sheet on, that control limits are made from;"
        " below 20 they are provisional.",
    )


def _margins(values: dict[str, float]) -> dict[str, float]:
    for metric, value in values.items():
        if metric not in REGISTRY:
            raise ValueError(f"unknown metric {metric}; known: {', '.join(REGISTRY)}")
        if not 0 < value < float("inf"):
            raise ValueError(f"margin of {metric} is {value:g}, expected a number above 0")
    return values


class CompareConfig(Part):
    """How groups of cells are compared by `transect compare`."""

    margins: Annotated[dict[str, float], AfterValidator(_margins)] = Field(
        default_factory=dict,
        description="Largest difference that does not matter, by metric and in its unit, such as"
        " {porosity_total: 0.01}: equivalence is tested against it.",
    )
