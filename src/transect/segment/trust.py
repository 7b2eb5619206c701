"""How far an engine can be trusted: rows of windows become one row of a section."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from transect.errors import StorageError
from transect.segment.network import Network
from transect.segment.predict import TABLE
from transect.segment.tables import ENGINE, LIMITS, SOLIDS, WINDOWS
from transect.segment.thresholds import Facing
from transect.storage.tables import read_metadata, read_table

FACTS = ("model", "runtime", "px_nm", "px_nm_low", "px_nm_high", "limit")
"""What the metadata of a table `windows` tells of its network; all blocks must agree."""


def facts_of(network: Network, px_um: float) -> dict[str, str]:
    """Facts for the metadata of a table `windows`."""
    low, high = network.card.px_nm
    values = (1000 * px_um, low, high, network.card.limit)
    return dict(zip(FACTS, (network.card.digest, network.runtime, *map(repr, values)), strict=True))


def classical_row(facing: Facing) -> pd.DataFrame:
    """Row of the table `engine` of a section without a network."""
    row = ENGINE.empty().reindex([0])
    texts = {"engine": "classical", "model": "", "runtime": ""}
    counts = dict.fromkeys(("windows", "judged", "strange", "compared"), 0)
    return row.assign(**texts, **counts, **_polarity(facing))


def network_row(folder: Path, blocks: int, facing: Facing) -> pd.DataFrame:
    """Row of the table `engine`, from the tables `windows` of all blocks.

    Parameters
    ----------
    folder
        Folder of the blocks, one folder per number.
    blocks
        Number of blocks.
    facing
        Polarity of the section.

    Raises
    ------
    StorageError
        Blocks were made with different models, runtimes or pixel sizes.
    """
    paths = [folder / str(block) / TABLE for block in range(blocks)]
    rows = pd.concat([read_table(path, WINDOWS) for path in paths], ignore_index=True)
    facts = _agreed(paths)
    # The order of blocks would decide on the last digits of sums.
    rows = rows.sort_values(["row", "column"], ignore_index=True)
    low, high, limit = (float(facts[name]) for name in ("px_nm_low", "px_nm_high", "limit"))
    judged = rows["strangeness"].notna()
    both = rows[rows["classical_pore_px"].notna()]
    row = {
        "engine": "network",
        "model": facts["model"],
        "runtime": facts["runtime"],
        "px_nm": float(facts["px_nm"]),
        "px_nm_low": low,
        "px_nm_high": high,
        "windows": len(rows),
        "unsure_fraction": _share(rows["unsure_px"], rows["coating_px"]),
        "judged": int(judged.sum()),
        "strange": int((rows["strangeness"] > limit).sum()),
        **_fractions(rows, "{}_px", "{}_fraction"),
        **{
            name: value
            for p in LIMITS
            for name, value in _fractions(rows, f"{{}}_{p}_px", f"{{}}_fraction_{p}").items()
        },
        "compared": len(both),
        **_fractions(both, "{}_px", "network_{}_fraction"),
        **_fractions(both, "classical_{}_px", "classical_{}_fraction"),
        **_polarity(facing),
    }
    return pd.DataFrame([row])[ENGINE.names]


def _polarity(facing: Facing) -> dict[str, str | float]:
    """Say which way greys were taken, and what shapes say of it."""
    return {
        "polarity": facing.polarity,
        "polarity_found": facing.found,
        "polarity_score": facing.score,
    }


def _agreed(paths: Iterable[Path]) -> dict[str, str]:
    """Facts that all blocks share."""
    first: dict[str, str] = {}
    for path in paths:
        facts = read_metadata(path)
        facts = {name: facts.get(name, "?") for name in FACTS}
        first = first or facts
        for name in FACTS:
            if facts[name] != first[name]:
                raise StorageError(
                    f"{path}: {name} is {facts[name]}, expected {first[name]} as in the first"
                    " block; run transect predict again on all blocks"
                )
    return first


def _fractions(rows: pd.DataFrame, source: str, target: str) -> dict[str, float]:
    """Shares of active material, binder and pore in the coating."""
    return {
        target.format(name): _share(rows[source.format(name)], rows["coating_px"])
        for name in SOLIDS
    }


def _share(part: pd.Series, whole: pd.Series) -> float:
    total = float(whole.sum())
    return float(part.sum()) / total if total else float(np.nan)
