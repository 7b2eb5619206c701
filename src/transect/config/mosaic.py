"""Settings of the stage that makes one mosaic of the tiles."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from transect.config.part import Part


class MosaicConfig(Part):
    """How tiles are placed."""

    channel: str | None = Field(
        None,
        description="Detector that registration looks at, by name; `best`: the one whose pairs are"
        " surest; `all`: every one, and a pair is believed that any of them proves; the detector"
        " that is measured when absent.",
    )
    max_shift_px: int = Field(
        80, gt=0, description="Largest error of the stage that is searched, in pixels."
    )
    null_draws: int = Field(
        300,
        ge=100,
        description="Unrelated strips that are scored, per axis, to know what chance reaches.",
    )
    detail_shift_um: float = Field(
        5.0,
        gt=0,
        description="Largest distance of a field of detail from where the stage says that is"
        " searched, in um: the picture moves when the magnification is changed.",
    )
    level_brightness: bool = Field(
        True, description="Whether brightness steps between tiles are evened out."
    )


class FusionConfig(Part):
    """How placed tiles become one mosaic."""

    blend: Literal["seam", "linear"] = Field(
        "seam",
        description="Where neighbours meet: along a seam through what looks the same in both, so"
        " that nothing is shown twice where the scan distorts; or along the middle of the overlap.",
    )
    feather_px: int = Field(
        32,
        ge=1,
        description="Width over which one tile fades into the next along the middle of an overlap,"
        " in pixels, and a quarter of it along a seam; wider hides seams, narrower keeps more"
        " pixels as they were recorded.",
    )
    remove_curtaining: bool = Field(
        False,
        description="Whether stripes of the ion beam, along the columns to within 2 degrees, are"
        " divided out where they reach a fortieth of the contrast in most tiles of a detector.",
    )
    flatten_charging: bool = Field(
        False,
        description="Whether brightness that drifts or jumps from scan line to scan line is taken"
        " off tiles where it reaches a fortieth of the contrast.",
    )
