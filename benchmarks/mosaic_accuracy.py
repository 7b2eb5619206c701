"""Errors of positions on made grids, against their truth and beside those of peers."""

from __future__ import annotations

import numpy as np
from mosaic_bench import Bench, most, tell
from mosaic_grid import Grid
from mosaic_score import Errors, Truth, accepted, accepted_by_transect, errors, read_truth, unmarked
from mosaic_work import Place, positions, register
from steps import figure


def accuracy(bench: Bench) -> bool:
    """Errors on the textured grid."""
    place = bench.textured()
    register(place)
    truth = truth_of(place)
    found = errors(positions(place), truth)
    title = "10 % overlap"
    fine = most(f"{title}: position error, median", float(np.median(found.tiles)), 0.10)
    fine &= most(f"{title}: position error, largest", float(found.tiles.max()), 0.25)
    fine &= most(f"{title}: neighbour pairs, median", float(np.median(found.pairs)), 0.04)
    fine &= most(f"{title}: neighbour pairs, largest", float(found.pairs.max()), 0.10)
    _peers_errors(bench, place, truth, title)
    return fine


def hard(bench: Bench) -> bool:
    """Errors and false pairs on the grid with narrow overlaps and blank tiles."""
    place = bench.difficult()
    register(place)
    truth = truth_of(place)
    found = errors(positions(place), truth)
    title = "5 % overlap, 20 % blank"
    fine = most(f"{title}: pairs of textured tiles, largest", float(found.pairs.max()), 0.25)
    tell(f"{title}: pairs of textured tiles, median", float(np.median(found.pairs)), "px")
    tell(f"{title}: tiles tied by textured pairs, largest error", float(found.tiles.max()), "px")
    pairs = accepted_by_transect(place.out / "seams.parquet", truth)
    tell(f"{title}: textured pairs accepted", pairs.true / pairs.of, "1")
    name = f"{title}: false pairs accepted"
    fine &= figure(name, pairs.false, "pairs", "0", pairs.false == 0)
    # 4 sd of the stage: of 36 tiles with two axes each, one in 200 grids has one beyond it.
    limit = 4 * Grid().stage_sd_px
    fine &= most(f"{title}: blank tiles, largest error per axis", np.abs(found.blank).max(), limit)
    rms = float(np.sqrt((found.blank**2).mean()))
    fine &= most(f"{title}: blank tiles, rms error per axis", rms, 1.25 * Grid().stage_sd_px)
    count = unmarked(place.out / "positions.parquet", truth)
    fine &= figure(f"{title}: blank tiles not marked", count, "tiles", "0", count == 0)
    _peers_errors(bench, place, truth, title)
    return fine


def _peers_errors(bench: Bench, place: Place, truth: Truth, title: str) -> None:
    tiles = place.index().of_channel(place.index().channels[0])
    for peer in bench.others(place):
        found: Errors = errors(peer.positions(tiles), truth)
        start = f"{title}: {peer.name}"
        for what, values in (("position error", found.tiles), ("pairs", found.pairs)):
            tell(f"{start}, {what}, median", float(np.median(values)), "px")
            tell(f"{start}, {what}, largest", float(values.max()), "px")
        tell(f"{start}, tiles off by 20 px", int((found.tiles > 20).sum()), "tiles")
        if "accepted" in peer.result:
            rows = np.array(peer.result["accepted"], dtype=np.float64).reshape(-1, 4)
            number = {name: n for n, name in enumerate(truth.names)}
            order = np.array([number[t.tile] for t in tiles])
            pairs = order[rows[:, :2].astype(np.int64)]
            judged = accepted(pairs, rows[:, 2:], truth)
            tell(f"{start}, false pairs accepted", judged.false, "pairs")
            tell(f"{start}, textured pairs accepted", judged.true / judged.of, "1")
        tell(f"{start}, registration, wall", peer.result["register_s"], "s")
        tell(f"{start}, peak memory", peer.cost.peak_mb, "MB")


def truth_of(place: Place) -> Truth:
    """Truth beside the raw tiles."""
    return read_truth(place.raw.parent / "truth.csv")
