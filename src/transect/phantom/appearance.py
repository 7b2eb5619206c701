"""How a section looks in a detector: grey levels, textures, blur and noise, by strength."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A part of a specification."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Appearance(Part):
    """Grey levels (of 255) and what blurs them."""

    grey_active: float = Field(205.0, ge=0, le=255)
    grey_second: float = Field(96.0, ge=0, le=255, description="Of a second active material.")
    grey_electrolyte: float = Field(118.0, ge=0, le=255, description="Of a solid electrolyte.")
    grey_foil_al: float = Field(122.0, ge=0, le=255)
    grey_foil_cu: float = Field(238.0, ge=0, le=255)
    grey_binder: float = Field(64.0, ge=0, le=255)
    grey_pore: float = Field(14.0, ge=0, le=255)
    grey_separator: float = Field(78.0, ge=0, le=255)
    grey_outside: float = Field(9.0, ge=0, le=255)
    soft_edges: bool = Field(True, description="Edges cover pixels in part; else all or nothing.")
    grain_contrast: float = Field(5.0, ge=0, description="Grey difference between grains.")
    particle_contrast: float = Field(4.0, ge=0, description="Grey difference between particles.")
    sponge: float = Field(38.0, ge=0, description="Grey range inside binder.")
    electrolyte_texture: float = Field(8.0, ge=0, description="Grey range inside electrolyte.")
    fibres: float = Field(14.0, ge=0, description="Grey range inside the separator.")
    edge_brightness: float = Field(16.0, ge=0, description="Extra grey at particle edges.")
    contact_line: float = Field(45.0, ge=0, description="Darkness of the line between particles.")
    edge_um: float = Field(0.12, gt=0, description="Depth over which it fades.")
    shine_through: float = Field(85.0, ge=0, description="Grey of particles behind a pore.")
    curtaining: float = Field(0.035, ge=0, le=0.5, description="Relative strength of stripes.")
    charging: float = Field(7.0, ge=0, description="Grey of streaks on insulators, per tile.")
    shading: float = Field(0.06, ge=0, le=0.6, description="Relative fall from centre to corner.")
    gain_step: float = Field(0.02, ge=0, le=0.3, description="Relative brightness step per tile.")
    offset_step: float = Field(2.0, ge=0, le=40, description="Grey offset step per tile.")
    electrons: float = Field(
        2.2, ge=0, description="Detected electrons per grey level; 0: no shot noise."
    )
    read_noise: float = Field(1.5, ge=0, description="Gaussian noise, in grey levels.")
    counting: bool = Field(False, description="Greys are counts, whole and Poisson distributed.")
    defocus_px: float = Field(0.7, ge=0, le=20, description="Sigma of the blur, in px.")
    defocus_spread_px: float = Field(0.15, ge=0, le=10, description="Its spread between tiles.")


_OFF = dict.fromkeys(
    (
        "grain_contrast",
        "particle_contrast",
        "sponge",
        "electrolyte_texture",
        "fibres",
        "edge_brightness",
        "contact_line",
        "shine_through",
        "curtaining",
        "charging",
        "shading",
        "gain_step",
        "offset_step",
        "electrons",
        "read_noise",
        "defocus_px",
        "defocus_spread_px",
    ),
    0.0,
)
APPEARANCES: dict[str, dict[str, float]] = {
    "clean": _OFF,
    "good": {},
    "poor": {
        "grain_contrast": 9.0,
        "curtaining": 0.1,
        "charging": 18.0,
        "shading": 0.18,
        "gain_step": 0.06,
        "offset_step": 5.0,
        "electrons": 0.5,
        "read_noise": 4.0,
        "defocus_px": 1.5,
        "defocus_spread_px": 0.4,
    },
}
"""Named appearances: what they change in `Appearance`."""

SECONDARY: dict[str, float] = {
    "grey_active": 112.0,
    "grey_second": 84.0,
    "grey_electrolyte": 100.0,
    "grey_foil_al": 104.0,
    "grey_foil_cu": 118.0,
    "grey_binder": 96.0,
    "grey_pore": 38.0,
    "grey_separator": 108.0,
    "grey_outside": 24.0,
    "edge_brightness": 90.0,
    "grain_contrast": 3.0,
    "particle_contrast": 1.0,
    "shine_through": 60.0,
    "contact_line": 30.0,
}
"""Secondary electrons: bright edges and relief, hardly any contrast of composition."""

XRAYS: dict[str, float] = {
    **_OFF,
    **{name: 0.0 for name in Appearance.model_fields if name.startswith("grey_")},
    "counting": 1.0,
}
"""X-ray counts of an element: none but where a phase holds it."""
