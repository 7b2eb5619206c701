"""The pages: complete, self-contained, deterministic, harmless."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.report_made import Made
from support.report_section import fake_batch, fake_section
from transect.report.batch import batch_page
from transect.report.distributions import iso_status
from transect.report.estimates import estimate, overall, verdicts
from transect.report.section import section_page
from transect.report.steps import report_batch, report_section
from transect.statistics.tables import METRICS
from transect.storage.tables import read_table, write_table

HOSTILE = "<script>alert(1)</script>"
SMALL = Made(rows=300, columns=900, grid=(1, 2))


class Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake_section(tmp_path_factory.mktemp("pages") / "B07" / "C1" / "s01")


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return section_page(folder, '{"segment": {"denoise_px": 1.5}}')


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake_batch(tmp_path_factory.mktemp("batches") / "B08")


def test_a_page_has_every_part(page: str) -> None:
    for words in (
        "Against the limits",
        "Key numbers",
        "Thickness along the foil",
        "Composition through the depth",
        "Particle sizes",
        "ISO 13322-1",
        "Cracks and pores",
        "Acquisition and stitching",
        "Quarantined files: 2",
        "Tiles placed by the stage only: 2",
        "Rejected seams: 4",
        "of the coating is excluded",
        "All numbers",
        "How to cite a number",
        "Versions and configuration",
        "segment.denoise_px",
        "Sigma of the Gaussian",
        "Details at full resolution",
        "truncated: 12 of 960 rows can be read",
    ):
        assert words in page, words


def test_verdicts_are_words_and_signs(page: str) -> None:
    for sign, words in (("✕", "fail"), ("?", "not decidable"), ("✓", "pass")):
        assert f'<span aria-hidden="true">{sign}</span> {words}</span>' in page


@pytest.mark.parametrize("kind", ["section", "batch"])
def test_nothing_is_asked_for_outside(kind: str, page: str, batch: Path) -> None:
    text = page if kind == "section" else batch_page(batch, batch / "report.html", "{}")
    found = Page(text)
    sources = [a["src"] for t in ("img", "script", "iframe", "source") for a in found.of(t)
               if "src" in a]  # fmt: skip
    assert all(s.startswith("data:image/") for s in sources)
    assert [a["href"] for a in found.of("link")] == ["data:,"]
    assert not re.search(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text.split("base64")[0])
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in found.of("meta")[1]["content"]


def test_the_same_inputs_give_the_same_bytes(folder: Path, page: str, tmp_path: Path) -> None:
    report_section(
        folder=folder, output=tmp_path / "r.html", settings='{"segment": {"denoise_px": 1.5}}'
    )
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == page
    assert str(folder) not in page
    assert str(folder.parents[2]) not in page
    assert len(page) < 6e6


def test_pictures_and_charts_have_words(page: str) -> None:
    found = Page(page)
    assert all("alt" in a for a in found.of("img"))
    drawings = found.of("svg")
    assert all(a.get("aria-label") or a.get("aria-hidden") == "true" for a in drawings)
    ids = [a["id"] for _, a in found.tags if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {a["href"][1:] for a in found.of("a") if a["href"].startswith("#")}
    assert targets <= set(ids)
    assert {a["aria-labelledby"] for a in found.of("section")} <= set(ids)


def test_hostile_names_are_inert(tmp_path: Path) -> None:
    made = Made(batch=HOSTILE, cell='"><img src=x onerror=alert(2)>', section="{{ 7*7 }}",
                rows=300, columns=900, grid=(1, 2))  # fmt: skip
    found = fake_section(tmp_path / "s", made)
    text = section_page(found, '{"note": "</script><script>alert(3)</script>"}')
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7*7 }}" in text
    assert len(Page(text).of("script")) == 1
    assert not [a for a in Page(text).of("img") if "onerror" in a]
    cell = tmp_path / "B" / "a'b <i>" / "s%20#1?x"
    fake_section(cell, SMALL)
    text = batch_page(tmp_path / "B", tmp_path / "B" / "report.html", "{}")
    links = [a["href"] for a in Page(text).of("a") if a["href"].endswith("report.html")]
    assert links == ["a%27b%20%3Ci%3E/s%2520%231%3Fx/report.html"]
    assert not Page(text).of("i")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Made(rows=300, columns=900, grid=(1, 2), foil=False), "No collector foil was found"),
        (Made(rows=300, columns=900, grid=(1, 2), particles=False), "No particles were found"),
        (Made(rows=300, columns=900, grid=(1, 1)), "One tile only"),
        (Made(rows=300, columns=900, grid=(1, 2), blank=True), "No tile shows any specimen"),
    ],
)
def test_missing_pieces_are_told(tmp_path: Path, made: Made, words: str) -> None:
    text = section_page(fake_section(tmp_path / "s", made), "{}")
    assert words in text
    shown = re.sub(r"base64,[^\"]*", "", text.split("<script>")[0])
    assert not re.search(r"\b(nan|NaN|None|inf)\b", shown)


def test_numbers_keep_interval_count_and_definition() -> None:
    row = {
        "metric": "porosity_total", "side": "", "value": 0.2345, "unit": "1", "ci_low": 0.229,
        "ci_high": 0.241, "segmentation_low": 0.226, "segmentation_high": 0.25, "n": 86,
        "method": "bootstrap", "note": "",
    }  # fmt: skip
    found = estimate(row)
    assert (found.text, found.interval, found.unit, found.n) == ("23.4", "22.9 – 24.1", "%", "86")
    assert found.segmentation == "22.6 – 25.0"
    assert "coating area" in found.definition
    unknown = estimate({**row, "metric": "new_thing_um", "unit": "um", "ci_low": np.nan})
    assert (unknown.name, unknown.group, unknown.interval) == ("new thing um", "Other", "")


def test_the_gravest_verdict_counts() -> None:
    row = {"metric": "t_cv", "side": "a", "value": 0.05, "ci_low": 0.045, "ci_high": 0.055,
           "guard_low": 0.04, "guard_high": 0.06, "unit": "1",
           "limit_low": np.nan, "limit_high": 0.055}  # fmt: skip
    words = ("pass", "no limit", "not decidable")
    found = verdicts(pd.DataFrame([{**row, "verdict": w} for w in words]))
    assert [v.verdict for v in found] == ["not decidable", "pass", "no limit"]
    assert overall(found) == "not decidable"
    assert overall([]) == "no limit"
    assert found[0].limits == "at most 5.5 %"
    assert 0 < found[0].low_at < found[0].value_at < found[0].limit_high_at < 100


def test_sizes_are_shown_in_three_ways(page: str) -> None:
    assert "Sections and spheres" in page
    for words in ("Cumulative by volume", "spheres, unfolded", "spheres, log-normal"):
        assert words in page
    assert page.count('class="line way-') >= 6
    assert "How far this section stands for its foil" in page
    assert "than grain alone" in page


def test_flat_particles_say_why_they_are_not_unfolded(tmp_path: Path) -> None:
    folder = fake_section(tmp_path / "B" / "C" / "S", SMALL)
    place = folder / "tables/metrics.parquet"
    rows = read_table(place)
    row = rows["metric"] == "d50_volume_um"
    rows.loc[row, ["value", "ci_low", "ci_high"]] = np.nan
    rows.loc[row, "note"] = "not unfolded: particles are no spheres"
    write_table(place, rows, METRICS)
    assert "By volume: not unfolded: particles are no spheres." in section_page(folder, "{}")


def test_the_count_of_particles_says_what_it_is_good_for() -> None:
    assert "too few" in iso_status(6000)
    assert "enough for the volume mean" in iso_status(6001)
    assert "enough for D90" in iso_status(61_000)


def test_a_batch_compares_and_links(batch: Path, tmp_path: Path) -> None:
    report_batch(folder=batch, output=batch / "report.html")
    text = (batch / "report.html").read_text(encoding="utf-8")
    links = [a["href"] for a in Page(text).of("a") if a["href"].endswith("report.html")]
    assert links == [f"C{c}/s0{s}/report.html" for c in (1, 2, 3) for s in (1, 2)]
    assert "The batch as a whole" in text
    assert text.count("mean of cell C2") > 5
    report_batch(folder=batch, output=tmp_path / "again.html")
    assert len(text) < 1e6
