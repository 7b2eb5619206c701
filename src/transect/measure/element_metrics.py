"""Elements of a section: what each phase and each particle is made of, and how alike particles are.

References
----------
G. Cliff, G. W. Lorimer, "The quantitative analysis of thin specimens", J. Microsc. 103 (1975)
(factors); R. DerSimonian, R. Kacker, "Random-effects model for meta-analysis of clinical trials: an
update", Contemp. Clin. Trials 28 (2007) (variance beyond that of counting, in two steps).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.elements import number_of, symbol_of
from transect.measure.elements import HELD_BY
from transect.measure.estimates import Estimates
from transect.measure.joined import Joined, drawn, keyed
from transect.measure.tables import ELEMENTS, PARTICLE_ELEMENTS
from transect.phases import Phase
from transect.statistics.bootstrap import percentile_interval

Floats = npt.NDArray[np.float64]

INDICES = ("ni_frac", "segregation_cv")
"""Names in the registry."""

METALS = tuple(number_of(symbol) for symbol in ("Ni", "Co", "Mn", "Al"))
"""Of which nickel is a share in layered oxides."""

RESOLUTION_UM = 1.0
"""What X-rays come from around a point, at usual voltages."""


@dataclass(frozen=True)
class Composition:
    """Atoms of a section's elements, in units of one count of an element of factor 1.

    Attributes
    ----------
    elements
        Atomic numbers, rising.
    factors, counts
        Atoms of one count of each element, and counts of one grey step of its map.
    phases
        Atoms, (x-block, HELD_BY, element).
    pixels
        Pixels of the phases, (x-block, HELD_BY).
    """

    elements: tuple[int, ...]
    factors: Floats
    counts: Floats
    phases: Floats
    pixels: Floats

    @classmethod
    def of(cls, joined: Joined, used: Any) -> Composition:
        """Sum the counts of a section by the x-blocks that are drawn from."""
        rows, config = joined.partials["elements"], joined.settings.measure.elements
        found = tuple(int(n) for n in np.unique(rows["element"]))
        known = [config[symbol_of(number)] for number in found]
        factors = np.array([one.factor for one in known])
        counts = np.array([one.counts for one in known]) * joined.grey_step
        sums = np.zeros((len(used), len(HELD_BY), len(found)))
        pixels = np.zeros(sums.shape)
        spot = (
            drawn(used, rows["block"].to_numpy()),
            np.searchsorted(sorted(HELD_BY), rows["phase"].to_numpy()),
            np.searchsorted(found, rows["element"].to_numpy()),
        )
        np.add.at(sums, spot, rows["sum_grey"].to_numpy())
        np.add.at(pixels, spot, rows["count"].to_numpy())
        most = pixels.max(axis=2) if found else pixels.sum(axis=2)
        return cls(found, factors, counts, sums * (factors * counts), most)

    @cached_property
    def solid(self) -> Floats:
        """Atoms of active material, (x-block, element)."""
        return np.asarray(self.phases[:, HELD_BY.index(Phase.ACTIVE_MATERIAL)])


def element_tables(
    estimates: Estimates, joined: Joined, used: Any, particles: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Tables `elements` and `particle_elements`; adds `ni_frac` and `segregation_cv`.

    Parameters
    ----------
    estimates
        Added to.
    joined
        Sums of the section.
    used
        X-blocks that are drawn from.
    particles
        Rows of the table `particles`.
    """
    made = Composition.of(joined, used)
    own = _by_particle(made, joined)
    own = own[own["particle"].isin(particles["particle"])]
    spreads = _spreads(made, own, particles, joined, used, estimates)
    _add(estimates, made, spreads, joined)
    rows = _rows(made, spreads, estimates, joined)
    return {
        "elements": keyed(rows, joined.keys)[ELEMENTS.names],
        "particle_elements": keyed(own, joined.keys)[PARTICLE_ELEMENTS.names],
    }


def _by_particle(made: Composition, joined: Joined) -> pd.DataFrame:
    """Rows of the table `particle_elements`, without keys."""
    rows = joined.partials["compositions"]
    if not len(rows):
        return PARTICLE_ELEMENTS.empty().drop(columns=list(joined.keys))
    count = len(made.elements)
    # Every particle has a row for each element, in the order of their numbers.
    counts = rows["sum_grey"].to_numpy(np.float64).reshape(-1, count) * made.counts
    atoms = counts * made.factors
    whole = atoms.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = atoms / whole
        noise = made.factors * atoms
        others = noise.sum(axis=1, keepdims=True) - noise
        spread = np.sqrt(noise * (1 - share) ** 2 + others * share**2) / whole
    return pd.DataFrame(
        {
            "particle": rows["particle"].to_numpy(),
            "element": np.tile([symbol_of(n) for n in made.elements], len(counts)),
            "counts": counts.ravel(),
            "at_pct": 100 * share.ravel(),
            "at_pct_sd": 100 * spread.ravel(),
        }
    )


@dataclass(frozen=True)
class _Spread:
    """How much particles differ in one element: coefficient of variation, and its replicates."""

    value: float
    replicates: Floats
    particles: int


def _spreads(
    made: Composition,
    own: pd.DataFrame,
    particles: pd.DataFrame,
    joined: Joined,
    used: Any,
    estimates: Estimates,
) -> list[_Spread]:
    """Coefficient of variation between whole particles, beyond counting, of each element.

    The variance of counting is that of the section's mean composition over a particle's atoms.
    Particles weigh by it at first, and then by what is left beside it too: where they differ by
    more than counting does, all weigh nearly the same.
    """
    whole = particles.loc[particles["ml_weight"] > 0, ["particle", "x_um"]].sort_values("particle")
    count = len(made.elements)
    if count < 2 or not len(own):
        return []
    ids = own["particle"].to_numpy(np.uint64)[::count]
    atoms = own["counts"].to_numpy().reshape(-1, count) * made.factors
    listed = np.isin(ids, whole["particle"].to_numpy(np.uint64)) & (atoms.sum(axis=1) > 0)
    if np.count_nonzero(listed) < 2:
        return []
    # Both are sorted by the particle's id.
    spot = np.searchsorted(whole["particle"].to_numpy(np.uint64), ids[listed])
    blocks = drawn(used, joined.block_of(whole["x_um"].to_numpy(np.float64)[spot]))
    atoms = atoms[listed]
    total = atoms.sum(axis=1)
    mean = atoms.sum(axis=0) / total.sum()
    noise = made.factors * mean
    found = []
    for k in range(count):
        one = noise[k] * (1 - mean[k]) ** 2 + (noise.sum() - noise[k]) * mean[k] ** 2
        share, counting = atoms[:, k] / total, np.maximum(one, 1e-30) / total
        between = _variance(_moments(share, counting, 1 / counting).sum(axis=0))
        parts = _moments(share, counting, 1 / (counting + between))
        sums = np.zeros((len(used), parts.shape[1]))
        np.add.at(sums, blocks, parts)
        value, again = _variation(sums.sum(axis=0)), _variation(estimates.draw(sums))
        found.append(_Spread(float(value), again, len(total)))
    return found


def _moments(share: Floats, counting: Floats, weight: Floats) -> Floats:
    """Give what each particle adds to the sums that `_variance` takes, (particle, 6)."""
    heavy = weight**2
    parts = (weight, heavy, weight * share, weight * share**2, weight * counting, heavy * counting)
    return np.stack(parts, axis=1)


def _variance(sums: Floats) -> Floats:
    """Variance beyond that of counting: the general method of moments (DerSimonian, Kacker)."""
    weight, heavy, first, second, noise, heavy_noise = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = second - first**2 / weight - noise + heavy_noise / weight
        return np.asarray(np.maximum(beyond / (weight - heavy / weight), 0.0))


def _variation(sums: Floats) -> Floats:
    """Coefficient of variation beyond counting."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(_variance(sums)) * sums[..., 0] / sums[..., 2])


def _add(estimates: Estimates, made: Composition, spreads: list[_Spread], joined: Joined) -> None:
    facts: dict[str, Any] = {"limit_um": max(RESOLUTION_UM, joined.px_um)}
    config = joined.settings.measure.elements
    named = [number_of(symbol) for symbol in config if number_of(symbol) in made.elements]
    if not named:
        why = "no detector that measure.elements names" if config else "no map of an element"
        estimates.all_missing(INDICES, why, **facts)
        return
    metals = [made.elements.index(n) for n in METALS if n in made.elements]
    if METALS[0] not in made.elements or len(metals) < 2:
        estimates.missing("ni_frac", "no maps of Ni and of Co, Mn or Al", **facts)
    else:
        part, whole = made.solid[:, metals[0]], made.solid[:, metals].sum(axis=1)
        words = ", ".join(symbol_of(made.elements[k]) for k in metals)
        estimates.ratio("ni_frac", part, whole, int(np.count_nonzero(whole)), bounds=(0.0, 1.0),
                        note=f"of {words}", **facts)  # fmt: skip
    if not spreads:
        why = "no whole particles" if len(named) > 1 else "maps of two elements are needed"
        estimates.missing("segregation_cv", why, **facts)
        return
    mine = spreads[made.elements.index(named[0])]
    estimates.resampled("segregation_cv", mine.value, mine.replicates, mine.particles,
                        note=f"of {symbol_of(named[0])}", **facts)  # fmt: skip


def _rows(
    made: Composition, spreads: list[_Spread], estimates: Estimates, joined: Joined
) -> pd.DataFrame:
    """Rows of the table `elements`, without keys."""
    rows: list[dict[str, Any]] = []
    widen = estimates.resampling.widen
    electrolyte = joined.settings.segment.filler == "electrolyte"
    for p, phase in enumerate(HELD_BY):
        atoms, pixels = made.phases[:, p], made.pixels[:, p]
        # A separator is no part of the coating; a solid electrolyte is.
        if not atoms.any() or (phase == Phase.SEPARATOR and not electrolyte):
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 100 * atoms.sum(axis=0) / atoms.sum()
            again = estimates.draw(atoms)
            again = 100 * again / again.sum(axis=1, keepdims=True)
        for k, element in enumerate(made.elements):
            ends = percentile_interval(float(share[k]), again[:, k], widen, 0.0, 100.0)
            spread, limits = np.nan, (np.nan, np.nan)
            if phase == Phase.ACTIVE_MATERIAL and spreads:
                one = spreads[k]
                spread = one.value
                limits = percentile_interval(spread, one.replicates, widen, 0.0, np.inf)
            rows.append(
                {
                    "phase": phase.name.lower(),
                    "element": symbol_of(element),
                    "at_pct": share[k],
                    "at_pct_low": ends[0],
                    "at_pct_high": ends[1],
                    "counts": atoms[:, k].sum() / made.factors[k],
                    "area_um2": pixels.sum() * joined.px_um**2,
                    "segregation_cv": spread,
                    "segregation_low": limits[0],
                    "segregation_high": limits[1],
                }
            )
    return pd.DataFrame(rows) if rows else ELEMENTS.empty().drop(columns=list(joined.keys))
