"""What cannot be wrong with a coating is not judged, and sizes it does not have are warned of."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.report_made import Made
from support.report_section import fake_section
from transect.expect import DEFECTS, ExpectConfig
from transect.measure.expected import hold
from transect.report.batch import batch_page
from transect.report.estimates import worst
from transect.report.section import section_page
from transect.statistics.budget import Instrument, budget
from transect.statistics.hierarchy import cell_metrics
from transect.statistics.limits import Limit, judge
from transect.statistics.tables import METRICS, VERDICTS
from transect.storage.tables import read_table, write_table

NAN = float("nan")
LFP = ExpectConfig(
    chemistry="lfp", d50_um=(0.15, 1.4), largest_um=(0.3, 8), defects=("delamination",)
)
CRACKS = DEFECTS["particle_cracks"]


def metrics(**values: float) -> pd.DataFrame:
    frame = pd.DataFrame({"metric": list(values), "value": list(values.values())})
    frame = frame.assign(
        batch="b", cell="c", section="s", side="", unit="1", n=40, method="m", note="",
        ci_low=frame["value"] - 0.01, ci_high=frame["value"] + 0.01, resolution_limit_um=0.05,
        segmentation_low=frame["value"] - 0.02, segmentation_high=frame["value"] + 0.02,
    )  # fmt: skip
    return frame[METRICS.names]


def judged(frame: pd.DataFrame, limits: dict[tuple[str, str], Limit]) -> pd.DataFrame:
    """Verdicts where nothing but the table adds to uncertainty."""
    return judge(frame, budget(frame, Instrument(0.0, 0.0)), limits)


def test_what_does_not_apply_has_no_value_no_verdict_and_no_replicates() -> None:
    frame = metrics(cracked_fraction=0.0, crack_area_fraction=0.3, delam_fraction=0.2)
    frame["note"] = "none found"
    held = hold(frame, frame[["metric", "value"]], LFP, 0.04)
    found = held.metrics.set_index("metric")
    assert found.loc["delam_fraction", ["value", "note"]].tolist() == [0.2, "none found"]
    assert set(found["note"].drop("delam_fraction")) == {"does not apply to lfp"}
    assert found["value"].isna().sum() == 2
    assert found["n"].tolist() == [0, 0, 40]
    assert held.replicates["metric"].tolist() == ["delam_fraction"]
    assert held.warnings == []
    limits = {(name, ""): Limit(NAN, 0.1) for name in frame["metric"]}
    verdicts = judged(held.metrics, limits)["verdict"].tolist()
    assert verdicts == ["does not apply", "does not apply", "fail"]
    assert judged(frame, limits)["verdict"].tolist() == ["pass", "fail", "fail"]
    # Nor does it count in the mean of the cell.
    cell = cell_metrics(held.metrics).set_index("metric")["n_sections"]
    assert cell.get("cracked_fraction", 0) == 0
    assert cell["delam_fraction"] == 1


def test_without_a_chemistry_nothing_changes() -> None:
    frame = metrics(cracked_fraction=0.0, d50_area_um=900.0)
    held = hold(frame, frame, ExpectConfig(), 0.05)
    pd.testing.assert_frame_equal(held.metrics, frame)
    assert held.warnings == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"d50_area_um": 0.5, "ecd_max_um": 3.0}, []),
        ({"d50_area_um": 0.15, "ecd_max_um": 8.0}, []),
        ({"d50_area_um": NAN, "ecd_max_um": NAN}, []),
        (
            {"d50_area_um": 4.58},
            [r"D50 by area is 4.58 um.*one 10 times smaller would fit.*joined"],
        ),
        ({"d50_area_um": 0.0458}, [r"40 nm right \(one 10 times as large would fit\).*split"]),
        ({"d50_area_um": 5.0, "ecd_max_um": 30.0}, ["D50 by area is 5", "largest particle is 30"]),
    ],
)
def test_a_size_that_is_not_plausible(values: dict[str, float], said: list[str]) -> None:
    frame = metrics(**values)
    held = hold(frame, frame, LFP, 0.04)
    assert len(held.warnings) == len(said)
    assert all(re.search(a, b) for a, b in zip(said, held.warnings, strict=True))
    notes = held.metrics["note"].tolist()
    assert sum(note.startswith("not plausible: ") for note in notes) == len(said)
    # The value stays: it is a warning.
    assert held.metrics["value"].equals(frame["value"])


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Section of a coating that cannot crack, with limits on its cracks and on its delamination."""
    made = Made(rows=300, columns=900, grid=(1, 2))
    folder = fake_section(tmp_path_factory.mktemp("pages") / "B07" / "C1" / "s01", made)
    path = folder / "tables" / "metrics.parquet"
    table = read_table(path, METRICS)
    held = hold(table, table, LFP, 0.04)
    write_table(path, held.metrics, METRICS, {"unexpected": '["D50 by area is <b>8</b> um"]'})
    limits = {("cracked_fraction", ""): Limit(NAN, 0.1), ("delam_fraction", ""): Limit(NAN, 0.5)}
    write_table(folder / "verdicts.parquet", judged(held.metrics, limits), VERDICTS)
    return folder


def test_the_page_says_what_does_not_apply(section: Path, tmp_path: Path) -> None:
    made = Made(rows=300, columns=900, grid=(1, 2))
    plain = section_page(fake_section(tmp_path / "B07" / "C1" / "s02", made), "{}")
    page = section_page(section, "{}")
    assert "Cracked particles (at most 10 %) does not apply to lfp: not judged." in page
    assert re.search(r"Cracked particles, [^<]*: does not apply to lfp\.", page)
    assert "Cracks in particles: does not apply to lfp." in page
    cards = re.findall(r'<ul class="(?:verdicts|cards)">.*?</ul>', page, re.S)
    assert len(cards) == 2
    assert not any("Cracked" in card or "Crack area" in card for card in cards)
    assert "Delaminated" in cards[0]
    rows = re.sub(r"<tr>(?:(?!</tr>).)*does not apply to lfp.*?</tr>", "", page, flags=re.S)
    told = re.sub(r"[^<>]*: does not apply to lfp\.", "", rows)
    for gone in ("Crack length", "Crack width", "Most cracked", "Uncracked particle"):
        assert gone in plain
        assert gone not in told


def test_the_pages_show_the_warning_first_and_unharmed(section: Path) -> None:
    page = section_page(section, "{}")
    notices = re.findall(r'<div class="notices".*?</div>', page, re.S)
    assert ["D50 by area is &lt;b&gt;8&lt;/b&gt; um" in text for text in notices] == [True]
    assert page.index(notices[0]) < page.index("Against the limits")
    top = section.parents[1]
    batch = batch_page(top, top / "report.html", "{}")
    assert "C1 / s01: D50 by area is &lt;b&gt;8" in batch


def test_a_section_of_which_nothing_applies_has_no_verdict() -> None:
    frame = metrics(**dict.fromkeys(CRACKS, 0.2))
    verdicts = judged(hold(frame, frame, LFP, 0.04).metrics, {(CRACKS[0], ""): Limit(0.0, 0.1)})
    assert set(verdicts["verdict"]) == {"does not apply"}
    assert np.isnan(verdicts["value"]).all()
    assert worst(verdicts["verdict"].tolist()) == "no limit"
    assert worst([*verdicts["verdict"], "pass"]) == "pass"
