"""The truth of every metric of a phantom.

Where the phantom states a quantity exactly (`truth/summary.json`), that is the truth; for all
others it is what the same definitions give on labels and layers without any error of imaging.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import find_objects

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.sections import SETTINGS, Labels, partials_of  # noqa: E402
from transect.config import MeasureConfig  # noqa: E402
from transect.elements import number_of  # noqa: E402
from transect.measure.agglomerates import (  # noqa: E402
    AGGLOMERATE_SHARE,
    Lumps,
    agglomerates,
    coarse_phases,
)
from transect.measure.joined import Joined  # noqa: E402
from transect.measure.lines import SIDES, Lines, tilt_of  # noqa: E402
from transect.measure.partials import merge  # noqa: E402
from transect.measure.radial.layers import layer_sums  # noqa: E402
from transect.measure.radial.section import frame_of  # noqa: E402
from transect.measure.section import section_tables  # noqa: E402
from transect.measure.transport.section import transport_of  # noqa: E402
from transect.parallel import Window  # noqa: E402
from transect.phantom.scene import Scene  # noqa: E402
from transect.phantom.spec import PhantomSpec  # noqa: E402
from transect.storage.images import open_image  # noqa: E402

Key = tuple[str, str]


def labels_of(raw: Path) -> Labels:
    """Read the true phases and particles of a phantom; greys play no part in what is compared."""
    phases = open_image(raw / "truth/labels.zarr", "phases")
    particles = open_image(raw / "truth/labels.zarr", "particles")
    whole = Window(0, phases.shape[0], 0, phases.shape[1])
    ids = particles.read(whole).astype(np.int64)
    # Ids of a section name the first pixel of their particle.
    numbers, first = np.unique(ids, return_index=True)
    names = np.where(numbers > 0, first + 1, 0).astype(np.uint64)
    basins = names[np.searchsorted(numbers, ids)]
    return Labels(phases.read(whole), basins, np.full(ids.shape, 100, np.uint8))


def lines_of(raw: Path, columns: int, px_um: float) -> Lines:
    """Read the true layers of a phantom."""
    table = pd.read_parquet(raw / "truth/columns.parquet")

    def of(side: str, name: str) -> Any:
        mine = table[table["side"] == side]
        if not len(mine):
            return np.full(columns, np.nan)
        at = np.arange(columns)
        return np.interp(at, mine["column_px"], mine[f"{name}_px"])

    top, bottom = of("a", "foil"), of("b", "foil")
    base, surface = (np.stack([of(s, name) for s in SIDES]) for name in ("base", "surface"))
    cut = np.where(np.isfinite(top) & np.isfinite(bottom), (top + bottom) / 2, np.inf)
    gap = np.stack([top - base[0], base[1] - bottom])
    return Lines(
        cut, base, surface, surface, np.isfinite(base), np.maximum(np.nan_to_num(gap), 0.0),
        bottom - top, tilt_of(cut, px_um), True, px_um,
        np.stack([of(side, "separator_near") for side in SIDES]),
    )  # fmt: skip


def maps_of(raw: Path, shape: tuple[int, int], config: MeasureConfig) -> dict[int, Any]:
    """Mean counts of a phantom's elements by atomic number, in thousandths: without any noise."""
    spec = PhantomSpec.model_validate_json((raw / "truth/spec.json").read_text())
    scene, looks = Scene(spec, *shape), spec.looks()
    streaks = np.zeros(shape[0], np.float32)
    maps = {}
    for symbol, element in config.elements.items():
        seen = scene.seen_by(looks[element.detector])
        maps[number_of(symbol)] = np.rint(1000 * seen.grey(0.0, 0.0, *shape, streaks)).astype(int)
    return maps


def _tables(
    raw: Path, labels: Labels, lines: Lines, config: MeasureConfig
) -> dict[str, pd.DataFrame]:
    """Make the tables that a section without any error of imaging has."""
    phases = open_image(raw / "truth/labels.zarr", "phases")
    limit = SETTINGS.measure.agglomerate_um
    limit = min(limit, AGGLOMERATE_SHARE * float(np.median(lines.thickness)) * lines.px_um)
    lumps = Lumps(agglomerates(*coarse_phases([phases], limit), limit)["size_um"].to_numpy(), limit)
    keys = {"batch": "b", "cell": "c", "section": "s"}
    shape = (labels.phases.shape[0], labels.phases.shape[1])
    settings = replace(SETTINGS, measure=config)
    maps = maps_of(raw, shape, config)
    merged = merge(partials_of(labels, lines, 2048, settings=settings, maps=maps))
    joined = Joined(keys, merged, lines, shape, settings, 1.0, np.empty((0, 4)))
    return section_tables(joined, lumps, transport_of(phases, lines, 2), [_layers(labels)])


def _layers(labels: Labels) -> pd.DataFrame:
    """Sum over the layers of every particle, all in memory."""
    ids, inverse = np.unique(labels.basins, return_inverse=True)
    local = inverse.reshape(labels.basins.shape)
    sums = [
        layer_sums(local[box] == number, labels.phases[box], labels.grey[box])
        for number, box in enumerate(find_objects(local), start=1)
    ]
    return frame_of(ids[1:], [0] * len(sums), np.array(sums))


def true_metrics(
    raw: Path, measure: Mapping[str, object] | None = None
) -> dict[Key, tuple[float, str]]:
    """Give value and kind (`exact` or `true labels`) of every metric, by its name and side.

    Parameters
    ----------
    raw
        Folder of the phantom.
    measure
        Part `measure` of the configuration; defaults where absent.
    """
    config = MeasureConfig.model_validate(measure or {})
    summary: dict[str, Any] = json.loads((raw / "truth/summary.json").read_text())
    labels = labels_of(raw)
    lines = lines_of(raw, labels.phases.shape[1], summary["px_um"])
    table = _tables(raw, labels, lines, config)["metrics"]
    found = {(m.metric, m.side): (float(m.value), "true labels") for m in table.itertuples()}
    for name, value in summary.items():
        if (name, "") in found and isinstance(value, float):
            found[name, ""] = value, "exact"
    for part in ("thickness", "delamination"):
        for side in SIDES:
            for name, value in summary[part].get(side, {}).items():
                if (name, side) in found:
                    found[name, side] = float(value), "exact"
    return found
