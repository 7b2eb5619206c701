"""What others would use on the same images: a plain chain of scikit-image.

Gaussian, Otsu and Otsu again below it, small objects removed, small gaps closed, distance
transform, its peaks, watershed: the chain of the library's own tutorial on touching objects, with
`SETTINGS` for all images. `python benchmarks/segmentation_peers.py` finds them again: the best mean
of all scores over made images of any kind and of NMC, whose seeds are not those that are scored. As
every such chain, it takes the brightest phase for active material.

Cellpose and StarDist have no score here: both packages come without weights. The wheels of cellpose
4.2.1 (0.2 MB) and stardist 0.9.2 (3 MB: compiled code and test images) fetch them from model hubs
at run time, as does cellpose-planer 0.15 (8 kB), and a benchmark that runs offline cannot.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt
from skimage.feature import peak_local_max
from skimage.filters import gaussian, threshold_multiotsu, threshold_otsu
from skimage.measure import label
from skimage.morphology import (
    closing,
    disk,
    opening,
    remove_small_holes,
    remove_small_objects,
)
from skimage.segmentation import watershed

from transect.phases import Phase
from transect.segment.engine import UNDECIDED

U8 = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Settings:
    """Settings of the chain, lengths in px or in the largest distances that are usual in an image.

    Attributes
    ----------
    sigma
        Of the Gaussian before thresholds.
    smallest
        Area below which objects and holes go.
    gap
        Radius of the closing that puts cracked particles together.
    sigma_distance
        Of the Gaussian that takes false peaks off the distance; in the 95th percentile of it.
    apart
        Least distance between peaks, in the same.
    classes
        3: multi-Otsu; 2: Otsu, and Otsu once more of what is below it.
    """

    sigma: float = 1.0
    smallest: int = 32
    gap: int = 1
    sigma_distance: float = 0.1
    apart: float = 0.3
    classes: int = 2


SETTINGS = Settings()


def chain(
    image: npt.NDArray[np.generic], zone: U8 | None, settings: Settings = SETTINGS
) -> tuple[U8, Ids]:
    """Find phases and particles of an image.

    Parameters
    ----------
    image
        Grey values, shape (row, column).
    zone
        Phase by geometry; all is coating when absent.
    """
    zone = np.full(image.shape, UNDECIDED, np.uint8) if zone is None else zone
    inside = zone == UNDECIDED
    smooth = gaussian(image.astype(np.float64), settings.sigma, preserve_range=True)
    low, high = _limits(smooth[inside], settings.classes)
    material = remove_small_objects((smooth > high) & inside, max_size=settings.smallest - 1)
    full = closing(material, disk(settings.gap)) & inside
    full = remove_small_holes(full, max_size=settings.smallest - 1) & inside
    distance = distance_transform_edt(full)
    usual = float(np.percentile(distance[full], 95)) if full.any() else 1.0
    distance = gaussian(distance, settings.sigma_distance * usual)
    apart = max(round(settings.apart * usual), 1)
    peaks = peak_local_max(distance, min_distance=apart, labels=label(full), exclude_border=False)
    markers = np.zeros(image.shape, np.int64)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    particles = watershed(-distance, markers, mask=full)
    phases = np.where(smooth > low, np.uint8(Phase.BINDER), np.uint8(Phase.PORE))
    phases[material] = Phase.ACTIVE_MATERIAL
    gaps = full & ~material
    phases[gaps] = Phase.CRACK
    phases[opening(gaps, disk(3))] = Phase.VOID
    return np.where(inside, phases, zone), particles.astype(np.int64)


def _limits(greys: npt.NDArray[np.float64], classes: int) -> tuple[float, float]:
    """Limits between pore and binder, and between binder and active material."""
    if classes == 3:
        low, high = threshold_multiotsu(greys, classes=3)
        return float(low), float(high)
    high = threshold_otsu(greys)
    return float(threshold_otsu(greys[greys <= high])), float(high)


def tune() -> Settings:
    """Find the best settings, two of them at a time."""
    from segmentation_made import tuning_sets
    from segmentation_tally import Found, Tally

    kinds = tuning_sets()

    def value(settings: Settings) -> float:
        scores: list[float] = []
        for pictures in kinds:
            tally = Tally()
            for picture in pictures:
                tally.add(picture, Found(*chain(picture.image, picture.zone, settings)))
            scores += tally.scores().values()
        return float(np.mean(scores))

    best, found = Settings(), 0.0
    steps = (
        {"sigma": (1.0, 1.5, 2.0, 3.0), "classes": (2, 3)},
        {"sigma_distance": (0.03, 0.1, 0.2), "apart": (0.15, 0.3, 0.5, 0.8)},
        {"gap": (1, 3), "smallest": (32, 128)},
    )
    for step in steps:
        tries = [dict(zip(step, values, strict=True)) for values in product(*step.values())]
        scored = [(value(replace(best, **change)), k) for k, change in enumerate(tries)]
        found, k = max(scored, key=lambda item: (item[0], -item[1]))
        best = replace(best, **tries[k])
        sys.stdout.write(f"{found:.4f} {best}\n")
        sys.stdout.flush()
    return best


if __name__ == "__main__":
    tune()
