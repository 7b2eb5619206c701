"""How right and how fast layers, phases and particles are: made sections, real images.

One JSON object a line: figure, value, unit, goal, met. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import tifffile
from scoring import iou, match

from transect.config import LayersConfig, SegmentConfig
from transect.geometry import Layers
from transect.layers.find import Finder
from transect.parallel import MOSAIC_SHARD, Window
from transect.phantom.microscope import plan
from transect.phantom.scene import Scene
from transect.phantom.spec import load_spec
from transect.phases import COATING, Phase
from transect.segment.classical import ClassicalEngine
from transect.segment.image import ImageSegments, segment_image
from transect.segment.windows import segment_window
from transect.storage.images import open_image
from transect.storage.stores import new_store

Labels = npt.NDArray[np.int64]
DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
PARTICLE = (Phase.ACTIVE_MATERIAL, Phase.CRACK, Phase.VOID)
missed = 0


@dataclass(frozen=True)
class Made:
    """A made section as a perfect mosaic would show it, and its truth."""

    image: npt.NDArray[np.uint8]
    phases: npt.NDArray[np.uint8]
    particles: Labels
    thickness_px: dict[str, npt.NDArray[np.float64]]
    gap_um: dict[str, npt.NDArray[np.float64]]
    px_um: float


def say(figure: str, value: float, unit: str, goal: float | None = None, low: bool = False) -> None:
    """Print one figure; `low` when less is better."""
    global missed
    met = None if goal is None else bool(value <= goal if low else value >= goal)
    missed += met is False
    line = {"figure": figure, "value": round(value, 4), "unit": unit, "goal": goal, "met": met}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def make(appearance: str, seed: int, width_um: float = 250.0) -> Made:
    """Draw a section without tiles: blur and noise, no stitching."""
    spec = load_spec(None, {"width_um": width_um, "seed": seed}, appearance)
    size = plan(spec)
    scene, rng, look = (
        Scene(spec, size.rows, size.columns),
        np.random.default_rng(seed),
        spec.appearance,
    )
    grey, phases, owners, lines = [], [], [], []
    for c in range(0, size.columns, 1024):
        n = min(1024, size.columns - c)
        grey.append(scene.grey(float(c), 0.0, size.rows, n, np.zeros(size.rows, np.float32)))
        truth = scene.labels(0, c, size.rows, n)
        phases.append(truth.phases)
        owners.append(np.append(truth.objects.ids, 0)[truth.canvas.owner])
        lines.append(truth.boundaries)
    image, phase = np.hstack(grey), np.hstack(phases)
    if look.defocus_px:
        image = cv2.GaussianBlur(image, (0, 0), look.defocus_px)
    if look.electrons:
        image = image + rng.normal(size=image.shape) * np.sqrt(
            np.maximum(image, 0) / look.electrons
        )
    image = image + rng.normal(size=image.shape) * look.read_noise
    # Boundaries from top to bottom: surface a, base a, foil, base b, surface b are 2 to 7.
    line = np.concatenate(lines, axis=0 if lines[0].shape[1] == 10 else 1)
    line = line.T if line.shape[0] != 10 else line
    return Made(
        np.clip(np.rint(image), 0, 255).astype(np.uint8),
        phase,
        np.where(np.isin(phase, PARTICLE), np.hstack(owners), 0).astype(np.int64),
        {"a": line[3] - line[2], "b": line[7] - line[6]},
        {"a": (line[4] - line[3]) * spec.px_um, "b": (line[6] - line[5]) * spec.px_um},
        spec.px_um,
    )


def layers_of(made: Made) -> Layers:
    """Run the layers stage on a made section."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mosaic.zarr"
        with new_store(path, recipe=1, inputs={}) as store:
            one, shape = (1, *made.image.shape), made.image.shape
            pixels = store.image("", one, np.uint8, made.px_um, shard=MOSAIC_SHARD, channels=["B"])
            valid = store.image(
                "labels/valid", shape, np.uint8, made.px_um, kind="labels", shard=MOSAIC_SHARD
            )
            for c in range(0, shape[1], MOSAIC_SHARD):
                part = np.ascontiguousarray(made.image[:, c : c + MOSAIC_SHARD])
                pixels.write(0, c, part[None])
                valid.write(0, c, np.ones_like(part))
        finder = Finder(open_image(path), open_image(path, "labels/valid"), LayersConfig(), 1)
        found = finder.find()
        return Layers.of(found.table(shape[1]), found.facts)


def score_layers(made: Made, layers: Layers, name: str, gated: bool) -> None:
    """Thickness and delamination against the truth."""
    foil_top, foil_bottom, base_a, surface_a = layers.bounds[:, :4].T
    base_b, surface_b = layers.bounds[:, 7:9].T
    for side, thick, gap in (
        ("a", base_a - surface_a, foil_top - base_a),
        ("b", surface_b - base_b, base_b - foil_bottom),
    ):
        error = abs(float((thick - made.thickness_px[side]).mean()))
        say(f"{name}: thickness {side}, error of mean", error, "px", 1.0 if gated else None, True)
        share = float((gap * made.px_um >= 0.5).mean() - (made.gap_um[side] >= 0.5).mean())
        say(f"{name}: delamination {side}, error", 100 * abs(share), "points", 2.0, True)


def score_labels(made: Made, found: ImageSegments, name: str, gated: bool) -> None:
    """Phases, cracks and particles against the truth."""
    truth, mine = np.isin(made.phases, COATING), np.isin(found.phases, COATING)
    for phase in COATING:
        label = f"{name}: {phase.name.lower()}"
        a, b = made.phases == phase, found.phases == phase
        say(f"{label} IoU", iou(a, b), "1")
        error = 100 * abs(b.sum() / mine.sum() - a.sum() / truth.sum())
        say(f"{label} fraction, error", error, "points", 0.3 if gated else None, True)
    near = np.ones((5, 5), np.uint8)
    a, b = made.phases == Phase.CRACK, found.phases == Phase.CRACK
    hit = np.count_nonzero(b & (cv2.dilate(a.view(np.uint8), near) > 0)) / max(b.sum(), 1)
    seen = np.count_nonzero(a & (cv2.dilate(b.view(np.uint8), near) > 0)) / max(a.sum(), 1)
    say(f"{name}: crack F1 at 2 px", 2 * hit * seen / max(hit + seen, 1e-9), "1")
    pairs = match(made.particles, found.particles.astype(np.int64), smallest=50)
    say(f"{name}: instances AP at IoU 0.5", pairs.average_precision, "1", 0.93)
    say(f"{name}: panoptic quality", pairs.panoptic_quality, "1", 0.88)
    areas = []
    for labels, ids in ((made.particles, pairs.truth), (found.particles, pairs.found)):
        values, counts = np.unique(labels, return_counts=True)
        areas.append(counts[np.searchsorted(values, ids.astype(values.dtype))])
    large = np.sqrt(4 * areas[0] / np.pi) >= 20
    bias = float(np.sqrt(areas[1] / areas[0])[large].mean() - 1)
    say(f"{name}: ECD bias from 20 px", 100 * abs(bias), "%", 1.0 if gated else None, True)


def speed(made: Made, found: ImageSegments, zone: npt.NDArray[np.uint8]) -> None:
    """CPU seconds of one inner window, halo included."""
    config = SegmentConfig()
    engine = ClassicalEngine(found.thresholds, config.denoise_px, config.crack_width_px)
    # Mirrored to have a full halo on all sides, as most windows of a large section have.
    image, zones = (np.pad(a[:2600, :2600], 600, mode="symmetric") for a in (made.image, zone))
    window = Window(600, 2648, 600, 2648)

    def once() -> None:
        segment_window(lambda w: (image[w.slices], zones[w.slices]), image.shape, window, engine)

    cv2.setNumThreads(1)
    once()
    start = time.process_time()
    once()
    seconds = time.process_time() - start
    say("classical with basins", 2048 * 2048 / seconds / 1e6, "Mpx/s a core", 5.0)


def real(data: Path) -> None:
    """Active material of CT slices, instances of powder images, whole section."""
    for number in (103, 394, 400, 1503):
        image = tifffile.imread(data / "nano-ct" / f"slice_{number}.tif")
        truth = tifffile.imread(data / "nano-ct" / f"slice_{number}_label.tif") == 0
        found = segment_image(image).phases == Phase.ACTIVE_MATERIAL
        say(f"nano-ct {number}: active material IoU", iou(truth, found), "1")
    for name in ("Sc2Tile_001-001", "Sc3Tile_008-007"):
        image = tifffile.imread(data / "powder" / f"{name}.tif")
        truth = tifffile.imread(data / "powder" / f"{name}_instances.tif")
        found = segment_image(image).particles.astype(np.int64)
        say(f"powder {name}: instance F1", match(truth, found, smallest=50).f1, "1")
    found = segment_image(tifffile.imread(data / "nmc-bse" / "nmc-cross-section.tif"))
    for phase in COATING:
        share = float((found.phases == phase).mean())
        say(f"nmc-bse: {phase.name.lower()} fraction", share, "1")
    say("nmc-bse: particles", float(np.unique(found.particles).size - 1), "1")


def main() -> int:
    """Print every figure."""
    done: Callable[[Made, ImageSegments, npt.NDArray[np.uint8]], None] | None = speed
    for appearance, seed in (("clean", 1), ("clean", 7), ("good", 2), ("poor", 3)):
        made = make(appearance, seed)
        layers = layers_of(made)
        zone = layers.zone(Window(0, made.image.shape[0], 0, made.image.shape[1]))
        found = segment_image(made.image, zone=zone)
        name, gated = f"{appearance} phantom {seed}", appearance == "clean"
        score_layers(made, layers, name, gated)
        score_labels(made, found, name, gated)
        if done is not None:
            done(made, found, zone)
            done = None
    if DATA.is_dir():
        real(DATA)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
