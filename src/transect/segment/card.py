"""The card of a model: what a network says of itself, checked before it is used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.errors import ModelError
from transect.parallel import WINDOW
from transect.segment.maps import HALO, MAPS, STRIDE

F64 = npt.NDArray[np.float64]

MODEL, CARD = "model.onnx", "model.json"

INPUT = WINDOW + 2 * HALO
"""Rows and columns of every input: one shape, so that all windows see the same arithmetic."""

FAR = 10.0
"""Times beyond the range of the pixel size that a model was trained for: an error from here on, as
that is a size that was recorded wrong."""


@dataclass(frozen=True)
class Card:
    """What a model says of itself.

    Attributes
    ----------
    digest
        Digest of the model's file.
    px_nm
        Smallest and largest pixel size that it was trained for, in nm.
    mean, inverse, limit
        Features of its training: mean, inverse of the covariance, and the distance beyond which
        a window is unlike all of it.
    """

    digest: str
    px_nm: tuple[float, float]
    mean: F64
    inverse: F64
    limit: float

    @classmethod
    def load(cls, path: Path) -> Card:
        """Read a card.

        Raises
        ------
        ModelError
            It is not there, is not a card, or its network has other maps or windows.
        """
        try:
            facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            known = facts["familiar"]
            mean, inverse = (np.array(known[name], np.float64) for name in ("mean", "inverse"))
            low, high = (float(v) for v in facts["px_nm"])
            card = cls(str(facts["digest"]), (low, high), mean, inverse, float(known["limit"]))
            windows = tuple(facts["maps"]), int(facts["halo_px"]), int(facts["stride_px"])
        except FileNotFoundError:
            raise ModelError(
                f"{path}: no such file; expected the card beside {MODEL}, as transect train writes"
                " both"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{path}: not the card of a model ({type(error).__name__}: {error}); expected what"
                " transect train writes"
            ) from None
        if windows[0] != MAPS:
            raise ModelError(f"{path}: maps {list(windows[0])}, expected {list(MAPS)}")
        if windows[1] > HALO or INPUT % max(windows[2], 1) or windows[2] < 1:
            raise ModelError(
                f"{path}: halo of {windows[1]} px and stride of {windows[2]} px, expected a halo of"
                f" at most {HALO} and a stride that divides {INPUT}, such as {STRIDE}"
            )
        if inverse.shape != (mean.size, mean.size):
            raise ModelError(
                f"{path}: {mean.size} features and an inverse of shape {inverse.shape}, expected"
                f" ({mean.size}, {mean.size})"
            )
        return card

    def check_pixel(self, px_nm: float) -> None:
        """Hold the pixel size of a section against the model's range, which it is brought to.

        Raises
        ------
        ModelError
            The size is more than `FAR` times beyond the range.
        """
        low, high = self.px_nm
        if not low / FAR <= px_nm <= high * FAR:
            raise ModelError(
                f"pixels of {px_nm:g} nm, and the model was trained for {low:g} to {high:g} nm:"
                " nothing it says would mean anything; correct pixel_nm in the sheet if the"
                " microscope recorded it wrong"
            )
