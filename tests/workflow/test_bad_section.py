"""What only a job can notice ends in one sentence on the user's screen, and in no traceback."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from support.project import Project
from support.raw_folder import SHAPE, write_hitachi

pytestmark = pytest.mark.workflow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Project with one small section whose tiles are sound."""
    made = Project.make(tmp_path / "project")
    made.add("B01", "C01", "S01", write_hitachi(tmp_path / "raw", 2, 3))
    return made


@pytest.fixture
def small(project: Project) -> Iterator[Project]:
    """Project whose results lie on a disk that the tables fit on and the mosaic does not."""
    project.results.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=260k", "tmpfs", str(project.results)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield project
    subprocess.run(["umount", str(project.results)], check=True)


def refused(project: Project, rule: str) -> str:
    """Start and expect that a rule fails in one sentence; that sentence."""
    done = project.start()
    assert done.returncode != 0
    assert f"Error in rule {rule}" in done.stdout, done.stdout[-3000:]
    assert "Traceback" not in done.stdout
    said = [line for line in done.stdout.splitlines() if line.startswith("transect: ")]
    assert len(said) == 1, said
    return said[0]


def test_all_tiles_blank(project: Project, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    blank = [np.clip(rng.normal(60, 5, SHAPE), 0, 255).astype(np.uint8) for _ in range(6)]
    write_hitachi(tmp_path / "raw", 2, 3, field=lambda row, column: blank[3 * row + column])
    said = refused(project, "check")
    assert "no usable tile: 6 x no contrast beyond the noise" in said


def test_every_tile_truncated(project: Project, tmp_path: Path) -> None:
    for path in (tmp_path / "raw").glob("*.tif"):
        path.write_bytes(path.read_bytes()[:9000])
    said = refused(project, "index")
    assert "no usable tile; img_000.tif and 5 more: truncated" in said


def discs(height: int, width: int) -> np.ndarray:
    """Bright discs on dark ground, with noise."""
    rng = np.random.default_rng(5)
    image = np.full((height, width), 50, np.uint8)
    while (image > 100).mean() < 0.6:
        x, y = (int(v) for v in rng.integers(0, (width, height)))
        cv2.circle(image, (x, y), int(rng.integers(6, 16)), 180, -1)
    return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def test_a_negative_fails_alone(project: Project, tmp_path: Path) -> None:
    (height, width), image = SHAPE, discs(2 * SHAPE[0], 3 * SHAPE[1])

    def tile(row: int, column: int) -> np.ndarray:
        top, left = round(0.9 * row * height), round(0.9 * column * width)
        return image[top : top + height, left : left + width]

    write_hitachi(tmp_path / "raw", 2, 3, field=tile, error_um=0.0)
    write_hitachi(
        tmp_path / "negative", 2, 3, field=lambda r, c: 255 - tile(r, c), error_um=0.0
    )  # fmt: skip
    project.add("B01", "C01", "S02", tmp_path / "negative")
    said = refused(project, "thresholds")
    assert "S02/mosaic.zarr: segment.polarity is bright, expected dark" in said
    cell = project.results / "batches" / "B01" / "C01"
    assert (cell / "S01" / "report.html").is_file()
    assert not (cell / "S02" / "thresholds.json").exists()


def test_a_disk_that_fills_up(small: Project) -> None:
    said = refused(small, "fuse")
    assert "mosaic.zarr: could not be written: the disk is full; free some space" in said
    section = small.results / "batches" / "B01" / "C01" / "S01"
    assert not (section / "mosaic.zarr").exists()
    # What was fused is kept: the next run goes on from the whole shards.
    assert [p.name for p in section.rglob("*.partial")] == ["mosaic.zarr.partial"]
