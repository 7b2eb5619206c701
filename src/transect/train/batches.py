"""Batches of made samples: drawn by a process of their own, the same for the same seed."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from transect.segment.greys import Normal
from transect.segment.maps import CLASSES
from transect.train.looks import PLAIN, TRAINING, Looks
from transect.train.losses import Batch
from transect.train.samples import Sample, sample
from transect.train.sections import SHARED, WOVEN
from transect.train.targets import Targets, targets

BRIGHTER, STRONGER = 0.25, 0.15
"""How far the mean grey, in standard deviations, and the logarithm of the contrast may lie off: a
section holds more than a sample shows."""

MOST_WORKERS = 8

APART = SHARED * WOVEN
"""Seeds from one sample to the next: each is of a section of its own, as those that share one
teach the same for a hundred steps."""

SEEDS_EACH = 1_000_000
"""Seeds of samples that a training may use: up to 80, all below those of validation."""


@dataclass(frozen=True)
class Crops:
    """How samples become batches: some are drawn, cut, and their crops dealt out by chance.

    Attributes
    ----------
    edge
        Rows and columns of a crop.
    across
        Crops beside each other in a sample, and below each other: its greys are normalised as a
        whole, as those of a section are.
    pool
        Samples that are dealt out together, so that the crops of a batch differ.
    batch
        Crops in a batch; the pool is a whole number of batches.
    """

    edge: int = 256
    across: int = 3
    pool: int = 8
    batch: int = 8

    @property
    def drawn(self) -> int:
        """Rows and columns of a sample."""
        return self.edge * self.across

    @property
    def batches(self) -> int:
        """Batches of a pool."""
        return self.pool * self.across**2 // self.batch


Arrays = tuple[npt.NDArray[np.generic], ...]


def arrays_of(seed: int, made: Sample, found: Targets, edge: int) -> Arrays:
    """Cut a sample into crops, each turned and mirrored, its greys normalised."""
    random = np.random.default_rng([seed, 77])
    grey, counts = made.shown, made.counts
    normal = Normal.of(counts)
    # Where there are layers, they lie along the rows.
    quarters = 2 if made.there[CLASSES.index("collector")] else 1
    mean = normal.mean + normal.spread * random.uniform(-BRIGHTER, BRIGHTER)
    spread = normal.spread * float(np.exp(random.uniform(-STRONGER, STRONGER)))
    normal = Normal.about(counts, mean, spread)
    planes: Arrays = (
        normal.apply(grey),
        found.classes,
        found.boundary.astype(np.uint8),
        found.distance.astype(np.float32),
        found.crack.astype(np.uint8),
    )
    parts: list[list[npt.NDArray[np.generic]]] = [[] for _ in planes]
    for r in range(0, grey.shape[0] - edge + 1, edge):
        for c in range(0, grey.shape[1] - edge + 1, edge):
            turns, flip = quarters * int(random.integers(4)), bool(random.integers(2))
            for out, plane in zip(parts, planes, strict=True):
                piece = np.rot90(plane[r : r + edge, c : c + edge], turns)
                out.append(piece[:, ::-1] if flip else piece)
    grey, *others = (np.ascontiguousarray(np.stack(out)) for out in parts)
    said = (np.tile(np.array(v, np.float32), (len(grey), 1)) for v in (made.there, normal.shares))
    return grey, *said, *others


def plain_or_any(number: int) -> Looks:
    """Choose looks by number: among all looks alone, what is easy is learned too late."""
    return PLAIN if number % 2 else TRAINING


def _draw(job: tuple[int, Crops]) -> Arrays:
    seed, crops = job
    made = sample(seed, crops.drawn, plain_or_any(seed // APART))
    return arrays_of(seed, made, targets(made), crops.edge)


def dealt(drawn: list[Arrays], crops: Crops, number: int) -> list[Batch]:
    """Batches of a pool of samples, by its number."""
    planes = [np.concatenate(parts) for parts in zip(*drawn, strict=True)]
    order = np.random.default_rng([number, 78]).permutation(len(planes[0]))
    found = []
    for start in range(0, crops.batches * crops.batch, crops.batch):
        mine = order[start : start + crops.batch]
        grey, *others = (torch.from_numpy(plane[mine]) for plane in planes)
        found.append(Batch(grey[:, None], *others))
    return found


def batches(seed: int, first: int, last: int, crops: Crops, workers: int) -> Iterator[Batch]:
    """Give the batches of the steps from first to last, drawn ahead by other processes.

    Parameters
    ----------
    seed
        Of the whole training: a batch depends on it and on its own number alone.
    first, last
        Number of the first step, and one past that of the last.
    crops
        Sizes.
    workers
        Processes that draw; with none, this one does.
    """
    pools = range(first // crops.batches, -(-last // crops.batches))
    numbers = (p * crops.pool + n for p in pools for n in range(crops.pool))
    jobs = [(seed * SEEDS_EACH + number * APART, crops) for number in numbers]
    results = _drawn(jobs, workers)
    for pool in pools:
        some = [next(results) for _ in range(crops.pool)]
        for k, batch in enumerate(dealt(some, crops, seed * SEEDS_EACH + pool)):
            if first <= pool * crops.batches + k < last:
                yield batch


def _drawn(jobs: list[tuple[int, Crops]], workers: int) -> Iterator[Arrays]:
    """Crops of all samples, in order."""
    if workers < 1:
        yield from map(_draw, jobs)
        return
    # Started anew: a forked copy of a process whose threads run may hang.
    with multiprocessing.get_context("spawn").Pool(min(workers, MOST_WORKERS)) as pool:
        # A few at a time: nothing is drawn that memory has no room for.
        ahead = 16 * workers
        waiting = deque(pool.apply_async(_draw, (job,)) for job in jobs[:ahead])
        following = iter(jobs[ahead:])
        while waiting:
            yield waiting.popleft().get()
            job = next(following, None)
            if job is not None:
                waiting.append(pool.apply_async(_draw, (job,)))
