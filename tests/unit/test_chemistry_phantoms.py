"""Every chemistry on a section of its own, made with its own pixels: contrast, phases, sizes.

Thresholds decide, with the settings of the chemistry's file. Where they cannot tell something, the
table says so and what holds instead is asserted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from support.chain import report
from support.project import ROOT
from support.raw_folder import write_tile
from transect.chemistry import settings_of
from transect.config import Config, parse
from transect.measure.expected import hold
from transect.phantom.chemistries import CHEMISTRIES
from transect.phantom.scene import Scene
from transect.phantom.spec import load_spec
from transect.phases import Phase
from transect.segment.image import segment_image
from transect.storage.tables import read_metadata, read_table

FILES = ROOT / "config" / "chemistries"
BARE = {"foil": "none", "sides": "a", "separator": "none", "skin_um": 0.0, "primer_um": 0.0}
EDGE = 720
OPEN = (Phase.PORE, Phase.CRACK, Phase.VOID)


@dataclass(frozen=True)
class Held:
    """What thresholds reach on a chemistry.

    Attributes
    ----------
    solid, filler, open
        Largest error of the area fractions, in points: active material, binder or electrolyte, and
        pores with cracks and voids. Filler and active material are those of the truth, but for a
        second material, which is filler to thresholds where it is darker.
    d50
        Largest D50 over the true one, and its reciprocal.
    plausible
        Whether the D50 lies within what the file expects.
    told
        Whether filler is told from active material at all.
    """

    solid: float
    filler: float
    open: float
    d50: float
    plausible: bool = True
    told: bool = True


HELD = {
    "nmc": Held(1, 3, 3, 1.1),
    "nmc-single": Held(1, 2, 2, 1.5),
    # Primaries that touch are one particle to thresholds, and gaps of a few pixels are solid.
    "lfp": Held(5, 2, 6, 4.5, plausible=False),
    "lmno": Held(1, 2, 2, 1.2),
    # Hard carbon is binder to thresholds.
    "sib": Held(1, 1, 1, 1.5),
    # All of the binder is graphite to thresholds, and flakes become one.
    "graphite": Held(15, 15, 2, 3.0, told=False),
    "assb": Held(1, 1, 1, 1.1),
}


@dataclass(frozen=True)
class Made:
    """A window of coating and its truth."""

    grey: npt.NDArray[np.uint8]
    phases: npt.NDArray[np.uint8]
    second: npt.NDArray[np.bool_]
    particles: npt.NDArray[np.int64]
    px_um: float

    def mask(self, phase: str) -> npt.NDArray[np.bool_]:
        """Pixels of a phase, as chemistries name it."""
        material = self.phases == Phase.ACTIVE_MATERIAL
        return {
            "pore": self.phases == Phase.PORE,
            "binder": self.phases == Phase.BINDER,
            "electrolyte": self.phases == Phase.SEPARATOR,
            "active_material": material & ~self.second,
            "active_material_2": material & self.second,
        }[phase]


@cache
def made(name: str) -> Made:
    """Draw a window of a chemistry as its microscope would record it."""
    px_um = load_spec(None, {}, "good", name).px_um
    changes: dict[str, object] = {f"geometry.{key}": value for key, value in BARE.items()}
    changes |= {"width_um": EDGE * px_um, "microscope.tile_shape": (32, 32)}
    spec = load_spec(None, changes, "good", name)
    scene = Scene(spec, EDGE, EDGE)
    image = scene.grey(0.0, 0.0, EDGE, EDGE, np.zeros(EDGE, np.float32))
    labels = scene.labels(0, 0, EDGE, EDGE)
    random, look = np.random.default_rng(7), spec.appearance
    image = cv2.GaussianBlur(image, (0, 0), look.defocus_px)
    image = image + random.normal(size=image.shape) * np.sqrt(image / look.electrons)
    image = image + random.normal(size=image.shape) * look.read_noise
    grey = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    particles = labels.particles().astype(np.int64)
    return Made(grey, labels.phases, labels.second(), particles, px_um)


@cache
def config(name: str) -> Config:
    return parse(Config, settings_of(FILES / f"{name}.yaml", {}), name)


@cache
def segmented(name: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Phases and particles by thresholds, with the settings of the chemistry."""
    found = segment_image(made(name).grey, config(name).segment)
    return found.phases, found.particles.astype(np.int64)


def diameters(particles: npt.NDArray[np.int64], px_um: float) -> tuple[float, float]:
    """D50 by area of the particles that are whole, in um, weighed by what a frame keeps of them."""
    ids, flat = np.unique(particles, return_inverse=True)
    rows, columns = np.indices(particles.shape).reshape(2, -1)
    spots = pd.DataFrame({"id": flat.ravel(), "r": rows, "c": columns}).groupby("id")
    low, high = spots.min().to_numpy(), spots.max().to_numpy()
    area = spots.size().to_numpy()
    size = np.array(particles.shape)
    whole = (ids > 0) & (low > 0).all(1) & (high < size - 1).all(1)
    ecd = np.sqrt(4 / np.pi * area[whole]) * px_um
    kept = np.prod((size - (high - low + 1)[whole]) / size, axis=1)
    share = area[whole] / kept
    order = np.argsort(ecd)
    middle = np.searchsorted(np.cumsum(share[order]), share.sum() / 2)
    return float(ecd[order][middle]), float(ecd.max())


def test_every_chemistry_has_a_phantom_and_a_line_here() -> None:
    names = {path.stem for path in FILES.glob("*.yaml")}
    assert names == set(CHEMISTRIES) == set(HELD)


@pytest.mark.parametrize("name", HELD)
def test_phases_lie_in_the_contrast_that_is_declared(name: str) -> None:
    contrast = config(name).expect.contrast or ()
    section = made(name)
    assert all(section.mask(phase).any() for phase in contrast)
    there = {p for p in ("binder", "electrolyte", "active_material_2") if section.mask(p).any()}
    assert there <= set(contrast)
    greys = [float(section.grey[section.mask(phase)].mean()) for phase in contrast]
    assert greys == sorted(greys)
    assert np.diff(greys).min() > 15


@pytest.mark.parametrize(("name", "held"), HELD.items())
def test_thresholds_find_the_phases(name: str, held: Held) -> None:
    section, (phases, _) = made(name), segmented(name)
    filler = (
        section.mask("binder") | section.mask("electrolyte") | section.mask("active_material_2")
    )
    truth = (section.mask("active_material"), filler, np.isin(section.phases, OPEN))
    found = (phases == Phase.ACTIVE_MATERIAL, phases == Phase.BINDER, np.isin(phases, OPEN))
    for true, seen, limit in zip(truth, found, (held.solid, held.filler, held.open), strict=True):
        assert 100 * abs(true.mean() - seen.mean()) < limit
    # What is found lies in the order that is declared.
    means = [float(section.grey[mask].mean()) for mask in found[::-1] if mask.any()]
    assert means == sorted(means)
    assert len(means) == 2 + held.told


@pytest.mark.parametrize(("name", "held"), HELD.items())
def test_sizes_are_within_what_is_expected(name: str, held: Held) -> None:
    section, expect = made(name), config(name).expect
    assert expect.d50_um
    assert expect.largest_um
    true, largest = diameters(section.particles, section.px_um)
    assert expect.d50_um[0] < true < expect.d50_um[1]
    assert expect.largest_um[0] < largest < expect.largest_um[1]
    found, _ = diameters(segmented(name)[1], section.px_um)
    assert 1 / held.d50 < found / true < held.d50
    assert (expect.d50_um[0] < found < expect.d50_um[1]) == held.plausible


@pytest.mark.parametrize("factor", [0.1, 10.0])
@pytest.mark.parametrize("name", HELD)
def test_a_pixel_size_ten_times_off_is_warned_of(name: str, factor: float) -> None:
    section, expect = made(name), config(name).expect
    px_um = factor * section.px_um
    d50, largest = diameters(section.particles, px_um)
    names, values = ["d50_area_um", "ecd_max_um"], [d50, largest]
    metrics = pd.DataFrame({"metric": names, "value": values, "note": "", "n": 9, "method": "m"})
    metrics[["ci_low", "ci_high", "segmentation_low", "segmentation_high"]] = np.nan
    held = hold(metrics, metrics[["metric", "value"]], expect, px_um)
    assert (
        f"expected of {name}: is the pixel size of {1000 * px_um:.4g} nm right" in held.warnings[0]
    )
    assert held.metrics["note"][0].startswith("not plausible: ")
    assert held.metrics["value"].tolist() == values


def test_a_wrong_pixel_size_is_on_the_page_and_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    # One tile: where there are more, the stage contradicts the pixels, and that shows by itself.
    write_tile(raw, "only", made("nmc").grey, 5e6, 5e6)
    own: dict[str, Any] = {"tiles": {"pixel_nm": 500.0}, "statistics": {"replicates": 100}}
    section = report(raw, tmp_path, settings_of(FILES / "nmc.yaml", own))
    said = "is expected of nmc: is the pixel size of 500 nm right"
    assert any(said in record.message for record in caplog.records)
    assert said in (section / "report.html").read_text()
    assert said in (section.parents[1] / "report.html").read_text()
    table = section / "tables" / "metrics.parquet"
    metrics = read_table(table).set_index("metric")
    assert metrics.loc["d50_area_um", "value"] > 20
    assert "not plausible: 2.5 to 20 um expected of nmc" in metrics.loc["d50_area_um", "note"]
    assert said in read_metadata(table)["unexpected"]
