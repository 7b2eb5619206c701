"""Scores of real images: floors a little below what was measured, so that they only rise.

`benchmarks/segmentation.py` prints the figures themselves.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from scoring import iou, match

from transect.config import SegmentConfig
from transect.phases import Phase
from transect.segment.image import segment_image


@pytest.mark.parametrize(
    ("number", "floor"), [(103, 0.815), (394, 0.867), (400, 0.855), (1503, 0.92)]
)
def test_active_material_of_a_tomogram(data: Path, number: int, floor: float) -> None:
    image = tifffile.imread(data / "nano-ct" / f"slice_{number}.tif")
    truth = tifffile.imread(data / "nano-ct" / f"slice_{number}_label.tif") == 0
    found = segment_image(image).phases == Phase.ACTIVE_MATERIAL
    assert iou(truth, found) > floor


@pytest.mark.parametrize(("name", "floor"), [("Sc2Tile_001-001", 0.73), ("Sc3Tile_008-007", 0.75)])
def test_instances_of_powder(data: Path, name: str, floor: float) -> None:
    image = tifffile.imread(data / "powder" / f"{name}.tif")
    truth = tifffile.imread(data / "powder" / f"{name}_instances.tif")
    found = segment_image(image, SegmentConfig(crack_width_px=3)).particles.astype(np.int64)
    pairs = match(truth, found, smallest=50)
    assert pairs.n_truth > 200
    assert pairs.f1 > floor
