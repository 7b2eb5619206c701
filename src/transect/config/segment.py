"""Settings of the stage that finds phases and particles."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from transect.config.part import Part
from transect.segment.maps import coating

Polarity = Literal["bright", "dark"]
"""Whether active material is brighter or darker than pores."""


OWN_MODEL = Path(__file__).parents[1] / "segment" / "model"
"""The network that comes with transect, and its card."""


class SegmentConfig(Part):
    """How pixels become phases and particles."""

    engine: Literal["classical", "network"] = Field(
        "classical",
        description="What decides on phases: thresholds of grey values, or a trained network, which"
        " copes with uneven contrast and shine-through and takes about ten times as long.",
    )
    model: str | None = Field(
        None,
        description="Folder of another network than the one that comes with transect, with"
        " `model.onnx` and `model.json` as transect train writes them.",
    )
    second_material: bool = Field(
        False,
        description="Whether the coating holds two active materials of different brightness; a"
        " network looks for the second one only then.",
    )
    filler: Literal["binder", "electrolyte"] = Field(
        "binder",
        description="What lies between particles beside pores: binder with conductive additive, or"
        " solid electrolyte. A network looks for nothing else.",
    )
    polarity: Polarity = Field(
        "bright",
        description="Whether active material is brighter or darker than pores; where it is dark,"
        " greys are turned over before anything looks for layers and phases in them.",
    )
    polarity_check: Literal["stop", "warn"] = Field(
        "stop",
        description="What happens where the shapes in a section clearly say the opposite of"
        " `polarity`: it stops, or goes on with a warning on its page, which is for coatings whose"
        " pores are rounder than their particles.",
    )
    denoise_px: float = Field(
        1.0,
        ge=0,
        description="Sigma of the Gaussian that is applied before thresholds, in px; the classical"
        " engine's.",
    )
    crack_width_px: int = Field(
        7, ge=1, description="Widest thin opening inside a particle that is taken for a crack."
    )
    merge_saddle: float = Field(
        0.85,
        gt=0,
        le=1,
        description="Two basins are one particle when the saddle between them is at least this"
        " share of the lower peak; heights are distances from the outline (classical engine).",
    )
    merge_saddle_learned: float = Field(
        0.4,
        gt=0,
        le=1,
        description="The same for the heights that a network gives, whose saddles between touching"
        " particles are low; higher parts more, lower joins more.",
    )
    min_particle_px: float = Field(
        8.0, ge=3, description="Smallest equivalent circle diameter that is reported, in px."
    )

    @property
    def network(self) -> bool:
        """Whether a network decides on phases."""
        return self.engine == "network"

    @property
    def there(self) -> tuple[bool, ...]:
        """Which of the network's classes a coating can hold."""
        return coating(second=self.second_material, electrolyte=self.filler == "electrolyte")

    @property
    def model_folder(self) -> Path:
        """Folder of the network and its card."""
        return Path(self.model) if self.model else OWN_MODEL
