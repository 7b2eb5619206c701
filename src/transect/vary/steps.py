"""Command: what changes when limits between phases move."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from transect.errors import ConfigError
from transect.log import logger, timed
from transect.measure.joined import Joined
from transect.measure.lines import read_lines
from transect.measure.partials import merge
from transect.measure.steps import read_settings
from transect.measure.tables import DECISIONS
from transect.parallel import run
from transect.recipes import RECIPES
from transect.segment.classical import ClassicalEngine
from transect.segment.engine import Cut
from transect.segment.learned import PREDICTIONS, NetworkEngine
from transect.segment.section import Section
from transect.segment.thresholds import Thresholds
from transect.storage.strips import open_strip
from transect.storage.tables import write_table
from transect.vary.decide import Varied, decisions
from transect.vary.sample import sample


def vary(
    *,
    mosaic: Path,
    layers: Path,
    thresholds: Path,
    output: Path,
    predictions: Path | None = None,
    blocks: int = 1,
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """Decide on a few windows again with other limits between phases, and measure them.

    Parameters
    ----------
    mosaic
        Store of the mosaic.
    layers
        Table of the layers.
    thresholds
        JSON file of thresholds.
    output
        Table of the metrics of these windows by each decision to write.
    predictions
        Folder of the blocks with their `predictions.zarr`, one folder per number; needed where
        the configuration's engine is the network.
    blocks
        Number of blocks of the section.
    settings
        JSON of the configuration's parts `measure` and `segment`.
    threads
        Windows to work on at the same time.
    """
    config = read_settings(settings)
    if config.segment.network != (predictions is not None):
        raise ConfigError(
            f"--predictions {predictions or 'absent'}, and segment.engine is"
            f" {config.segment.engine}: the network's engine needs predictions, the classical one"
            " takes none"
        )
    section, limits = Section.open(mosaic, layers), Thresholds.load(thresholds)
    shape, px_um = section.mosaic.shape, section.mosaic.px_um
    lines = read_lines(layers, shape[1], px_um)
    # Whose windows these are is not asked.
    keys = dict.fromkeys(("batch", "cell", "section"), "")
    whole = Joined(keys, merge([]), lines, shape, config, 1.0, np.zeros((0, 4)))
    width = config.segment.crack_width_px
    if predictions is not None:
        maps = open_strip(predictions, PREDICTIONS, "maps", shape[1], blocks)
        read = partial(section.read_maps, maps=maps)
        varied = Varied(read, lambda cut: NetworkEngine(width, cut), whole)
    else:
        denoise_px = config.segment.denoise_px

        def engine(cut: Cut) -> ClassicalEngine:
            return ClassicalEngine(limits, denoise_px, width, cut)

        varied = Varied(partial(section.read, scale=limits.scale), engine, whole)
    chosen = sample(lines, shape)
    with timed(f"vary {len(chosen)} windows of {mosaic}, recipe {RECIPES['vary']}"):
        found = decisions(whole, run(varied.look, chosen, threads, "vary"))
    facts = {"recipe": str(RECIPES["vary"]), "windows": str(len(chosen))}
    write_table(output, found, DECISIONS, facts)
    logger.info("vary: %d metrics of %d windows", found["metric"].nunique(), len(chosen))
