"""How fast and how right measuring is: kernels, the step, scikit-image, intervals, transport.

`python benchmarks/measurement.py` measures a dense packing of cracked discs in windows, as the
step does, and once more from stores; scikit-image measures the nearest set of properties of the
same labels in the same run. Times are of the processor, so that other work on the machine does
not change the figures. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from intervals import intervals, unfolding
from skimage.measure import regionprops_table
from steps import figure
from transport import transport

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.sections import NO_GROUPS, Labels, bare_lines, tables_of  # noqa: E402
from transect.candidates import settle  # noqa: E402
from transect.measure import skeleton  # noqa: E402
from transect.measure.blockwork import measure_block  # noqa: E402
from transect.measure.components import components  # noqa: E402
from transect.measure.localise import localise  # noqa: E402
from transect.measure.objects import particle_sums  # noqa: E402
from transect.measure.outline import outlines  # noqa: E402
from transect.measure.source import Source  # noqa: E402
from transect.measure.window import Reach, anchors_of, measure_arrays  # noqa: E402
from transect.measure.zones import zone_sums  # noqa: E402
from transect.parallel import WINDOW, Window, windows  # noqa: E402
from transect.phases import Phase  # noqa: E402
from transect.storage.images import open_image  # noqa: E402
from transect.storage.stores import new_store  # noqa: E402
from transect.storage.strips import open_strip  # noqa: E402

PX_UM = 0.025
REACH = Reach(ring=4, contact=20, block=200, walls=6, depth_bins=20, above=12)


def packing(edge: int, pitch: int, seed: int) -> Labels:
    """Discs on a shaken grid, nearly touching; every third has a crack, every fifth a void."""
    rng = np.random.default_rng(seed)
    labels = Labels.empty((edge, edge))
    labels.grey[:] = rng.integers(0, 255, (edge, edge), np.uint8)
    for number, (row, column) in enumerate(np.ndindex(edge // pitch, edge // pitch)):
        square = (
            slice(row * pitch, (row + 1) * pitch),
            slice(column * pitch, (column + 1) * pitch),
        )
        y, x = np.ogrid[:pitch, :pitch]
        radius = rng.uniform(0.35, 0.5) * pitch
        away = np.hypot(y + 0.5 - pitch / 2, x + 0.5 - pitch / 2)
        mask = away < radius
        phases = np.where(mask, Phase.ACTIVE_MATERIAL, Phase.PORE).astype(np.uint8)
        if number % 3 == 0:
            phases[mask & (np.abs(y - x * rng.uniform(0.2, 0.8) - 10) < 2)] = Phase.CRACK
        if number % 5 == 0:
            phases[away < radius / 6] = Phase.VOID
        labels.phases[square] = phases
        peak = (row * pitch + pitch // 2) * edge + column * pitch + pitch // 2 + 1
        labels.basins[square] = np.where(mask, np.uint64(peak), np.uint64(0))
    return labels


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Least processor time of some repeats, after one that compiles."""
    work()
    found = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def kernels(labels: Labels) -> bool:
    """Speed of every kernel on one window, and of all together."""
    shape = labels.phases.shape
    megapixels = labels.phases.size / 1e6
    core, origin = np.array([0, shape[0], 0, shape[1]]), np.zeros(2, np.int64)
    local, ids = localise(labels.basins, NO_GROUPS)
    phases, owners = labels.phases.copy(), local.copy()
    settle(phases, owners, REACH.walls)
    anchors = anchors_of(ids, shape[1])
    lines = bare_lines(shape, PX_UM)
    stretch = (np.nan_to_num(lines.base), np.nan_to_num(lines.thickness, nan=1.0), lines.coated)
    blocks = np.arange(shape[1]) // REACH.block
    works: dict[str, Callable[[], object]] = {
        "localise": lambda: localise(labels.basins, NO_GROUPS),
        "settle": lambda: settle(labels.phases.copy(), local.copy(), REACH.walls),
        "moments, boxes and extents": lambda: particle_sums(
            phases, owners, labels.grey, core, origin, anchors
        ),
        "Crofton, contacts and neighbours": lambda: outlines(
            phases, owners, core, origin, len(ids), REACH.ring, REACH.contact
        ),
        "phases by x-block and depth": lambda: zone_sums(
            phases, core, 0, lines.cut, stretch, REACH.depth_bins, blocks
        ),
        "components": lambda: components(phases, owners, core, origin, shape),
        "skeletons": lambda: skeleton.thin(phases == Phase.CRACK),
    }
    fine, total = True, 0.0
    for name, work in works.items():
        spent = seconds(work)
        total += spent
        fine &= figure(f"kernel, {name}", megapixels / spent, "Mpx/s a core", "none", True)
    speed = megapixels / total
    return fine & figure("all kernels", speed, "Mpx/s a core", ">= 20", speed >= 20)


def against_peer(labels: Labels) -> bool:
    """Speed of a window and of scikit-image on the same labels."""
    shape = labels.phases.shape
    whole = Window(0, shape[0], 0, shape[1])
    args = (labels.phases, labels.basins, labels.grey, NO_GROUPS, bare_lines(shape, PX_UM))
    ours = seconds(lambda: measure_arrays(*args, whole, shape, REACH))
    _, compact = np.unique(labels.basins, return_inverse=True)
    regions: npt.NDArray[np.int32] = compact.reshape(shape).astype(np.int32)
    names = ("label", "area", "centroid", "bbox", "orientation", "perimeter_crofton",
             "feret_diameter_max", "area_convex", "intensity_mean", "intensity_std")  # fmt: skip
    start = time.process_time()
    regionprops_table(regions, labels.grey, properties=names)
    theirs = time.process_time() - start
    megapixels = labels.phases.size / 1e6
    speed, ratio = megapixels / ours, theirs / ours
    fine = figure("scikit-image regionprops_table", megapixels / theirs, "Mpx/s", "none", True)
    fine &= figure("one window, all sums", speed, "Mpx/s a core", ">= 20", speed >= 20)
    return fine & figure("times scikit-image's speed", ratio, "1", ">= 5", ratio >= 5)


def whole_step(labels: Labels, folder: Path) -> bool:
    """Speed of the step from stores to stores, halos, reading and writing included."""
    shape = labels.phases.shape
    kinds = {"phases": labels.phases, "basins": labels.basins, "mosaic": labels.grey}
    for name, pixels in kinds.items():
        path = folder / ("mosaic.zarr" if name == "mosaic" else f"0/{name}.zarr")
        with new_store(path, recipe=1, inputs={}) as store:
            image = store.image(
                "" if name == "mosaic" else name, shape, pixels.dtype, PX_UM, levels=1,
                kind="image" if name == "mosaic" else "labels",
            )  # fmt: skip
            for window in windows(shape):
                image.write(window.row0, window.col0, pixels[window.slices])
    source = Source(
        open_image(folder / "mosaic.zarr"),
        open_strip(folder, "phases.zarr", "phases", shape[1], 1),
        open_strip(folder, "basins.zarr", "basins", shape[1], 1),
        NO_GROUPS,
        bare_lines(shape, PX_UM),
    )
    span = (0, shape[1])
    spent = seconds(
        lambda: measure_block(source, span, REACH, folder / "labels.zarr", {}, 1), repeats=1
    )
    speed = labels.phases.size / 1e6 / spent
    return figure("whole step from stores", speed, "Mpx/s a core", ">= 20", speed >= 20)


def accuracy(edge: int) -> bool:
    """Bias of the diameter and of the outline of discs of 20 px and more."""
    labels = packing(edge, 64, seed=2)
    radii = []
    for value in np.unique(labels.basins)[1:]:
        radii.append(np.sqrt(np.count_nonzero(labels.basins == value) / np.pi))
    particles = tables_of(labels, bare_lines(labels.phases.shape, PX_UM))["particles"]
    diameter = particles["ecd_um"].to_numpy() / PX_UM
    bias = 100 * float(np.mean(diameter / (2 * np.array(radii)) - 1))
    outline = particles["perimeter_um"].to_numpy() / PX_UM / np.pi
    crofton = 100 * float(np.mean(outline / diameter - 1))
    fine = figure("diameter of discs: bias", bias, "%", "within 1", abs(bias) < 1)
    return fine & figure("outline of discs: bias", crofton, "%", "within 1", abs(crofton) < 1)


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--windows", type=int, default=2, help="windows along each edge, whole step"
    )
    parser.add_argument("--replicates", type=int, default=200, help="sections for the coverage")
    parser.add_argument(
        "--million", action="store_true", help="join a million particles too, which takes 5 minutes"
    )
    options = parser.parse_args()
    labels = packing(WINDOW, 128, seed=1)
    fine = kernels(labels)
    fine &= against_peer(labels)
    with tempfile.TemporaryDirectory() as scratch:
        fine &= whole_step(packing(options.windows * WINDOW, 128, seed=1), Path(scratch))
    fine &= accuracy(512)
    fine &= intervals(options.replicates)
    fine &= all([unfolding(gsd) for gsd in (1.2, 1.4, 1.6)])
    fine &= transport()
    if options.million:
        # It takes the packing of this file.
        from million import PARTICLES, million, windows_for

        fine &= million(windows_for(PARTICLES))
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
