"""Diameters of spheres from those of their sections, without a form of the distribution (EMS).

Expectation, maximisation, smoothing: the likeliest counts of spheres are sharpened by every step
and blurred by as much as data that were held out say. No class can become negative, unlike with
Saltykov's differences.

References
----------
Silverman, Jones, Wilson, Nychka, "A smoothed EM approach to indirect estimation problems",
J. R. Stat. Soc. B 52 (1990) 271. Ohser, Muecklich, "Statistical analysis of microstructures",
Wiley (2000).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.statistics.wicksell import Grid

Floats = npt.NDArray[np.float64]

WIDTHS = (0.0, 0.02, 0.04, 0.06, 0.09, 0.13, 0.18)
"""Widths of the smoothing that are tried: standard deviations in the logarithm of the diameter."""
STEPS = 400
"""Steps at most from an even start; the gate of D50 and D90 is met with half of them."""
STILL = 1e-5
"""Largest change of a share in a step below which counts stand still."""
FOLDS = 5
"""Parts of the section that are held out in turn."""


@kernel
def _steps(
    counts: Floats, start: Floats, chance: Floats, seen: Floats, blur: Floats, steps: int
) -> Floats:
    """Shares of met and seen spheres for each row of counts, (rows, classes).

    Loops add in a fixed order: a product of matrices would add in an order of the machine's.
    """
    rows, spheres, sections = counts.shape[0], chance.shape[0], chance.shape[1]
    out = np.zeros((rows, spheres))
    given = np.empty_like(chance)
    for j in range(spheres):
        for i in range(sections):
            given[j, i] = chance[j, i] / seen[j]
    expected, ratio = np.empty(sections), np.empty(sections)
    raw = np.empty(spheres)
    for row in range(rows):
        total = counts[row].sum()
        share = start[row].copy()
        if total <= 0:
            continue
        for _ in range(steps):
            expected[:] = 0.0
            for j in range(spheres):
                s = share[j]
                if s > 0:
                    for i in range(sections):
                        expected[i] += s * given[j, i]
            for i in range(sections):
                n = counts[row, i]
                ratio[i] = n / (total * expected[i]) if n > 0 and expected[i] > 0 else 0.0
            for j in range(spheres):
                gain = 0.0
                for i in range(sections):
                    gain += given[j, i] * ratio[i]
                raw[j] = share[j] * gain
            moved = 0.0
            for j in range(spheres):
                value = 0.0
                for k in range(spheres):
                    value += blur[j, k] * raw[k]
                moved = max(moved, abs(value - share[j]))
                expected[j] = value
            share[:] = expected
            if moved < STILL:
                break
        out[row] = share
    return out


def blur_of(classes: Grid, width: float) -> Floats:
    """Matrix that smooths the spheres' surface over neighbouring classes; columns add up to 1.

    Smoothing met counts themselves widens the volume's distribution upwards: D50 and D90 come out
    0.4 to 1.3 % too large at 3,000 sections, and within 0.2 and 0.8 % with surfaces (spreads of
    1.2 to 1.6).

    Parameters
    ----------
    classes
        Classes of diameters.
    width
        Standard deviation in the logarithm of the diameter.
    """
    place = np.log(classes.middles)
    if width <= 0:
        return np.eye(place.size)
    weight = np.exp(-0.5 * ((place[:, None] - place) / width) ** 2)
    weight *= np.exp(place - place[:, None])
    return np.asarray(weight / weight.sum(axis=0))


def unfold(
    classes: Grid,
    counts: Floats,
    width: float,
    start: Floats | None = None,
    steps: int = STEPS,
) -> Floats:
    """Met spheres of each class, seen or not, as shares of the sections that are seen.

    Parameters
    ----------
    classes
        Classes of diameters.
    counts
        Weighted sections of each class, shape (rows, classes): one row per replicate.
    width
        Standard deviation of the smoothing in the logarithm of the diameter.
    start
        What an earlier call gave for one row; even shares when absent.
    steps
        Steps at most.

    Returns
    -------
    Shape (rows, classes); zeros for a row without sections.
    """
    seen = classes.seen
    known = np.ones(seen.size) if start is None else np.maximum(start * seen, 1e-12)
    first = np.broadcast_to(known / known.sum(), counts.shape).copy()
    blur = blur_of(classes, width)
    rows = np.ascontiguousarray(counts, dtype=np.float64)
    return np.asarray(_steps(rows, first, classes.chance, seen, blur, steps) / seen)


def likelihood(classes: Grid, met: Floats, counts: Floats) -> float:
    """Logarithm of the likelihood of counts of sections, if these spheres are met."""
    expected = np.einsum("j,ji->i", met, classes.chance)
    expected = expected / max(float(expected.sum()), 1e-300)
    some = counts > 0
    return float(np.sum(counts[some] * np.log(np.maximum(expected[some], 1e-12))))


def choose_width(classes: Grid, folds: Floats) -> float:
    """Width of the smoothing that tells best what was held out.

    Parameters
    ----------
    classes
        Classes of diameters.
    folds
        Weighted sections of each part of the section, shape (parts, classes).
    """
    kept = np.array([counts.sum() > 0 for counts in folds])
    if np.count_nonzero(kept) < 2:
        return WIDTHS[len(WIDTHS) // 2]
    folds = folds[kept]
    rest = folds.sum(axis=0) - folds
    scores = []
    for width in WIDTHS:
        found = unfold(classes, rest, width)
        scores.append([likelihood(classes, m, c) for m, c in zip(found, folds, strict=True)])
    table = np.array(scores)
    return WIDTHS[int(np.argmax(table.sum(axis=1)))]
