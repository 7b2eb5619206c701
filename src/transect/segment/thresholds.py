"""Global thresholds of a section, from merged histograms of fixed windows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from transect.config import Polarity
from transect.errors import AnalysisError, StorageError
from transect.modes import Modes, fit_modes
from transect.segment.engine import U8, UNDECIDED
from transect.segment.gaps import Gaps
from transect.segment.greys import Normal
from transect.segment.noise import Noise
from transect.segment.polarity import Found
from transect.segment.smoothing import Smoothing
from transect.segment.solid import Solid
from transect.storage.files import write_text

U64 = npt.NDArray[np.int64]
RANGES = 64
"""Bins of local range in the joint histogram, 2 grey levels each."""


@dataclass(frozen=True)
class Facing:
    """Polarity of a section's greys.

    Attributes
    ----------
    polarity
        As the settings say.
    found
        What the shapes in the section say.
    score
        How clearly they do: positive for bright, negative for dark.
    """

    polarity: Polarity
    found: Found
    score: float


@dataclass(frozen=True)
class Thresholds:
    """What grey value is which phase; greys on the section's 8-bit scale.

    Attributes
    ----------
    scale
        Grey values of the mosaic that become 0 and 255; the first is the larger one where active
        material is dark, so that greys are turned over.
    pore, binder, active_material
        Typical grey of each phase; `binder` is absent where two phases are told apart only.
    pore_binder, binder_active_material
        Limits halfway between neighbours; the first is absent without binder.
    sd
        Standard deviation of denoised active material: noise and texture.
    separation
        Distance between active material and the rest over their spread.
    pixels
        Pixels that were looked at.
    normal
        Mean and spread of the coating's greys as recorded, which a network's input is freed of;
        greys are taken as they are where nobody looked.
    noise
        Noise of the greys as recorded.
    facing
        Polarity of the greys.
    gaps
        Greys of pores and binder between particles, where a network sees these and two humps show.
    solid
        What greys say of active material, where a network sees these and they hardly overlap.
    smoothing
        How far greys and outlines are smoothed for a network; `normal` is of greys so smoothed.
    """

    scale: tuple[float, float]
    pore: float
    binder: float | None
    active_material: float
    sd: float
    separation: float
    pixels: int
    normal: Normal = Normal(0.0, 1.0)
    noise: Noise = Noise()
    facing: Facing = Facing("bright", "undecided", 0.0)
    gaps: Gaps | None = None
    solid: Solid | None = None
    smoothing: Smoothing = Smoothing()

    @property
    def pore_binder(self) -> float | None:
        """Limit between pore and binder."""
        return None if self.binder is None else (self.pore + self.binder) / 2

    @property
    def binder_active_material(self) -> float:
        """Limit between active material and what is next below it."""
        below = self.pore if self.binder is None else self.binder
        return (below + self.active_material) / 2

    def save(self, path: Path) -> None:
        """Write as JSON."""
        limits = {
            "pore_binder": self.pore_binder,
            "binder_active_material": self.binder_active_material,
        }
        text = json.dumps({"schema": 6, **asdict(self), "limits": limits}, indent=1)
        write_text(path, text + "\n")

    @classmethod
    def load(cls, path: Path) -> Thresholds:
        """Read what `save` wrote.

        Raises
        ------
        StorageError
            The file is absent or is something else.
        """
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            names = cls.__dataclass_fields__
            values = {name: facts[name] for name in names}
            values["normal"] = Normal.read(values["normal"])
            values["facing"] = Facing(**values["facing"])
            values["gaps"] = values["gaps"] and Gaps(**values["gaps"])
            values["solid"] = values["solid"] and Solid(tuple(values["solid"]["odds"]))
            values["noise"] = Noise(**values["noise"])
            values["smoothing"] = Smoothing(**values["smoothing"])
            return cls(**{**values, "scale": tuple(values["scale"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"{path}: not a file of thresholds ({error}); run transect thresholds again"
            ) from None


def histogram(grey: U8, zone: U8) -> U64:
    """Joint histogram of denoised grey (256) and local range (`RANGES`) inside the coating."""
    kernel = np.ones((3, 3), np.uint8)
    reach = cv2.subtract(cv2.dilate(grey, kernel), cv2.erode(grey, kernel))
    inside = zone == UNDECIDED
    bins = np.minimum(reach[inside] >> 1, RANGES - 1).astype(np.int64)
    flat = np.bincount(grey[inside] * np.int64(RANGES) + bins, minlength=256 * RANGES)
    return flat.reshape(256, RANGES)


def thresholds_from(joint: U64, scale: tuple[float, float], where: str = "section") -> Thresholds:
    """Find the phases in a merged histogram.

    Parameters
    ----------
    joint
        Sum of `histogram` over windows.
    scale
        What the 8-bit scale means.
    where
        Words for the message.

    Raises
    ------
    AnalysisError
        There is no coating, or its grey values do not part into phases.
    """
    total = int(joint.sum())
    if total == 0:
        raise AnalysisError(f"{where}: no pixel of coating was found; look at the layers")
    whole = joint.sum(axis=1)
    if np.count_nonzero(whole) < 2:
        raise AnalysisError(
            f"{where}: every coating pixel has grey {int(whole.argmax())} of 255:"
            " no particle can be told; check the detector and the contrast"
        )
    modes: Modes = fit_modes(_flat(joint), whole)
    if modes.separation < 2.0:
        raise AnalysisError(
            f"{where}: grey values of the coating form one hump (separation"
            f" {modes.separation:.2f}, at least 2 is needed): no particles can be told from"
            " binder and pores; check that the section holds a coating and has material contrast"
        )
    return Thresholds(
        scale, modes.pore, modes.binder, modes.bright, modes.sd, modes.separation, total
    )


def _flat(joint: U64) -> U64:
    """Greys of pixels whose surroundings are even, so that edges do not blur the phases."""
    ranges = joint.sum(axis=0)
    # Half of the pixels: the flatter half of any electrode holds all of its phases.
    limit = int(np.searchsorted(np.cumsum(ranges), 0.5 * ranges.sum()))
    return np.asarray(joint[:, : limit + 1].sum(axis=1))
