"""Raw folders as microscopes leave them, small and seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import tifffile

from transect.config import TilesConfig
from transect.tiles.build import build_index
from transect.tiles.check import check_tiles

Image = npt.NDArray[np.generic]
Field = Callable[[int, int], Image]

PIXEL_NM = 25.0
SHAPE = (192, 256)
STEP_NM = 0.9 * SHAPE[1] * PIXEL_NM
"""Distance of neighbouring tiles."""


def texture(seed: int, shape: tuple[int, int] = SHAPE, noise: float = 5.0) -> Image:
    """Particles without direction: smooth noise with a threshold's contrast, and white noise."""
    rng = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(rng.normal(size=shape).astype(np.float32), (0, 0), 4)
    grey = 120 + 50 * np.tanh(2 * smooth / smooth.std()) + rng.normal(0, noise, shape)
    return np.clip(grey, 1, 254).astype(np.uint8)


def sidecar(
    image: str, x_nm: float, y_nm: float, shape: tuple[int, int] = SHAPE, **changes: str | None
) -> str:
    """Text of a sidecar; a change to None drops the key."""
    values: dict[str, str | None] = {
        "InstructName": "SU8230",
        "ImageName": image,
        "DataSize": f"{shape[1]}x{shape[0]}",
        "PixelSize": f"{PIXEL_NM}",
        "SignalName": "BSE COMPO",
        "AcceleratingVoltage": "15000 Volt",
        "DecelerationVoltage": "",
        "WorkingDistance": "6900 um",
        "StagePositionX": f"{x_nm:.0f}",
        "StagePositionY": f"{y_nm:.0f}",
        "Date": "16/08/2016",
    }
    values.update(changes)
    lines = [f"{key}={value}" for key, value in values.items() if value is not None]
    return "\r\n".join(["[SemImageFile]", *lines, ""])


def cells(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """Rows and columns of a grid, in the snake order of a stage."""
    for row in range(rows):
        order = range(columns) if row % 2 == 0 else range(columns - 1, -1, -1)
        yield from ((row, column) for column in order)


def write_hitachi(
    folder: Path,
    rows: int = 2,
    columns: int = 3,
    *,
    field: Field | None = None,
    shape: tuple[int, int] = SHAPE,
    suffix: str = ".tif",
    encoding: str = "ascii",
    error_um: float = 0.1,
    seed: int = 1,
) -> Path:
    """Write a folder of overlapping tiles with sidecars, named in the order of recording."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    field = field or (lambda row, column: texture(seed * 1000 + row * 100 + column, shape))
    for number, (row, column) in enumerate(cells(rows, columns)):
        error = rng.normal(0, error_um * 1000, 2)
        x = 5e6 + column * 0.9 * shape[1] * PIXEL_NM + error[0]
        y = 7e6 + row * 0.9 * shape[0] * PIXEL_NM + error[1]
        write_tile(folder, f"img_{number:03d}", field(row, column), x, y, suffix, encoding)
    return folder


def write_tile(
    folder: Path,
    name: str,
    pixels: Image,
    x_nm: float,
    y_nm: float,
    suffix: str = ".tif",
    encoding: str = "ascii",
    **changes: str | None,
) -> None:
    """Write one image and its sidecar."""
    write_image(folder / (name + suffix), pixels)
    shape = (pixels.shape[0], pixels.shape[1])
    text = sidecar(name + suffix, x_nm, y_nm, shape, **changes)
    (folder / f"{name}.txt").write_bytes(text.encode(encoding))


def write_image(path: Path, pixels: Image) -> None:
    """Write an image in the format of its name."""
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels)
    else:
        assert cv2.imwrite(str(path), pixels)


def reasons(folder: Path, config: TilesConfig | None = None) -> dict[str, str]:
    """Reasons of the quarantine by file, of the index and of the checks together."""
    index = build_index(folder, config or TilesConfig())
    rows = check_tiles(folder, index)
    bad = rows[rows["status"] == "quarantined"]
    assert set(bad["file"]) >= {q.file for q in index.quarantined}
    return dict(zip(bad["file"], bad["reason"], strict=True))
