"""The configuration: one model per stage, whose descriptions become schema and documentation.

A step gets only its own part, as JSON on its command line, so that a changed key reruns only what
depends on it.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from transect.config.layers import LayersConfig as LayersConfig
from transect.config.measure import FILMS as FILMS
from transect.config.measure import ElementMap as ElementMap
from transect.config.measure import MeasureConfig as MeasureConfig
from transect.config.mosaic import FusionConfig as FusionConfig
from transect.config.mosaic import MosaicConfig as MosaicConfig
from transect.config.part import Part
from transect.config.segment import OWN_MODEL as OWN_MODEL
from transect.config.segment import Polarity as Polarity
from transect.config.segment import SegmentConfig as SegmentConfig
from transect.config.statistics import CompareConfig as CompareConfig
from transect.config.statistics import ControlConfig as ControlConfig
from transect.config.statistics import StatisticsConfig as StatisticsConfig
from transect.config.statistics import UncertaintyConfig as UncertaintyConfig
from transect.config.tiles import TilesConfig as TilesConfig
from transect.expect import ExpectConfig as ExpectConfig
from transect.settings import compact as compact
from transect.settings import parse as parse
from transect.settings import parse_settings as parse_settings


class Config(Part):
    """The whole configuration."""

    sheet: str = Field("config/sections.tsv", description="Sample sheet, one row per section.")
    results: str = Field(
        "results", min_length=1, description="Folder that receives all results, logs included."
    )
    limits: str | None = Field(None, description="File of limits for pass and fail, if any.")
    confusion: str | None = Field(
        None,
        description="Table of `transect validate`, if any: phase fractions are corrected by it, and"
        " both are kept.",
    )
    reviewed: str | None = Field(
        None,
        description="CSV file of defects that somebody reviewed (kind, size_um, found), if any:"
        " they count for the probability of detection beside those that are planted.",
    )
    reviews: str | None = Field(
        None,
        description="CSV file of what somebody said of defects (batch, cell, section, defect,"
        " review: open, confirmed or rejected), if any.",
    )
    tiles: TilesConfig = Field(default_factory=TilesConfig)
    mosaic: MosaicConfig = Field(default_factory=MosaicConfig)
    fusion: FusionConfig = Field(default_factory=FusionConfig)
    layers: LayersConfig = Field(default_factory=LayersConfig)
    segment: SegmentConfig = Field(default_factory=SegmentConfig)
    measure: MeasureConfig = Field(default_factory=MeasureConfig)
    statistics: StatisticsConfig = Field(default_factory=StatisticsConfig)
    uncertainty: UncertaintyConfig = Field(default_factory=UncertaintyConfig)
    expect: ExpectConfig = Field(default_factory=ExpectConfig)
    compare: CompareConfig = Field(default_factory=CompareConfig)
    control: ControlConfig = Field(default_factory=ControlConfig)

    def stages(self) -> dict[str, BaseModel]:
        """Parts that say how things are computed, by name; not where files lie."""
        return {
            name: value
            for name in type(self).model_fields
            if isinstance(value := getattr(self, name), BaseModel)
        }
