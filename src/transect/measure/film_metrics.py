"""Metrics of films on particles, which greys alone tell: experimental."""

from __future__ import annotations

from typing import Any

import numpy as np

from transect.config import FILMS
from transect.measure.estimates import Estimates
from transect.measure.films import EDGE, FINE
from transect.measure.joined import Joined, drawn
from transect.measure.outline import crofton
from transect.measure.partial_schemas import FILM_STEPS

COVERED = {"sei": "sei_coverage", "li_plating": "li_plating_area_frac"}
"""Metric of the covered share of outlines, by film."""

THICK = "sei_thickness_um"
NOTE = "experimental: told by its greys alone"


def add_films(estimates: Estimates, joined: Joined, used: Any) -> None:
    """Add the thickness of films and the share of the particles' outlines that they cover.

    Parameters
    ----------
    estimates
        Added to.
    joined
        Sums of the section.
    used
        X-blocks that are drawn from.
    """
    rows, px = joined.partials["films"], joined.px_um
    facts: dict[str, Any] = {"limit_um": (EDGE + 1) * px}
    for number, film in enumerate(FILMS):
        names = [COVERED[film], *([THICK] if film == "sei" else [])]
        if film not in joined.settings.measure.films:
            estimates.all_missing(names, f"measure.films has no greys of {film}", **facts)
            continue
        mine = rows[rows["film"] == number]
        sums = np.zeros((len(used), 2 + len(FILM_STEPS)))
        block = drawn(used, mine["block"].to_numpy())
        np.add.at(sums, block, mine[["outer", "away", *FILM_STEPS]].to_numpy())
        film_um = crofton(sums[:, 2], sums[:, 3]) * px
        outline_um = crofton(sums[:, 4], sums[:, 5]) * px
        n = int(np.count_nonzero(outline_um))
        if not n:
            estimates.all_missing(names, "no particles", **facts)
            continue
        estimates.ratio(COVERED[film], film_um, outline_um, n, bounds=(0.0, 1.0), note=NOTE,
                        **facts)  # fmt: skip
        if film != "sei":
            continue
        outer, away_um = sums[:, 0], sums[:, 1] * px / FINE
        if not outer.any():
            estimates.missing(THICK, "no film was found", **facts)
            continue
        n = int(np.count_nonzero(outer))
        estimates.ratio(THICK, away_um, outer, n, note=NOTE, **facts)
