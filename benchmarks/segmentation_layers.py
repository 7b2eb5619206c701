"""The official phantoms, as a perfect mosaic would show them: layers, phases, particles."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scoring import iou, match, whole
from segmentation_bench import Bench, judge, most, tell
from segmentation_made import recorded
from segmentation_tally import AP, NMC, QUALITY, SMALLEST, Found, Picture, Tally

from transect.config import LayersConfig
from transect.geometry import Layers
from transect.layers.find import Finder
from transect.parallel import MOSAIC_SHARD, Window
from transect.phantom.microscope import plan
from transect.phantom.scene import Scene
from transect.phantom.spec import load_spec
from transect.phases import COATING
from transect.storage.images import open_image
from transect.storage.stores import new_store

PHANTOMS = (("clean", 1), ("clean", 7), ("good", 2), ("poor", 3))
"""Appearance and seed of each; gates hold for what is noise-free."""

GOALS = {"network": NMC, "classical": {AP: NMC[AP], QUALITY: NMC[QUALITY]}}

STRIP = 1024
"""Columns that are drawn at once."""

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Phantom(Picture):
    """A section and its truth, layers included."""

    thickness_px: dict[str, F64]
    gap_um: dict[str, F64]
    px_um: float


@lru_cache(maxsize=1)
def phantom(appearance: str, seed: int, width_um: float = 250.0) -> Phantom:
    """Draw a section without tiles: blur and noise, no stitching."""
    spec = load_spec(None, {"width_um": width_um, "seed": seed}, appearance)
    size = plan(spec)
    scene = Scene(spec, size.rows, size.columns)
    grey, phases, particles, lines = [], [], [], []
    for c in range(0, size.columns, STRIP):
        n = min(STRIP, size.columns - c)
        grey.append(scene.grey(float(c), 0.0, size.rows, n, np.zeros(size.rows, np.float32)))
        truth = scene.labels(0, c, size.rows, n)
        phases.append(truth.phases)
        particles.append(truth.particles())
        lines.append(truth.boundaries)
    # Boundaries from top to bottom: surface a, base a, foil, base b, surface b are 2 to 7.
    line = np.concatenate(lines, axis=0 if lines[0].shape[1] == 10 else 1)
    line = line.T if line.shape[0] != 10 else line
    return Phantom(
        recorded(np.hstack(grey), spec.appearance, seed),
        np.hstack(phases),
        np.hstack(particles).astype(np.int64),
        thickness_px={"a": line[3] - line[2], "b": line[7] - line[6]},
        gap_um={"a": (line[4] - line[3]) * spec.px_um, "b": (line[6] - line[5]) * spec.px_um},
        px_um=spec.px_um,
    )


@lru_cache(maxsize=1)
def found_layers(appearance: str, seed: int) -> Layers:
    """Run the layers stage on a phantom."""
    made = phantom(appearance, seed)
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


def layers(bench: Bench) -> bool:
    """Thickness and delamination against the truth, for every official phantom."""
    fine = True
    for appearance, seed in PHANTOMS[:1] if bench.quick else PHANTOMS:
        made, found = phantom(appearance, seed), found_layers(appearance, seed)
        name, limit = f"{appearance} phantom {seed}", 1.0 if appearance == "clean" else None
        foil_top, foil_bottom, base_a, surface_a = found.bounds[:, :4].T
        base_b, surface_b = found.bounds[:, 7:9].T
        for side, thick, gap in (
            ("a", base_a - surface_a, foil_top - base_a),
            ("b", surface_b - base_b, base_b - foil_bottom),
        ):
            error = abs(float((thick - made.thickness_px[side]).mean()))
            fine &= most(f"{name}: thickness {side}, error of mean", error, limit, "px")
            share = float((gap * made.px_um >= 0.5).mean() - (made.gap_um[side] >= 0.5).mean())
            fine &= most(f"{name}: delamination {side}, error", 100 * abs(share), 2.0, "points")
    return fine


def phantoms(bench: Bench) -> bool:
    """Phases and particles of every official phantom, inside the layers that were found."""
    fine = True
    for appearance, seed in PHANTOMS[:1] if bench.quick else PHANTOMS:
        made, layers = phantom(appearance, seed), found_layers(appearance, seed)
        zone = layers.zone(Window(0, made.image.shape[0], 0, made.image.shape[1]))
        name, tallies = f"{appearance} phantom {seed}", {}
        for method in bench.methods:
            found = bench.run(method, made, name, zone)
            tallies[method] = Tally()
            tallies[method].add(made, found)
            gated = appearance == "clean" and method == "classical"
            fine &= _biases(made, found, f"{name}, {method}", gated)
        fine &= judge(name, tallies, GOALS)
    return fine


def _biases(made: Phantom, found: Found, name: str, gated: bool) -> bool:
    """Errors of what is measured later: phase fractions and diameters."""
    fine = True
    truth, mine = np.isin(made.phases, COATING), np.isin(found.phases, COATING)
    for phase in COATING:
        a, b = made.phases == phase, found.phases == phase
        tell(f"{name}: {phase.name.lower()} IoU", iou(a, b))
        error = 100 * abs(float(b.sum() / mine.sum() - a.sum() / truth.sum()))
        label = f"{name}: {phase.name.lower()} fraction, error"
        fine &= most(label, error, 0.3 if gated else None, "points")
    a, b = whole(made.particles), whole(found.particles)
    pairs = match(a, b, SMALLEST)
    true, own = np.bincount(a.ravel())[pairs.truth], np.bincount(b.ravel())[pairs.found]
    large = np.sqrt(4 * true / np.pi) >= 20
    bias = float(np.sqrt(own / true)[large].mean() - 1)
    label = f"{name}: diameter bias from 20 px"
    return fine & most(label, 100 * abs(bias), 1.0 if gated else None, "%")
