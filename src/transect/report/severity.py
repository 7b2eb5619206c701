"""Where charging and curtains are strongest, in every detector."""

from __future__ import annotations

import numpy as np

from transect.report.detectors import channels
from transect.report.digits import written
from transect.report.inputs import Section, numbers, texts

SHOWN = 3
FAINT = 0.02
"""Amplitude over contrast below which a tile is not worth naming."""
WORDS = {"curtaining_index": "Strongest curtains", "charging_index": "Strongest charging"}


def severity_facts(section: Section) -> list[tuple[str, str]]:
    """Name the tiles with the strongest stripes, as amplitude over the tile's contrast."""
    tiles = section.tables["tiles"]
    used = tiles[np.array(texts(tiles["status"])) == "ok"]
    several = len(channels(section)) > 1
    facts = []
    for index, words in WORDS.items():
        values = numbers(used[index])
        names = [
            f"{tile} ({channel})" if several else tile
            for tile, channel in zip(texts(used["tile"]), texts(used["channel"]), strict=True)
        ]
        strong = [k for k in np.argsort(-values, kind="stable")[:SHOWN] if values[k] >= FAINT]
        said = [f"{names[k]}: {written(100 * float(values[k]), 0)} %" for k in strong]
        if said:
            facts.append((f"{words}, of the tile's contrast", ", ".join(said)))
    return facts
