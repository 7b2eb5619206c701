"""Limits between phases that move: areas in closed form, and what metrics make of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from support.electrode import make_electrode, write_mosaic
from support.sections import SETTINGS, bare_lines, foil_lines
from transect.errors import ConfigError
from transect.layers.steps import layers
from transect.measure.decisions import DECIDED, with_segmentation
from transect.measure.joined import Joined
from transect.measure.partials import merge
from transect.measure.steps import join, measure
from transect.measure.tables import DECISIONS, METRICS
from transect.parallel import WINDOW, Window, windows
from transect.phases import Phase
from transect.segment.classical import ClassicalEngine
from transect.segment.engine import EVEN, Cut, Engine
from transect.segment.learned import NetworkEngine, Shares
from transect.segment.maps import MAPS
from transect.segment.steps import resolve, segment, thresholds
from transect.segment.thresholds import Thresholds
from transect.storage.tables import Column, Schema, read_table, write_table
from transect.vary.decide import CUTS, Varied, decisions
from transect.vary.sample import MOST, sample
from transect.vary.steps import vary

U8 = npt.NDArray[np.uint8]
EDGE, RADIUS = 300, 100.0
GREYS = Thresholds((0.0, 255.0), 20.0, None, 220.0, 3.0, 20.0, 1)
SOLID = "phase_fraction_active_material"


def share(blur: float) -> npt.NDArray[np.float64]:
    """How surely a pixel belongs to a disc whose edge is so many px wide."""
    y, x = np.indices((EDGE, EDGE)) - (EDGE - 1) / 2
    return np.clip(0.5 + (RADIUS - np.hypot(y, x)) / max(blur, 1e-3), 0, 1)


def maps_of(solid: npt.NDArray[np.float64], rest: str = "pore") -> U8:
    maps = np.zeros((len(MAPS), *solid.shape), np.uint8)
    maps[MAPS.index("active_material")] = np.rint(255 * solid)
    maps[MAPS.index("distance")] = np.rint(255 * solid)
    maps[MAPS.index(rest)] = 255 - maps[MAPS.index("active_material")]
    return maps


def varied(pixels: U8, network: bool) -> Varied:
    """What decides on an image that is all coating."""
    zone = np.full((EDGE, EDGE), Phase.PORE, np.uint8)
    keys = {"batch": "b", "cell": "c", "section": "s"}
    lines = bare_lines((EDGE, EDGE))
    whole = Joined(keys, merge([]), lines, (EDGE, EDGE), SETTINGS, 1.0, np.zeros((0, 4)))

    def engine(cut: Cut) -> Engine:
        return NetworkEngine(6, cut) if network else ClassicalEngine(GREYS, 0.0, 6, cut)

    def read(window: Window) -> tuple[U8, U8]:
        return pixels[(..., *window.slices)], zone[window.slices]

    return Varied(read, engine, whole)


def decided(pixels: U8, network: bool = True) -> pd.DataFrame:
    """Values by metric, a column for each decision."""
    found = varied(pixels, network)
    rows = decisions(found.section, [found.look(Window(0, EDGE, 0, EDGE))])
    parts = [part.set_index("metric")["value"] for _, part in rows.groupby(["material", "binder"])]
    names = [f"{m:g} {b:g}" for (m, b), _ in rows.groupby(["material", "binder"])]
    return pd.concat(parts, axis=1, keys=names)


@pytest.mark.parametrize("network", [True, False])
def test_a_blurred_edge_moves_by_a_tenth_of_its_width(network: bool) -> None:
    solid, width = share(20.0), 20.0
    pixels = maps_of(solid) if network else np.rint(20 + 200 * solid).astype(np.uint8)
    found = decided(pixels, network)
    for limit, radius in ((0.4, RADIUS + width / 10), (0.5, RADIUS), (0.6, RADIUS - width / 10)):
        column = found[f"{limit:g} 0.5"]
        assert column[SOLID] == pytest.approx(np.pi * radius**2 / EDGE**2, rel=0.006)
        assert column["porosity_total"] == pytest.approx(1 - column[SOLID])
        assert column["ecd_max_um"] == pytest.approx(
            2 * radius * bare_lines((1, 1)).px_um, rel=0.003
        )
        assert column["n_particles"] == 1


@pytest.mark.parametrize("network", [True, False])
def test_a_sharp_edge_leaves_nothing_in_doubt(network: bool) -> None:
    solid = share(0.0)
    pixels = maps_of(solid) if network else np.rint(20 + 200 * solid).astype(np.uint8)
    found = decided(pixels, network).dropna()
    assert len(found) > 20
    assert found.eq(found["0.5 0.5"], axis=0).all(axis=None)


def test_the_limit_of_binder_moves_no_particle() -> None:
    maps = maps_of(share(20.0))
    half = maps[MAPS.index("pore")] // 2
    tilt = (np.arange(EDGE) * half.astype(np.int64) // (4 * EDGE)).astype(np.uint8)
    maps[MAPS.index("binder")], maps[MAPS.index("pore")] = half + tilt, half - tilt
    found = decided(maps)
    for limit in ("0.4", "0.6"):
        other = found[f"0.5 {limit}"]
        for name in (SOLID, "S_V_per_um", "ecd_max_um"):
            assert other[name] == found.loc[name, "0.5 0.5"]
    binder = found.loc["phase_fraction_binder"]
    assert binder["0.5 0.4"] >= binder["0.5 0.5"] > binder["0.5 0.6"]


@given(arrays(np.uint8, (3, 4, 50)))
def test_at_a_half_the_likeliest_is_taken(parts: U8) -> None:
    shares = Shares(*parts)
    np.testing.assert_array_equal(shares.moved(EVEN), shares.decide()[0])


@given(arrays(np.uint8, (3, 4, 50)))
def test_what_takes_less_to_be_material_is_never_less_of_it(parts: U8) -> None:
    shares = Shares(*parts)
    solid = [shares.moved(Cut(material=p)) == Phase.ACTIVE_MATERIAL for p in (0.6, 0.5, 0.4)]
    assert not (solid[0] & ~solid[1]).any()
    assert not (solid[1] & ~solid[2]).any()


def test_windows_in_any_order_give_the_same_rows() -> None:
    found = varied(maps_of(share(20.0)), network=True)
    cuts = (0, 100, 220, EDGE)
    parts = [found.look(Window(0, EDGE, a, b)) for a, b in zip(cuts, cuts[1:], strict=False)]
    rows = decisions(found.section, parts)
    pd.testing.assert_frame_equal(decisions(found.section, parts[::-1]), rows)
    assert set(rows["metric"]) == set(DECIDED)


def test_a_section_without_windows_has_no_rows() -> None:
    rows = decisions(varied(maps_of(share(0.0)), network=True).section, [])
    assert rows.equals(DECISIONS.empty())


def table(metric: str, *values: float) -> pd.DataFrame:
    limits = {"material": [c.material for c in CUTS], "binder": [c.binder for c in CUTS]}
    return pd.DataFrame({"metric": metric, **limits, "value": values, "unit": "1"})


@pytest.mark.parametrize(
    ("metric", "value", "windows_have", "ends"),
    [
        # Relative changes, those of both limits as the root of the sum of their squares.
        ("porosity_total", 0.30, (0.20, 0.18, 0.23, 0.24, 0.19), (0.2665, 0.375)),
        # Both move one way; what cannot be negative stays so.
        ("n_particles", 100.0, (50.0, 55.0, 60.0, 50.0, 50.0), (100.0, 120.0)),
        ("crack_area_fraction", 0.02, (0.01, 0.0, 0.04, 0.01, 0.01), (0.0, 0.08)),
        ("cracked_fraction", 0.9, (0.6, 0.5, 0.8, 0.6, 0.6), (0.75, 1.0)),
        # What windows have none of, and what has a sign, changes by as much as theirs.
        ("porosity_crack", 0.02, (0.0, 0.01, 0.0, 0.0, 0.0), (0.02, 0.03)),
        ("gradient_binder", -0.1, (0.2, 0.1, 0.3, 0.2, 0.2), (-0.2, 0.0)),
        ("porosity_crack", 0.02, (0.0, 0.0, 0.0, 0.0, 0.0), (np.nan, np.nan)),
        ("porosity_crack", 0.0, (0.0, 0.0, 0.0, 0.0, 0.0), (0.0, 0.0)),
        ("d50_area_um", 5.0, (np.nan, 1.0, 1.0, 1.0, 1.0), (np.nan, np.nan)),
        ("d50_area_um", np.nan, (1.0, 1.0, 1.0, 1.0, 1.0), (np.nan, np.nan)),
    ],
)
def test_changes_of_windows_become_ends(
    metric: str, value: float, windows_have: tuple[float, ...], ends: tuple[float, float]
) -> None:
    rows = [{"metric": metric, "side": "", "value": value}]
    rows.append({"metric": "t_mean_um", "side": "a", "value": 60.0})
    found = with_segmentation(pd.DataFrame(rows), table(metric, *windows_have))
    columns = ["segmentation_low", "segmentation_high"]
    assert found.loc[0, columns].tolist() == pytest.approx(ends, abs=1e-3, nan_ok=True)
    assert found.loc[1, columns].isna().all()


@pytest.mark.parametrize(("shape", "count"), [((900, 1500), 1), ((9000, 80_000), 4)])
def test_few_windows_at_all_depths(shape: tuple[int, int], count: int) -> None:
    foil = (shape[0] / 2 - 40, shape[0] / 2 + 40)
    lines = foil_lines(shape, foil, np.full(shape[1], shape[0] / 2 - 100), np.zeros(shape[1]))
    found = sample(lines, shape)
    assert len(found) == count
    assert set(found) <= set(windows(shape))
    assert len({window.row0 for window in found}) == count


def test_a_wide_section_takes_no_more_windows_than_a_few() -> None:
    shape = (2 * WINDOW, 700 * WINDOW)
    lines = bare_lines(shape)
    assert MOST / 2 < len(sample(lines, shape)) <= MOST
    nowhere = foil_lines(shape, (4.0, 8.0), np.full(shape[1], np.nan), np.zeros(shape[1]))
    assert sample(nowhere, shape) == []


def test_the_decision_at_a_half_is_the_one_that_is_published(tmp_path: Path) -> None:
    electrode = make_electrode(columns=1500, noise=6)
    write_mosaic(tmp_path / "mosaic.zarr", electrode.image)
    shape = {"mosaic": tmp_path / "mosaic.zarr", "layers": tmp_path / "layers.parquet"}
    layers(mosaic=shape["mosaic"], output=shape["layers"])
    limits = tmp_path / "thresholds.json"
    thresholds(**shape, output=limits)
    own = tmp_path / "0"
    segment(**shape, thresholds=limits, block=0, blocks=1, output=own / "segments.zarr",
            contacts=own / "contacts.parquet", faces=own / "faces.parquet")  # fmt: skip
    groups = tmp_path / "groups.parquet"
    resolve(folder=tmp_path, blocks=1, thresholds=limits, output=groups,
            engine=tmp_path / "engine.parquet")  # fmt: skip
    measure(**shape, groups=groups, folder=tmp_path, block=0, blocks=1,
            labels=own / "labels.zarr", partials=own / "partials")  # fmt: skip
    moved = tmp_path / "decisions.parquet"
    vary(**shape, thresholds=limits, output=moved)
    names = {"accepted": "bool", "residual_px": "float64"}
    names |= {f"{axis}{end}_px": "float64" for axis in "yx" for end in (0, 1)}
    seams = Schema("seams", 1, "", tuple(Column(n, t, "", "") for n, t in names.items()))
    write_table(tmp_path / "seams.parquet", seams.empty(), seams)
    join(**shape, folder=tmp_path, blocks=1, seams=tmp_path / "seams.parquet", batch="b",
         cell="c", section="s", output=tmp_path / "tables", decisions=moved,
         settings=json.dumps({"statistics": {"replicates": 100}}))  # fmt: skip
    rows = read_table(moved, DECISIONS)
    half = rows[(rows["material"] == 0.5) & (rows["binder"] == 0.5)].set_index("metric")["value"]
    found = read_table(tmp_path / "tables" / "metrics.parquet", METRICS).set_index("metric")
    for name in half.index:
        assert half[name] == pytest.approx(found.loc[name, "value"], rel=1e-12, nan_ok=True), name
    solid = found.loc[SOLID]
    assert solid["segmentation_low"] < solid["value"] < solid["segmentation_high"]
    assert np.isnan(found.loc["excluded_area_fraction", "segmentation_low"])
    with pytest.raises(ConfigError, match="predictions"):
        vary(**shape, thresholds=limits, output=moved, predictions=tmp_path)
