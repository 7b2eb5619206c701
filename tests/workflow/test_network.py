"""A run whose pixels a network decides on."""

from __future__ import annotations

import pandas as pd
import pytest

from support.model import write_model
from support.project import Project
from transect.detect.tables import PLANTS
from transect.segment.tables import ENGINE
from transect.statistics.tables import METRICS
from transect.storage.tables import read_table

pytestmark = pytest.mark.workflow

NETWORK = "segment: {engine: network, model: model}\n"
AFTER = [
    *["segment_block", "resolve", "vary", "measure_block", "labels", "join", "judge"],
    "report_section",
]


def test_a_missing_model_ends_before_any_job(copied: Project) -> None:
    copied.configure("segment: {engine: network, model: nowhere}\n")
    said = copied.start("--dry-run").stdout
    assert "segment.model: no file nowhere/model.json" in said
    assert "Traceback" not in said


def test_a_network_is_asked_block_by_block(copied: Project) -> None:
    (copied.folder / "model").mkdir()
    (copied.folder / "model" / "model.json").write_text("{}")
    copied.configure("segment: {engine: network, model: model}\n")
    planned = copied.planned()
    assert planned["predict_block"] == 2
    assert set(AFTER) <= set(planned)
    assert not {"register", "fuse", "find_layers"} & set(planned)


def test_a_network_comes_with_transect(copied: Project) -> None:
    copied.configure("segment: {engine: network}\n")
    assert copied.planned()["predict_block"] == 2


def test_a_run_with_a_network(copied: Project) -> None:
    write_model(copied.folder / "model")
    copied.configure(NETWORK)
    copied.run()
    section = copied.results / "batches" / "B01" / "C01" / "S01"
    row = read_table(section / "engine.parquet", ENGINE).iloc[0]
    assert row["engine"] == "network"
    particles = pd.read_parquet(section / "tables" / "particles.parquet")
    assert len(particles) > 10
    metrics = read_table(section / "tables" / "metrics.parquet", METRICS).set_index("metric")
    solid, thick = (metrics.loc[n] for n in ("phase_fraction_active_material", "t_mean_um"))
    assert solid["segmentation_low"] < solid["value"] < solid["segmentation_high"]
    assert pd.isna(thick["segmentation_low"])
    plants = read_table(section / "plants.parquet", PLANTS)
    assert plants["found"].any()
    assert not plants["found"].all()
    page = (section / "report.html").read_text(encoding="utf-8")
    assert str(row["model"]) in page
    assert "segmentation " in page
    assert copied.planned() == {}
