"""Settings of the stage that reads and checks tiles."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from transect.config.part import Part


class TilesConfig(Part):
    """How raw tiles are read and checked."""

    reader: Literal["auto", "hitachi", "zeiss", "ome", "plain"] = Field(
        "auto", description="Reader of the raw folder; auto tries each and says which it took."
    )
    stage_x_sign: Literal[-1, 1] = Field(
        1, description="Sign of the stage's x axis against the image's columns."
    )
    stage_y_sign: Literal[-1, 1] = Field(
        1, description="Sign of the stage's y axis against the image's rows."
    )
    stage_axes: Literal["xy", "yx"] = Field(
        "xy",
        description="Axes of the stage along the image's columns and rows; yx where the scan is"
        " turned by a quarter. The signs are then of what runs along the columns and the rows.",
    )
    pixel_nm: float | None = Field(
        None,
        gt=0,
        description="Pixel size in nm, for images that do not say or say wrong; as recorded when"
        " absent.",
    )
    overview_nm: float | None = Field(
        None,
        gt=0,
        description="Pixel size, in nm and as recorded, of the images that make the mosaic, where"
        " a folder holds several; the one whose images cover most when absent. Finer ones become"
        " fields of detail.",
    )
    detector: str | None = Field(
        None,
        description="Detector that is measured, by the name in the metadata; when absent one for"
        " backscattered electrons, else the first by name.",
    )
    data_bar_px: int | None = Field(
        None,
        ge=0,
        description="Rows of data bar at the lower edge of every image; found when absent.",
    )
    expected_tiles: int | None = Field(
        None,
        ge=1,
        description="Number of images that the folder should hold; not checked when absent.",
    )
    name_pattern: str | None = Field(
        None,
        description="Regular expression with groups `row` and `column` for the names of plain"
        " images, such as (?P<row>[0-9]+)-(?P<column>[0-9]+).",
    )
    overlap: float = Field(
        0.1,
        ge=0,
        lt=0.9,
        description="Share of a tile that its neighbour repeats, where only rows and columns are"
        " known.",
    )

    def along_image(self, x: float, y: float) -> tuple[float, float]:
        """Turn what the stage says into places along the image's columns and rows."""
        columns, rows = (x, y) if self.stage_axes == "xy" else (y, x)
        return self.stage_x_sign * columns, self.stage_y_sign * rows
