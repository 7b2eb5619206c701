"""The plan of a run: settings per section, names, and what jobs ask for."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from transect.errors import ConfigError, SheetError
from transect.plan import DEMANDS, Plan

JOB = SimpleNamespace(batch="B1", cell="C1", section="S1")
EXPECT = "expect: {contrast: [pore, binder, active_material], d50_um: [1, 9], largest_um: [2, 30],\
  defects: [delamination]}\n"


def _plan(folder: Path, values: dict[str, object] | None = None, row: str = "") -> Plan:
    (folder / "chemistries").mkdir(exist_ok=True)
    chemistry = f"{EXPECT}measure: {{contact_um: 0.2, depth_bins: 12}}\n"
    (folder / "chemistries" / "lfp.yaml").write_text(chemistry)
    (folder / "chemistries" / "nmc.yaml").write_text(EXPECT)
    for name in ("raw1", "raw2", "raw3"):
        (folder / name).mkdir(exist_ok=True)
    head = "batch\tcell\tsection\tfolder\tchemistry\tblocks\ttiles\tpixel_nm"
    rows = [
        f"B1\tC1\tS1\t{folder}/raw1\tlfp\t2\t120\t30",
        f"B1\tC2\tS1\t{folder}/raw2\t\t\t\t",
        f"B2\tC1\tS1\t{folder}/raw3\t\t\t\t",
    ]
    sheet = folder / "sections.tsv"
    sheet.write_text("\n".join([head, *rows, row]))
    own = {"sheet": str(sheet), "results": str(folder / "results")}
    return Plan.load(own | (values or {}), folder / "chemistries")


def test_chemistry_is_under_the_users_values(tmp_path: Path) -> None:
    part = json.loads(_plan(tmp_path, {"measure": {"contact_um": 0.7}}).part("measure")(JOB))
    assert part["contact_um"] == 0.7
    assert part["depth_bins"] == 12
    other = SimpleNamespace(batch="B2", cell="C1", section="S1")
    assert json.loads(_plan(tmp_path).part("measure")(other))["depth_bins"] == 20


def test_what_follows_from_the_contrast_is_under_the_users_values(tmp_path: Path) -> None:
    def segment(own: dict[str, object]) -> dict[str, object]:
        found: dict[str, object] = json.loads(_plan(tmp_path, own).part("segment")(JOB))
        return found

    assert segment({})["filler"] == "binder"
    blend: dict[str, object] = {"contrast": ["pore", "electrolyte", "active_material"]}
    assert segment({"expect": blend})["filler"] == "electrolyte"
    assert segment({"expect": blend, "segment": {"filler": "binder"}})["filler"] == "binder"
    part = json.loads(_plan(tmp_path, {"expect": blend}).part("expect")(JOB))
    assert part["chemistry"] == "lfp"
    assert part["contrast"] == blend["contrast"]
    assert part["d50_um"] == [1, 9]


def test_what_a_user_expects_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expect.d50_um: expected the larger end below 10 times"):
        _plan(tmp_path, {"expect": {"d50_um": [1, 10]}})
    with pytest.raises(ConfigError, match=r"part expect.*unknown key chemistry"):
        _plan(tmp_path, {"expect": {"chemistry": "nmc"}})


def test_a_file_makes_a_chemistry(tmp_path: Path) -> None:
    row = f"B3\tC1\tS1\t{tmp_path}/raw1\tmine\t\t\t"
    with pytest.raises(SheetError, match="line 5: unknown chemistry 'mine'; known: lfp, nmc"):
        _plan(tmp_path, row=row)
    (tmp_path / "chemistries" / "mine.yaml").write_text(EXPECT)
    assert ("B3", "C1", "S1") in _plan(tmp_path, row=row).sections


def test_what_the_sheet_knows_of_tiles_reaches_the_reader(tmp_path: Path) -> None:
    part = json.loads(_plan(tmp_path).part("tiles")(JOB))
    assert part["pixel_nm"] == 30
    assert part["expected_tiles"] == 120


def test_several_parts_are_one_object(tmp_path: Path) -> None:
    parts = json.loads(_plan(tmp_path).parts("measure", "statistics")(JOB))
    assert set(parts) == {"measure", "statistics"}


def test_a_step_may_get_some_settings_only(tmp_path: Path) -> None:
    text = _plan(tmp_path).some("measure", "contact_um", "depth_bins")(JOB)
    assert json.loads(text) == {"contact_um": 0.2, "depth_bins": 12}


def test_a_network_without_its_card_is_refused(tmp_path: Path) -> None:
    own = {"segment": {"engine": "network", "model": str(tmp_path / "none")}}
    with pytest.raises(ConfigError, match=r"segment.model: no file .*none/model.json"):
        _plan(tmp_path, own)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "model.json").write_text("{}")
    plan = _plan(tmp_path, own)
    assert plan.network(JOB)
    assert plan.model_card(JOB) == str(tmp_path / "none" / "model.json")
    assert not _plan(tmp_path).network(JOB)


def test_where_results_lie_is_no_setting(tmp_path: Path) -> None:
    assert str(tmp_path) not in _plan(tmp_path).whole(JOB)


def test_names_keep_the_order_of_the_sheet(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    assert plan.batches() == ["B1", "B2"]
    assert plan.cells("B1") == ["C1", "C2"]
    assert plan.of_cell("B1", "C2") == ["S1"]


@pytest.mark.parametrize("step", DEMANDS)
def test_a_second_attempt_asks_for_twice_as_much(tmp_path: Path, step: str) -> None:
    plan = _plan(tmp_path)
    assert plan.memory(step)(JOB, 4, 2) == 2 * plan.memory(step)(JOB, 4, 1) > 0
    assert plan.runtime(step)(JOB, 2) == 2 * plan.runtime(step)(JOB, 1) > 0


def test_memory_does_not_grow_with_the_section(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    wide = SimpleNamespace(batch="B2", cell="C1", section="S1")
    for step in DEMANDS:
        assert plan.memory(step)(JOB, 2, 1) == plan.memory(step)(wide, 2, 1)


def test_more_blocks_are_less_time_each(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    whole = SimpleNamespace(batch="B1", cell="C2", section="S1")
    assert plan.runtime("segment")(JOB, 1) < plan.runtime("segment")(whole, 1)


def test_an_unknown_key_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key measure.contakt; known keys: .*contact_um"):
        _plan(tmp_path, {"measure": {"contakt": 1}})


def test_a_broken_chemistry_names_its_file(tmp_path: Path) -> None:
    _plan(tmp_path)
    text = f"{EXPECT}measure: {{contact_um: thin}}\n"
    (tmp_path / "chemistries" / "nmc.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"nmc\.yaml: measure\.contact_um.*thin"):
        Plan.load(
            {"sheet": str(tmp_path / "sections.tsv"), "results": str(tmp_path / "results")},
            tmp_path / "chemistries",
        )


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="no such sample sheet"):
        Plan.load({"sheet": str(tmp_path / "none.tsv")}, tmp_path)


def test_results_below_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(ConfigError, match="cannot write .* choose another folder"):
        _plan(tmp_path)
