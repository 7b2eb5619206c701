"""Random sections: their specification, and what a window of them shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from transect.phantom.scene import Scene
from transect.phantom.spec import PhantomSpec
from transect.segment.maps import CLASSES, coating
from transect.train.looks import Span

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
F32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
Random = np.random.Generator
_Kind = TypeVar("_Kind", bound=np.generic)
Value = float | int | str | tuple[float, float] | dict[str, "Value"]

SHARED = 4
"""Samples that are windows of one section: packing it costs as much as several of them."""

WOVEN = 4
"""Sections that neighbouring samples take turns with, so that neighbours differ."""

_MARGIN = 1.25
"""Edge of a section's frame over that of a window."""

NUMBERS: dict[str, Span] = {
    "packing": Span(0.3, 0.8),
    "sigma": Span(0.1, 1.0),
    "elongation": Span(0.01, 0.3, log=True),
    "roughness": Span(0.1, 1.0, off=0.25),
    "cracked": Span(0.1, 1.0, off=0.3),
    "voids": Span(0.1, 1.0, off=0.35),
    "void_ratio": Span(0.05, 0.3),
    "binder": Span(0.0, 1.0),
    "binder_gradient": Span(-0.5, 0.5),
    "press": Span(0.02, 0.3, off=0.35),
    "orientation_spread_deg": Span(5, 90),
    "grain_cracks": Span(0.2, 1.0, off=0.5),
    "open_cracks": Span(0.2, 1.0, off=0.3),
    "cleavage": Span(0.2, 1.0, off=0.5),
    "hollow": Span(0.05, 0.5, off=0.5),
}
"""Fields of `Geometry` that are drawn as they are; the rest hangs on the size of particles."""

DRAWN: dict[str, Callable[[Random], Value]] = {
    "cracks_max": lambda random: int(random.integers(1, 8)),
    "crack_width_px": lambda random: (1.0, random.uniform(1.2, 8)),
    "hollow_ratio": lambda random: (0.15, random.uniform(0.2, 0.6)),
    "aspect": lambda random: (1.3, random.uniform(1.5, 6)),
    "habit": lambda random: _habit(random),
    "filler": lambda random: "electrolyte" if random.random() < 0.12 else "binder",
}
"""Fields with draws of their own."""

HABITS = {"round": 0.4, "spheres": 0.08, "facets": 0.17, "plates": 0.22, "shards": 0.13}
"""Families of outlines, and how often each is drawn."""
_SECOND = 0.2
"""Share of sections with a second active material."""

_DIAMETER = Span(8, 0.8, log=True)
"""Median diameter: from 8 px to 0.8 edges of a frame; the largest are twice that."""


@dataclass(frozen=True)
class Truth:
    """What a window holds, and how deep its pixels lie in their particles.

    Attributes
    ----------
    phases
        Codes of `Phase`.
    particles
        Ids; openings inside a particle carry its id.
    second
        Pixels of the second active material.
    owner
        Index of the particle that a pixel lies in or near, -1 for none.
    depth, rival
        Depth in that particle and in the one that comes second, in px.
    discs
        Row, column and radius of each particle, of shape (particle, 3).
    there
        Whether each of `maps.CLASSES` can be there.
    """

    phases: U8
    particles: I32
    second: Bool
    owner: I32
    depth: F32
    rival: F32
    discs: F32
    there: tuple[bool, ...]

    def window(self, row: int, column: int, edge: int, turns: int, mirror: bool) -> Truth:
        """Cut a square out, turn it by quarters and mirror it top to bottom."""

        def cut(array: npt.NDArray[_Kind]) -> npt.NDArray[_Kind]:
            part = np.rot90(array[row : row + edge, column : column + edge], turns)
            return np.ascontiguousarray(part[::-1] if mirror else part)

        y, x, radius = self.discs.T - np.array([[row], [column], [0]], dtype=np.float32)
        for _ in range(turns):
            y, x = edge - 1 - x, y
        return Truth(
            phases=cut(self.phases),
            particles=cut(self.particles),
            second=cut(self.second),
            owner=cut(self.owner),
            depth=cut(self.depth),
            rival=cut(self.rival),
            discs=np.column_stack([edge - 1 - y if mirror else y, x, radius]),
            there=self.there,
        )


def draw_spec(random: Random, edge: int) -> PhantomSpec:
    """Draw a section that fills a frame of `edge` px a side: geometry only."""
    px = float(np.exp(random.uniform(np.log(0.010), np.log(0.100))))
    shape: dict[str, Value] = {name: span.draw(random) for name, span in NUMBERS.items()}
    shape |= {name: draw(random) for name, draw in DRAWN.items()}
    layered = random.random() < 0.2
    layers, limit = _layers(random, edge) if layered else (_bare(), 1.5 * edge)
    d50 = Span(_DIAMETER.low, min(_DIAMETER.high * edge, 0.6 * limit), log=True).draw(random)
    sizes = _sizes(random, d50, float(shape["sigma"]), limit)  # type: ignore[arg-type]
    if random.random() < _SECOND:
        shape["second"] = _second(random, d50, limit, px)
    shape |= layers | {name: _times(length, px) for name, length in sizes.items()}
    shape |= {name: _times(layers[name], px) for name in layers if name.endswith("_um")}
    shape["agglomerates_per_mm2"] = 0.0
    if random.random() < 0.2:
        shape["agglomerates_per_mm2"] = random.uniform(0.5, 4) / (edge * px * 1e-3) ** 2
    return PhantomSpec.model_validate(
        {
            "width_um": edge * px,
            "seed": int(random.integers(2**31)),
            "geometry": shape,
            # No tile is recorded: any that fits will do.
            "microscope": {"pixel_nm": 1000 * px, "tile_shape": (32, 32)},
        }
    )


def _habit(random: Random) -> str:
    return str(random.choice(list(HABITS), p=list(HABITS.values())))


def _second(random: Random, d50: float, limit: float, px: float) -> dict[str, Value]:
    """Draw a second material: of other sizes, often of another habit."""
    sigma, size = random.uniform(0.1, 0.8), d50 * float(np.exp(random.uniform(-1.2, 1.0)))
    diameters = _diameters(min(max(size, 8.0), 0.6 * limit), sigma, limit)
    return {
        "share": random.uniform(0.05, 0.6),
        "habit": _habit(random),
        "aspect": (1.3, random.uniform(1.5, 6)),
        "orientation_spread_deg": random.uniform(5, 90),
        "sigma": sigma,
        "roughness": random.uniform(0, 1),
        "cracked": random.choice([0.0, random.uniform(0, 0.6)]),
        **{name: length * px for name, length in diameters.items()},
    }


def _diameters(d50: float, sigma: float, limit: float) -> dict[str, float]:
    """Smallest, median and largest diameter drawn: 6 px at least, where the median allows."""
    smallest = min(max(6.0, d50 * float(np.exp(-2.5 * sigma))), d50)
    largest = max(min(d50 * float(np.exp(2.0 * sigma)), limit), d50)
    return {"d_min_um": smallest, "d50_um": d50, "d_max_um": largest}


def _times(length: Value, px: float) -> Value:
    """Give a length, or two, in micrometres."""
    if isinstance(length, tuple):
        return length[0] * px, length[1] * px
    return length * px if isinstance(length, float | int) else length


def _sizes(random: Random, d50: float, sigma: float, limit: float) -> dict[str, Value]:
    """Lengths in px that hang on the size of particles."""
    clump = min(1.5 * d50, limit, 150.0)
    return {
        **_diameters(d50, sigma, limit),
        "grain_um": max(d50 * float(np.exp(random.uniform(np.log(0.04), np.log(0.4)))), 2.5),
        "crack_min_diameter_um": random.uniform(10, 40),
        "binder_scale_um": float(np.exp(random.uniform(np.log(5), np.log(90)))),
        "agglomerate_um": (0.6 * clump, clump),
    }


def _bare() -> dict[str, Value]:
    """Coating all over the frame; lengths in px."""
    return {"foil": "none", "sides": "a", "separator": "none", "skin_um": 0.0, "primer_um": 0.0}


def _layers(random: Random, edge: int) -> tuple[dict[str, Value], float]:
    """All layers within the frame, lengths in px, and the largest particle that fits."""
    sides = str(random.choice(["a", "b", "both"], p=[0.35, 0.35, 0.3]))
    thick = edge * random.uniform(0.2, 0.32 if sides == "both" else 0.5)
    low = random.uniform(2, 8)
    layers: dict[str, Value] = {
        "foil": str(random.choice(["al", "cu"])),
        "sides": sides,
        "separator": str(random.choice(["none", sides], p=[0.25, 0.75])),
        "foil_um": edge * random.uniform(0.02, 0.14),
        "foil_waviness_um": random.uniform(0, 8),
        "thickness_um": thick,
        "thickness_b_ratio": random.uniform(0.85, 1.15),
        "thickness_variation": random.uniform(0, 0.05),
        "tilt_deg": random.uniform(-3, 3),
        "separator_um": edge * random.uniform(0.04, 0.2),
        "separator_gap_um": random.choice([0.0, random.uniform(0, 12)]),
        "skin_um": random.uniform(0, 5),
        "primer_um": random.uniform(0, 5),
        "delamination": random.choice([0.0, random.uniform(0.05, 0.6)]),
        "gap_run_um": edge * random.uniform(0.1, 0.6),
        "gap_um": (low, low * random.uniform(1, 2.5)),
    }
    return layers, 0.5 * thick


def classes_of(spec: PhantomSpec) -> tuple[bool, ...]:
    """Say which of `maps.CLASSES` a section can hold."""
    shape, layered = spec.geometry, spec.geometry.foil != "none"
    there = coating(second=shape.second is not None, electrolyte=shape.filler == "electrolyte")
    around = ("outside", "collector", "separator")
    return tuple(t or (layered and name in around) for t, name in zip(there, CLASSES, strict=True))


@lru_cache(maxsize=WOVEN)
def section(number: int, edge: int) -> tuple[Truth, bool]:
    """Truth of the frame of a section, a little larger than `edge`, and whether it has layers."""
    random = np.random.default_rng([number, 1])
    frame = int(_MARGIN * edge)
    spec = draw_spec(random, frame)
    bare = spec.geometry.foil == "none"
    labels = Scene(spec, frame, frame, alone=bare).labels(0, 0, frame, frame)
    canvas, ids = labels.canvas, labels.particles().astype(np.int32)
    # The centre of the first pixel is at a half; agglomerates are discs too.
    discs = (labels.objects.discs[:, [1, 0, 2]] - [0.5, 0.5, 0.0]).astype(np.float32)
    depths = canvas.owner, canvas.depth, canvas.rival
    truth = Truth(labels.phases, ids, labels.second(), *depths, discs, classes_of(spec))
    return truth, not bare


def truth(seed: int, edge: int) -> Truth:
    """Window number `seed`; every fourth one of a run of numbers is of the same section."""
    run, place = divmod(seed, SHARED * WOVEN)
    whole, layered = section(run * WOVEN + place % WOVEN, edge)
    random = np.random.default_rng([seed, 2])
    room = len(whole.phases) - edge
    row, column = (int(v) for v in random.integers(0, room + 1, 2))
    # Layers lie along the rows, as the microscope's user turns them.
    turns = 2 * int(random.integers(2)) if layered else int(random.integers(4))
    return whole.window(row, column, edge, turns, bool(random.integers(2)))
