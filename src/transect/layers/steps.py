"""Command of the layers stage."""

from __future__ import annotations

import json
from pathlib import Path

from transect.config import LayersConfig, Polarity, parse_settings
from transect.geometry import LAYERS
from transect.layers.find import Finder
from transect.log import timed
from transect.recipes import RECIPES
from transect.storage.digests import digest_file
from transect.storage.images import open_image
from transect.storage.tables import write_table


def layers(
    *,
    mosaic: Path,
    output: Path,
    polarity: Polarity = "bright",
    settings: str = "{}",
    threads: int = 1,
) -> None:
    """Find foil, coatings and separator at every column of a mosaic.

    Parameters
    ----------
    mosaic
        Store of the mosaic.
    output
        Table of the layers to write.
    polarity
        Whether active material is bright or dark against pores, as `segment.polarity` says.
    settings
        Part `layers` of the configuration, as JSON.
    threads
        Threads to work with.
    """
    config = parse_settings(LayersConfig, settings)
    image, valid = open_image(mosaic), open_image(mosaic, "labels/valid")
    with timed(f"layers of {mosaic}, {image.shape} px, recipe {RECIPES['layers']}"):
        found = Finder(image, valid, config, threads, polarity).find()
    facts = {
        "px_um": repr(image.px_um),
        "foil": json.dumps(found.facts["foil"]),
        "angle_deg": repr(found.facts["angle_deg"]),
        "facts": json.dumps(found.facts, sort_keys=True),
        "mosaic": digest_file(mosaic),
        "recipe": str(RECIPES["layers"]),
    }
    write_table(output, found.table(image.shape[1]), LAYERS, facts)
