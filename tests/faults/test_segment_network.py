"""Models that cannot be used, and sections that a model is not made for."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from support.electrode import make_electrode, write_mosaic
from support.model import write_model
from transect.errors import ConfigError, ModelError, StorageError
from transect.layers.steps import layers
from transect.segment.card import CARD, INPUT, MODEL, Card
from transect.segment.maps import MAPS
from transect.segment.network import Network
from transect.segment.predict import TABLE
from transect.segment.steps import segment
from transect.segment.tables import WINDOWS
from transect.segment.thresholds import Facing
from transect.segment.trust import FACTS, network_row
from transect.segment.zoom import Zoom
from transect.storage.tables import write_table


def test_a_model_that_fits_is_loaded(tmp_path: Path) -> None:
    network = Network.load(write_model(tmp_path))
    assert network.runtime.startswith("onnxruntime ")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "image"}, r"inputs image float \(1, 1, any, any\); .*expected grey float"),
        ({"maps": 9}, r"outputs maps uint8 \(1, 9, any, any\).*expected maps uint8 \(1, 10"),
        ({"kind": TensorProto.INT32}, r"outputs maps int32 .*expected maps uint8"),
        ({"card": {"digest": "0" * 32}}, r"model\.onnx: digest .*, expected 0{32} as in .*json"),
        ({"card": {"maps": list(MAPS[:-1])}}, r"model\.json: maps \['outside.*, expected \['out"),
        ({"card": {"halo_px": 500}}, r"model\.json: halo of 500 px .*expected a halo of at most"),
        ({"card": {"stride_px": 7}}, r"stride of 7 px, expected .* divides 2368"),
        ({"card": {"stride_px": 0}}, "stride of 0 px"),
        ({"card": {"px_nm": "fine"}}, r"model\.json: not the card of a model"),
        ({"card": {"px_nm": None}}, r"model\.json: not the card of a model"),
        (
            {"card": {"familiar": {"mean": [0] * 3, "inverse": [[1.0]], "limit": 1}}},
            r"3 features and an inverse of shape \(1, 1\), expected \(3, 3\)",
        ),
        (
            {"card": {"familiar": {"mean": [0], "inverse": [[1.0]], "limit": 1}}},
            r"features float \(1, 2\); expected .*features float \(1, 1\)",
        ),
    ],
)
def test_a_model_that_does_not_fit_says_why(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    folder = write_model(tmp_path, **change)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=words):
        Network.load(folder)


@pytest.mark.parametrize("name", [MODEL, CARD])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write_model(tmp_path) / name).unlink()
    with pytest.raises(ModelError, match=f"{name}: no such file; expected"):
        Network.load(tmp_path)


def test_a_card_of_something_else(tmp_path: Path) -> None:
    (write_model(tmp_path) / CARD).write_text("[1]")
    with pytest.raises(ModelError, match=r"model\.json: not the card of a model"):
        Network.load(tmp_path)


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    write_model(tmp_path)
    (tmp_path / MODEL).write_bytes(b"weights")
    facts = json.loads((tmp_path / CARD).read_text())
    from transect.storage.digests import digest_file

    (tmp_path / CARD).write_text(json.dumps(facts | {"digest": digest_file(tmp_path / MODEL)}))
    with pytest.raises(ModelError, match=r"model\.onnx: ONNX Runtime .* cannot load it"):
        Network.load(tmp_path)


def test_without_onnx_runtime_the_cure_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="pip install onnxruntime, or set segment.engine"):
        Network.load(tmp_path)


@pytest.mark.parametrize("px_nm", [10.0, 100.0, 8.0, 1.0, 1000.0])
def test_a_pixel_size_that_can_be_brought_to_the_training_is_taken(
    tmp_path: Path, px_nm: float
) -> None:
    card = Card.load(write_model(tmp_path) / CARD)
    card.check_pixel(px_nm)
    assert 10 <= px_nm * Zoom.to(px_nm, card.px_nm).factor <= 100


@pytest.mark.parametrize("px_nm", [0.9, 1001.0])
def test_a_pixel_size_ten_times_off_is_an_error(tmp_path: Path, px_nm: float) -> None:
    card = Card.load(write_model(tmp_path) / CARD)
    with pytest.raises(ModelError, match="trained for 10 to 100 nm: nothing.*correct pixel_nm"):
        card.check_pixel(px_nm)


def test_blank_parts_do_not_make_a_window_strange(tmp_path: Path) -> None:
    network = Network.load(write_model(tmp_path))
    assert network.strangeness(np.array([0.5, 0.5]), 0.25) == pytest.approx(np.sqrt(8))
    assert network.blank.tolist() == [0.0, 0.0]
    assert INPUT % 16 == 0


@pytest.mark.parametrize("settings", ['{"engine": "network", "model": "m"}', "{}"])
def test_predictions_and_engine_must_agree(tmp_path: Path, settings: str) -> None:
    mosaic = write_mosaic(tmp_path / "mosaic.zarr", make_electrode().image)
    layers(mosaic=mosaic, output=tmp_path / "layers.parquet")
    with pytest.raises(ConfigError, match="--predictions .* segment.engine is"):
        segment(
            mosaic=mosaic,
            layers=tmp_path / "layers.parquet",
            thresholds=tmp_path / "t.json",
            block=0,
            blocks=1,
            output=tmp_path / "s.zarr",
            contacts=tmp_path / "c.parquet",
            faces=tmp_path / "f.parquet",
            predictions=tmp_path if settings == "{}" else None,
            settings=settings,
        )


def test_blocks_of_different_models_are_refused(tmp_path: Path) -> None:
    for block, model in enumerate("ab"):
        facts = dict.fromkeys(FACTS, "1.0") | {"model": model}
        write_table(tmp_path / str(block) / TABLE, WINDOWS.empty(), WINDOWS, facts)
    with pytest.raises(StorageError, match="model is b, expected a as in the first block"):
        network_row(tmp_path, 2, Facing("bright", "bright", 0.8))
