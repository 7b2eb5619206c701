"""What made samples may look like: a range for every number, and what is kept from training.

Strengths are shares of the contrast, the grey difference between active material and pores: an
image of weak contrast is weak in all that it shows, and noise of 1 drowns it at any contrast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Span(NamedTuple):
    """Where a number lies, evenly (or evenly in its logarithm); 0 in a share `off` of draws."""

    low: float
    high: float
    log: bool = False
    off: float = 0.0

    def draw(self, random: np.random.Generator) -> float:
        """Draw one number; takes two from the generator, whatever comes out."""
        place, absent = random.random(2)
        if absent < self.off:
            return 0.0
        if self.log:
            return float(self.low * (self.high / self.low) ** place)
        return float(self.low + (self.high - self.low) * place)

    def wider(self) -> Span:
        """Give the span with a tenth more on either side."""
        more = 0.1 * (self.high - self.low)
        return Span(self.low - more, self.high + more)


class Look(NamedTuple):
    """How one sample looks. Lengths in px, strengths in shares of the contrast."""

    contrast: float  # grey levels between active material and pore
    middle: float  # grey level half-way between them
    negative: float  # 1: active material is the darker one
    binder: float  # where it lies from pore (0) to active material (1)
    second: float  # grey of the second active material, from the first one's
    collector: float  # as binder
    separator: float  # as binder
    outside: float  # as binder
    opening: float  # grey of cracks and voids, as binder

    spread: float  # sigma of the particles' brightness
    slope: float  # largest brightness change across a particle
    dome: float  # brightness of a particle's middle against its edge
    mottle: float  # clouds inside particles
    mottle_px: float
    mottle_stretch: float  # width over height of the clouds
    grain: float  # brightness between grains
    grain_px: float
    grain_line: float  # brightness of the lines between grains
    edge: float  # brightness of particles' edges
    edge_px: float
    contact: float  # how much of the pores' grey the line between touching particles has
    contact_px: float
    contact_gone: float  # share of contacts without a line
    relief: float  # brightness by the slope of a pseudo-surface
    bumps: float  # height of the grains on it

    shine: float  # brightness of particles below the plane, seen in pores
    shine_px: float  # their blur
    sponge: float  # brightness within binder
    sponge_px: float
    debris: float  # brightness within pores
    fibres: float  # brightness within separator and collector

    halo: float  # glow of active material into its surroundings
    halo_px: float
    drag: float  # brightness that a bright place leaves behind along the scan
    drag_px: float
    curtain: float  # strength of the stripes, of the grey level
    curtain_px: float
    curtain_deg: float
    shading: float  # slow brightness change over the image, of the grey level

    defocus: float  # sigma of the blur
    defocus_ratio: float  # of its sigma along columns to that along rows
    halved: float  # 1: recorded with pixels of twice the size
    noise: float  # sigma of white noise
    shot: float  # share of its variance that grows with the signal
    cloudy: float  # sigma of noise that neighbours share
    cloudy_px: float
    cloudy_stretch: float  # width over height of that noise
    lines: float  # sigma of a row's brightness
    rings: float  # sigma of the rings of a tomogram
    sharpen: float  # strength of an unsharp mask

    gamma: float
    clip: float  # share of pixels saturated at either end; 0: not stretched
    levels: float  # number of grey levels
    jpeg: float  # 100 minus its quality; 0: none


Spans = Mapping[str, Span]


@dataclass(frozen=True)
class Looks:
    """All that samples may look like: a span for every number, less some boxes of them."""

    spans: Spans
    without: tuple[Spans, ...] = ()

    def draw(self, random: np.random.Generator) -> Look:
        """Draw one look outside of the boxes."""
        while True:
            look = Look(**{name: self.spans[name].draw(random) for name in Look._fields})
            if not any(holds(box, look) for box in self.without):
                return look


def holds(box: Spans, look: Look) -> bool:
    """Whether every number that a box limits lies in it."""
    return all(s.low <= getattr(look, name) <= s.high for name, s in box.items())


_ALWAYS, _NEVER = Span(1.0, 1.0), Span(0.0, 0.0)

WIDE: dict[str, Span] = {
    "contrast": Span(30, 215, log=True),
    "middle": Span(70, 180),
    "negative": _NEVER,
    "binder": Span(0.06, 0.75),
    "second": Span(-0.6, 0.5),
    "collector": Span(-0.3, 1.3),
    "separator": Span(0.1, 0.75),
    "outside": Span(-0.2, 0.4),
    "opening": Span(-0.1, 0.4),
    "spread": Span(0.01, 0.22, log=True, off=0.2),
    "slope": Span(0.02, 0.35, log=True, off=0.4),
    "dome": Span(-0.25, 0.25, off=0.5),
    "mottle": Span(0.02, 0.2, log=True, off=0.4),
    "mottle_px": Span(2, 50, log=True),
    "mottle_stretch": Span(0.7, 4, log=True),
    "grain": Span(0.01, 0.25, log=True, off=0.35),
    "grain_px": Span(4, 60, log=True),
    "grain_line": Span(-0.15, 0.3, off=0.6),
    "edge": Span(-0.25, 0.9, off=0.35),
    "edge_px": Span(0.7, 8, log=True),
    "contact": Span(0.1, 1, off=0.35),
    "contact_px": Span(1, 4),
    "contact_gone": Span(0, 0.8, off=0.4),
    "relief": Span(0.1, 1.2, off=0.7),
    "bumps": Span(0.05, 0.8, off=0.3),
    "shine": Span(0.05, 0.9, off=0.5),
    "shine_px": Span(0.4, 8, log=True),
    "sponge": Span(0.02, 0.45, off=0.2),
    "sponge_px": Span(1.5, 14, log=True),
    "debris": Span(0.01, 0.2, log=True, off=0.4),
    "fibres": Span(0.02, 0.4, off=0.2),
    "halo": Span(-0.2, 0.6, off=0.6),
    "halo_px": Span(1.5, 20, log=True),
    "drag": Span(-0.5, 0.5, off=0.75),
    "drag_px": Span(5, 120, log=True),
    "curtain": Span(0.01, 0.25, log=True, off=0.45),
    "curtain_px": Span(1.5, 40, log=True),
    "curtain_deg": Span(-6, 6, off=0.5),
    "shading": Span(0.02, 0.4, log=True, off=0.3),
    "defocus": Span(0.3, 4.0, log=True, off=0.1),
    "defocus_ratio": Span(0.6, 1.7, log=True),
    "halved": Span(1, 1, off=0.75),
    "noise": Span(0.008, 0.52, log=True, off=0.05),
    "shot": Span(0, 1),
    "cloudy": Span(0.02, 0.22, log=True, off=0.55),
    "cloudy_px": Span(0.7, 4, log=True),
    "cloudy_stretch": Span(0.8, 4, log=True),
    "lines": Span(0.005, 0.08, log=True, off=0.65),
    "rings": Span(0.01, 0.12, log=True, off=0.85),
    "sharpen": Span(0.2, 1.5, off=0.8),
    "gamma": Span(0.6, 1.7, log=True, off=0.0),
    "clip": Span(0.0005, 0.03, log=True, off=0.4),
    "levels": Span(20, 256, log=True),
    "jpeg": Span(10, 60, off=0.8),
}

MODERATE: dict[str, Span] = WIDE | {
    "contrast": Span(90, 180),
    "negative": _NEVER,
    "binder": Span(0.1, 0.5),
    "second": Span(-0.5, -0.25),
    "opening": Span(-0.05, 0.15),
    "spread": Span(0.01, 0.06),
    "mottle": Span(0.01, 0.05),
    "grain": Span(0.01, 0.08),
    "grain_line": _NEVER,
    "edge": Span(0.02, 0.25),
    "contact": Span(0.3, 0.8),
    "contact_gone": Span(0, 0.2),
    "relief": _NEVER,
    "shine": Span(0.1, 0.35),
    "halo": _NEVER,
    "drag": _NEVER,
    "curtain": Span(0.01, 0.04),
    "shading": Span(0.02, 0.1),
    "defocus": Span(0.4, 1.0),
    "halved": _NEVER,
    "noise": Span(0.03, 0.12),
    "cloudy": _NEVER,
    "lines": _NEVER,
    "rings": _NEVER,
    "sharpen": _NEVER,
    "gamma": Span(0.8, 1.25),
    "clip": _NEVER,
    "levels": Span(200, 256),
    "jpeg": _NEVER,
}
"""A good image of a cathode; held-out looks differ from it in what they are named for."""

PLAIN = Looks(
    MODERATE | {"shine": MODERATE["shine"]._replace(off=0.65), "binder": Span(0.15, 0.55)}
)
"""Such images in training; in most, nothing shines through the pores."""

_BOXES: dict[str, dict[str, Span]] = {
    "low_dose_shine": {"noise": Span(0.32, 0.5), "shine": Span(0.55, 0.85)},
    "inverted": {"negative": _ALWAYS, "contrast": Span(80, 140), "binder": Span(0.3, 0.7)},
    "blurred": {"defocus": Span(1.7, 2.5), "cloudy": Span(0.09, 0.16)},
    "relief": {"relief": Span(0.5, 1.0), "edge": Span(0.3, 0.7)},
    "curtained": {"curtain": Span(0.13, 0.2), "curtain_px": Span(3, 14)},
    "flat": {"contrast": Span(38, 60), "contact": _NEVER, "noise": Span(0.1, 0.25)},
    "charged": {"halo": Span(0.3, 0.5), "drag": Span(-0.45, -0.2)},
}
_FURTHER: dict[str, dict[str, Span]] = {
    "blurred": {
        "cloudy_px": Span(1, 2.5),
        "cloudy_stretch": Span(0.8, 1.6),
        "mottle": Span(0.05, 0.12),
    },
    "flat": {"edge": _NEVER},
}
"""What else a held-out look has that training knows."""

HELD_OUT: dict[str, Looks] = {
    name: Looks(MODERATE | box | _FURTHER.get(name, {})) for name, box in _BOXES.items()
}
"""Looks of the benchmark: combinations that training never sees, nor a tenth beyond them."""

TRAINING = Looks(
    WIDE,
    without=tuple({name: s.wider() for name, s in box.items()} for box in _BOXES.values()),
)
"""Everything else."""
