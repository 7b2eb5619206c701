"""The network's commands on a small section: the same for any blocks and threads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr

from support.electrode import PX_UM, Electrode, make_electrode, write_mosaic
from support.model import write_model
from transect.layers.steps import layers
from transect.parallel import WINDOW, Window
from transect.phases import Phase
from transect.segment.card import CARD
from transect.segment.gaps import Gaps
from transect.segment.greys import Normal
from transect.segment.maps import MAPS
from transect.segment.predict import TABLE
from transect.segment.predictor import compared
from transect.segment.solid import Solid
from transect.segment.steps import predict, resolve, segment, thresholds
from transect.segment.tables import ENGINE, WINDOWS
from transect.segment.thresholds import Thresholds
from transect.storage.images import open_image
from transect.storage.strips import open_strip
from transect.storage.tables import read_metadata, read_table
from transect.vary.steps import vary

COLUMNS = 4800


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Electrode]:
    electrode = make_electrode(columns=COLUMNS, noise=6)
    return prepared(tmp_path_factory.mktemp("network"), electrode.image), electrode


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    image = make_electrode(columns=COLUMNS).image
    noise = np.random.default_rng(3).normal(0, 20, image.shape)
    faint = np.clip(np.rint(90 + 0.3 * (image - 90.0) + noise), 0, 255).astype(np.uint8)
    return prepared(tmp_path_factory.mktemp("noisy"), faint, "network")


def prepared(folder: Path, image: np.ndarray, engine: str = "classical") -> Path:
    valid = np.ones(image.shape, np.uint8)
    valid[:, 2000:2040] = 0
    write_mosaic(folder / "mosaic.zarr", image, valid)
    write_model(folder / "model")
    layers(mosaic=folder / "mosaic.zarr", output=folder / "layers.parquet")
    thresholds(
        mosaic=folder / "mosaic.zarr",
        layers=folder / "layers.parquet",
        output=folder / "thresholds.json",
        settings=json.dumps({"engine": engine, "model": str(folder / "model")}),
    )
    return folder


def run_blocks(folder: Path, blocks: int, threads: int) -> Path:
    out = folder / f"{blocks}_{threads}"
    settings = json.dumps({"engine": "network", "model": str(folder / "model")})
    shared = {
        "mosaic": folder / "mosaic.zarr",
        "layers": folder / "layers.parquet",
        "thresholds": folder / "thresholds.json",
        "blocks": blocks,
        "settings": settings,
        "threads": threads,
    }
    for block in range(blocks):
        own = out / str(block)
        predict(**shared, block=block, output=own / "predictions.zarr", windows=own / TABLE)
    for block in range(blocks):
        own = out / str(block)
        segment(
            **shared,
            block=block,
            predictions=out,
            output=own / "segments.zarr",
            contacts=own / "contacts.parquet",
            faces=own / "faces.parquet",
        )
    resolve(
        folder=out,
        blocks=blocks,
        thresholds=folder / "thresholds.json",
        output=out / "groups.parquet",
        engine=out / "engine.parquet",
        settings=settings,
    )
    vary(
        mosaic=folder / "mosaic.zarr",
        layers=folder / "layers.parquet",
        thresholds=folder / "thresholds.json",
        output=out / "decisions.parquet",
        predictions=out,
        blocks=blocks,
        settings=f'{{"segment": {settings}}}',
        threads=threads,
    )
    return out


@pytest.fixture(scope="module")
def one(section: tuple[Path, Electrode]) -> Path:
    return run_blocks(section[0], 1, 1)


def whole(out: Path, blocks: int, store: str, name: str) -> np.ndarray:
    strip = open_strip(out, store, name, COLUMNS, blocks)
    window = Window(0, 900, 0, COLUMNS)
    return strip.channels(window) if name == "maps" else strip.read(window)


@pytest.mark.parametrize(("blocks", "threads"), [(2, 2), (5, 1)])
def test_blocks_and_threads_do_not_matter(
    section: tuple[Path, Electrode], one: Path, blocks: int, threads: int
) -> None:
    other = run_blocks(section[0], blocks, threads)
    for name in ("groups.parquet", "engine.parquet", "decisions.parquet"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    for store, name in (
        ("predictions.zarr", "maps"),
        *(("segments.zarr", name) for name in ("phases", "confidence", "basins")),
    ):
        np.testing.assert_array_equal(
            whole(one, 1, store, name), whole(other, blocks, store, name), name
        )


def test_a_noisy_section_is_smoothed_and_weighed_alike_in_all_blocks(noisy: Path) -> None:
    found = Thresholds.load(noisy / "thresholds.json")
    assert found.noise.white > 0.48 * found.normal.spread
    assert found.smoothing.greys_px > 0.5
    # The model draws no outlines that would tell the size of particles.
    smoothing = replace(found.smoothing, outlines_px=2.5)
    solid = Solid(tuple(np.linspace(-1.2, 1.2, 256)))
    told = replace(found, smoothing=smoothing, gaps=Gaps(60, 90, 130), solid=solid)
    told.save(noisy / "thresholds.json")
    # Noise is not in the spread that greys are normalised by.
    grey = open_image(noisy / "mosaic.zarr").whole(0)
    assert found.normal.spread < 0.9 * grey.std()
    one, other = run_blocks(noisy, 1, 1), run_blocks(noisy, 5, 2)
    np.testing.assert_array_equal(
        *(whole(out, blocks, "predictions.zarr", "maps") for out, blocks in ((one, 1), (other, 5)))
    )
    assert (one / "groups.parquet").read_bytes() == (other / "groups.parquet").read_bytes()


def test_phases_follow_the_model(section: tuple[Path, Electrode], one: Path) -> None:
    _, electrode = section
    phases = whole(one, 1, "segments.zarr", "phases")
    assert (phases[:, 2000:2040] == Phase.INVALID).all()
    inside = np.isin(electrode.phases, [Phase.ACTIVE_MATERIAL, Phase.BINDER, Phase.PORE])
    same = (phases == electrode.phases)[inside & (phases != Phase.INVALID)]
    assert same.mean() > 0.85


def test_maps_are_of_the_coating_only(one: Path) -> None:
    maps = whole(one, 1, "predictions.zarr", "maps")
    phases = whole(one, 1, "segments.zarr", "phases")
    geometry = np.isin(phases, [Phase.OUTSIDE, Phase.COLLECTOR, Phase.GAP, Phase.INVALID])
    assert not maps[:, geometry].any()
    assert (maps[: len(MAPS) - 3, ~geometry & (phases < 10)].sum(axis=0) > 0).mean() > 0.5


def test_a_store_says_what_made_it(section: tuple[Path, Electrode], one: Path) -> None:
    digest = json.loads((section[0] / "model" / CARD).read_text())["digest"]
    attributes = zarr.open_group(one / "0" / "predictions.zarr", mode="r").attrs
    assert attributes["network"]["runtime"].startswith("onnxruntime ")
    assert attributes["transect"]["inputs"]["model"] == digest
    assert read_metadata(one / "0" / TABLE)["model"] == digest
    assert open_image(one / "0" / "predictions.zarr", "maps").channels == MAPS


def test_windows_add_up_to_the_engine(one: Path) -> None:
    rows = read_table(one / "0" / TABLE, WINDOWS)
    row = read_table(one / "engine.parquet", ENGINE).iloc[0]
    assert len(rows) == row["windows"] == 3
    for tail in ("", "_40", "_50", "_60"):
        names = [f"{n}{tail}_px" for n in ("active_material", "binder", "pore")]
        assert (rows[names].sum(axis=1) == rows["coating_px"]).all()
        shares = [n.replace(f"{tail}_px", f"_fraction{tail}") for n in names]
        assert row[shares].sum() == pytest.approx(1)
    wider, closer = (rows[f"active_material_{p}_px"].sum() for p in (40, 60))
    assert wider >= closer > 0
    assert row["px_nm"] == pytest.approx(1000 * PX_UM)
    assert row["compared"] == 3
    # The model's limits are those of the greys: the engines agree.
    for name in ("active_material", "binder", "pore"):
        off = row[f"network_{name}_fraction"] - row[f"classical_{name}_fraction"]
        assert abs(off) < 0.1


def test_greys_are_normalised_by_the_coating(section: tuple[Path, Electrode]) -> None:
    folder, electrode = section
    found = Thresholds.load(folder / "thresholds.json").normal
    inside = np.isin(electrode.phases, [Phase.ACTIVE_MATERIAL, Phase.BINDER, Phase.PORE])
    inside[:, 2000:2040] = False
    truth = Normal.of(np.bincount(electrode.image[inside], minlength=256))
    assert found.mean == pytest.approx(truth.mean, abs=1)
    assert found.spread == pytest.approx(truth.spread, abs=1)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 8])
def test_every_depth_is_compared(rows: int) -> None:
    columns = 64
    shape = (rows * WINDOW, columns * WINDOW)
    chosen = np.array(
        [
            [
                compared(Window(r * WINDOW, (r + 1) * WINDOW, c * WINDOW, (c + 1) * WINDOW), shape)
                for c in range(columns)
            ]
            for r in range(rows)
        ]
    )
    assert (chosen.sum(axis=1) == columns // 8).all()


def test_a_small_section_is_compared_throughout() -> None:
    assert compared(Window(0, 900, 0, 2048), (900, 4800))
    assert compared(Window(0, 900, 4096, 4800), (900, 4800))
