"""Phase fractions without what is taken for another phase: exact, and with intervals that hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from support.sections import SETTINGS, bare_lines, partials_of
from support.sections import Labels as Section
from transect.errors import AnalysisError, InputError
from transect.measure.corrected import METRICS, add_corrected
from transect.measure.estimates import Estimates
from transect.measure.joined import Joined
from transect.measure.partials import merge
from transect.measure.validate import validate
from transect.phases import Phase
from transect.statistics.confusion import CLASSES, CONFUSION, Confusion, corrected
from transect.storage.stores import new_store
from transect.storage.tables import read_table

RATES = np.array([[0.95, 0.03, 0.02], [0.05, 0.80, 0.15], [0.02, 0.20, 0.78]])
"""Share of true active material, binder and empty (rows) found as each (columns)."""
CODES = np.array([Phase.ACTIVE_MATERIAL, Phase.BINDER, Phase.PORE], np.uint8)
KEYS = {"batch": "b", "cell": "c", "section": "s"}


def table(counts: np.ndarray[tuple[int, int, int], np.dtype[np.float64]]) -> pd.DataFrame:
    names = list(CLASSES)
    rows = [(f"m{m}", names[t], names[f], int(n)) for (m, t, f), n in np.ndenumerate(counts)]
    return pd.DataFrame(rows, columns=CONFUSION.names)


@given(
    arrays(np.float64, (3, 3), elements=st.floats(0.01, 0.2)),
    arrays(np.float64, 3, elements=st.floats(0.05, 1)),
)
def test_what_rates_take_away_the_correction_gives_back(
    off: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    share: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    rates = np.where(np.eye(3) > 0, 0, off)
    rates += np.diag(1 - rates.sum(axis=1))
    true = share / share.sum()
    assert corrected(rates.T @ true, rates) == pytest.approx(true, abs=1e-9)
    assert corrected(true, np.eye(3)) == pytest.approx(true)


def test_classes_that_cannot_be_told_apart_have_no_fraction() -> None:
    assert np.isnan(corrected(np.full(3, 1 / 3), np.full((3, 3), 1 / 3))).all()


def _drawn(rng: np.random.Generator, masks: int, pixels: int, spread: float) -> Confusion:
    """Masks whose own rates scatter about the mean ones, as images of one microscope do."""
    counts = np.zeros((masks, 3, 3))
    for mask in range(masks):
        rates = np.stack([rng.dirichlet(row * spread) for row in RATES])
        counts[mask] = [rng.multinomial(pixels, row) for row in rates]
    return Confusion.of(table(counts), "t")


def _section(rng: np.random.Generator, true: tuple[float, ...]) -> Joined:
    """Grain of 8 px of phases with true shares, seen through the rates."""
    shape = (64, 4096)
    small = rng.choice(3, p=true, size=(shape[0] // 8, shape[1] // 8))
    grain = np.kron(small, np.ones((8, 8), np.int64))
    cumulated = RATES.cumsum(axis=1)
    found = (rng.random(shape)[..., None] > cumulated[grain]).sum(axis=-1)
    phases = CODES[np.minimum(found, 2)]
    blank = np.zeros(shape, np.uint64)
    labels = Section(phases, blank, np.zeros(shape, np.uint8))
    lines = bare_lines(shape)
    return Joined(
        KEYS, merge(partials_of(labels, lines, 4096)), lines, shape, SETTINGS, 1.0,
        np.empty((0, 4)),
    )  # fmt: skip


def test_intervals_of_corrected_fractions_hold_the_truth() -> None:
    rng, true = np.random.default_rng(11), (0.6, 0.15, 0.25)
    held, values = [], []
    for _ in range(60):
        joined = _section(rng, true)
        blocks = joined.blocks
        estimates = Estimates.over(np.zeros(blocks), 200, 1, np.arange(blocks))
        add_corrected(estimates, joined, np.arange(blocks), _drawn(rng, 12, 4000, 200.0))
        rows = {row["metric"]: row for row in estimates.rows}
        for metric, value in zip(METRICS, true, strict=True):
            row = rows[metric]
            held.append(row["ci_low"] <= value <= row["ci_high"])
            values.append(row["value"] - value)
    assert np.abs(np.reshape(values, (-1, 3)).mean(axis=0)).max() < 0.006
    assert 0.88 < np.mean(held) <= 1.0


def test_masks_of_another_kind_of_section_are_said_to_be() -> None:
    joined = _section(np.random.default_rng(1), (1.0, 0.0, 0.0))
    blocks = joined.blocks
    estimates = Estimates.over(np.zeros(blocks), 100, 1, np.arange(blocks))
    counts = np.array([[[50.0, 50, 0], [0, 100, 0], [0, 0, 100]]])
    add_corrected(estimates, joined, np.arange(blocks), Confusion.of(table(counts), "t"))
    row = estimates.rows[0]
    assert row["value"] == 1.0
    assert "another kind of section" in row["note"]
    assert "hardly known" in row["note"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"truth": "carbon"}, "unknown class 'carbon', expected active_material, binder, empty"),
        ({"n_px": -1}, "n_px is negative"),
        ({"truth": "empty"}, "no pixel of active_material, binder in its masks"),
    ],
)
def test_a_table_that_is_none_is_refused(change: dict[str, object], words: str) -> None:
    frame = table(np.ones((2, 3, 3))).assign(**change)
    with pytest.raises(AnalysisError, match=f"masks.parquet: {words}"):
        Confusion.of(frame, "masks.parquet")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    phases = np.tile(np.repeat(CODES, 20), (40, 2))
    with new_store(tmp_path / "labels.zarr", recipe=1, inputs={}) as made:
        image = made.image("phases", phases.shape, np.uint8, 0.05, kind="labels")
        image.write(0, 0, phases)
    return tmp_path / "labels.zarr"


def test_masks_are_compared_where_they_lie(store: Path, tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    # Columns 10 to 70: ten of active material, then twenty of binder, pores and active material.
    mask = np.full((30, 60), Phase.INVALID, np.uint8)
    mask[:, :10] = Phase.ACTIVE_MATERIAL
    mask[:, 10:30] = Phase.BINDER
    mask[:, 30:40] = Phase.CRACK
    mask[:, 40:50] = Phase.BINDER
    tifffile.imwrite(masks / "one_r5_c10.tif", mask)
    validate(masks, labels=store, output=tmp_path / "c.parquet")
    found = read_table(tmp_path / "c.parquet", CONFUSION).set_index(["truth", "found"])["n_px"]
    assert found["active_material", "active_material"] == 300
    assert found["binder", "binder"] == 600
    assert found["binder", "empty"] == 300
    assert found["empty", "empty"] == 300
    assert found.sum() == 1500


@pytest.mark.parametrize(
    ("name", "mask", "words"),
    [
        ("plain.tif", np.full((4, 4), 2, np.uint8), "does not say where it lies"),
        ("r38_c0.tif", np.full((4, 4), 2, np.uint8), "within the mosaic of 40 x 120"),
        ("r0_c0.tif", np.full((4, 4), 77, np.uint8), r"codes \[77\] are not phases"),
        ("r0_c0.tif", None, "cannot be read"),
    ],
)
def test_a_mask_that_is_none_is_named(
    store: Path, tmp_path: Path, name: str, mask: np.ndarray | None, words: str
) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    with pytest.raises(InputError, match="no mask in it"):
        validate(folder, labels=store, output=tmp_path / "c.parquet")
    if mask is None:
        (folder / name).write_bytes(b"no image")
    else:
        tifffile.imwrite(folder / name, mask)
    with pytest.raises(InputError, match=words):
        validate(folder, labels=store, output=tmp_path / "c.parquet")
    assert not (tmp_path / "c.parquet").exists()
