"""Profiles along the foil: the Gaussian line of ISO 16610-21, and what is left of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

Floats = npt.NDArray[np.float64]

ALPHA = float(np.sqrt(np.log(2) / np.pi))
"""Constant of the filter: half of a wave as long as the cut-off passes."""


def gaussian_line(profile: Floats, cutoff: float) -> Floats:
    """Low-pass a profile; NaN is carried over by its neighbours, ends by fewer of them.

    Parameters
    ----------
    profile
        Heights at equal steps; NaN where not known.
    cutoff
        Wavelength of which half passes, in steps.

    Returns
    -------
    line
        Smooth heights, NaN where nothing within a cut-off is known.
    """
    known = np.isfinite(profile)
    reach = max(int(np.ceil(cutoff)), 1)
    x = np.arange(-reach, reach + 1) / (ALPHA * cutoff)
    weights = np.exp(-np.pi * x * x)
    # About its mean, so that what the transform rounds off stays small.
    middle = float(profile[known].mean()) if known.any() else 0.0
    heights = np.where(known, profile - middle, 0.0)
    total = fftconvolve(heights, weights, mode="same")
    share = fftconvolve(known.astype(np.float64), weights, mode="same")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(share > 1e-6 * weights.sum(), middle + total / share, np.nan)


def roughness(profile: Floats, cutoff: float) -> Floats:
    """Take the Gaussian line off a profile, without the half cut-off at either end.

    Parameters
    ----------
    profile
        Heights at equal steps; NaN where not known.
    cutoff
        Longest wavelength of roughness, in steps.

    Returns
    -------
    residual
        As long as the profile; NaN at its ends and where it is not known.
    """
    left = profile - gaussian_line(profile, cutoff)
    end = int(np.ceil(cutoff / 2))
    left[:end] = left[max(left.size - end, 0) :] = np.nan
    return left


def section_heights(residual: Floats, length: int) -> Floats:
    """Height from lowest to highest point of every section length that is wholly known.

    Parameters
    ----------
    residual
        Roughness at equal steps, NaN where not known.
    length
        Steps of a section length, ISO 21920-2.
    """
    known = np.flatnonzero(np.isfinite(residual))
    if not known.size:
        return np.empty(0)
    part = residual[known[0] : known[-1] + 1]
    rows = part[: part.size // length * length].reshape(-1, length)
    rows = rows[np.isfinite(rows).all(axis=1)]
    return rows.max(axis=1) - rows.min(axis=1) if rows.size else np.empty(0)
