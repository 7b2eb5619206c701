"""What must hold for every metric of the registry, and closed forms of those without a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.coated import PX_UM, SHAPE, Coated, coated, thickness_px
from transect.measure.transport.indices import INDICES
from transect.phases import COATING, Phase
from transect.statistics.registry import REGISTRY

POWERS = {"1": 0, "deg": 0, "um": 1, "mm": 1, "um2": 2, "1/um": -1, "1/mm2": -2, "um/mm": 0}
POWERS |= {"um2/mm": 1}
"""Power of a length that each unit holds."""

NOT_HERE = {
    "waviness_rms_um": "no wave of 100 um fits into the section",
    "edge_bevel_width_um": "the coating has no free edge",
    "assb_contact_frac": "it has no solid electrolyte",
    "interfacial_void_frac": "it has no solid electrolyte",
}
"""Metrics that the section has no value of; `test_layer_metrics` and others have."""

TURNED = {"wedge_um_per_mm"}
"""What changes its sign when left becomes right."""

CHOSEN = {
    "crack_length_density_per_um": 0.02,
    "crack_surface_density_per_um": 0.02,
    "crack_width_mean_um": 0.02,
    "crack_width_p95_um": 0.1,
    "crack_width_sub_um": 0.1,
    "radial_index": 0.05,
    "contact_angle_deg": 0.05,
    "contact_angle_null_deg": 0.05,
    "contact_angle_excess_deg": 0.3,
    "crack_share_core": 0.05,
    "crack_share_surface": 0.05,
    "crack_share_through": 0.05,
    "crack_share_open": 0.05,
}
"""How far a mirrored section may be off, of the value: a skeleton takes one of two middle rows."""

UNFOLDED = {"d10_volume_um", "d50_volume_um", "d90_volume_um", "d32_um", "d43_um"}
LAID = {"heterogeneity_ratio", "uniformity_index", "Rz_um", *INDICES, *UNFOLDED}
"""Metrics of lengths, stretches or windows that are laid from the left: the rest is left out, and
what smoothing is best for an unfolding is tried on stretches."""


@pytest.fixture(scope="module")
def section() -> Coated:
    return coated()


@pytest.fixture(scope="module")
def tables(section: Coated, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    return section.tables(tmp_path_factory.mktemp("section"))


def values(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return tables["metrics"].set_index(["metric", "side"])


def test_every_metric_has_a_row_and_most_a_value(tables: dict[str, pd.DataFrame]) -> None:
    found = values(tables)
    assert set(found.index.get_level_values(0)) == set(REGISTRY)
    empty = set(found.index.get_level_values(0)[~np.isfinite(found["value"])])
    assert empty == set(NOT_HERE)


def test_intervals_hold_their_value_and_stay_in_bounds(tables: dict[str, pd.DataFrame]) -> None:
    found = values(tables)
    known = found[np.isfinite(found["value"]) & np.isfinite(found["ci_low"])]
    assert len(known) > 0.8 * len(found[np.isfinite(found["value"])])
    assert (known["ci_low"] <= known["value"] + 1e-12).all()
    assert (known["value"] <= known["ci_high"] + 1e-12).all()
    unsigned = [name for name, metric in REGISTRY.items() if not metric.signed]
    assert (known.loc[known.index.isin(unsigned, level=0), "ci_low"] >= 0).all()
    assert (found["unit"] == [REGISTRY[m].unit for m in found.index.get_level_values(0)]).all()


def test_larger_pixels_change_every_metric_by_its_unit(
    section: Coated, tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    small, large = values(tables), values(section.larger(2.0).tables(tmp_path))
    assert (small.index == large.index).all()
    power = np.array([POWERS[REGISTRY[m].unit] for m in small.index.get_level_values(0)])
    for name in ("value", "ci_low", "ci_high"):
        wanted = small[name].to_numpy() * 2.0**power
        off = ~np.isclose(large[name].to_numpy(), wanted, rtol=2e-3, atol=1e-9, equal_nan=True)
        both = pd.DataFrame({"found": large[name], "wanted": wanted})
        assert not off.any(), both[off].to_string()


def test_a_mirrored_section_has_the_same_metrics(
    section: Coated, tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    left, right = values(tables), values(section.mirrored().tables(tmp_path))
    assert (left.index == right.index).all()
    name = left.index.get_level_values(0)
    wanted = left["value"].to_numpy() * np.where(name.isin(TURNED), -1.0, 1.0)
    reach = np.array([CHOSEN.get(m, 1e-6) for m in name]) * np.abs(wanted) + 1e-9
    found = right["value"].to_numpy()
    same = (np.abs(found - wanted) <= reach) | (np.isnan(found) & np.isnan(wanted))
    off = ~same & ~name.isin(LAID)
    both = pd.DataFrame({"left": wanted, "right": found}, index=left.index)
    assert not off.any(), both[off].to_string()


def test_phases_are_shares_of_the_valid_coating(
    section: Coated, tables: dict[str, pd.DataFrame]
) -> None:
    found, phases = values(tables)["value"], section.labels.phases
    row = np.arange(SHAPE[0])[:, None] + 0.5
    inside = np.isin(phases, [int(p) for p in COATING])
    inside &= ((row > section.lines.surface[0]) & (row < section.lines.base[0])) | (
        (row > section.lines.base[1]) & (row < section.lines.surface[1])
    )
    for name, phase in (
        ("phase_fraction_pore", Phase.PORE),
        ("phase_fraction_binder", Phase.BINDER),
        ("porosity_crack", Phase.CRACK),
        ("porosity_intra", Phase.VOID),
    ):
        share = np.count_nonzero(inside & (phases == phase)) / np.count_nonzero(inside)
        assert found[name, ""] == pytest.approx(share, abs=2e-3), name


def test_masks_that_find_nothing_wrong_change_no_fraction(tables: dict[str, pd.DataFrame]) -> None:
    found = values(tables)["value"]
    for name in ("porosity_total", "phase_fraction_active_material", "phase_fraction_binder"):
        assert found[f"{name}_corrected", ""] == pytest.approx(found[name, ""])


def test_thickness_is_that_of_its_lines(tables: dict[str, pd.DataFrame]) -> None:
    found, wanted = values(tables)["value"], (thickness_px() - 14) * PX_UM
    for side in "ab":
        for name, value in (
            ("t_mean_um", wanted.mean()),
            ("t_mean_surface_um", wanted.mean()),
            ("t_sd_um", wanted.std()),
            ("t_cv", wanted.std() / wanted.mean()),
            ("t_min_um", wanted.min()),
            ("t_max_um", wanted.max()),
            ("t_range_um", np.ptp(wanted)),
        ):
            assert found[name, side] == pytest.approx(value, rel=2e-3), (name, side)


def quantile(values: pd.Series, weights: pd.Series, share: float) -> float:
    """Smallest value with that share of the weight at or below it."""
    order = np.argsort(values.to_numpy(), kind="stable")
    summed = np.cumsum(weights.to_numpy()[order])
    return float(values.to_numpy()[order][np.searchsorted(summed, share * summed[-1])])


def test_diameters_and_shapes_are_weighted_quantiles(tables: dict[str, pd.DataFrame]) -> None:
    found, particles = values(tables)["value"], tables["particles"]
    weight, ecd = particles["ml_weight"], particles["ecd_um"]
    for share in (10, 50, 90):
        for kind, power in (("number", 0), ("area", 2)):
            wanted = quantile(ecd, weight * ecd**power, share / 100)
            assert found[f"d{share}_{kind}_um", ""] == pytest.approx(wanted), (share, kind)
    for name in ("aspect_ratio", "circularity", "solidity"):
        wanted = quantile(particles[name], weight, 0.5)
        assert found[f"{name}_median", ""] == pytest.approx(wanted), name
    volumes = [found[f"d{share}_volume_um", ""] for share in (10, 50, 90)]
    assert volumes == sorted(volumes)
    assert volumes[1] > found["d50_area_um", ""]


def test_sums_of_particles(section: Coated, tables: dict[str, pd.DataFrame]) -> None:
    found, particles = values(tables)["value"], tables["particles"]
    whole = particles[particles["ml_weight"] > 0]
    weight = whole["ml_weight"]
    voids = particles["void_area_um2"].sum() / particles["area_filled_um2"].sum()
    assert found["internal_porosity", ""] == pytest.approx(voids)
    assert found["detachment_mean", ""] == pytest.approx(
        (weight * whole["detachment"]).sum() / weight.sum(), rel=0.02
    )
    valid_mm2 = tables["blocks"]["area_valid_um2"].sum() * 1e-6
    assert found["n_A_per_mm2", ""] == pytest.approx(weight.sum() / valid_mm2, rel=1e-6)
    assert found["agglomerate_per_mm2", ""] == pytest.approx(2 / valid_mm2)
    assert found["agglomerate_ecd_max_um", ""] == pytest.approx(80 * PX_UM)


def test_cracks_add_up(tables: dict[str, pd.DataFrame]) -> None:
    found, cracks = values(tables)["value"], tables["cracks"]
    length = found["crack_length_density_per_um", ""]
    assert found["crack_surface_density_per_um", ""] == pytest.approx(4 / np.pi * length)
    shares = [found[f"crack_share_{kind}", ""] for kind in ("core", "surface", "through", "open")]
    assert sum(shares) == pytest.approx(1.0)
    for kind, share in zip(("core", "surface", "through", "open"), shares, strict=True):
        classed = cracks[cracks["crack_class"] != ""]
        mine = classed.loc[classed["crack_class"] == kind, "length_um"].sum()
        assert share == pytest.approx(mine / classed["length_um"].sum()), kind
    assert found["crack_width_max_um", ""] == pytest.approx(cracks["width_max_um"].max())


def test_profiles_give_gradients(tables: dict[str, pd.DataFrame]) -> None:
    found, profile = values(tables)["value"], tables["profile"]
    for name, phase in (("active_material", "active material"), ("binder", "binder")):
        assert np.isfinite(found[f"gradient_{name}", ""]), phase
    assert found["binder_migration_index", ""] < 1, "binder fills more near the foil"
    assert len(profile) > 0


def test_chords_and_uniformity(tables: dict[str, pd.DataFrame]) -> None:
    found = values(tables)["value"]
    ratio = found["chord_x_um", ""] / found["chord_z_um", ""]
    assert found["chord_anisotropy", ""] == pytest.approx(ratio)
    assert found["uniformity_index", ""] <= 1
    assert found["heterogeneity_ratio", ""] > 0
