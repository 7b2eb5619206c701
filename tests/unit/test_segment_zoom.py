"""Pixels of other sizes than a network knows: brought to them, and its maps back, without seams."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import zarr

from support.electrode import make_electrode, write_mosaic
from support.model import write_model
from transect.layers.steps import layers
from transect.parallel import WINDOW, Window, windows
from transect.segment import gaps
from transect.segment.card import INPUT
from transect.segment.greys import BINS
from transect.segment.maps import CLASSES, MAPS
from transect.segment.network import Network
from transect.segment.predict import TABLE
from transect.segment.steps import predict, thresholds
from transect.segment.zoom import Zoom
from transect.storage.strips import open_strip

THERE, SHARES = (True,) * len(CLASSES), (0.0,) * BINS
MATERIAL = MAPS.index("active_material")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return Network.load(write_model(tmp_path_factory.mktemp("model")))


def waves(shape: tuple[int, int], period: float) -> np.ndarray:
    """Normalised greys of round patches, in pixels of any size."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    return (1.5 * np.sin(2 * np.pi * rows / period) * np.sin(2 * np.pi * columns / period)).astype(
        np.float32
    )


def asked(zoom: Zoom, network: Network, greys: np.ndarray) -> np.ndarray:
    """Maps of a whole image, window by window."""
    shape = (greys.shape[0], greys.shape[1])
    maps = np.empty((len(MAPS), *shape), np.uint8)
    for window in windows(shape):
        outer, part = window.padded(zoom.halo, shape), window.padded(gaps.REACH, shape)
        found, features = zoom.look(
            network, greys[outer.slices], window, outer, part, THERE, SHARES
        )
        assert found.shape[1:] == part.shape
        assert np.isfinite(features).all()
        maps[(..., *window.slices)] = found[(..., *window.inside(part))]
    return maps


@pytest.mark.parametrize(
    ("px_nm", "binned", "enlarged"),
    [(10, 1, 1), (100, 1, 1), (9.9, 2, 1), (1, 16, 1), (101, 1, 2), (210, 1, 4), (1000, 1, 16)],
)
def test_the_least_power_of_two_brings_pixels_into_the_range(
    px_nm: float, binned: int, enlarged: int
) -> None:
    zoom = Zoom.to(px_nm, (10, 100))
    assert (zoom.binned, zoom.enlarged) == (binned, enlarged)
    assert 10 <= px_nm * zoom.factor <= 100


@pytest.mark.parametrize("zoom", [Zoom(2, 1), Zoom(4, 1), Zoom(1, 2), Zoom(1, 4)])
def test_maps_are_those_of_pixels_that_the_network_knows(zoom: Zoom, network: Network) -> None:
    # As many of the network's pixels a patch, whatever the section's.
    period = 60 * zoom.factor
    shape = (1100, 1300)
    found = asked(zoom, network, waves(shape, period))
    known = (round(shape[0] / zoom.factor), round(shape[1] / zoom.factor))
    truth = asked(Zoom(), network, waves(known, 60))
    # Maps of the finer pixels, seen by the coarser: what they are where they are sure.
    size = (shape[1], shape[0])
    kind = cv2.INTER_AREA if zoom.enlarged > 1 else cv2.INTER_LINEAR
    wanted = cv2.resize(truth[MATERIAL].astype(np.float32), size, interpolation=kind)
    off = np.abs(found[MATERIAL] - wanted)
    assert np.percentile(off, 95) < 12
    assert ((found[MATERIAL] > 127) == (wanted > 127)).mean() > 0.985


@pytest.mark.parametrize("zoom", [Zoom(2, 1), Zoom(1, 2)])
def test_there_is_no_seam_between_windows(zoom: Zoom, network: Network) -> None:
    random = np.random.default_rng(2)
    greys = random.normal(size=(700, 2 * WINDOW + 301)).astype(np.float32)
    moved = asked(zoom, network, np.roll(greys, 512, axis=1))
    still = asked(zoom, network, greys)
    inner = slice(64, 2 * WINDOW - 600)
    shifted = moved[:, :, 512 + inner.start : 512 + inner.stop]
    # The tiny model looks 3 pixels far: windows that lie elsewhere say the same.
    np.testing.assert_array_equal(shifted, still[:, :, inner])


@pytest.mark.parametrize("zoom", [Zoom(), Zoom(2, 1), Zoom(1, 2)])
def test_an_input_that_was_all_recorded_is_seen_whole(zoom: Zoom) -> None:
    side = WINDOW + 2 * zoom.halo
    share = zoom.seen(side**2)
    assert share == pytest.approx((side / (INPUT * zoom.binned)) ** 2)
    assert share <= 1


def test_blocks_of_fine_pixels_are_the_same(tmp_path: Path) -> None:
    electrode = make_electrode(columns=4500, noise=6)
    write_mosaic(tmp_path / "mosaic.zarr", electrode.image)
    # Pixels of 50 nm, and a network that knows 100 and more.
    write_model(tmp_path / "model", card={"px_nm": [100, 1000]})
    layers(mosaic=tmp_path / "mosaic.zarr", output=tmp_path / "layers.parquet")
    shared = {"mosaic": tmp_path / "mosaic.zarr", "layers": tmp_path / "layers.parquet"}
    thresholds(**shared, output=tmp_path / "thresholds.json")
    maps = []
    for blocks in (1, 3):
        for block in range(blocks):
            own = tmp_path / str(blocks) / str(block)
            predict(
                **shared, thresholds=tmp_path / "thresholds.json", block=block, blocks=blocks,
                output=own / "predictions.zarr", windows=own / TABLE, threads=2,
                settings=json.dumps({"engine": "network", "model": str(tmp_path / "model")}),
            )  # fmt: skip
        strip = open_strip(tmp_path / str(blocks), "predictions.zarr", "maps", 4500, blocks)
        maps.append(strip.channels(Window(0, 900, 0, 4500)))
    np.testing.assert_array_equal(*maps)
    assert maps[0].any()
    said = zarr.open_group(tmp_path / "1" / "0" / "predictions.zarr", mode="r").attrs["network"]
    assert said["pixels"] == 2
