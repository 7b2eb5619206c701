"""The shape of a section: layers, particles, cracks, voids, and what lies between particles."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from transect.phantom.appearance import Part

Habit = Literal["round", "spheres", "facets", "plates", "shards"]


class Second(Part):
    """A second active material among the first: its own outlines, sizes and grey."""

    share: float = Field(0.15, gt=0, lt=1, description="Share of the area of all particles.")
    habit: Habit = Field("round", description="Family of its outlines.")
    aspect: tuple[float, float] = Field((2.0, 5.0), description="As of the first material.")
    orientation_spread_deg: float = Field(18.0, ge=0, description="As of the first material.")
    d50_um: float = Field(2.0, gt=0, description="Median diameter by number of drawn sections.")
    sigma: float = Field(0.4, ge=0, le=1.2, description="Log-normal width (natural logarithm).")
    d_min_um: float = Field(0.6, gt=0, description="Smallest diameter drawn.")
    d_max_um: float = Field(6.0, gt=0, description="Largest diameter drawn.")
    roughness: float = Field(0.2, ge=0, le=1, description="Height of surface bumps over width.")
    cracked: float = Field(0.0, ge=0, le=1, description="Share of its particles with cracks.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _check_aspect(self.aspect)
        if not self.d_min_um <= self.d50_um <= self.d_max_um:
            raise ValueError("needs d_min_um <= d50_um <= d_max_um")
        return self


class Geometry(Part):
    """Shape of the section."""

    sides: Literal["a", "b", "both"] = Field("both", description="Coated sides: a is above.")
    foil: Literal["al", "cu", "none"] = Field(
        "al", description="Metal of the collector; none: the frame is all coating of side a."
    )
    foil_um: float = Field(10.0, gt=0, description="Thickness of the collector.")
    foil_waviness_um: float = Field(0.6, ge=0, description="Standard deviation of its midline.")
    thickness_um: float = Field(44.0, gt=0, description="Mean thickness of a coating.")
    thickness_b_ratio: float = Field(
        0.94, gt=0, le=4, description="Thickness of side b over that of side a."
    )
    thickness_variation: float = Field(
        0.02, ge=0, le=0.2, description="Standard deviation of the thickness over its mean."
    )
    wedge_per_mm: float = Field(0.0, description="Relative change of thickness per mm along x.")
    tilt_deg: float | None = Field(
        None, gt=-20, lt=20, description="Foil against the image's rows; absent: as the stage."
    )
    separator: Literal["none", "a", "b", "both"] = Field("a", description="Sides it lies on.")
    separator_um: float = Field(10.0, ge=0, description="Thickness of the separator.")
    separator_gap_um: float = Field(0.0, ge=0, description="Opening between it and the coating.")
    skin_um: float = Field(0.4, ge=0, description="Binder film that closes the coating's surface.")
    primer_um: float = Field(0.3, ge=0, description="Binder film on the collector's side.")
    delamination: float = Field(0.08, ge=0, le=0.8, description="Share of the interface with gap.")
    gap_run_um: float = Field(22.0, gt=0, description="Mean length of a gap along the foil.")
    gap_um: tuple[float, float] = Field((0.8, 2.4), description="Smallest and largest gap height.")

    habit: Habit = Field("round", description="Family of the particles' outlines.")
    aspect: tuple[float, float] = Field(
        (2.0, 5.0), description="Smallest and largest length over width of plates."
    )
    orientation_spread_deg: float = Field(
        18.0, ge=0, description="Standard deviation of plates against the foil; 90: any direction."
    )
    press: float = Field(
        0.0,
        ge=0,
        le=0.4,
        description="Relative growth of particles after packing: contacts become flat.",
    )
    second: Second | None = Field(None, description="A second active material.")
    filler: Literal["binder", "electrolyte"] = Field(
        "binder", description="What lies between particles, in the share of `binder`."
    )

    packing: float = Field(0.66, gt=0, le=0.85, description="Area share of particles aimed at.")
    d50_um: float = Field(6.0, gt=0, description="Median diameter by number of drawn sections.")
    sigma: float = Field(0.5, ge=0, le=1.2, description="Log-normal width (natural logarithm).")
    d_min_um: float = Field(1.2, gt=0, description="Smallest diameter drawn.")
    d_max_um: float = Field(16.0, gt=0, description="Largest diameter drawn.")
    elongation: float = Field(0.04, ge=0, le=0.3, description="Strength of the oval shape.")
    roughness: float = Field(0.38, ge=0, le=1, description="Height of surface bumps over width.")
    grain_um: float = Field(0.7, gt=0, description="Size of a primary grain.")
    surface_cut: float = Field(
        0.3, ge=0, le=0.9, description="Share of its radius that calendering may cut off a particle"
    )

    cracked: float = Field(0.35, ge=0, le=1, description="Share of particles with cracks.")
    cracks_max: int = Field(4, ge=1, le=7, description="Most cracks in one particle.")
    crack_width_px: tuple[float, float] = Field((1.0, 6.0), description="Crack width, in px.")
    crack_min_diameter_um: float = Field(3.0, ge=0, description="No cracks in smaller particles.")
    grain_cracks: float = Field(
        0.0, ge=0, le=1, description="Share of cracked particles whose cracks follow grains, joined"
    )
    open_cracks: float = Field(
        0.0, ge=0, le=1, description="Share of the other cracks that open to the surface."
    )
    cleavage: float = Field(
        0.0, ge=0, le=1, description="Share of the other cracks that cleave, along the long axis."
    )
    voids: float = Field(0.3, ge=0, le=1, description="Share of particles with inner voids.")
    void_ratio: float = Field(
        0.15, ge=0, le=0.3, description="Largest void radius over particle's."
    )
    hollow: float = Field(0.0, ge=0, le=1, description="Share of particles with a hollow core.")
    hollow_ratio: tuple[float, float] = Field(
        (0.2, 0.5), description="Smallest and largest size of that core over the particle's."
    )

    binder: float = Field(0.62, ge=0, le=1, description="Share of binder between particles.")
    binder_gradient: float = Field(
        0.35, ge=-2, le=2, description="Relative rise of that share from collector to surface."
    )
    binder_scale_um: float = Field(2.6, gt=0, description="Size of patches of binder.")
    agglomerates_per_mm2: float = Field(90.0, ge=0, description="Clumps of binder.")
    agglomerate_um: tuple[float, float] = Field((7.0, 12.0), description="Their diameter.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name in ("gap_um", "crack_width_px", "agglomerate_um", "hollow_ratio"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ValueError(f"{name}: needs 0 < smallest <= largest")
        if not self.d_min_um <= self.d50_um <= self.d_max_um:
            raise ValueError("needs d_min_um <= d50_um <= d_max_um")
        _check_aspect(self.aspect)
        if self.hollow_ratio[1] > 0.8:
            raise ValueError("hollow_ratio: at most 0.8")
        thin = self.thickness_um * min(self.thickness_b_ratio, 1.0)
        if self.foil != "none" and max(self.largest_um, self.agglomerate_um[1]) > 0.6 * thin:
            raise ValueError("d_max_um and agglomerate_um must be at most 0.6 of the coating")
        return self

    @property
    def largest_um(self) -> float:
        """Largest diameter of any particle."""
        return max(self.d_max_um, self.second.d_max_um if self.second else 0.0)

    @property
    def pressed(self) -> bool:
        """Whether outlines reach beyond their packed discs and press on each other."""
        habits = {self.habit, self.second.habit if self.second else self.habit}
        return self.press > 0 or not habits <= {"round", "spheres"}


def _check_aspect(aspect: tuple[float, float]) -> None:
    if not 1 <= aspect[0] <= aspect[1] <= 8:
        raise ValueError("aspect: needs 1 <= smallest <= largest <= 8")
