"""What a phantom is made of: every size, every strength, every fault, with its unit.

All lengths are in micrometres unless the name says otherwise. A strength of zero switches an
effect off.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, model_validator

from transect.config import parse
from transect.errors import ConfigError
from transect.phantom.appearance import APPEARANCES, SECONDARY, Appearance, Part

Fault = Literal[
    "missing",
    "missing_sidecar",
    "truncated",
    "zero_byte",
    "not_an_image",
    "blank",
    "other_shape",
    "other_dtype",
    "other_pixel_size",
    "comma_decimal",
    "no_pixel_size",
    "unknown_encoding",
    "duplicate",
]
FIRST_DETECTOR = "BSE COMPO"

CORRUPTIONS: tuple[Fault, ...] = ("truncated", "zero_byte", "not_an_image")
"""Faults that `corrupt` cycles through."""


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
    voids: float = Field(0.3, ge=0, le=1, description="Share of particles with inner voids.")
    void_ratio: float = Field(
        0.15, ge=0, le=0.3, description="Largest void radius over particle's."
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
        for name in ("gap_um", "crack_width_px", "agglomerate_um"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ValueError(f"{name}: needs 0 < smallest <= largest")
        if not self.d_min_um <= self.d50_um <= self.d_max_um:
            raise ValueError("needs d_min_um <= d50_um <= d_max_um")
        thin = self.thickness_um * min(self.thickness_b_ratio, 1.0)
        if self.foil != "none" and max(self.d_max_um, self.agglomerate_um[1]) > 0.6 * thin:
            raise ValueError("d_max_um and agglomerate_um must be at most 0.6 of the coating")
        return self


class Detector(Part):
    """A further detector, which records every field of view too."""

    name: str = Field("SE", min_length=1, description="SignalName in its sidecars.")
    appearance: dict[str, float] = Field(
        default_factory=lambda: dict(SECONDARY),
        description="What looks other than in the first detector, such as grey_active: 90.",
    )
    shift_px: tuple[float, float] = Field(
        (0.0, 0.0), description="Where its images lie, x and y, against the first detector's."
    )
    shift_error_px: float = Field(
        0.0, ge=0, description="Largest error of that per tile and axis: the stage came back."
    )
    faults: dict[str, Fault] = Field(
        default_factory=dict, description="Fault by tile, as for the first detector."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        unknown = sorted(set(self.appearance) - set(Appearance.model_fields))
        if unknown:
            raise ValueError(f"appearance: unknown key {', '.join(unknown)}")
        return self


class Microscope(Part):
    """How the section is recorded."""

    pixel_nm: float = Field(50.0, gt=0, description="Pixel size.")
    tile_shape: tuple[int, int] = Field((960, 1280), description="Rows and columns of a tile.")
    rows: int | None = Field(None, ge=1, description="Rows of tiles; absent: as the section asks.")
    overlap: float = Field(0.12, ge=0, lt=0.9, description="Share of a tile its neighbour repeats.")
    stage_error_px: float = Field(6.0, ge=0, description="Largest error of the stage, per axis.")
    rotation_deg: float = Field(0.0, gt=-20, lt=20, description="Scan against the stage's axes.")
    stage_x_sign: Literal[-1, 1] = 1
    stage_y_sign: Literal[-1, 1] = 1
    format: Literal["tif", "bmp", "jpg"] = "tif"
    dtype: Literal["uint8", "uint16"] = "uint8"
    encoding: Literal["ascii", "utf-16", "iso-8859-1"] = "ascii"
    data_bar: int = Field(0, ge=0, le=400, description="Rows of data bar under the image.")
    missing: int = Field(0, ge=0, description="Tiles that were not recorded.")
    corrupt: int = Field(0, ge=0, description="Tiles whose file is damaged.")
    faults: dict[str, Fault] = Field(
        default_factory=dict, description="Fault by tile, such as r00_c03: truncated."
    )
    detectors: tuple[Detector, ...] = Field(
        (), max_length=3, description="Detectors beside the first."
    )
    details: int = Field(0, ge=0, description="Fields that are recorded again, magnified.")
    detail_pixel_nm: float | None = Field(
        None, gt=0, description="Their pixel size; a quarter of pixel_nm when absent."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if min(self.tile_shape) < 32:
            raise ValueError(f"tile_shape: at least 32 x 32 px, found {self.tile_shape}")
        step = (1 - self.overlap) * min(self.tile_shape)
        if step < 8:
            raise ValueError(f"overlap: leaves a step of {step:.1f} px; at least 8 are needed")
        if self.dtype == "uint16" and self.format != "tif":
            raise ValueError("dtype: uint16 needs format tif")
        if self.detail_zoom <= 1:
            raise ValueError(f"detail_pixel_nm: must be below pixel_nm, {self.pixel_nm:g}")
        names = [FIRST_DETECTOR, *(d.name for d in self.detectors)]
        if len(set(names)) < len(names):
            raise ValueError(f"detectors: two have the same name: {', '.join(names)}")
        return self

    @property
    def detail_zoom(self) -> float:
        """How many times finer the pixels of the magnified fields are."""
        return self.pixel_nm / self.detail_pixel_nm if self.detail_pixel_nm else 4.0


class PhantomSpec(Part):
    """A phantom: its width, its seed, and its three parts."""

    width_um: float = Field(450.0, gt=0, description="Length along the foil.")
    margin_um: float = Field(5.0, ge=0, description="Empty space above and below.")
    seed: int = Field(1, ge=0, lt=2**31, description="Seed of everything.")
    labels: bool = Field(True, description="Write label images, and count areas in them.")
    geometry: Geometry = Field(default_factory=lambda: Geometry())
    appearance: Appearance = Field(default_factory=lambda: Appearance())
    microscope: Microscope = Field(default_factory=lambda: Microscope())

    @model_validator(mode="after")
    def _possible(self) -> Self:
        pixel_um = self.microscope.pixel_nm / 1000
        if self.geometry.d_min_um < 2 * pixel_um:
            raise ValueError(f"geometry.d_min_um: at least 2 pixels ({2 * pixel_um} um) are needed")
        tile_um = self.microscope.tile_shape[1] * pixel_um
        if self.width_um < tile_um:
            raise ValueError(f"width_um: {self.width_um} is less than one tile of {tile_um} um")
        self.looks()
        return self

    @property
    def px_um(self) -> float:
        """Pixel size in micrometres."""
        return self.microscope.pixel_nm / 1000

    def looks(self) -> dict[str, Appearance]:
        """How the section appears in each detector, by name."""
        own = self.appearance.model_dump()
        further = {d.name: own | d.appearance for d in self.microscope.detectors}
        return {
            FIRST_DETECTOR: self.appearance,
            **{name: Appearance.model_validate(look) for name, look in further.items()},
        }


def load_spec(path: Path | None, changes: dict[str, object], appearance: str) -> PhantomSpec:
    """Put a specification together.

    Parameters
    ----------
    path
        YAML or JSON with any of the fields of `PhantomSpec`; defaults when absent.
    changes
        Fields that win over the file, by dotted name.
    appearance
        Name in `APPEARANCES`; the file wins over it.

    Raises
    ------
    ConfigError
        The file cannot be read, or a value is impossible; the message names each.
    """
    values = _read(path)
    look = values.get("appearance", {})
    if isinstance(look, dict):
        values["appearance"] = {**APPEARANCES[appearance], **look}
    for name, value in changes.items():
        *parents, last = name.split(".")
        part = values
        for parent in parents:
            part = part.setdefault(parent, {})  # type: ignore[assignment]
        if isinstance(part, dict):
            part[last] = value
    return parse(PhantomSpec, values, str(path or "phantom"))


def _read(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    try:
        # JSON is YAML too.
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML or JSON: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: needs fields by name, found {type(values).__name__}")
    return values
