"""Defects of made sections: all are listed, the gravest first, the same for any order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture

from support.report_made import Made, fill
from support.report_section import fake_section
from support.sections import bare_lines
from transect.defects.found import Evidence
from transect.defects.look import SIDE, Stores
from transect.defects.rank import STEPS, ranked
from transect.defects.reviews import read_reviews
from transect.defects.steps import defects
from transect.defects.tables import CLASSES, DEFECTS
from transect.errors import InputError
from transect.geometry import LAYERS
from transect.measure.lines import Lines
from transect.measure.tables import COLUMNS, PARTICLES, PORES
from transect.parallel import Window
from transect.phases import Phase
from transect.report.section import section_page
from transect.statistics.tables import METRICS
from transect.storage.images import open_image
from transect.storage.stores import new_store
from transect.storage.tables import read_table, write_table

PX = 0.05
SHAPE = (400, 2000)
KEYS = {"batch": "b", "cell": "c", "section": "s"}


def lines() -> Lines:
    """Foil between rows 190 and 210, coatings on both sides, a gap of 10 px over 100 columns."""
    bare = bare_lines(SHAPE)
    columns = SHAPE[1]
    gap = np.zeros((2, columns))
    gap[1, 500:600] = 10.0
    base = np.stack([np.full(columns, 190.0), np.full(columns, 210.0) + gap[1]])
    surface = np.stack([np.full(columns, 10.0), np.full(columns, 390.0)])
    return Lines(
        np.full(columns, 200.0), base, surface, surface, np.ones((2, columns), bool), gap,
        np.full(columns, 20.0), np.ones(columns), True, bare.px_um,
    )  # fmt: skip


def evidence(seed: int = 0) -> Evidence:
    """One and more of every class; the order of rows is drawn."""
    random = np.random.default_rng(seed)

    def box(frame: pd.DataFrame) -> pd.DataFrame:
        x, half = frame["x_um"], frame["ecd_um"] / 2
        frame = frame.assign(bbox_x0_um=x - half, bbox_x1_um=x + half)
        frame = frame.assign(bbox_y0_um=5.0 - half, bbox_y1_um=5.0 + half)
        return frame.iloc[random.permutation(len(frame))]

    particles = fill(
        PARTICLES, 5, particle=np.arange(11, 16), side="a", x_um=[10.0, 20, 30, 40, 50],
        zeta=0.5, ecd_um=2.0, solidity=[0.9, 0.95, 0.7, 0.95, 0.3],
        grey_mean=[200.0, 250, 200, 230, 200], fragment=[False, False, True, False, True],
        foreign=[False, True, False, True, False],
    )  # fmt: skip
    pores = fill(
        PORES, 4, pore=np.arange(21, 25), kind=["inter", "inter", "inter", "gap"],
        x_um=[12.0, 22, 32, 27], zeta=0.4, ecd_um=[1.0, 4.0, 8.0, 9.0],
        coating_crack=[False, False, True, False],
    )  # fmt: skip
    delaminated = np.zeros(SHAPE[1], bool)
    delaminated[500:600] = True
    columns = fill(
        COLUMNS, SHAPE[1], side="b", x_um=(np.arange(SHAPE[1]) + 0.5) * PX, delaminated=delaminated
    )
    lumps = pd.DataFrame(
        {"number": [7.0], "row0": [40.0], "row1": [140.0], "column0": [600.0], "column1": [700.0],
         "row": [90.0], "column": [650.0], "size_um": [5.0]}
    )  # fmt: skip
    limits = {"macro_void_per_mm2": 3.0, "agglomerate_per_mm2": 4.0}
    return Evidence(
        box(particles), box(pores), columns, lumps, lines(), limits, (200.0, 220.0), 2.0
    )


def test_every_class_is_listed_with_how_far_it_is_beyond_its_rule() -> None:
    rows = ranked(evidence()).set_index("defect")
    assert set(rows["class"]) == set(CLASSES)
    assert rows["score"].to_dict() == pytest.approx(
        {
            "delamination-1001": 5.0 / 2.0,
            "macro_void-22": 4.0 / 3.0,
            "macro_void-23": 8.0 / 3.0,
            "coating_crack-23": 1 + 8 / 9 / 0.4,
            "agglomerate-7": 5.0 / 4.0,
            "foreign_particle-12": 2.5,
            "foreign_particle-14": 1.5,
            "fragment-13": 0.85 / 0.7,
            "fragment-15": 0.85 / 0.3,
        }
    )
    parted = rows.loc["delamination-1001"]
    ends = parted[["bbox_x0_um", "bbox_x1_um", "bbox_y0_um", "bbox_y1_um"]].tolist()
    assert ends == pytest.approx([25.0, 30.0, 10.5, 11.0])
    assert (parted["side"], parted["size_um"], parted["zeta"]) == ("b", pytest.approx(5.0), 0)
    lump = rows.loc["agglomerate-7"]
    assert (lump["side"], lump["x_um"]) == ("a", pytest.approx(32.5))
    assert lump["zeta"] == pytest.approx((190 - 90) / 180)


@given(st.integers(0, 2**32))
def test_the_gravest_come_first_whatever_the_order_of_the_tables(seed: int) -> None:
    rows = ranked(evidence(seed))
    pd.testing.assert_frame_equal(rows, ranked(evidence()))
    assert (np.diff(rows["severity"]) <= 0).all()
    assert rows["defect"].is_unique
    for level, step in enumerate(STEPS, 1):
        assert ((rows["score"] >= step) == (rows["severity"] >= level)).all()


def test_a_section_without_defects_has_an_empty_list() -> None:
    seen = evidence()
    bare = Evidence(
        seen.particles.iloc[:0], seen.pores.iloc[:0], seen.columns.iloc[:0], seen.lumps.iloc[:0],
        seen.lines, {}, (np.nan, np.nan), 2.0,
    )  # fmt: skip
    assert len(ranked(bare)) == 0


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    grey, phases = np.full(SHAPE, 150, np.uint8), np.full(SHAPE, Phase.BINDER, np.uint8)
    grey[100:140, 300:360], phases[100:140, 300:360] = 50, Phase.PORE
    for name, pixels in (("m", grey), ("l", phases)):
        with new_store(tmp_path / f"{name}.zarr", recipe=1, inputs={}) as store:
            kind = {"kind": "labels"} if name == "l" else {}
            image = store.image("phases" if name == "l" else "", SHAPE, np.uint8, PX, **kind)
            image.write(0, 0, pixels)
    return Stores(open_image(tmp_path / "m.zarr"), open_image(tmp_path / "l.zarr", "phases"))


def test_contrast_is_that_of_its_pixels_against_what_is_around(stores: Stores) -> None:
    box = Window(100, 140, 300, 360)
    assert stores.contrast(box, "macro_void") == pytest.approx((50 - 150) / 200)
    assert np.isnan(stores.contrast(box, "agglomerate"))
    assert stores.contrast(Window(0, 400, 0, 2000), "macro_void") != 0


def test_a_picture_is_square_and_shows_its_defect(stores: Stores) -> None:
    seen = stores.picture(Window(100, 140, 300, 360), (0.0, 255.0))
    assert seen.shape == (SIDE, SIDE)
    assert seen[SIDE // 2, SIDE // 2] == 50
    corner = stores.picture(Window(0, 4, 1996, 2000), (0.0, 255.0))
    assert corner.shape == (SIDE, SIDE)


def section_with_tables(folder: Path) -> Path:
    """A section of the reports' tests, with defects in its tables and what the command reads."""
    fake_section(folder, Made(rows=300, columns=900, grid=(1, 2)))
    made = read_table(folder / "layers.parquet")
    known = {name: made[name] for name in made if name in LAYERS.names}
    whole = fill(LAYERS, len(made), **{"a_measured": True, "b_measured": True, **known})
    separators = [name for name in LAYERS.names if "separator" in name]
    whole = whole.assign(**dict.fromkeys(separators, np.nan))
    write_table(folder / "layers.parquet", whole, LAYERS, {"foil": "true"})
    path = folder / "tables" / "metrics.parquet"
    write_table(path, read_table(path, METRICS).assign(resolution_limit_um=20.0), METRICS)
    for name, schema in (("particles", PARTICLES), ("pores", PORES)):
        rows = read_table(folder / "tables" / f"{name}.parquet", schema)
        if name == "pores":
            rows = rows.assign(
                pore=np.arange(len(rows)), kind="inter", ecd_um=30.0, coating_crack=False,
                x_um=12.0, zeta=0.5, bbox_x0_um=5.0, bbox_x1_um=20.0, bbox_y0_um=4.0,
                bbox_y1_um=10.0,
            )  # fmt: skip
        write_table(folder / "tables" / f"{name}.parquet", rows, schema)
    return folder


def run(folder: Path, **more: Path) -> pd.DataFrame:
    defects(
        mosaic=folder / "mosaic.zarr", layers=folder / "layers.parquet",
        labels=folder / "labels.zarr", tables=folder / "tables", output=folder / "defects",
        **KEYS, **more,
    )  # fmt: skip
    return read_table(folder / "defects" / "defects.parquet", DEFECTS)


def test_command_and_page(tmp_path: Path) -> None:
    folder = section_with_tables(tmp_path / "b" / "c" / "s")
    rows = run(folder)
    assert len(rows)
    pictures = [name for name in rows["thumbnail"] if name]
    assert pictures == [f"{name}.png" for name in rows["defect"][: len(pictures)]]
    assert Picture.open(folder / "defects" / pictures[0]).size == (SIDE, SIDE)
    worst = rows["defect"].iloc[0]
    said = tmp_path / "said.csv"
    said.write_text(
        f"batch,cell,section,defect,review\nb,c,s,{worst},confirmed\nb,c,other,{worst},rejected\n"
    )
    again = run(folder, reviews=said)
    assert again["review"].iloc[0] == "confirmed"
    assert set(again["review"].iloc[1:]) <= {"open"}
    assert again.drop(columns="review").equals(rows.drop(columns="review"))
    page = section_page(folder, "{}")
    assert "severity" in page
    assert "confirmed" in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("batch,cell\n", "no column section, defect, review; expected batch, cell, section"),
        ("batch,cell,section,defect,review\nb,c,s,x,ok\n", "line 2: review 'ok', expected open"),
    ],
)
def test_faults_of_reviews_are_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "said.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_reviews(path, KEYS)
