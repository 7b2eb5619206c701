"""The commands of the stage on a small section: the same for any blocks and threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scoring import iou, match

from support.electrode import Electrode, make_electrode, write_mosaic
from transect.layers.steps import layers
from transect.phases import Phase
from transect.segment.image import relabel
from transect.segment.steps import resolve, segment, thresholds
from transect.segment.tables import CONTACTS, FACES, GROUPS
from transect.segment.thresholds import Thresholds
from transect.storage.images import open_image
from transect.storage.tables import read_table


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Electrode]:
    folder = tmp_path_factory.mktemp("section")
    electrode = make_electrode(columns=4800, noise=6)
    valid = np.ones(electrode.image.shape, np.uint8)
    valid[:, 2000:2040] = 0
    write_mosaic(folder / "mosaic.zarr", electrode.image, valid)
    layers(mosaic=folder / "mosaic.zarr", output=folder / "layers.parquet")
    thresholds(
        mosaic=folder / "mosaic.zarr",
        layers=folder / "layers.parquet",
        output=folder / "thresholds.json",
    )
    return folder, electrode


def run_blocks(folder: Path, blocks: int, threads: int) -> Path:
    out = folder / f"{blocks}_{threads}"
    for block in range(blocks):
        segment(
            mosaic=folder / "mosaic.zarr",
            layers=folder / "layers.parquet",
            thresholds=folder / "thresholds.json",
            block=block,
            blocks=blocks,
            output=out / str(block) / "segments.zarr",
            contacts=out / str(block) / "contacts.parquet",
            faces=out / str(block) / "faces.parquet",
            threads=threads,
        )
    resolve(
        folder=out,
        blocks=blocks,
        thresholds=folder / "thresholds.json",
        output=out / "groups.parquet",
        engine=out / "engine.parquet",
    )
    return out


def whole(out: Path, blocks: int, name: str) -> np.ndarray:
    parts = []
    for block in range(blocks):
        if len(read_table(out / str(block) / "faces.parquet", FACES)):
            parts.append(open_image(out / str(block) / "segments.zarr", name).whole(0))
    return np.concatenate(parts, axis=1)


def test_blocks_and_threads_do_not_matter(section: tuple[Path, Electrode]) -> None:
    folder, _ = section
    one = run_blocks(folder, 1, 1)
    for blocks, threads in ((2, 2), (5, 1)):
        other = run_blocks(folder, blocks, threads)
        first, second = one / "groups.parquet", other / "groups.parquet"
        assert first.read_bytes() == second.read_bytes()
        for name in ("phases", "confidence", "basins"):
            np.testing.assert_array_equal(whole(one, 1, name), whole(other, blocks, name))


def test_phases_and_particles_are_right(section: tuple[Path, Electrode]) -> None:
    folder, electrode = section
    out = run_blocks(folder, 1, 2)
    phases = whole(out, 1, "phases")
    assert (phases[:, 2000:2040] == Phase.INVALID).all()
    seen = phases != Phase.INVALID
    for phase, limit in (
        (Phase.ACTIVE_MATERIAL, 0.97),
        (Phase.BINDER, 0.9),
        (Phase.PORE, 0.8),
        (Phase.COLLECTOR, 0.98),
        (Phase.SEPARATOR, 0.95),
        (Phase.GAP, 0.85),
    ):
        truth = electrode.phases == phase
        assert iou(truth & seen, (phases == phase) & seen) > limit, phase.name
    groups = read_table(out / "groups.parquet", GROUPS)
    particles = relabel(whole(out, 1, "basins"), groups).astype(np.int64)
    truth = np.where(seen, electrode.particles, 0)
    assert match(truth, particles, 30).average_precision > 0.9


def test_groups_cover_every_basin(section: tuple[Path, Electrode]) -> None:
    out = run_blocks(section[0], 2, 1)
    basins = np.unique(whole(out, 2, "basins"))
    groups = read_table(out / "groups.parquet", GROUPS)
    assert np.isin(basins[basins > 0], groups["basin"]).all()
    assert groups["basin"].is_monotonic_increasing
    own = groups.set_index("basin")["particle"]
    assert (own.loc[own.unique()].to_numpy() == own.unique()).all()
    contacts = read_table(out / "0" / "contacts.parquet", CONTACTS)
    itself = contacts["basin_a"] == contacts["basin_b"]
    assert (contacts.loc[itself, "length"] > 0).all()


def test_thresholds_are_those_of_the_truth(section: tuple[Path, Electrode]) -> None:
    found = Thresholds.load(section[0] / "thresholds.json")
    assert found.pore == pytest.approx(14, abs=2)
    assert found.binder == pytest.approx(62, abs=2)
    assert found.active_material == pytest.approx(205, abs=1)


def test_real_cross_section(data: Path) -> None:
    """Large particles of the real section are whole, and its holes are not particles."""
    import tifffile

    from transect.segment.image import segment_image

    image = tifffile.imread(data / "nmc-bse" / "nmc-cross-section.tif")
    found = segment_image(image)
    pieces = segment_image(image, edge=256)
    np.testing.assert_array_equal(found.particles, pieces.particles)
    np.testing.assert_array_equal(found.phases, pieces.phases)
    assert found.particles[300, 550] == found.particles[450, 700] > 0
    assert found.particles[300, 550] != found.particles[400, 100]
    assert found.phases[58, 968] == Phase.VOID
    assert 0.6 < (found.phases == Phase.ACTIVE_MATERIAL).mean() < 0.72
