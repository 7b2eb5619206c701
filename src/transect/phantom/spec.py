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
from transect.phantom.appearance import APPEARANCES, SECONDARY, XRAYS, Appearance, Part
from transect.phantom.chemistries import CHEMISTRIES
from transect.phantom.geometry import Geometry

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


class Detector(Part):
    """A further detector, which records every field of view too."""

    name: str = Field("SE", min_length=1, description="SignalName in its sidecars.")
    signal: Literal["electrons", "xrays"] = Field(
        "electrons",
        description="What it detects: electrons; or X-rays of an element, whose mean counts in a"
        " pixel are the greys of `appearance`.",
    )
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
        if self.signal == "xrays" and "appearance" not in self.model_fields_set:
            raise ValueError("appearance: counts of the phases, such as grey_active: 8, are needed")
        return self

    def seen(self, first: Appearance) -> Appearance:
        """How the section appears in it, given how it does in the first detector."""
        ground = XRAYS if self.signal == "xrays" else first.model_dump()
        return Appearance.model_validate(ground | self.appearance)


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
        (), max_length=8, description="Detectors beside the first."
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
        two = self.geometry.second
        if two and two.d_min_um < 2 * pixel_um:
            raise ValueError(f"geometry.second.d_min_um: needs 2 pixels ({2 * pixel_um} um)")
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
        further = {d.name: d.seen(self.appearance) for d in self.microscope.detectors}
        return {FIRST_DETECTOR: self.appearance, **further}


def load_spec(
    path: Path | None,
    changes: dict[str, object],
    appearance: str,
    chemistry: str | None = None,
) -> PhantomSpec:
    """Put a specification together.

    Parameters
    ----------
    path
        YAML or JSON with any of the fields of `PhantomSpec`; defaults when absent.
    changes
        Fields that win over the file, by dotted name.
    appearance
        Name in `APPEARANCES`; the file wins over it, and it over the chemistry.
    chemistry
        Name in `CHEMISTRIES`; the file wins over it.

    Raises
    ------
    ConfigError
        The file cannot be read, or a value is impossible; the message names each.
    """
    values = _read(path)
    for key, known in _named(appearance, chemistry).items():
        own = values.get(key, {})
        if isinstance(own, dict):
            values[key] = {**known, **own}
    for name, value in changes.items():
        *parents, last = name.split(".")
        part = values
        for parent in parents:
            part = part.setdefault(parent, {})  # type: ignore[assignment]
        if isinstance(part, dict):
            part[last] = value
    return parse(PhantomSpec, values, str(path or "phantom"))


def _named(appearance: str, chemistry: str | None) -> dict[str, dict[str, object]]:
    """Fields that a chemistry and an appearance set, by part."""
    chosen = CHEMISTRIES[chemistry] if chemistry else {}
    look = {**chosen.get("appearance", {}), **APPEARANCES[appearance]}
    return {**chosen, "appearance": look}


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
