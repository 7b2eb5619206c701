"""What labels of one's own are worth: the network before and after `transect train --labels`.

`python benchmarks/labels.py FOLDER` (the extra `train` is needed) marks pixels as somebody would,
trains what is shipped on with the command of the documentation, and scores both networks in JSON
lines: figure, value, unit, goal, met. Exits 1 when a goal is missed.

- nano-ct: the left third of every slice is marked whole; the rest alone is scored.
- low_dose_shine, flat, ...: strokes on 3 % of the pixels of the sections of NMC in that look that
  `segmentation.py` scores; the look differs from section to section, so others would not tell. All
  pixels are scored, the marked ones too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import tifffile
from scoring import iou
from segmentation_bench import engine, engine_config, least
from segmentation_made import KINDS, pictures
from segmentation_real import ACTIVE_GOAL, SLICES
from segmentation_tally import NMC, Picture, Tally
from steps import TRANSECT, Failed, figure, spawn

from transect.config import OWN_MODEL, SegmentConfig
from transect.phases import Phase
from transect.segment.image import segment_image
from transect.train.looks import HELD_OUT

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
U8 = npt.NDArray[np.uint8]

MARKED = 3
"""The left one in so many columns of a slice is marked."""

STROKES, LONG_PX, WIDE_PX = 105, 60, 5
"""Strokes on a section, and their length and width: 3 % of a megapixel."""


@dataclass(frozen=True)
class Labelled:
    """An image and what somebody marked in it; 255 elsewhere."""

    name: str
    image: npt.NDArray[np.generic]
    labels: U8


def main() -> None:
    """Label, train, and score before and after."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where labels and networks go")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--only", nargs="+", choices=["nano-ct", *HELD_OUT], default=["nano-ct"])
    chosen = parser.parse_args()
    fine = True
    for name in chosen.only:
        folder = chosen.folder / name.replace(" ", "-")
        labels = slices() if name == "nano-ct" else strokes(name)
        model = train(folder, labels, chosen.steps)
        fine &= score_slices(model) if name == "nano-ct" else score_look(name, model)
    sys.exit(0 if fine else 1)


def train(folder: Path, labels: Iterator[Labelled], steps: int) -> Path:
    """Train the shipped network on with the documented command; give the model's folder."""
    mine, model = folder / "labels", folder / "model"
    mine.mkdir(parents=True, exist_ok=True)
    for one in labels:
        tifffile.imwrite(mine / f"{one.name}.tif", one.image)
        tifffile.imwrite(mine / f"{one.name}_labels.tif", one.labels)
    command = ["train", str(model), "--labels", str(mine), "--start", "shipped"]
    try:
        cost, _ = spawn([*TRANSECT, *command, "--steps", str(steps)])
    except Failed as error:
        sys.exit(str(error))
    figure(f"{folder.name}: training on", round(cost.wall_s), "s", None, None)
    return model


def slices() -> Iterator[Labelled]:
    """Mark the left part of every slice; its truth's other phases may be pore or binder."""
    for number in SLICES:
        image, truth = _slice(number)
        labels = np.where(truth, Phase.ACTIVE_MATERIAL, Phase.PORE).astype(np.uint8)
        labels[:, truth.shape[1] // MARKED :] = Phase.INVALID
        yield Labelled(str(number), image, labels)


def _slice(number: int) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.bool_]]:
    folder = DATA / "nano-ct"
    image = tifffile.imread(folder / f"slice_{number}.tif")
    return image, tifffile.imread(folder / f"slice_{number}_label.tif") == 0


def score_slices(model: Path) -> bool:
    """Score active material in what was not marked."""
    fine = True
    for number in SLICES:
        image, truth = _slice(number)
        rest = (slice(None), slice(truth.shape[1] // MARKED, None))
        for told, folder in (("shipped", OWN_MODEL), ("told", model)):
            config: SegmentConfig = engine_config("network", folder)
            found = segment_image(image, config).phases == Phase.ACTIVE_MATERIAL
            value = iou(truth[rest], found[rest])
            goal = ACTIVE_GOAL if told == "told" else None
            label = f"nano-ct {number}, {told}: active material IoU where nothing was marked"
            fine &= least(label, value, goal)
    return fine


def strokes(look: str) -> Iterator[Labelled]:
    """Mark short strokes on the sections that are scored."""
    for seed, picture in _sections(look):
        random = np.random.default_rng(seed)
        marked = np.zeros(picture.image.shape, np.uint8)
        for _ in range(STROKES):
            start = random.uniform(0, marked.shape)
            angle = random.uniform(0, 2 * np.pi)
            end = start + LONG_PX * np.array([np.sin(angle), np.cos(angle)])
            ends = [tuple(int(v) for v in point[::-1]) for point in (start, end)]
            cv2.line(marked, ends[0], ends[1], 1, WIDE_PX)
        labels = np.where(marked > 0, picture.phases, np.uint8(Phase.INVALID))
        yield Labelled(str(seed), picture.image, labels.astype(np.uint8))


def _sections(look: str) -> Iterator[tuple[int, Picture]]:
    for seed, name, picture in pictures(KINDS["nmc"]):
        if name == look:
            yield seed, picture


def score_look(look: str, model: Path) -> bool:
    """Score phases and particles of the sections that strokes were made on."""
    tallies = {"shipped": Tally(), "told": Tally()}
    runs = {
        name: engine(engine_config("network", folder))
        for name, folder in (("shipped", OWN_MODEL), ("told", model))
    }
    for _, picture in _sections(look):
        for name, run in runs.items():
            tallies[name].add(picture, run(picture.image, picture.zone, picture.chemistry))
    fine = True
    for name, tally in tallies.items():
        goals = NMC if name == "told" else {}
        for score, value in tally.scores().items():
            fine &= least(f"nmc, {look}, {name}: {score}", value, goals.get(score))
    return fine


if __name__ == "__main__":
    main()
