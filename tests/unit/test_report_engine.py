"""What a section's page says of the engine: never a number without its warning."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from support.report_made import Made
from support.report_section import fake_section
from transect.report.batch import batch_page
from transect.report.engine import engine_facts, engine_warnings
from transect.report.inputs import Section
from transect.segment.tables import ENGINE, SOLIDS
from transect.segment.thresholds import Facing
from transect.segment.trust import classical_row
from transect.storage.tables import write_table


def section_of(**values: object) -> Section:
    shares = dict(zip(SOLIDS, (0.6, 0.1, 0.3), strict=True))
    leads = [("", tail) for tail in ("", "_40", "_50", "_60")]
    leads += [("network_", ""), ("classical_", "")]
    row = {f"{a}{name}_fraction{b}": shares[name] for a, b in leads for name in SOLIDS}
    row |= {
        "engine": "network", "model": "abc", "runtime": "onnxruntime 1", "px_nm": 50.0,
        "px_nm_low": 10.0, "px_nm_high": 100.0, "windows": 20, "unsure_fraction": 0.05,
        "judged": 20, "strange": 0, "compared": 3,
        "polarity": "bright", "polarity_found": "bright", "polarity_score": 0.8, **values,
    }  # fmt: skip
    return Section("B", "C", "S", {"engine": pd.DataFrame([row])[ENGINE.names]})


def test_the_classical_engine_says_so_and_warns_of_nothing() -> None:
    section = Section("B", "C", "S", {"engine": classical_row(Facing("bright", "bright", 0.8))})
    assert dict(engine_facts(section))["Phases decided by"].startswith("thresholds")
    assert engine_warnings(section.tables["engine"]) == []


@pytest.mark.parametrize(("found", "words"), [("undecided", "do not tell"), ("dark", "opposite")])
def test_polarity_that_is_not_sure_is_said_of_either_engine(found: str, words: str) -> None:
    row = classical_row(Facing("bright", "bright", 0.8)).assign(polarity_found=found)
    section = Section("B", "C", "S", {"engine": row})
    assert re.search(words, engine_warnings(section.tables["engine"])[0])
    assert "brighter as set" in dict(engine_facts(section))["Active material against pores"]


def test_the_network_says_which_it_was_and_how_sure() -> None:
    facts = dict(engine_facts(section_of()))
    assert facts["Phases decided by"] == "network (onnxruntime 1)"
    assert facts["Digest of the model"] == "abc"
    assert facts["Windows unlike all of the training"] == "0 of 20"
    assert facts["Pore by the network and by thresholds"] == "30.0 % and 30.0 %"
    assert engine_warnings(section_of().tables["engine"]) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"px_nm": 250.0}, "Pixels of 250 nm.*trained for 10.* to 100"),
        ({"strange": 2}, "2 of 20 windows look unlike"),
        ({"judged": 0}, "No window shows enough"),
        ({"compared": 0}, "not compared"),
        ({"classical_pore_fraction": 0.279}, "pore more by 2.1 points"),
        ({"classical_binder_fraction": 0.2}, "binder less by 10.0 points"),
        ({"polarity_found": "undecided", "polarity_score": -0.05}, "brighter.*do not tell"),
        ({"polarity_found": "dark", "polarity_score": -0.5}, "brighter.*the opposite"),
        ({"polarity": "dark", "polarity_score": 0.5}, "darker.*the opposite"),
        ({"unsure_fraction": 0.3}, "not sure of 30.0 %"),
    ],
)
def test_what_cannot_be_trusted_is_said(values: dict[str, object], words: str) -> None:
    said = engine_warnings(section_of(**values).tables["engine"])
    assert len(said) == 1
    assert re.search(words, said[0])


def test_two_points_are_no_difference() -> None:
    assert engine_warnings(section_of(classical_pore_fraction=0.281).tables["engine"]) == []


def test_a_batch_repeats_what_its_sections_warn_of(tmp_path: Path) -> None:
    folder = tmp_path / "B" / "C" / "S"
    fake_section(folder, Made(rows=300, columns=900, grid=(1, 2)))
    calm = batch_page(tmp_path / "B", tmp_path / "B/report.html", "{}")
    assert "engine differ" not in calm
    table = section_of(classical_binder_fraction=0.2).tables["engine"]
    write_table(folder / "engine.parquet", table, ENGINE)
    page = batch_page(tmp_path / "B", tmp_path / "B/report.html", "{}")
    assert re.search("C / S: The network and.*engine differ: binder less by 10.0 points", page)


def test_no_table_says_nothing() -> None:
    section = Section("B", "C", "S", {"engine": ENGINE.empty()})
    assert engine_facts(section) == []
    assert engine_warnings(section.tables["engine"]) == []
