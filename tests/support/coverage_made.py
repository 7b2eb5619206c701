"""Made sections whose D50, crack density and mean thickness are known: how often intervals hold.

Every model has neighbours that are alike, as coatings do: intervals from objects alone are too
narrow for all of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from support.coverage import X_BLOCK_UM
from transect.measure.estimates import Estimates
from transect.measure.sizes import Sections, add_sizes

Floats = npt.NDArray[np.float64]

SPREAD = 0.35
"""Standard deviation of ln D."""
LOCAL = 0.12
"""That of the mean of ln D from place to place: sizes are sorted when a coating is spread."""
CORRELATION_UM = 15.0


def field(length_um: float, rng: np.random.Generator, step_um: float = X_BLOCK_UM) -> Floats:
    """Normal deviates along the foil whose correlation falls by 1/e over a given length."""
    n = round(length_um / step_um)
    rho = float(np.exp(-step_um / CORRELATION_UM))
    out = np.empty(n)
    out[0] = rng.normal()
    noise = rng.normal(size=n) * np.sqrt(1 - rho**2)
    for i in range(1, n):
        out[i] = rho * out[i - 1] + noise[i]
    return out


def _crowd(length_um: float, rng: np.random.Generator) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Sizes (mean of ln D is 1.5) and x-blocks of particles, about 4 a block."""
    places = field(length_um, rng)
    counts = rng.poisson(4.0, places.size)
    blocks = np.repeat(np.arange(places.size), counts)
    logs = 1.5 + LOCAL * places[blocks] + SPREAD * rng.normal(size=blocks.size)
    return np.exp(logs), blocks


def _per_block(values: Floats, blocks: npt.NDArray[np.int64], n: int) -> Floats:
    return np.bincount(blocks, weights=values, minlength=n)


def _estimates(blocks: int, whole: Floats) -> Estimates:
    return Estimates.over(whole, 400, 1) if blocks else Estimates.over(np.zeros(0), 400, 1)


def d50(length_um: float, seed: int) -> tuple[float, float, float]:
    """Interval and truth of the D50 by area: log-normal, so the median lies 2 variances up."""
    rng = np.random.default_rng(seed)
    sizes, blocks = _crowd(length_um, rng)
    n = round(length_um / X_BLOCK_UM)
    estimates = _estimates(n, _per_block(sizes**2, blocks, n))
    estimates.quantiles(["d50_area_um"], sizes, sizes**2, blocks, [0.5], 0.1)
    row = estimates.rows[0]
    return row["ci_low"], row["ci_high"], float(np.exp(1.5 + 2 * (SPREAD**2 + LOCAL**2)))


def d50_volume(length_um: float, seed: int) -> tuple[float, float, float]:
    """Interval and truth of the unfolded D50: spheres cut by the plane."""
    rng = np.random.default_rng(seed)
    met, blocks = _crowd(length_um, rng)
    sizes = met * np.sqrt(1 - rng.uniform(0, 1, met.size) ** 2)
    seen = sizes > 0.4
    n = round(length_um / X_BLOCK_UM)
    estimates = _estimates(n, _per_block(met**2, blocks, n))
    sections = Sections(sizes[seen], np.ones(int(seen.sum())), blocks[seen], 0.4)
    add_sizes(estimates, sections, 0.9)
    row = next(r for r in estimates.rows if r["metric"] == "d50_volume_um")
    # Met spheres: volume is number x D^3 = met x D^2.
    return row["ci_low"], row["ci_high"], float(np.exp(1.5 + 2 * (SPREAD**2 + LOCAL**2)))


def crack_density(length_um: float, seed: int) -> tuple[float, float, float]:
    """Interval and truth of crack length per area: three particles in ten are cracked.

    Cracked ones have lengths of 0.3 to 1.1 diameters, and stand where others are cracked.
    """
    rng = np.random.default_rng(seed)
    sizes, blocks = _crowd(length_um, rng)
    n = round(length_um / X_BLOCK_UM)
    near = field(length_um, rng)[blocks]
    score = np.sqrt(0.5) * (near + rng.normal(size=sizes.size))
    lengths = np.where(score < ndtri(0.3), sizes * rng.uniform(0.3, 1.1, sizes.size), 0.0)
    area = _per_block(np.pi / 4 * sizes**2, blocks, n)
    estimates = _estimates(n, area)
    estimates.ratio("crack_length_density_per_um", _per_block(lengths, blocks, n), area, sizes.size)
    row = estimates.rows[0]
    variance = SPREAD**2 + LOCAL**2
    truth = 0.3 * 0.7 * np.exp(1.5 + variance / 2) / (np.pi / 4 * np.exp(3.0 + 2 * variance))
    return row["ci_low"], row["ci_high"], float(truth)


def thickness(length_um: float, seed: int) -> tuple[float, float, float]:
    """Interval and truth of the mean thickness: 70 um that vary by 3 um, a column each 0.5 um."""
    rng = np.random.default_rng(seed)
    columns = 70 + 3 * field(length_um, rng, 0.5)
    per = round(X_BLOCK_UM / 0.5)
    total = columns.reshape(-1, per).sum(axis=1)
    count = np.full(total.size, float(per))
    estimates = _estimates(total.size, total / count)
    estimates.ratio("t_mean_um", total, count, total.size)
    row = estimates.rows[0]
    return row["ci_low"], row["ci_high"], 70.0


MODELS: dict[str, Callable[[float, int], tuple[float, float, float]]] = {
    "D50 by area": d50,
    "D50 by volume, unfolded": d50_volume,
    "crack density": crack_density,
    "thickness mean": thickness,
}


def coverage(name: str, replicates: int, length_um: float, seed: int) -> float:
    """Share of made sections whose interval holds the truth."""
    held = 0
    for number in range(replicates):
        low, high, truth = MODELS[name](length_um, seed * 100_003 + number)
        held += low <= truth <= high
    return held / replicates
