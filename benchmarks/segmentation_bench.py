"""What the parts of the benchmark of the segmentation share: images, methods, scores, goals."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from segmentation_peers import chain
from segmentation_pictures import draw
from segmentation_tally import Found, Goals, Picture, Tally
from steps import figure

from transect.config import SegmentConfig
from transect.errors import AnalysisError, ModelError
from transect.phases import Phase
from transect.segment.image import segment_image
from transect.segment.network import Network

U8 = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]

ENGINES = ("classical", "network")
METHODS = (*ENGINES, "scikit-image")
Method = Callable[[npt.NDArray[np.generic], U8 | None, Mapping[str, object]], Found]
"""From an image, its zones and what its chemistry says to phases and particles."""


def engine_config(name: str, model: Path | None = None) -> SegmentConfig:
    """Give the settings of an engine, all others at their defaults."""
    return SegmentConfig(engine=name, model=str(model) if model else None)


def engine(config: SegmentConfig) -> Method:
    """Give an engine of transect as a method."""

    def run(
        image: npt.NDArray[np.generic], zone: U8 | None, chemistry: Mapping[str, object]
    ) -> Found:
        found = segment_image(image, config.model_copy(update=chemistry), zone)
        return Found(found.phases, found.particles.astype(np.int64))

    return run


def plain_chain(
    image: npt.NDArray[np.generic], zone: U8 | None, chemistry: Mapping[str, object]
) -> Found:
    """Run the plain chain of scikit-image, which no chemistry can help."""
    return Found(*chain(image, zone))


def methods_of(names: Iterable[str], model: Path | None) -> tuple[dict[str, Method], bool]:
    """Set methods up; whether all of them can run."""
    methods: dict[str, Method] = {}
    fine = True
    for name in names:
        config = engine_config(name, model) if name in ENGINES else None
        if config is not None and config.network:
            try:
                Network.load(config.model_folder)
            except ModelError as error:
                fine = figure("network", str(error), "", "a model", False)
                continue
        methods[name] = plain_chain if config is None else engine(config)
    return methods, fine


@dataclass(frozen=True)
class Bench:
    """What is compared and how much of it.

    Attributes
    ----------
    methods
        What is compared, by name.
    data
        Folder of the real images.
    kinds
        Kinds of made images.
    quick
        Whether few images will do.
    model
        Folder of the network.
    pictures
        Folder that keeps what was found in made images.
    """

    methods: dict[str, Method]
    data: Path
    kinds: tuple[str, ...] = ()
    quick: bool = False
    model: Path | None = None
    pictures: Path | None = None

    def run(self, name: str, picture: Picture, of: str, zone: U8 | None = None) -> Found:
        """Run a method on a made image, and draw what it found."""
        zone = picture.zone if zone is None else zone
        found = self.found(name, picture.image, zone, picture.chemistry)
        if self.pictures is not None:
            path = self.pictures / f"{of} {name}.png".replace(" ", "-").replace(",", "")
            draw(
                path,
                picture.image,
                (picture.phases, picture.particles),
                (found.phases, found.particles),
            )
        return found

    def found(
        self,
        name: str,
        image: npt.NDArray[np.generic],
        zone: U8 | None = None,
        chemistry: Mapping[str, object] | None = None,
    ) -> Found:
        """Run a method on any image; one that refuses it has found nothing."""
        try:
            return self.methods[name](image, zone, chemistry or {})
        except AnalysisError as error:
            sys.stderr.write(f"{name}: {error}\n")
            nothing = np.full(image.shape, Phase.INVALID, np.uint8)
            return Found(nothing, np.zeros(image.shape, np.int64))


def tell(name: str, value: float | str, unit: str = "1") -> None:
    """Print a figure without a goal."""
    figure(name, value if isinstance(value, str) else round(float(value), 4), unit, None, None)


def least(name: str, value: float, limit: float | None, unit: str = "1") -> bool:
    """Print a figure that must reach a limit, or has none; whether it does."""
    if limit is None:
        tell(name, value, unit)
        return True
    return figure(name, round(float(value), 4), unit, f">= {limit:g}", bool(value >= limit))


def most(name: str, value: float, limit: float | None, unit: str) -> bool:
    """Print a figure that may be no larger than a limit, or has none; whether it is not."""
    if limit is None:
        tell(name, value, unit)
        return True
    return figure(name, round(float(value), 4), unit, f"<= {limit:g}", bool(value <= limit))


def judge(name: str, tallies: Mapping[str, Tally], goals: Mapping[str, Goals]) -> bool:
    """Print all scores of all methods on the same images; goals are by method."""
    fine = True
    for method, tally in tallies.items():
        own = goals.get(method, {})
        for score, value in tally.scores().items():
            fine &= least(f"{name}, {method}: {score}", value, own.get(score))
    return fine


def ahead(name: str, tallies: Mapping[str, Tally]) -> bool:
    """Print by how much the network is ahead of the classical engine where it is so least."""
    if not {"network", "classical"} <= set(tallies):
        return True
    ours, other = tallies["network"].scores(), tallies["classical"].scores()
    score = min(ours, key=lambda s: ours[s] - other[s])
    value = ours[score] - other[score]
    return figure(f"{name}: network ahead", round(value, 4), score, ">= 0", value >= 0)
