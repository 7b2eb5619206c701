"""The index of a section's raw tiles: what `tiles.json` holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from transect.errors import InputError
from transect.storage.files import write_text

SCHEMA = 1


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tile(_Entry):
    """One image of one field of view; tile and channel together are unique.

    `stage_x_um` grows with the image's columns and `stage_y_um` with its rows; both are of the
    tile's centre.
    """

    tile: str
    file: str
    channel: str
    row: int
    column: int
    stage_x_um: float
    stage_y_um: float
    digest: str
    page: int = 0


class Detail(_Entry):
    """One image of a field at higher magnification; detail and channel together are unique.

    `shape` is without the data bar; the stage's axes are those of the tiles.
    """

    detail: str
    file: str
    channel: str
    pixel_nm: float
    shape: tuple[int, int]
    recorded_shape: tuple[int, int]
    dtype: str
    stage_x_um: float
    stage_y_um: float
    digest: str
    page: int = 0


class Quarantined(_Entry):
    """A file that is left out, and why."""

    file: str
    reason: str


class Gap(_Entry):
    """A place in the grid where no tile was recorded."""

    tile: str
    row: int
    column: int


class StageAxes(_Entry):
    """Settings that the stage's positions were read with."""

    axes: Literal["xy", "yx"]
    x_sign: Literal[-1, 1]
    y_sign: Literal[-1, 1]


class TileIndex(_Entry):
    """All tiles of a section: same reader, size, dtype and pixel size.

    `stage` is absent where places do not come from a stage, but from names or pixels.
    """

    schema_: int = Field(SCHEMA, alias="schema")
    reader: str
    pixel_nm: float
    tile_shape: tuple[int, int]
    recorded_shape: tuple[int, int]
    dtype: str
    channels: tuple[str, ...]
    digest: str
    microscope: dict[str, str]
    tiles: tuple[Tile, ...]
    quarantined: tuple[Quarantined, ...]
    gaps: tuple[Gap, ...] = ()
    stage: StageAxes | None = None
    details: tuple[Detail, ...] = ()

    @property
    def px_um(self) -> float:
        """Pixel size in micrometres."""
        return self.pixel_nm / 1000.0

    def of_channel(self, channel: str) -> list[Tile]:
        """Tiles of one channel, in row-major order."""
        return [tile for tile in self.tiles if tile.channel == channel]

    def save(self, path: Path) -> None:
        """Write `tiles.json` atomically."""
        text = json.dumps(self.model_dump(by_alias=True), indent=1, ensure_ascii=False)
        write_text(path, text + "\n")

    @classmethod
    def load(cls, path: Path) -> TileIndex:
        """Read `tiles.json`.

        Raises
        ------
        InputError
            The file is absent, is not JSON, or is of another schema.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: not a readable index of tiles: {error}") from error
        found = values.get("schema") if isinstance(values, dict) else None
        if found != SCHEMA:
            raise InputError(
                f"{path}: index of tiles with schema {found}, expected {SCHEMA};"
                " run `transect index` again"
            )
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise InputError(f"{path}: {key}: {first['msg']}; run `transect index` again") from None


def tile_name(row: int, column: int) -> str:
    """Name of the tile at a row and column, such as r00_c03; it sorts as the grid does."""
    return f"r{row:02d}_c{column:02d}"
