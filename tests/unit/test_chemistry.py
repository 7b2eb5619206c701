"""Files of chemistries: what they state, what follows, and one clear error where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.project import ROOT
from transect.chemistry import chemistries_in, read_chemistry, settings_of
from transect.config import Config, parse
from transect.errors import ConfigError
from transect.expect import DECADE, DEFECTS, ExpectConfig
from transect.sheet import CHEMISTRIES
from transect.statistics.registry import REGISTRY

FILES = ROOT / "config" / "chemistries"
GOOD = """\
expect:
  contrast: [pore, binder, active_material]
  d50_um: [2, 19]
  largest_um: [4, 60]
  defects: [delamination]
"""


def settings(name: str) -> Config:
    return parse(Config, settings_of(FILES / f"{name}.yaml", {}), name)


def test_the_sheet_knows_every_file_that_comes_with_the_project() -> None:
    assert set(chemistries_in(FILES)) == set(CHEMISTRIES)


@pytest.mark.parametrize("name", CHEMISTRIES)
def test_every_file_states_what_it_expects(name: str) -> None:
    expect = settings(name).expect
    assert expect.chemistry == name
    assert expect.contrast
    assert expect.d50_um
    assert expect.largest_um
    assert expect.defects
    # A pixel size ten times off moves any plausible D50 out of the range.
    assert expect.d50_um[1] < DECADE * expect.d50_um[0]
    assert expect.largest_um[0] >= expect.d50_um[0]
    assert expect.largest_um[1] >= expect.d50_um[1]


@pytest.mark.parametrize(
    ("name", "filler", "second"),
    [
        ("nmc", "binder", False),
        ("nmc-single", "binder", False),
        ("lfp", "binder", False),
        ("lmno", "binder", False),
        ("sib", "binder", True),
        ("graphite", "binder", False),
        ("assb", "electrolyte", False),
    ],
)
def test_contrast_decides_what_is_looked_for(name: str, filler: str, second: bool) -> None:
    segment = settings(name).segment
    assert (segment.polarity, segment.filler, segment.second_material) == ("bright", filler, second)


def test_pores_that_are_brighter_turn_the_polarity(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("[pore, binder, active_material]", "[active_material, pore]"))
    assert settings_of(path, {})["segment"]["polarity"] == "dark"
    own = {"segment": {"polarity": "bright"}}
    assert settings_of(path, own)["segment"]["polarity"] == "bright"


def test_what_is_blank_in_the_configuration_is_as_the_chemistry_says(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    own = {"expect": {"d50_um": None, "largest_um": [1, 5]}}
    expect = settings_of(tmp_path / "mine.yaml", own)["expect"]
    assert (expect["d50_um"], expect["largest_um"]) == ((2, 19), (1, 5))


def test_every_defect_is_told_by_metrics_that_there_are() -> None:
    told = [metric for metrics in DEFECTS.values() for metric in metrics]
    assert len(set(told)) == len(told)
    assert set(told) <= set(REGISTRY)
    assert ExpectConfig(defects=tuple(DEFECTS)).elsewhere == frozenset()
    assert ExpectConfig().elsewhere == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("binder, ", "bindr, ", r"expect.contrast.1: .*'binder', 'electrolyte'.*, found 'bindr'"),
        (
            ", active_material",
            "",
            r"expect.contrast: expected pore and active_material .* found \[",
        ),
        (
            "binder,",
            "binder, electrolyte,",
            r"expect.contrast: expected binder or electrolyte, not",
        ),
        ("binder,", "pore,", r"expect.contrast: expected each phase once; twice: pore, found \["),
        ("[2, 19]", "[2, 20]", r"expect.d50_um: .* below 10 times the smaller .* found \[2, 20\]"),
        ("[2, 19]", "[19, 2]", r"expect.d50_um: expected two numbers above 0.* found \[19, 2\]"),
        ("[4, 60]", "60", r"expect.largest_um: .* found 60"),
        ("  d50_um: [2, 19]\n", "", r"expect.d50_um: Field required: Smallest and largest"),
        (
            "largest_um",
            "biggest_um",
            r"unknown key expect.biggest_um; known keys: contrast, d50_um",
        ),
        ("[delamination]", "[rust]", r"expect.defects.0: .*'delamination', found 'rust'"),
        (
            "expect:",
            "expects:",
            r"expect: Field required: .*; unknown key expects; known keys: exp",
        ),
        ("expect:", "results: x\nexpect:", r"unknown key results; known keys: expect, tiles"),
        (
            "expect:",
            "segment: {filler: binder}\nexpect:",
            r"segment.filler follows from expect.con",
        ),
        ("expect:", "segment: {denoise_px: -1}\nexpect:", r"segment.denoise_px: .* found -1"),
        ("[2, 19]", "[2, 19", r"not YAML"),
        (GOOD, "- nmc\n", r"found \['nmc'\], expected expect and other keys by name"),
        (GOOD, "", r"found None, expected expect and other keys by name"),
    ],
)
def test_a_bad_file_is_named_with_its_fault(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    read_chemistry(path)
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError, match=rf"mine\.yaml: .*{fault}") as error:
        read_chemistry(path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


def test_a_file_that_is_not_there_or_binary(tmp_path: Path) -> None:
    (tmp_path / "lfp.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="no file of chemistry nmc; there are: lfp"):
        read_chemistry(tmp_path / "nmc.yaml")
    with pytest.raises(ConfigError, match=r"lfp.yaml: cannot be read"):
        read_chemistry(tmp_path / "lfp.yaml")
