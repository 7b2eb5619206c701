"""Made images with a look that training never sees, and their truth.

Two hands draw them. Training's draws the looks that are kept from it, on seeds that nothing else
has: training's begin at 1,000,000 times the number that `transect train --seed` gives,
validation's at 9e8, calibration's at 9.5e8. The same seeds, so the same
sections, serve every look. The painter of `transect phantom`, which training does not use, draws
the chemistries in their own greys. All of the image is coating, but for some of kind "any", where
geometry is given as if layers had been found without error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from segmentation_bench import Bench, ahead, judge
from segmentation_tally import NMC, OTHERS, Goals, Picture, Tally

from transect.chemistry import settings_of
from transect.phantom.appearance import Appearance
from transect.phantom.chemistries import CHEMISTRIES
from transect.phantom.scene import Scene
from transect.phantom.spec import PhantomSpec, load_spec
from transect.phases import Phase
from transect.segment.maps import CLASSES
from transect.train.augment import record
from transect.train.looks import HELD_OUT, MODERATE, Looks
from transect.train.render import render
from transect.train.samples import sample
from transect.train.sections import SHARED, WOVEN, Truth, classes_of

FIRST, TUNING = 800_000_000, 700_000_000
"""First seeds of what is scored, and of what the settings of the peers were found on."""

BARE = {"foil": "none", "sides": "a", "separator": "none", "skin_um": 0.0, "primer_um": 0.0}
STATED = Path(__file__).resolve().parents[1] / "config" / "chemistries"
SEEN = "seen look"
"""What held-out looks differ from, which training shows: what they lose by being unseen."""

OWN = ("good", "poor")
"""Appearances of the phantom that chemistries are painted in."""


@dataclass(frozen=True)
class Kind:
    """A kind of coating that is scored.

    Attributes
    ----------
    chemistry
        Name in `CHEMISTRIES`; absent: any geometry, as training draws it.
    goals
        What the network must reach.
    sections
        How many different ones.
    edge
        Rows and columns of each.
    apart
        Whether every look has a row of its own; else one row pools them.
    """

    chemistry: str | None
    goals: Goals
    sections: int = 1
    edge: int = 1024
    apart: bool = False


KINDS: dict[str, Kind] = {
    "any": Kind(None, OTHERS, sections=8, edge=768, apart=True),
    "nmc": Kind("nmc", NMC, sections=3, apart=True),
    **{name: Kind(name, OTHERS) for name in CHEMISTRIES if name != "nmc"},
}


def made(bench: Bench) -> bool:
    """Score every method on every kind, in the looks that are held out and in its own."""
    fine = True
    for name in bench.kinds:
        kind = KINDS[name]
        rows: dict[str, dict[str, Tally]] = {}
        for seed, look, picture in pictures(kind, bench.quick):
            row = rows.setdefault(look if kind.apart or look == "own look" else "unseen looks", {})
            for method in bench.methods:
                found = bench.run(method, picture, f"{name}, {look} {seed - FIRST}")
                row.setdefault(method, Tally()).add(picture, found)
        for look, row in rows.items():
            goals = {} if look == SEEN else {"network": kind.goals}
            fine &= judge(f"{name}, {look}", row, goals)
            if look != SEEN:
                fine &= ahead(f"{name}, {look}", row)
    return fine


def pictures(
    kind: Kind, quick: bool = False, first: int = FIRST
) -> Iterator[tuple[int, str, Picture]]:
    """Draw each section of a kind in every look: seed, look, image with truth."""
    for n in range(1 if quick else kind.sections):
        # Neighbours in number may be windows of one section.
        seed = first + SHARED * WOVEN * (n // WOVEN) + n % WOVEN
        if kind.chemistry is None:
            for look, looks in HELD_OUT.items():
                seen = sample(seed, kind.edge, looks)
                settings = _settings(seen.there)
                yield seed, look, _picture(seen.bright, seen.phases, seen.particles, settings)
            continue
        for look, looks in HELD_OUT.items():
            yield seed, look, _rendered(seed, kind.chemistry, kind.edge, looks)
        if kind.apart:
            yield seed, SEEN, _rendered(seed, kind.chemistry, kind.edge, Looks(MODERATE))
        for k, look in enumerate(OWN):
            yield seed + k, "own look", _painted(seed + k, kind.chemistry, kind.edge, look)


def tuning_sets() -> list[list[Picture]]:
    """Draw images that are not scored, small and few, in every look: any kind, and NMC."""
    kinds = Kind(None, OTHERS, sections=4, edge=384), Kind("nmc", NMC, edge=512)
    # Half of them do: time goes with their number.
    return [[p for _, _, p in pictures(kind, first=TUNING)][::2] for kind in kinds]


def one_of(chemistry: str, seed: int, edge: int = 1024) -> Picture:
    """Draw one image of a chemistry in its own look."""
    return _painted(seed, chemistry, edge, OWN[0])


def bare(seed: int, chemistry: str, edge: int, look: str = "good") -> PhantomSpec:
    """Specify a frame that is all coating."""
    changes = {f"geometry.{name}": value for name, value in BARE.items()}
    px_um = CHEMISTRIES[chemistry].get("microscope", {}).get("pixel_nm", 50.0) / 1000
    changes |= {"width_um": edge * px_um, "seed": seed, "microscope.tile_shape": (32, 32)}
    return load_spec(None, changes, look, chemistry)


@lru_cache(maxsize=1)
def _section(seed: int, chemistry: str, edge: int) -> Truth:
    spec = bare(seed, chemistry, edge)
    labels = Scene(spec, edge, edge).labels(0, 0, edge, edge)
    return Truth(
        phases=labels.phases,
        particles=labels.particles().astype(np.int32),
        second=labels.second(),
        owner=labels.canvas.owner,
        depth=labels.canvas.depth,
        rival=labels.canvas.rival,
        discs=(labels.objects.discs[:, [1, 0, 2]] - [0.5, 0.5, 0.0]).astype(np.float32),
        there=classes_of(spec),
    )


def _rendered(seed: int, chemistry: str, edge: int, looks: Looks) -> Picture:
    """Draw a section as training would."""
    random = np.random.default_rng([seed, 3])
    truth, look = _section(seed, chemistry, edge), looks.draw(random)
    grey = record(render(truth, look, random), truth.phases == Phase.ACTIVE_MATERIAL, look, random)
    bright = np.asarray(255 - grey if look.negative else grey)
    return _picture(bright, truth.phases, truth.particles, _stated(chemistry))


def _painted(seed: int, chemistry: str, edge: int, look: str) -> Picture:
    """Draw a section as `transect phantom` does, without tiles."""
    spec = bare(seed, chemistry, edge, look)
    scene = Scene(spec, edge, edge)
    image = scene.grey(0.0, 0.0, edge, edge, np.zeros(edge, np.float32))
    labels = scene.labels(0, 0, edge, edge)
    grey = recorded(image, spec.appearance, seed)
    return _picture(grey, labels.phases, labels.particles(), _stated(chemistry))


def recorded(image: npt.NDArray[np.float32], look: Appearance, seed: int) -> npt.NDArray[np.uint8]:
    """Blur an image and add noise, as the phantom's microscope does, but for its tiles."""
    random = np.random.default_rng(seed)
    if look.defocus_px:
        image = cv2.GaussianBlur(image, (0, 0), look.defocus_px)
    if look.electrons:
        sigma = np.sqrt(np.maximum(image, 0) / look.electrons)
        image = image + random.normal(size=image.shape) * sigma
    image = image + random.normal(size=image.shape) * look.read_noise
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _stated(chemistry: str) -> dict[str, Any]:
    """Give what a user of a chemistry has: the settings of its file."""
    settings: dict[str, Any] = settings_of(STATED / f"{chemistry}.yaml", {})["segment"]
    return settings


def _settings(there: tuple[bool, ...]) -> dict[str, Any]:
    """Give what a contrast would say of a coating without a file."""
    has = dict(zip(CLASSES, there, strict=True))
    return {
        "second_material": has["active_material_2"],
        "filler": "binder" if has["binder"] else "electrolyte",
    }


def _picture(
    grey: npt.NDArray[np.uint8],
    phases: npt.NDArray[np.uint8],
    particles: npt.NDArray[np.integer],
    settings: dict[str, Any],
) -> Picture:
    # Without layers there is no separator: that code is solid electrolyte, binder to an engine.
    if not np.isin(phases, (Phase.OUTSIDE, Phase.COLLECTOR)).any():
        phases = np.where(phases == Phase.SEPARATOR, np.uint8(Phase.BINDER), phases)
    return Picture(grey, phases, particles.astype(np.int64), settings)
