"""Real images: slices of electrodes, grains of powder, and a section without truth."""

from __future__ import annotations

import numpy as np
import tifffile
from scoring import iou, match, whole
from segmentation_bench import Bench, least, tell
from segmentation_made import STATED
from segmentation_tally import SMALLEST
from skimage.filters import threshold_otsu

from transect.chemistry import settings_of
from transect.phases import COATING, Phase

SLICES = (103, 394, 400, 1503)
POWDERS = ("Sc2Tile_001-001", "Sc3Tile_008-007")
ACTIVE_GOAL, POWDER_GOAL = 0.90, 0.60


def real(bench: Bench) -> bool:
    """Score every method on every real image; goals are the network's."""
    if not bench.data.is_dir():
        tell("real images", f"no folder {bench.data}", "")
        return True
    fine = _slices(bench)
    fine &= _powders(bench)
    _section(bench)
    return fine


def _slices(bench: Bench) -> bool:
    """Active material of nano-CT slices; binder and pore are not told apart in the truth."""
    fine = True
    for number in SLICES:
        image = tifffile.imread(bench.data / "nano-ct" / f"slice_{number}.tif")
        truth = tifffile.imread(bench.data / "nano-ct" / f"slice_{number}_label.tif") == 0
        tell(
            f"nano-ct {number}, Otsu: active material IoU",
            iou(truth, image > threshold_otsu(image)),
        )
        for name in bench.methods:
            found = bench.found(name, image).phases == Phase.ACTIVE_MATERIAL
            goal = ACTIVE_GOAL if name == "network" else None
            fine &= least(f"nano-ct {number}, {name}: active material IoU", iou(truth, found), goal)
    return fine


def _powders(bench: Bench) -> bool:
    """Grains of powder, drawn by hand."""
    fine = True
    for powder in POWDERS:
        image = tifffile.imread(bench.data / "powder" / f"{powder}.tif")
        truth = whole(tifffile.imread(bench.data / "powder" / f"{powder}_instances.tif"))
        for name in bench.methods:
            found = whole(bench.found(name, image).particles)
            score = match(truth, found, SMALLEST).f1
            goal = POWDER_GOAL if name == "network" else None
            fine &= least(f"powder {powder}, {name}: instance F1 at IoU 0.5", score, goal)
    return fine


def _section(bench: Bench) -> None:
    """Describe an NMC cathode in back-scattered electrons: nobody knows its truth."""
    settings = settings_of(STATED / "nmc.yaml", {})["segment"]
    image = tifffile.imread(bench.data / "nmc-bse" / "nmc-cross-section.tif")
    for name in bench.methods:
        found = bench.found(name, image, None, settings)
        for phase in COATING:
            share = float((found.phases == phase).mean())
            tell(f"nmc-bse, {name}: {phase.name.lower()} fraction", share)
        tell(f"nmc-bse, {name}: particles", float(np.unique(found.particles).size - 1))
