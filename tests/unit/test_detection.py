"""Probability of detection: curves, credits, plants that are found, and reviewed finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from transect.config import SegmentConfig
from transect.detect.credit import detection_table
from transect.detect.finds import Finds
from transect.detect.kinds import agglomerate, foreign_particle, kinds_of, macro_void
from transect.detect.plants import Planted, shape
from transect.detect.reviewed import read_reviewed
from transect.detect.tables import DETECTION, PLANTS
from transect.detect.trials import LOOKS, Trials, trials_on
from transect.errors import InputError
from transect.geometry import LINES, Layers
from transect.measure.particles import foreign, foreign_from
from transect.parallel import Window
from transect.phases import Phase
from transect.segment.classical import ClassicalEngine
from transect.segment.thresholds import Thresholds
from transect.statistics.detection import Detection
from transect.storage.images import open_image
from transect.storage.stores import new_store
from transect.storage.tables import read_table, write_table

A90, SLOPE = 5.0, 4.0
GREYS = {"pore": 20.0, "binder": 90.0, "material": 200.0}


def trial(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    sizes = np.exp(rng.uniform(np.log(1), np.log(15), n))
    return sizes, rng.random(n) < expit(logit(0.9) + SLOPE * np.log(sizes / A90))


def test_a90_is_right_and_its_bound_holds() -> None:
    rng = np.random.default_rng(1)
    curves = [Detection.fit(*trial(rng, 80), 1) for _ in range(120)]
    known = [curve for curve in curves if curve is not None]
    assert len(known) == 120
    assert np.median([curve.a90 for curve in known]) == pytest.approx(A90, rel=0.05)
    assert np.median([curve.size(0.5) for curve in known]) == pytest.approx(
        A90 * np.exp(-logit(0.9) / SLOPE), rel=0.05
    )
    # A confidence of 95 % that nine of ten of this size are found.
    assert np.mean([curve.a90_95 >= A90 for curve in known]) > 0.9


def test_what_was_missed_is_credited() -> None:
    rng = np.random.default_rng(2)
    held, values, raw = [], [], []
    for _ in range(120):
        curve = Detection.fit(*trial(rng, 100), 1)
        assert curve is not None
        there = np.exp(rng.uniform(np.log(3.5), np.log(10), rng.poisson(20)))
        pod = expit(logit(0.9) + SLOPE * np.log(there / A90))
        seen = there[rng.random(there.size) < pod]
        value, low, high = curve.credited(seen, 2.0)
        held.append(low <= 10 <= high)
        values.append(value)
        raw.append(seen.size / 2)
    assert np.mean(values) == pytest.approx(10, rel=0.05)
    assert np.mean(raw) < 9.5
    assert np.mean(held) > 0.9


@given(st.integers(0, 2**32), st.floats(0.01, 100))
def test_curves_rise_with_size_and_know_no_unit(seed: int, unit: float) -> None:
    sizes, found = trial(np.random.default_rng(seed), 60)
    curve, other = Detection.fit(sizes, found, 1), Detection.fit(sizes * unit, found, 1)
    if curve is None or other is None:
        assert curve is other
        return
    pods = curve.pod(np.geomspace(0.1, 100, 50))
    assert (np.diff(pods) >= 0).all()
    assert other.a90 == pytest.approx(curve.a90 * unit, rel=1e-6)
    low, high = curve.credited(np.empty(0), 1.0)[1:]
    assert low == 0
    # The rule of three, over the nine of ten that would have been found.
    assert high == pytest.approx(3.69 / 0.9, rel=0.01)


def test_few_trials_or_no_misses_have_no_curve() -> None:
    sizes = np.linspace(1, 10, 40)
    assert Detection.fit(sizes, np.ones(40, bool), 1) is None
    assert Detection.fit(sizes, np.zeros(40, bool), 1) is None
    assert Detection.fit(sizes[:10], sizes[:10] > 2, 1) is None
    assert Detection.fit(np.ones(40), sizes > 5, 1) is None


@given(st.integers(0, 2**32), st.floats(6, 120))
def test_plants_have_the_size_that_they_say(seed: int, size: float) -> None:
    cover = shape(size, np.random.default_rng(seed))
    assert np.sqrt(4 / np.pi * cover.sum()) == pytest.approx(size, rel=0.05)
    assert cover[0].max() == cover[:, 0].max() == 0


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """Discs of material in binder with noise; all of it is coating."""
    folder, size = tmp_path_factory.mktemp("s"), (600, 1400)
    rng = np.random.default_rng(7)
    image = np.full(size, GREYS["binder"])
    y, x = np.mgrid[: size[0], : size[1]]
    for row in range(40, size[0], 80):
        for column in range(40, size[1], 80):
            image[np.hypot(y - row, x - column) < 30] = GREYS["material"]
    grey = np.clip(image + 5 * rng.standard_normal(size), 0, 255).astype(np.uint8)
    with new_store(folder / "m.zarr", recipe=1, inputs={}) as store:
        store.image("", size, np.uint8, 0.05).write(0, 0, grey)
        store.image("labels/valid", size, np.uint8, 0.05, kind="labels").write(
            0, 0, np.ones(size, np.uint8)
        )
    bounds = np.full((size[1], len(LINES)), np.nan)
    bounds[:, 2], bounds[:, 3] = size[0], 0
    mosaic = folder / "m.zarr"
    return Planted(open_image(mosaic), open_image(mosaic, "labels/valid"), Layers(bounds, {}))


def trials(section: Planted, *kinds: object, seed: int = 1) -> Trials:
    limits = Thresholds((0.0, 255.0), 20.0, 90.0, 200.0, 5.0, 8.0, 10_000)
    engine = ClassicalEngine(limits, 1.0, 7)
    return Trials(
        section, limits.scale, lambda s, w: s.read(w, limits.scale), engine, SegmentConfig(),
        list(kinds), 200.0, seed,
    )  # fmt: skip


def test_every_reader_of_a_section_sees_the_same_plants(section: Planted) -> None:
    work = trials(section, macro_void(60, GREYS["pore"]))
    window = Window(0, 600, 0, 1400)
    plants = work._draw(window, {"macro_void": np.full(window.shape, 99, np.float32)}, 0)
    planted = Planted(section.mosaic, section.valid, section.layers, tuple(plants))
    whole = planted.read(window, (0.0, 255.0))[0]
    for part in (Window(0, 300, 0, 700), Window(100, 500, 333, 1234)):
        assert np.array_equal(planted.read(part, (0.0, 255.0))[0], whole[part.slices])
    middle = plants[0].window
    centre = whole[(middle.row0 + middle.row1) // 2, (middle.col0 + middle.col1) // 2]
    assert centre == pytest.approx(GREYS["pore"], abs=25)


@pytest.mark.parametrize("name", ["macro_void", "agglomerate"])
def test_large_plants_are_found_and_small_ones_are_not(section: Planted, name: str) -> None:
    kind = {
        "macro_void": macro_void(60, GREYS["pore"]),
        "agglomerate": agglomerate(90, GREYS["binder"]),
    }[name]
    work = trials(section, kind)
    rows = pd.concat([work.look(t) for t in trials_on([Window(0, 600, 0, 1400)])])
    assert len(rows) > 60
    size = rows["size_um"] / 0.05
    assert rows["found"][size > 1.4 * kind.limit_px].mean() > 0.8
    assert rows["found"][size < 0.9 * kind.limit_px].mean() < 0.1
    again = pd.concat([work.look(t) for t in trials_on([Window(0, 600, 0, 1400)])])
    assert again.equals(rows)


def test_a_foreign_particle_is_found_by_its_grey(section: Planted) -> None:
    rows = trials(section, foreign_particle(8, 200.0, 215.0, GREYS["binder"]))
    found = pd.concat([rows.look(t) for t in trials_on([Window(0, 600, 0, 1400)])])
    size = found["size_um"] / 0.05
    assert found["found"][size > 50].mean() > 0.7
    assert found["found"][size < 8].mean() < 0.3


def test_looks_are_dealt_to_all_windows_and_none_is_lost() -> None:
    for count in (0, 1, 5, LOOKS, 100):
        dealt = trials_on([Window(0, 1, n, n + 1) for n in range(count)])
        numbers = sorted(n for _, mine in dealt for n in mine)
        assert numbers == (list(range(LOOKS)) if count else [])


def test_kinds_follow_what_the_section_has() -> None:
    metrics = pd.DataFrame(
        {"metric": ["macro_void_per_mm2", "agglomerate_per_mm2"], "resolution_limit_um": [3.0, 5.0]}
    )
    names = [k.name for k in kinds_of(metrics, GREYS, (200.0, 215.0), 8, 0.05)]
    assert names == ["macro_void", "agglomerate", "foreign_particle"]
    bare = kinds_of(metrics, {"pore": 20.0, "binder": None}, (float("nan"),) * 2, 8, 0.05)
    assert [(k.name, k.limit_px) for k in bare] == [("macro_void", pytest.approx(60))]
    assert len(kinds_of(metrics, GREYS, (200.0, 255.0), 8, 0.05)) == 2


def test_the_rule_for_foreign_particles_is_that_of_the_metric() -> None:
    grey = np.array([200.0, 201, 199, 202, 198, 240])
    assert np.array_equal(foreign(grey, 6.0), grey > foreign_from(grey, 6.0)[1])
    assert np.isnan(foreign_from(np.empty(0), 6.0)).all()
    flags = foreign_particle(8, 200.0, 215.0, 90.0).flags
    particles = np.zeros((40, 80), np.uint64)
    particles[10:30, 10:30], particles[10:30, 50:70] = 7, 9
    phases = np.where(particles > 0, Phase.ACTIVE_MATERIAL, Phase.BINDER).astype(np.uint8)
    seen = np.where(particles == 9, 230, 200).astype(np.uint8)
    assert np.array_equal(flags(phases, particles, seen), particles == 9)


def test_reviewed_finds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("kind,size_um,found\nmacro_void,4.5,1\nagglomerate,9,no\n")
    rows = read_reviewed(path)
    assert rows["found"].tolist() == [True, False]
    assert set(rows["source"]) == {"mine.csv"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "kind,size\n",
            "no column size_um, found; expected kind, size_um, found, found kind, size",
        ),
        ("kind,size_um,found\nhole,4,1\n", "line 2: kind 'hole', expected macro_void"),
        (
            "kind,size_um,found\nmacro_void,-4,1\n",
            "line 2: size_um '-4', expected a number above 0",
        ),
        ("kind,size_um,found\nmacro_void,4,perhaps\n", "line 2: found 'perhaps', expected 1 or 0"),
    ],
)
def test_faults_of_reviewed_finds_are_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_reviewed(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_reviewed(tmp_path / "none.csv")


def test_the_table_has_an_answer_for_every_section(tmp_path: Path) -> None:
    kind = macro_void(60, GREYS["pore"])
    sizes, found = trial(np.random.default_rng(3), 80)
    plants = pd.DataFrame({"kind": "macro_void", "size_um": sizes, "found": found})
    names = {"batch": "b", "cell": "c", "section": "s"}

    def row(plants: pd.DataFrame, sizes_um: list[float], area: float) -> pd.Series:
        finds = Finds({"macro_void": np.array(sizes_um)}, area)
        table = detection_table([kind], plants, finds, 0.05, 1).assign(**names)
        write_table(tmp_path / "d.parquet", table, DETECTION)
        return table.iloc[0]

    some = row(plants, [6.0, 7.0, 3.0], 0.5)
    assert (some["count"], some["density_per_mm2"], some["note"]) == (3, 6.0, "")
    assert some["credited_low"] < 6.0 < some["credited_per_mm2"] < some["credited_high"]
    none = row(plants, [], 0.5)
    assert none["credited_per_mm2"] == 0
    # What was made was too small: nothing is said of what none found leaves room for.
    small = plants[plants["size_um"] < 4.5]
    assert np.isnan(row(small, [], 0.5)["credited_high"])
    assert "larger than the largest that was made" in row(small, [], 0.5)["note"]
    assert row(plants.iloc[:5], [6.0], 0.5)["note"] == "5 made, 20 are needed"
    assert row(plants.assign(found=True), [], 0.5)["note"] == "80 of 80 found: no curve"
    assert np.isnan(row(plants, [], 0.0)["density_per_mm2"])
    nothing = detection_table([], PLANTS.empty(), Finds({}, 0.0), 0.05, 1).assign(**names)
    write_table(tmp_path / "d.parquet", nothing, DETECTION)
    assert len(read_table(tmp_path / "d.parquet", DETECTION)) == 0
