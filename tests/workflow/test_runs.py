"""What a run makes, and what the next one plans."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.project import Project
from transect.statistics.confusion import CONFUSION
from transect.storage.tables import read_table, write_table

pytestmark = pytest.mark.workflow

TREND = {"trend": 1, "control": 1, "report_trend": 1}
PER_SECTION = {
    "index": 1,
    "check": 1,
    "shading": 1,
    "register": 1,
    "fuse": 1,
    "details": 1,
    "find_layers": 1,
    "thresholds": 1,
    "segment_block": 2,
    "resolve": 1,
    "vary": 1,
    "measure_block": 2,
    "labels": 1,
    "transport": 1,
    "radial": 1,
    "join": 1,
    "detect": 1,
    "defects": 1,
    "judge": 1,
    "report_section": 1,
}
PER_BATCH = {"cell": 1, "batch": 1, "report_batch": 1}


def test_a_whole_run_ends_in_reports(finished: Project) -> None:
    section = finished.results / "batches" / "B01" / "C01" / "S01"
    page = (section / "report.html").read_text(encoding="utf-8")
    assert "S01" in page
    metrics = read_table(section / "tables" / "metrics.parquet").set_index(["metric", "side"])
    porosity = metrics.loc["porosity_total"].iloc[0]
    assert 0.0 < porosity["ci_low"] <= porosity["value"] <= porosity["ci_high"] < 1.0
    assert set(read_table(finished.results / "trend.parquet")["batch"]) == {"B01"}
    assert not list(finished.results.rglob("*.partial"))


def test_magnified_fields_are_found_and_shown(finished: Project, raw: Path) -> None:
    section = finished.results / "batches" / "B01" / "C01" / "S01"
    rows = read_table(section / "details.parquet").set_index("file")
    truth = read_table(raw / "truth" / "details.parquet").set_index("file").loc[rows.index]
    assert rows["located_by"].tolist() == ["image", "image"]
    apart = rows[["x_um", "y_um"]].diff().iloc[1].to_numpy() / 0.05
    true = truth[["x_px", "y_px"]].diff().iloc[1].to_numpy()
    assert np.abs(apart - true).max() < 0.5
    assert (rows["pixel_nm_refined"] / truth["pixel_nm"] - 1).abs().max() < 1e-3
    page = (section / "report.html").read_text(encoding="utf-8")
    assert 'id="field-d00"' in page
    assert 'id="field-d01"' in page


def test_every_job_leaves_a_log_and_a_benchmark(finished: Project) -> None:
    logs = {p.relative_to(finished.results / "logs") for p in finished.results.rglob("*.log")}
    costs = {
        p.relative_to(finished.results / "benchmarks").with_suffix(".log")
        for p in (finished.results / "benchmarks").rglob("*.tsv")
    }
    assert logs == costs
    assert len(logs) == sum((PER_SECTION | PER_BATCH | TREND).values())


def test_results_do_not_say_where_they_were_made(finished: Project) -> None:
    pages = list(finished.results.glob("batches/**/report.html"))
    assert pages
    for page in pages:
        assert str(finished.folder) not in page.read_text(encoding="utf-8")


def test_a_second_run_plans_nothing(finished: Project) -> None:
    assert finished.planned() == {}


def test_a_second_batch_plans_only_its_own_jobs(copied: Project, raw: Path, tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(raw)
    copied.add("B02", "C01", "S01", tmp_path / "again", blocks=2)
    assert copied.planned() == PER_SECTION | PER_BATCH | TREND
    before = {n: t for n, t in copied.modified().items() if n.startswith("batches/B01/")}
    copied.run()
    after = {n: t for n, t in copied.modified().items() if n.startswith("batches/B01/")}
    assert after == before
    assert set(read_table(copied.results / "trend.parquet")["batch"]) == {"B01", "B02"}


@pytest.mark.parametrize(
    ("config", "rerun"),
    [
        ("statistics: {seed: 2}", ["join"]),
        (
            "measure: {contact_um: 0.4}",
            ["vary", "measure_block", "labels", "transport", "radial", "join"],
        ),
        (
            "segment: {denoise_px: 1.2}",
            [
                "thresholds",
                "segment_block",
                "resolve",
                "vary",
                "measure_block",
                "labels",
                "transport",
                "radial",
                "join",
            ],
        ),
    ],
    ids=["statistics", "measure", "segment"],
)
def test_a_changed_parameter_plans_only_what_depends_on_it(
    copied: Project, config: str, rerun: list[str]
) -> None:
    copied.configure(config)
    jobs = PER_SECTION | PER_BATCH | TREND
    after = [
        "detect",
        "defects",
        "judge",
        "report_section",
        "cell",
        "batch",
        "report_batch",
        *TREND,
    ]
    assert copied.planned() == {rule: jobs[rule] for rule in [*rerun, *after]}


def test_files_of_the_users_own_rerun_what_reads_them(copied: Project) -> None:
    (copied.folder / "finds.csv").write_text("kind,size_um,found\nmacro_void,9.5,1\n")
    copied.configure("reviewed: finds.csv")
    page = {"report_section", "report_batch"}
    assert set(copied.planned()) == {"detect", *page}
    names = ["active_material", "binder", "empty"]
    right = pd.DataFrame({"mask": "m", "truth": names, "found": names, "n_px": 1000})
    write_table(copied.folder / "masks.parquet", right, CONFUSION)
    copied.configure("reviewed: finds.csv\nconfusion: masks.parquet")
    copied.run()
    section = copied.results / "batches" / "B01" / "C01" / "S01"
    values = read_table(section / "tables" / "metrics.parquet").set_index("metric")["value"]
    assert values["porosity_total_corrected"] == pytest.approx(values["porosity_total"])
    assert "finds.csv" in set(read_table(section / "plants.parquet")["source"])


def test_a_changed_limit_judges_again_and_measures_nothing(copied: Project) -> None:
    (copied.folder / "limits.yaml").write_text(
        "limits: [{metric: porosity_total, unit: '1', min: 0.2, max: 0.5}]\n"
    )
    copied.configure("limits: limits.yaml")
    after = {"judge", "report_section", "batch", "report_batch", *TREND}
    assert set(copied.planned()) == after
    copied.run()
    section = copied.results / "batches" / "B01" / "C01" / "S01"
    verdicts = read_table(section / "verdicts.parquet").set_index("metric")["verdict"]
    assert verdicts["porosity_total"] in {"pass", "fail", "not decidable"}
    assert verdicts["n_particles"] == "no limit"


def test_a_missing_store_between_is_made_again(copied: Project) -> None:
    before = copied.digests()
    (copied.results / "batches/B01/C01/S01/mosaic.zarr/zarr.json").unlink()
    assert copied.planned()["fuse"] == 1
    copied.run("--until", "fuse")
    assert copied.digests() == before


def test_a_new_raw_tile_is_noticed(copied: Project, raw: Path) -> None:
    """A file that came into the folder changes the folder's own time."""
    folder = copied.folder / "raw"
    folder.unlink()
    shutil.copytree(raw, folder)
    assert copied.planned() == {}
    os.utime(folder)
    assert copied.planned()["index"] == 1
