"""The recipe number of every step: raised when its results change, so that reruns follow.

Changed code does not make Snakemake run anything again; a changed recipe does. Nothing heavy is
imported here: the Snakefile reads it at every start.
"""

from __future__ import annotations

RECIPES: dict[str, int] = {
    "index": 2,
    "check": 1,
    "shading": 1,
    "register": 4,
    "fuse": 2,
    "details": 1,
    "layers": 3,
    "thresholds": 8,
    "predict": 7,
    "segment": 3,
    "resolve": 3,
    "vary": 7,
    "measure": 7,
    "labels": 1,
    "transport": 2,
    "radial": 1,
    "validate": 1,
    "join": 12,
    "detect": 1,
    "defects": 1,
    "judge": 4,
    "cell": 1,
    "batch": 1,
    "trend": 2,
    "control": 1,
    "compare": 1,
    "report": 11,
}
