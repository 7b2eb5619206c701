"""What is expected of a coating: its phases, how large its particles are, what can go wrong in it.

A chemistry's file states it (`transect.chemistry`); nothing is expected where no one says.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Phase = Literal["pore", "binder", "electrolyte", "active_material", "active_material_2"]
"""A phase of a coating, as a chemistry names it."""

Defect = Literal[
    "particle_cracks",
    "particle_voids",
    "detachment",
    "agglomerates",
    "binder_gradient",
    "porosity_gradient",
    "delamination",
]
"""What can be wrong with a coating."""

CRACK_SHAPES = (
    "crack_width_mean_um",
    "crack_width_p95_um",
    "crack_width_max_um",
    "crack_width_sub_um",
    "radial_index",
    "contact_angle_deg",
    "contact_angle_null_deg",
    "contact_angle_excess_deg",
    *(f"crack_share_{kind}" for kind in ("core", "surface", "through", "open")),
)
"""Metrics of the widths, directions and classes of cracks."""

DEFECTS: dict[Defect, tuple[str, ...]] = {
    "particle_cracks": (
        "porosity_crack",
        "crack_area_fraction",
        "crack_length_density_per_um",
        "crack_surface_density_per_um",
        "crack_fraction_rim",
        "crack_fraction_core",
        "cracked_fraction",
        *CRACK_SHAPES,
    ),
    "particle_voids": ("porosity_intra", "internal_porosity"),
    "detachment": ("detachment_mean",),
    "agglomerates": ("agglomerate_per_mm2", "agglomerate_ecd_max_um"),
    "binder_gradient": ("gradient_binder", "binder_migration_index"),
    "porosity_gradient": ("gradient_porosity", "skin_index"),
    "delamination": ("delam_fraction", "gap_max_um", "longest_run_um", "gap_area_um2_per_mm"),
}
"""Metrics that tell of each defect."""

DECADE = 10.0
"""A range of D50 is narrower than this, or a pixel size ten times off would pass."""


def _coating(phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
    twice = sorted({p for p in phases if phases.count(p) > 1})
    if twice:
        raise ValueError(f"expected each phase once; twice: {', '.join(twice)}")
    lost = [p for p in ("pore", "active_material") if p not in phases]
    if lost:
        raise ValueError(f"expected pore and active_material in it; missing: {', '.join(lost)}")
    if {"binder", "electrolyte"} <= set(phases):
        raise ValueError("expected binder or electrolyte, not both: the engines tell one filler")
    return phases


def _range(ends: tuple[float, float]) -> tuple[float, float]:
    if not 0 < ends[0] < ends[1] < float("inf"):
        raise ValueError("expected two numbers above 0, the smaller one first")
    return ends


def _narrow(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[1] >= DECADE * ends[0]:
        raise ValueError(
            f"expected the larger end below {DECADE:g} times the smaller one, or a pixel size"
            f" {DECADE:g} times off would not show"
        )
    return ends


def _once(defects: tuple[Defect, ...]) -> tuple[Defect, ...]:
    twice = sorted({d for d in defects if defects.count(d) > 1})
    if twice:
        raise ValueError(f"expected each defect once; twice: {', '.join(twice)}")
    return defects


Contrast = Annotated[tuple[Phase, ...], AfterValidator(_coating)]
Range = Annotated[tuple[float, float], AfterValidator(_range)]
Decade = Annotated[Range, AfterValidator(_narrow)]
Defects = Annotated[tuple[Defect, ...], AfterValidator(_once)]

_CONTRAST = (
    "Phases of the coating from the darkest to the brightest, of pore, binder, electrolyte,"
    " active_material and active_material_2; what `segment` says of them follows from it."
)
_D50 = (
    "Smallest and largest plausible D50, by area, of the particles' sections, in um; outside of it"
    " the page and the log warn that pixel size or chemistry may be wrong."
)
_LARGEST = "The same for the largest whole particle of a section, in um."
_DEFECTS = (
    f"Defects that the coating can have, of {', '.join(get_args(Defect))}; metrics of the others"
    " get no value and no verdict."
)
_STATED = "As the chemistry says when absent."


class Expect(BaseModel):
    """What is expected of a coating of a chemistry: its file states all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contrast: Contrast = Field(description=_CONTRAST)
    d50_um: Decade = Field(description=_D50)
    largest_um: Range = Field(description=_LARGEST)
    defects: Defects = Field(description=_DEFECTS)


class ExpectConfig(BaseModel):
    """What a section is held against; its chemistry states it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chemistry: str = Field("", description="Name of the chemistry, as the sheet has it.")
    contrast: Contrast | None = Field(None, description=f"{_CONTRAST} {_STATED}")
    d50_um: Decade | None = Field(None, description=f"{_D50} {_STATED}")
    largest_um: Range | None = Field(None, description=f"{_LARGEST} {_STATED}")
    defects: Defects | None = Field(None, description=f"{_DEFECTS} {_STATED}")

    @property
    def name(self) -> str:
        """Chemistry, in words."""
        return self.chemistry or "this coating"

    @property
    def elsewhere(self) -> frozenset[str]:
        """Metrics of the defects that this coating cannot have."""
        if self.defects is None:
            return frozenset()
        return frozenset(m for d, names in DEFECTS.items() if d not in self.defects for m in names)


def segmentation(contrast: tuple[Phase, ...]) -> dict[str, object]:
    """Give the settings of `segment` that follow from the contrast of a coating."""
    bright = contrast.index("active_material") > contrast.index("pore")
    return {
        "polarity": "bright" if bright else "dark",
        "filler": "electrolyte" if "electrolyte" in contrast else "binder",
        "second_material": "active_material_2" in contrast,
    }
