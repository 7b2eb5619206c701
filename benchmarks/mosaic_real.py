"""Seams of real grids: how well pixels agree as placed, beside the best of the peers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from mosaic_bench import Bench, tell
from mosaic_seams import F32, Floats, correlation, draw, pixels, seams
from mosaic_work import Place, positions, prepare, register
from steps import figure

from transect.mosaic.bending.straight import Straightener, bending_of
from transect.mosaic.tables import POSITIONS
from transect.storage.tables import read_metadata, read_table

GRIDS: dict[str, dict[str, object]] = {
    "bse-grid": {"pixel_nm": 10.0, "overlap": 0.18},
    "sem-grid": {"pixel_nm": 10.0},
    "sem-grid-exact": {"pixel_nm": 10.0},
}
"""Real grids and how they are read; none has a stage but the names of its files."""

TOLERANCE = 0.002
"""Correlations that differ by less are the same: a tenth of a pixel changes them by as much."""


def real(bench: Bench) -> bool:
    """Correlation of every seam of every real grid."""
    if not bench.data.is_dir():
        tell("real grids", f"{bench.data} is absent", "")
        return True
    return all([_grid(bench, name) for name in GRIDS])


def _grid(bench: Bench, name: str) -> bool:
    place = Place(_raw(bench, name), bench.work / name / "out", {"tiles": GRIDS[name]})
    prepare(place)
    register(place)
    index = place.index()
    tiles = index.of_channel(index.channels[0])
    images, ours = pixels(place, tiles), positions(place)
    placed = _straightened(place, images)
    theirs = {peer.name: peer.positions(tiles) for peer in bench.others(place)}
    fine = True
    for a, b in seams(tiles):
        title = f"{name}: seam {a.tile} {b.tile}"
        value = _score(placed, ours, a.tile, b.tile)
        peers = {n: _score(images, found, a.tile, b.tile) for n, found in theirs.items()}
        for peer, other in peers.items():
            tell(f"{title}, {peer}", other, "1")
        best = float(np.nanmax(list(peers.values()))) if peers else float("nan")
        met = bool(value >= best - TOLERANCE) if peers else None
        goal = f">= {best - TOLERANCE:.4f}" if peers else None
        fine &= figure(title, round(value, 4), "1", goal, met)
        if bench.pictures is not None:
            draw(bench.pictures, name, placed, (a, b), ours[b.tile] - ours[a.tile])
    return fine


def _score(images: dict[str, F32], found: dict[str, Floats], a: str, b: str) -> float:
    return correlation(images[a], images[b], found[b] - found[a])


def _straightened(place: Place, images: dict[str, F32]) -> dict[str, F32]:
    """Tiles as fusion takes them: free of the distortion that registration found."""
    table = place.out / "positions.parquet"
    frame, fact = read_table(table, POSITIONS), read_metadata(table)["distortion"]
    bending = bending_of(frame, fact, place.index().tile_shape)
    if bending is None:
        return images
    tool = Straightener(bending)
    numbers = {name: n for n, name in enumerate(frame["tile"])}
    return {t: np.asarray(tool.straight(image, numbers[t])) for t, image in images.items()}


def _raw(bench: Bench, name: str) -> Path:
    """Folder with links to the images alone: a table of positions beside them is the truth."""
    folder = bench.work / name / "tiles"
    folder.mkdir(parents=True, exist_ok=True)
    for path in (bench.data / name).iterdir():
        link = folder / path.name
        if path.suffix in (".tif", ".jpg") and not link.exists():
            link.symlink_to(path.resolve())
    return folder
