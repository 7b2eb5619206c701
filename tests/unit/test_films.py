"""Films on particles: closed forms of thickness and coverage, blurred edges, any windows."""

from __future__ import annotations

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.sections import PX_UM, SETTINGS, Labels, bare_lines, disc, join, partials_of
from transect.measure.films import grown
from transect.measure.joined import Settings
from transect.measure.partials import merge
from transect.phases import Phase

SHAPE = (500, 900)
MEASURE = SETTINGS.measure.model_copy(
    update={"films": {"sei": (65.0, 160.0), "li_plating": (0.0, 12.0)}, "film_um": 1.5}
)
CONFIG = Settings(MEASURE, SETTINGS.statistics, SETTINGS.segment, SETTINGS.layers)


def made(films: list[tuple[float, float, float]], blur: float = 0.0) -> Labels:
    """Discs (column, radius, thickness of the film), bright on a dark ground, blurred alike."""
    labels = Labels.empty(SHAPE)
    labels.grey[:] = 30
    for column, radius, thickness in films:
        around = disc(SHAPE, 250, column, radius + thickness)
        labels.grey[around], labels.phases[around] = 100, Phase.BINDER
    for column, radius, _ in films:
        mask = disc(SHAPE, 250, column, radius)
        labels.paint(mask)
        labels.grey[mask] = 220
    if blur:
        labels.grey = np.asarray(cv2.GaussianBlur(labels.grey, (0, 0), blur))
    return labels


def measured(labels: Labels, step: int = 4096) -> dict[str, pd.DataFrame]:
    lines = bare_lines(SHAPE)
    return join(merge(partials_of(labels, lines, step, settings=CONFIG)), lines, SHAPE, CONFIG)


def value(tables: dict[str, pd.DataFrame], metric: str) -> float:
    return float(tables["metrics"].set_index("metric").loc[metric, "value"])


@pytest.mark.parametrize("blur", [0.0, 0.8])
@pytest.mark.parametrize("thickness", [5, 12, 25])
def test_a_ring_has_its_thickness_and_covers_all(thickness: int, blur: float) -> None:
    tables = measured(made([(200, 90.0, thickness), (650, 120.0, thickness)], blur))
    assert value(tables, "sei_thickness_um") == pytest.approx(thickness * PX_UM, abs=0.5 * PX_UM)
    assert value(tables, "sei_coverage") == pytest.approx(1.0, abs=0.01)
    assert value(tables, "li_plating_area_frac") == 0


def test_bare_particles_have_none_though_their_edges_are_blurred() -> None:
    tables = measured(made([(200, 90.0, 0), (650, 120.0, 0)], blur=1.2))
    assert value(tables, "sei_coverage") == 0
    row = tables["metrics"].set_index("metric").loc["sei_thickness_um"]
    assert np.isnan(row["value"])
    assert row["note"] == "no film was found"


def test_half_of_the_particles_covered_is_half_of_the_outlines() -> None:
    tables = measured(made([(200, 100.0, 10), (650, 100.0, 0)]))
    assert value(tables, "sei_coverage") == pytest.approx(0.5, abs=0.01)


def test_what_lies_off_a_particle_is_no_film() -> None:
    labels = made([(200, 90.0, 0)])
    labels.grey[disc(SHAPE, 250, 700, 60)] = 100
    assert value(measured(labels), "sei_coverage") == 0


def test_dark_plating_is_told_from_pores() -> None:
    labels = made([(300, 100.0, 0)])
    lithium = disc(SHAPE, 250, 300, 110) & (labels.phases == Phase.PORE)
    lithium[:250] = False
    labels.grey[lithium] = 5
    tables = measured(labels)
    assert value(tables, "li_plating_area_frac") == pytest.approx(0.5, abs=0.02)
    assert value(tables, "sei_coverage") == 0


@pytest.mark.parametrize("step", [128, 301])
def test_windows_do_not_matter(step: int) -> None:
    labels = made([(200, 90.0, 12), (650, 120.0, 40)], blur=1.0)
    noise = np.random.default_rng(1).normal(0, 14, SHAPE)
    labels.grey = np.clip(labels.grey + noise, 0, 255).astype(np.uint8)
    whole, parts = measured(labels), measured(labels, step)
    assert 0 < value(whole, "sei_coverage") < 1.001
    pd.testing.assert_frame_equal(whole["metrics"], parts["metrics"])


def test_without_greys_of_a_film_it_is_said() -> None:
    lines, labels = bare_lines(SHAPE), made([(200, 90.0, 12)])
    tables = join(merge(partials_of(labels, lines, 4096)), lines, SHAPE)
    row = tables["metrics"].set_index("metric").loc["sei_coverage"]
    assert np.isnan(row["value"])
    assert row["note"] == "measure.films has no greys of sei"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(1, 12), st.floats(0.3, 0.9))
def test_what_is_grown_hangs_together_and_reaches_no_further(
    seed: int, steps: int, share: float
) -> None:
    random = np.random.default_rng(seed)
    may = random.random((60, 60)) < share
    solid = (random.random((60, 60)) < 0.01).astype(np.uint8)
    may &= solid == 0
    found = grown(solid, may, steps)
    assert not (found & ~may).any()
    away = (
        cv2.distanceTransform(1 - solid, cv2.DIST_C, 3) if solid.any() else np.full(may.shape, 99)
    )
    assert away[found > 0].max(initial=0) <= steps
    count, pieces = cv2.connectedComponents((found | solid).astype(np.uint8), connectivity=8)
    assert all(solid[pieces == piece].any() for piece in range(1, count))
    assert (grown(solid, may, steps + 1) >= found).all()
