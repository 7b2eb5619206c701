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
from transect.segment.polarity import Found
from transect.segment.smoothing import Noise, Smoothing
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
        text = json.dumps({"schema": 5, **asdict(self), "limits": limits}, indent=1)
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
            values["noise"] = Noise(**values["noise"])
            values["smoothing"] = Smoothing(**values["smoothing"])
            return cls(**{**values, "scale": tuple(values["scale"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"{path}: not a file of thresholds ({error}); run transect thresholds again"
            ) from None


def to_scale(pixels: npt.NDArray[np.generic], scale: tuple[float, float]) -> U8:
    """Bring pixels to 8 bits; the same value gives the same result in every window.

    A scale whose first value is the larger one turns them over.
    """
    if pixels.dtype == np.uint8 and scale == (0.0, 255.0):
        return pixels  # type: ignore[return-value]
    low, high = scale
    gain = 255.0 / (high - low)
    if pixels.dtype in (np.uint8, np.uint16):
        values = np.arange(256**pixels.dtype.itemsize)
        table = np.clip(np.rint((values - low) * gain), 0, 255).astype(np.uint8)
        return np.asarray(table[pixels])
    greys = np.nan_to_num(pixels.astype(np.float64), nan=low, posinf=max(scale), neginf=min(scale))
    return np.clip(np.rint((greys - low) * gain), 0, 255).astype(np.uint8)


def scale_of(
    coarse: npt.NDArray[np.generic], where: str, polarity: Polarity = "bright"
) -> tuple[float, float]:
    """Grey values that become 0 and 255, from a coarse level of the mosaic.

    Parameters
    ----------
    coarse
        Recorded pixels of a coarse level, any shape.
    where
        Words for the message.
    polarity
        Whether active material is bright, as everything after expects it, or dark.

    Raises
    ------
    AnalysisError
        There is no pixel, or all are equal.
    """
    low, high = _ends(coarse, where)
    return (low, high) if polarity == "bright" else (high, low)


def _ends(coarse: npt.NDArray[np.generic], where: str) -> tuple[float, float]:
    """Darkest and brightest grey that are told apart."""
    values = coarse[np.isfinite(coarse)] if coarse.dtype.kind == "f" else coarse.ravel()
    if values.size == 0 or values.min() == values.max():
        found = "no recorded pixel" if values.size == 0 else f"every pixel is {values.flat[0]}"
        raise AnalysisError(
            f"{where}: {found}; a section with contrast is needed: check the tiles and detector"
        )
    if coarse.dtype == np.uint8:
        return 0.0, 255.0
    low, high = (float(v) for v in np.percentile(values, [0.1, 99.9]))
    if low == high:
        low, high = float(values.min()), float(values.max())
    margin = 0.1 * (high - low)
    return low - margin, high + margin


def denoise(grey: U8, sigma_px: float) -> U8:
    """Smooth with a Gaussian, in integers: a pixel's value does not depend on its window."""
    if sigma_px == 0:
        return grey
    size = 2 * denoise_radius(sigma_px) + 1
    return np.asarray(cv2.GaussianBlur(grey, (size, size), sigma_px))


def denoise_radius(sigma_px: float) -> int:
    """Reach of `denoise` in px."""
    return int(np.ceil(3 * sigma_px))


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
