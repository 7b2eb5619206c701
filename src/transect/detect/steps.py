"""Command: how surely rare defects are found in a section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.config import SegmentConfig
from transect.detect.kinds import Kind, kinds_of
from transect.detect.plants import Planted
from transect.detect.reviewed import read_reviewed
from transect.detect.tables import DETECTION, PLANTS
from transect.detect.trials import ACROSS, Trials, trials_on
from transect.log import logger, timed
from transect.measure.agglomerates import agglomerates, coarse_phases
from transect.measure.lines import Lines, read_lines
from transect.measure.particles import foreign_from
from transect.measure.steps import read_settings
from transect.parallel import Window, run
from transect.recipes import RECIPES
from transect.segment.classical import ClassicalEngine
from transect.segment.engine import Engine
from transect.segment.learned import NetworkEngine
from transect.segment.maps import MAPS
from transect.segment.network import Network
from transect.segment.predict import Predictor
from transect.segment.section import Section
from transect.segment.thresholds import Thresholds
from transect.statistics.detection import FEWEST, Detection
from transect.storage.images import open_image
from transect.storage.tables import read_table, write_table
from transect.vary.sample import sample

U8 = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def detect(
    *,
    mosaic: Path,
    layers: Path,
    thresholds: Path,
    labels: Path,
    tables: Path,
    batch: str,
    cell: str,
    section: str,
    plants: Path,
    output: Path,
    reviewed: Path | None = None,
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """Plant made defects into a section, look for them, and credit what was found by it.

    Parameters
    ----------
    mosaic
        Store of the mosaic.
    layers
        Table of the layers.
    thresholds
        JSON file of thresholds.
    labels
        Store of the section's labels.
    tables
        Folder of the section's tables.
    batch, cell, section
        Names of the section.
    plants
        Table of what was planted to write.
    output
        Table of probabilities of detection, and of densities, to write.
    reviewed
        CSV file of defects that somebody reviewed: kind, size_um, found.
    settings
        JSON of the configuration's parts `measure`, `statistics` and `segment`.
    threads
        Windows to work on at the same time.
    """
    config, limits = read_settings(settings), Thresholds.load(thresholds)
    opened = Section.open(mosaic, layers)
    image = Planted(opened.mosaic, opened.valid, opened.layers)
    px = image.mosaic.px_um
    lines = read_lines(layers, image.mosaic.shape[1], px)
    numbers = read_table(tables / "metrics.parquet", columns=("metric", "resolution_limit_um"))
    particles = read_table(tables / "particles.parquet", columns=("grey_mean", "foreign", "ecd_um"))
    greys = _on_scale(
        foreign_from(particles["grey_mean"].to_numpy(np.float64), config.measure.foreign_sigma),
        limits,
    )
    kinds = kinds_of(
        numbers,
        {"pore": limits.pore, "binder": limits.binder},
        greys,
        config.segment.min_particle_px,
        px,
    )
    ask, engine = _asked(image, limits, config.segment)
    seed = config.statistics.seed
    trials = Trials(image, limits.scale, ask, engine, config.segment, kinds, _most(lines), seed)
    with timed(
        f"detect {', '.join(k.name for k in kinds) or 'nothing'}, recipe {RECIPES['detect']}"
    ):
        work = trials_on(sample(lines, image.mosaic.shape)) if kinds else []
        made = [part for part in run(trials.look, work, threads, "detect") if len(part)]
    parts = [*made, *([] if reviewed is None else [read_reviewed(reviewed)])]
    rows = pd.concat(parts, ignore_index=True) if parts else PLANTS.empty()
    found = {
        "macro_void": _voids(tables, kinds, px),
        "agglomerate": _lumps(labels, kinds, px),
        "foreign_particle": particles["ecd_um"][particles["foreign"]].to_numpy(np.float64),
    }
    blocks = read_table(tables / "blocks.parquet", columns=("area_valid_um2",))
    area = float(blocks["area_valid_um2"].sum()) / 1e6
    table = pd.DataFrame([_row(kind, rows, found[kind.name], area, px, seed) for kind in kinds])
    table = table.assign(batch=batch, cell=cell, section=section)
    facts = {"recipe": str(RECIPES["detect"])}
    write_table(plants, rows, PLANTS, facts)
    write_table(output, table if len(table) else DETECTION.empty(), DETECTION, facts)
    logger.info("detect: %d of %d made defects found", rows["found"].sum(), len(rows))


def _asked(
    section: Planted, limits: Thresholds, config: SegmentConfig
) -> tuple[Callable[[Planted, Window], tuple[U8, U8]], Engine]:
    """Give what asks the section's engine for a window, and the engine."""
    if not config.network:
        engine = ClassicalEngine(limits, config.denoise_px, config.crack_width_px)
        return partial(_greys, limits.scale), engine
    network = Network.load(config.model_folder)
    predictor = Predictor.of(section, limits, network, config)
    return partial(_maps, predictor), NetworkEngine(config.crack_width_px)


def _greys(scale: tuple[float, float], section: Planted, window: Window) -> tuple[U8, U8]:
    return section.read(window, scale)


def _maps(predictor: Predictor, section: Planted, window: Window) -> tuple[U8, U8]:
    found = replace(predictor, section=section).look(window)
    maps = np.zeros((len(MAPS), *window.shape), np.uint8) if found is None else found[0]
    return maps, section.zone(window)


def _on_scale(greys: tuple[float, float], limits: Thresholds) -> tuple[float, float]:
    """Grey values of the mosaic on the 8-bit scale."""
    dark, bright = limits.scale
    usual, least = (255 * (grey - dark) / (bright - dark) for grey in greys)
    return usual, least


def _most(lines: Lines) -> float:
    """Largest plant that fits into the coating, in px."""
    thick = lines.thickness[lines.coated]
    return ACROSS * float(np.median(thick)) if thick.size else 0.0


def _limit(kinds: list[Kind], name: str) -> float:
    return next((kind.limit_px for kind in kinds if kind.name == name), float("nan"))


def _voids(tables: Path, kinds: list[Kind], px: float) -> Floats:
    """Sizes of the macro voids of the section in um."""
    pores = read_table(tables / "pores.parquet", columns=("kind", "ecd_um"))
    sizes = pores["ecd_um"][pores["kind"] == "inter"].to_numpy(np.float64)
    return np.asarray(sizes[sizes > _limit(kinds, "macro_void") * px])


def _lumps(labels: Path, kinds: list[Kind], px: float) -> Floats:
    """Sizes of the agglomerates of the section in um."""
    limit_um = _limit(kinds, "agglomerate") * px
    if not np.isfinite(limit_um):
        return np.empty(0)
    return agglomerates(*coarse_phases([open_image(labels, "phases")], limit_um), limit_um)


def _row(
    kind: Kind, plants: pd.DataFrame, sizes: Floats, area: float, px: float, seed: int
) -> dict[str, object]:
    """Row of the table `detection`."""
    mine = plants[plants["kind"] == kind.name]
    flags = mine["found"].to_numpy(bool)
    n, hits = len(mine), int(flags.sum())
    curve = Detection.fit(mine["size_um"].to_numpy(np.float64), flags, seed)
    row: dict[str, object] = {
        "kind": kind.name, "metric": kind.metric, "n": n, "n_found": hits,
        "limit_um": kind.limit_px * px, "count": sizes.size,
        "density_per_mm2": sizes.size / area if area else float("nan"), "note": "",
    }  # fmt: skip
    none = dict.fromkeys(
        ("a50_um", "a90_um", "a90_95_um", "credited_per_mm2", "credited_low", "credited_high"),
        float("nan"),
    )
    if curve is None or not area:
        why = f"{n} made, {FEWEST} are needed" if n < FEWEST else f"{hits} of {n} found: no curve"
        return {**row, **none, "note": why}
    value, low, high = curve.credited(sizes, area)
    largest = float(mine["size_um"].max())
    # Beyond what was made the curve is a guess, and so is what none found leaves room for.
    seen = {"a50_um": curve.size(0.5), "a90_um": curve.a90, "a90_95_um": curve.a90_95}
    seen = {name: size if size <= largest else float("nan") for name, size in seen.items()}
    if not np.isfinite(list(seen.values())).all():
        if not sizes.size:
            value = low = high = float("nan")
        row["note"] = f"larger than the largest that was made, {largest:.3g} um, where blank"
    return {
        **row,
        **seen,
        "credited_per_mm2": value,
        "credited_low": low,
        "credited_high": high,
    }
