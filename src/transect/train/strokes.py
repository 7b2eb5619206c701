"""A user's own labels: images with pixels that somebody marked, a few strokes or whole masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile
import torch

from transect.config import Polarity
from transect.errors import TransectError
from transect.phases import Phase
from transect.segment.engine import UNDECIDED
from transect.segment.greys import Normal
from transect.segment.maps import CLASSES, coating
from transect.segment.scale import scale_of, to_scale
from transect.segment.smoothing import Smoothing
from transect.train.losses import Batch
from transect.train.targets import UNKNOWN, class_of

SUFFIX = "_labels"
"""What follows the name of an image in the name of its labels."""

LEAST = 32
"""Labelled pixels that a crop must hold to teach anything."""

Arrays = npt.NDArray[np.generic]


class StrokesError(TransectError):
    """A folder of labels that cannot be trained on."""


@dataclass(frozen=True)
class Marked:
    """One image, normalised, with class (`UNKNOWN` where not labelled) and crack of each pixel.

    `there` is what it can hold: what a coating does, and what is labelled.
    """

    grey: npt.NDArray[np.float32]
    there: npt.NDArray[np.float32]
    shares: npt.NDArray[np.float32]
    classes: npt.NDArray[np.uint8]
    crack: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Strokes:
    """All labelled images of a folder."""

    images: tuple[Marked, ...]
    seed: int

    @classmethod
    def load(cls, folder: Path, seed: int) -> Strokes:
        """Read pairs `NAME.tif` and `NAME_labels.tif`.

        Parameters
        ----------
        folder
            Labels are codes of `Phase` (docs/reference/tables.md), 255 where nothing is said.
        seed
            Of the crops that are taken.

        Raises
        ------
        StrokesError
            No pair, sizes that differ, unknown codes, or nothing labelled; each is named.
        """
        paths = sorted(folder.glob(f"*{SUFFIX}.tif")) if folder.is_dir() else []
        if not paths:
            raise StrokesError(
                f"{folder}: no file *{SUFFIX}.tif found; labels of NAME.tif are NAME{SUFFIX}.tif"
            )
        faults, images = [], []
        for path in paths:
            source = path.with_name(path.name.replace(f"{SUFFIX}.tif", ".tif"))
            try:
                images.append(_pair(source, path))
            except StrokesError as error:
                faults.append(str(error))
        if faults:
            raise StrokesError("; ".join(faults))
        return cls(tuple(images), seed)

    def crops(self, count: int, edge: int, step: int) -> Batch:
        """Take squares of labelled images, each around a labelled pixel; the same for a step."""
        random = np.random.default_rng([self.seed, step])
        taken = [self._crop(random, edge) for _ in range(count)]
        parts = (np.stack(part) for part in zip(*taken, strict=True))
        there, shares, grey, classes, crack = (torch.from_numpy(part) for part in parts)
        blank = torch.zeros_like(classes)
        apart = torch.full(blank.shape, -1.0)
        return Batch(grey[:, None], there, shares, classes, blank, apart, crack)

    def _crop(self, random: np.random.Generator, edge: int) -> tuple[Arrays, ...]:
        image = self.images[int(random.integers(len(self.images)))]
        rows, columns = image.grey.shape
        known = np.argwhere(image.classes != UNKNOWN)
        # Around a labelled pixel, so that no crop is empty.
        row, column = known[int(random.integers(len(known)))]
        r = int(np.clip(row - random.integers(edge), 0, max(rows - edge, 0)))
        c = int(np.clip(column - random.integers(edge), 0, max(columns - edge, 0)))
        turns, flip = int(random.integers(4)), bool(random.integers(2))
        parts: list[Arrays] = [image.there, image.shares]
        for plane, fill in ((image.grey, 0), (image.classes, UNKNOWN), (image.crack, 0)):
            piece = np.full((edge, edge), fill, plane.dtype)
            cut = plane[r : r + edge, c : c + edge]
            piece[: cut.shape[0], : cut.shape[1]] = cut
            piece = np.rot90(piece, turns)
            parts.append(np.ascontiguousarray(piece[:, ::-1] if flip else piece))
        return tuple(parts)


def _pair(source: Path, path: Path) -> Marked:
    if not source.is_file():
        raise StrokesError(f"{path}: its image {source.name} is not beside it")
    try:
        pixels, labels = tifffile.imread(source), tifffile.imread(path)
    except (OSError, ValueError, tifffile.TiffFileError) as error:
        raise StrokesError(f"{source} or {path.name}: cannot be read: {error}") from None
    if pixels.ndim != 2 or pixels.shape != labels.shape:
        raise StrokesError(
            f"{path}: shape {labels.shape}, its image has {pixels.shape}; both must be the same"
            " rows and columns of single values"
        )
    known = {int(p) for p in Phase}
    strange = sorted(set(np.unique(labels).tolist()) - known)
    if strange:
        raise StrokesError(
            f"{path}: codes {strange[:5]} are not phases; expected"
            f" {', '.join(f'{int(p)} {p.name.lower()}' for p in Phase)}"
        )
    labels = labels.astype(np.uint8)
    marked = int(np.count_nonzero(labels != Phase.INVALID))
    if marked < LEAST:
        raise StrokesError(f"{path}: {marked} pixels are labelled; at least {LEAST} are needed")
    grey = to_scale(pixels, scale_of(pixels, str(source), _polarity(pixels, labels)))
    # As a section's greys are before a network sees them.
    zone = np.full(grey.shape, UNDECIDED, np.uint8)
    grey = Smoothing.of_image(grey, zone).greys(grey, zone)
    normal = Normal.of(np.bincount(grey.ravel(), minlength=256))
    classes = class_of(labels)
    shares = np.array(normal.shares, np.float32)
    crack = (labels == Phase.CRACK).astype(np.uint8)
    return Marked(normal.apply(grey), _there(classes), shares, classes, crack)


def _there(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Say what can be there as it is said of a section, or the network learns to decide else."""
    held = {CLASSES[k] for k in np.unique(classes) if k != UNKNOWN}
    usual = coating(electrolyte="separator" in held and "binder" not in held)
    return np.array(
        [can or name in held for can, name in zip(usual, CLASSES, strict=True)], np.float32
    )


def _polarity(pixels: Arrays, labels: Arrays) -> Polarity:
    """Tell from the labels whether active material is darker than pores."""
    solid, pore = (pixels[labels == phase] for phase in (Phase.ACTIVE_MATERIAL, Phase.PORE))
    dark = solid.size and pore.size and np.median(solid) < np.median(pore)
    return "dark" if dark else "bright"
