"""Columns of particles: speed, agreement with scikit-image, merging; a part of `measurement.py`.

The speed is of what a label image takes to become every column of the table `particles` that needs
no other label image: moments, boxes, 36 calipers, Crofton outlines by what they face, neighbours,
grey values, hulls. scikit-image measures the nearest set of properties of the same label image in
the same run. Times are of the processor.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from skimage.measure import regionprops_table
from steps import figure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.sections import (  # noqa: E402
    NO_GROUPS,
    SETTINGS,
    Labels,
    bare_lines,
    join,
    packing,
    partials_of,
)
from transect.measure.joined import Joined  # noqa: E402
from transect.measure.localise import localise  # noqa: E402
from transect.measure.objects import particle_sums  # noqa: E402
from transect.measure.outline import outlines  # noqa: E402
from transect.measure.partial_schemas import SCHEMAS, frame_of  # noqa: E402
from transect.measure.partials import Partials, merge  # noqa: E402
from transect.measure.particles import particle_table  # noqa: E402
from transect.measure.tables import CRACKS  # noqa: E402
from transect.measure.window_sums import anchors_of  # noqa: E402
from transect.phases import Phase  # noqa: E402

PX_UM = 0.025
RING, CONTACT = 4, 20
PROPERTIES = (
    "label", "area", "area_filled", "area_convex", "bbox", "centroid", "orientation", "solidity",
    "axis_major_length", "axis_minor_length", "equivalent_diameter_area", "feret_diameter_max",
    "perimeter_crofton", "intensity_mean", "intensity_std",
)  # fmt: skip


def columns_of(
    local: npt.NDArray[np.int32], ids: npt.NDArray[np.uint64], labels: Labels
) -> pd.DataFrame:
    """Rows of the table `particles` of one label image, whose numbers are compact."""
    shape = local.shape
    core, origin = np.array([0, shape[0], 0, shape[1]]), np.zeros(2, np.int64)
    anchors = anchors_of(ids, shape[1])
    sums = particle_sums(labels.phases, local, labels.grey, core, origin, anchors)
    crossings, pairs = outlines(labels.phases, local, core, origin, len(ids), RING, CONTACT)
    tables = {kind: schema.empty() for kind, schema in SCHEMAS.items()}
    tables["particles"] = frame_of(
        "particles", *(part[1:] for part in (ids, sums[0], crossings, *sums[1:]))
    )
    tables["neighbours"] = frame_of("neighbours", ids[pairs[:, 0]], ids[pairs[:, 1]])
    keys = {"batch": "b", "cell": "c", "section": "s"}
    lines = bare_lines(shape, PX_UM)
    joined = Joined(keys, Partials(tables), lines, shape, SETTINGS, 1.0, np.empty((0, 4)))
    return particle_table(joined, CRACKS.empty())


def speed(labels: Labels) -> bool:
    """Speed of the columns of particles, and of scikit-image on the same label image."""
    local, ids = localise(labels.basins, NO_GROUPS)
    megapixels, objects = local.size / 1e6, len(ids) - 1
    spent = []
    # The first run compiles.
    for _ in range(4):
        start = time.process_time()
        found = columns_of(local, ids, labels)
        spent.append(time.process_time() - start)
    ours = megapixels / min(spent[1:])
    start = time.process_time()
    regionprops_table(local, labels.grey, properties=PROPERTIES)
    theirs = megapixels / (time.process_time() - start)
    times = ours / theirs
    name = f"{local.shape[0]} x {local.shape[1]} labels, {objects} objects"
    what = f"{name}: {len(found.columns)} columns"
    fine = figure(what, ours, "Mpx/s a core", ">= 80", ours >= 80)
    fine &= figure(f"{name}: regionprops_table", theirs, "Mpx/s a core", None, None)
    return fine & figure(f"{name}: times its speed", times, "1", ">= 30", times >= 30)


def agreement() -> bool:
    """Compare with scikit-image where definitions coincide; discs of 20 to 100 px."""
    labels = packing((1600, 1600), 250, seed=7, largest=50.0)
    labels.phases[labels.basins > 0] = Phase.ACTIVE_MATERIAL
    local, ids = localise(labels.basins, NO_GROUPS)
    peer = pd.DataFrame(regionprops_table(local, labels.grey, properties=PROPERTIES))
    peer["particle"] = ids[peer["label"].to_numpy()]
    peer = peer.merge(columns_of(local, ids, labels), on="particle", suffixes=("_peer", ""))
    px = PX_UM
    turn = np.degrees(peer["orientation"]) + 90
    off = (turn - peer["orientation_deg"] + 90) % 180 - 90
    long = peer["axis_minor_length"] < 0.95 * peer["axis_major_length"]
    fine = True
    for name, error, unit, limit in (
        ("area", peer["area_filled_um2"] / px**2 - peer["area"], "px", 1e-6),
        ("centroid", np.hypot(peer["mosaic_x_um"] / px - 0.5 - peer["centroid-1"],
                              peer["mosaic_y_um"] / px - 0.5 - peer["centroid-0"]), "px", 1e-6),
        ("direction of the moments", off[long], "deg", 1e-6),
        ("Crofton outline", 100 * (peer["perimeter_um"] / px / peer["perimeter_crofton"] - 1),
         "%", 0.5),
        ("largest Feret", peer["feret_max_um"] / px - peer["feret_diameter_max"], "px", 1.0),
        # A peer that counts pixels of the hull is as coarse as pixels are.
        ("hull, 20 px and more", 100 * (peer["hull_area_um2"] / px**2 / peer["area_convex"] - 1)[
            peer["ecd_um"] >= 20 * px], "%", 2.0),
    ):  # fmt: skip
        most = float(np.abs(error).max())
        title = f"{name} of {len(peer)} particles: most off scikit-image"
        fine &= figure(title, most, unit, f"within {limit:g}", most <= limit)
    return fine


def merging() -> bool:
    """Tables of one window, of 7 and of 64, merged in any order."""
    shape = (240, 3840)
    labels, lines = packing(shape, 120, seed=11), bare_lines(shape, PX_UM)
    whole = join(merge(partials_of(labels, lines, max(shape))), lines, shape)
    fine = True
    for step in (550, 120):
        parts = partials_of(labels, lines, step)
        order = np.random.default_rng(step).permutation(len(parts))
        half = len(parts) // 2
        mixed = [parts[i] for i in order]
        tables = join(merge([merge(mixed[half:]), merge(mixed[:half])]), lines, shape)
        same = all(whole[name].equals(tables[name]) for name in whole)
        fine &= figure(f"tables of {len(parts)} windows as of one", same, "", "identical", same)
    return fine
