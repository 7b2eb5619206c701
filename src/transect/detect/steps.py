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
from transect.detect.credit import detection_table
from transect.detect.finds import finds_of, kinds_in
from transect.detect.plants import Planted
from transect.detect.reviewed import read_reviewed
from transect.detect.tables import DETECTION, PLANTS
from transect.detect.trials import ACROSS, Trials, trials_on
from transect.log import logger, timed
from transect.measure.lines import Lines, read_lines
from transect.measure.steps import read_settings
from transect.parallel import Window, run
from transect.recipes import RECIPES
from transect.segment.classical import ClassicalEngine
from transect.segment.engine import Engine
from transect.segment.learned import NetworkEngine
from transect.segment.maps import MAPS
from transect.segment.network import Network
from transect.segment.predictor import Predictor
from transect.segment.section import Section
from transect.segment.thresholds import Thresholds
from transect.storage.tables import write_table
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
    px, shape, seed = image.mosaic.px_um, image.mosaic.shape, config.statistics.seed
    lines = read_lines(layers, shape[1], px)
    kinds = kinds_in(tables, limits, config, px)
    ask, engine = _asked(image, limits, config.segment)
    trials = Trials(image, limits.scale, ask, engine, config.segment, kinds, _most(lines), seed)
    words = ", ".join(kind.name for kind in kinds) or "nothing"
    with timed(f"detect {words}, recipe {RECIPES['detect']}"):
        work = trials_on(sample(lines, shape)) if kinds else []
        parts = [part for part in run(trials.look, work, threads, "detect") if len(part)]
    if reviewed is not None:
        parts.append(read_reviewed(reviewed))
    rows = pd.concat(parts, ignore_index=True) if parts else PLANTS.empty()
    found = finds_of(tables, labels, kinds, px)
    table = detection_table(kinds, rows, found, px, seed)
    facts = {"recipe": str(RECIPES["detect"])}
    write_table(plants, rows, PLANTS, facts)
    names = {"batch": batch, "cell": cell, "section": section}
    write_table(output, table.assign(**names), DETECTION, facts)
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


def _most(lines: Lines) -> float:
    """Largest plant that fits into the coating, in px."""
    thick = lines.thickness[lines.coated]
    return ACROSS * float(np.median(thick)) if thick.size else 0.0
