"""How fast and how right measuring is: kernels, the step, scikit-image, intervals, transport.

`python benchmarks/measurement.py` measures a dense packing of cracked discs in windows, as the
step does, and once more from stores; scikit-image measures the nearest set of properties of the
same labels in the same run. Times are of the processor, so that other work on the machine does
not change the figures. `--seeds` takes phantoms through the whole workflow too and holds every
metric against its truth (`gates.py`). Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from gates import phantoms
from intervals import intervals, unfolding
from measurement_objects import agreement, merging, speed
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
from transect.measure.reach import Reach  # noqa: E402
from transect.measure.source import Source  # noqa: E402
from transect.measure.window_sums import anchors_of  # noqa: E402
from transect.measure.zones import zone_sums  # noqa: E402
from transect.parallel import WINDOW, windows  # noqa: E402
from transect.phases import Phase  # noqa: E402
from transect.storage.images import open_image  # noqa: E402
from transect.storage.stores import new_store  # noqa: E402
from transect.storage.strips import open_strip  # noqa: E402

PX_UM = 0.025
LABELS = (16384, 8192)
REACH = Reach(ring=4, contact=20, block=200, walls=6, depth_bins=20, above=12)


def packing(shape: tuple[int, int], pitch: int, seed: int) -> Labels:
    """Discs on a shaken grid, nearly touching; every third has a crack, every fifth a void."""
    rng = np.random.default_rng(seed)
    labels = Labels.empty(shape)
    labels.grey[:] = rng.integers(0, 255, shape, np.uint8)
    for number, (row, column) in enumerate(np.ndindex(shape[0] // pitch, shape[1] // pitch)):
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
        peak = (row * pitch + pitch // 2) * shape[1] + column * pitch + pitch // 2 + 1
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
        fine &= figure(f"kernel, {name}", megapixels / spent, "Mpx/s a core", None, None)
    return fine & figure("all kernels", megapixels / total, "Mpx/s a core", None, None)


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
    rate = labels.phases.size / 1e6 / spent
    return figure("whole step from stores", rate, "Mpx/s a core", None, None)


def accuracy(edge: int) -> bool:
    """Bias of the diameter and of the outline of discs of 20 px and more."""
    labels = packing((edge, edge), 64, seed=2)
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
    parser.add_argument("--replicates", type=int, default=1000, help="sections for the coverage")
    parser.add_argument(
        "--seeds", type=int, default=0, help="phantoms for the gates: 20 take hours"
    )
    parser.add_argument(
        "--million", action="store_true", help="join a million particles too, which takes 5 minutes"
    )
    options = parser.parse_args()
    labels = packing((WINDOW, WINDOW), 128, seed=1)
    fine = kernels(labels)
    fine &= speed(packing(LABELS, 52, seed=1))
    fine &= agreement() & merging()
    with tempfile.TemporaryDirectory() as scratch:
        fine &= whole_step(packing((options.windows * WINDOW,) * 2, 128, seed=1), Path(scratch))
    fine &= accuracy(512)
    fine &= intervals(options.replicates)
    fine &= all([unfolding(gsd) for gsd in (1.2, 1.4, 1.6)])
    fine &= transport()
    if options.seeds:
        fine &= phantoms(options.seeds, 460.0, ("clean", "good"))
    if options.million:
        # It takes the packing of this file.
        from million import PARTICLES, million, windows_for

        fine &= million(windows_for(PARTICLES))
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
