"""How fast and how right transport through windows is; a part of `measurement.py`.

`python benchmarks/transport.py` runs it alone. Times are of the processor, the best of two after
one that compiles; numbers are held against closed forms.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from steps import figure

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.foam import foam  # noqa: E402
from transect.measure.transport.chords import chords  # noqa: E402
from transect.measure.transport.geodesic import geodesics  # noqa: E402
from transect.measure.transport.laplace import diffuse  # noqa: E402
from transect.measure.transport.thickness import local_thickness  # noqa: E402

GOALS = {(512, 512): 1.0, (4096, 1024): 4.0}
"""Seconds of the marks to beat: a direct solver, and pyamg."""
LAMINATE = 0.5
"""Percent that the tortuosity factor may be wrong by, in a laminate."""


def seconds(work: Callable[[], object]) -> float:
    """Least processor time of two runs."""
    found = []
    for _ in range(2):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def speed(shape: tuple[int, int]) -> bool:
    """Seconds for a window of pores that are few, for one of many, and for one without a path."""
    size = f"{shape[0]} x {shape[1]}"
    fine = True
    for share in (0.6, 0.9):
        mask = foam(shape, 1, share, 6.0)
        spent = seconds(partial(diffuse, mask))
        goal = GOALS[shape]
        name = f"diffusion, {size}, porosity {share}"
        fine &= figure(name, spent, "s", f"< {goal:g}", spent < goal)
    mask[shape[0] // 2] = False
    spent = seconds(partial(diffuse, mask))
    fine &= figure(f"diffusion, {size}, no path", spent, "s", "none", True)
    mask = foam(shape, 1, 0.6, 6.0)
    works = {"shortest ways": geodesics, "local thickness": local_thickness, "chords": chords}
    for name, work in works.items():
        spent = seconds(partial(work, mask))
        fine &= figure(f"{name}, {size}, porosity 0.6", spent, "s", "none", True)
    return fine


def accuracy() -> bool:
    """Errors against closed forms, in percent."""
    values = np.array([1.0, 0.2, 0.05, 3.0])
    layers = np.repeat(values, 64)
    around = np.hypot(*(np.mgrid[:400, :400] + 0.5 - 200)) >= 120
    f = np.pi * 120**2 / 400**2
    # Perrins, McKenzie and McPhedran 1979: a square array of insulating cylinders.
    perrins = 1 - 2 * f / (1 + f - 0.305827 * f**4 / (1 - 1.402958 * f**8) - 0.013362 * f**8)
    squares = np.kron(np.array([[1.0, 4.0], [4.0, 1.0]]), np.ones((128, 128)))
    straight = np.zeros((512, 512), bool)
    straight[:, 100:140] = straight[:, 300] = True
    wall = np.ones((41, 60), bool)
    wall[20, :50] = False
    way = np.mean([np.hypot(20, 50 - c) + 21 if c < 50 else 41.0 for c in range(61)])
    ends = (np.hypot(20, 50) + 21 + 41) / 2
    errors = {
        "laminate across": diffuse(layers[:, None] * np.ones((1, 90))).relative
        / (1 / np.mean(1 / values)),
        "laminate along": diffuse(layers[None] * np.ones((90, 1))).relative / values.mean(),
        "straight channels": diffuse(straight).tau_factor,
    }
    fine = True
    for name, ratio in errors.items():
        off = 100 * abs(float(ratio) - 1)
        fine &= figure(f"tau factor, {name}: error", off, "%", f"< {LAMINATE}", off < LAMINATE)
    others = {
        "conductivity, discs in a square array": diffuse(around).relative / perrins,
        "conductivity, checkerboard of 1 and 4": diffuse(squares).relative / 2.0,
        "shortest ways around a wall": geodesics(wall).total / (way * 61 - ends),
        "shortest ways, straight channels": geodesics(straight).tau,
        "local thickness, 40 px channel": float(
            np.sqrt(np.median(local_thickness(straight)[straight])) / 40
        ),
    }
    for name, ratio in others.items():
        fine &= figure(f"{name}: error", 100 * abs(float(ratio) - 1), "%", "none", True)
    return fine


def transport() -> bool:
    """Print every figure of transport."""
    small = foam((64, 64), 1, 0.8, 3.0)
    for work in (diffuse, geodesics, local_thickness):
        work(small)
    fine = True
    for shape in GOALS:
        fine &= speed(shape)
    return fine & accuracy()


if __name__ == "__main__":
    sys.exit(0 if transport() else 1)
