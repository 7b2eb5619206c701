"""Training: steps in a fixed order, a checkpoint to go on from, scores of unseen looks by step."""

from __future__ import annotations

import copy
import csv
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transect.log import logger
from transect.storage.files import writing
from transect.train.batches import Crops, batches
from transect.train.losses import Batch, losses
from transect.train.network import Network
from transect.train.optimiser import Optimiser
from transect.train.strokes import Strokes
from transect.train.validate import Scores, validate

AVERAGE = 0.998
"""Share of the averaged weights that stays at each step; the average is what is kept."""

CLIP = 1.0
RATE = 2e-3
"""Highest learning rate of a network that knows nothing yet."""

CHECKPOINT, CURVES = "checkpoint.pt", "curves.csv"


@dataclass(frozen=True)
class Plan:
    """What a training run is made of.

    Attributes
    ----------
    steps
        Steps in all.
    seed
        Of weights and samples.
    rate
        Highest learning rate; it rises over a twentieth of the steps and then falls to 0 along a
        half cosine.
    decay
        Weight decay.
    crops
        Sizes of a batch.
    every
        Steps between two validations and checkpoints.
    """

    steps: int = 6000
    seed: int = 1
    rate: float = RATE
    decay: float = 0.02
    crops: Crops = field(default_factory=Crops)
    every: int = 250


class Trainer:
    """A network in training, with all that a checkpoint holds."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.folder = plan, folder
        self.network = Network().to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network)
        self.optimiser = Optimiser(self.network, self.network.head, plan.rate, plan.decay)
        self.step = 0
        self.curves: list[dict[str, float]] = []

    def resume(self, state: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.curves = state["step"], state["curves"]

    def save(self) -> None:
        """Write a checkpoint and the curves, each aside and then swapped in."""
        state = {
            "plan": asdict(self.plan),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "curves": self.curves,
        }
        with writing(self.folder / CHECKPOINT) as path:
            torch.save(state, path)
        with writing(self.folder / CURVES) as path, path.open("w", newline="") as file:
            rows = csv.DictWriter(file, list(self.curves[-1]) if self.curves else ["step"])
            rows.writeheader()
            rows.writerows(self.curves)

    def learn(self, made: Batch, marked: Batch | None = None) -> float:
        """One step; the loss before it.

        What somebody marked counts as much as what was made, however few pixels that are.
        """
        self.network.train()
        shown = (made,) if marked is None else (made, marked)
        batch = Batch(*(torch.cat(parts) for parts in zip(*shown, strict=True)))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_has_bfloat16()):
            logits, _ = self.network(
                batch.grey.contiguous(memory_format=torch.channels_last), batch.there, batch.shares
            )
        each = logits.split([len(part.grey) for part in shown])
        loss = torch.stack(
            [losses(said, part).total for said, part in zip(each, shown, strict=True)]
        ).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimiser.step(self.plan.rate * _rise_and_fall(self.step / self.plan.steps))
        self.step += 1
        self._follow()
        return float(loss.detach())

    def _follow(self) -> None:
        """Move the average towards the weights, faster at the beginning."""
        share = min(AVERAGE, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mine, own in zip(
                self.average.state_dict().values(), self.network.state_dict().values(), strict=True
            ):
                if mine.dtype.is_floating_point:
                    mine.lerp_(own, 1.0 - share)
                else:
                    mine.copy_(own)


def train(trainer: Trainer, workers: int, strokes: Strokes | None) -> Scores:
    """Train to the end of the plan, from wherever the trainer is.

    Parameters
    ----------
    trainer
        New, or resumed.
    workers
        Processes that draw samples.
    strokes
        A user's own labels, if there are any: every other batch has as many crops of them beside
        it.
    """
    plan, began = trainer.plan, time.perf_counter()
    recent: list[float] = []
    first = trainer.step
    scores = Scores.nothing()
    for batch in batches(plan.seed, first, plan.steps, plan.crops, workers):
        marked = None
        if strokes is not None and trainer.step % 2 == 0:
            marked = strokes.crops(len(batch.grey), batch.grey.shape[-1], trainer.step)
        recent.append(trainer.learn(batch, marked))
        if trainer.step % plan.every == 0 or trainer.step == plan.steps:
            scores = validate(trainer.average)
            loss = float(np.mean(recent[-plan.every :]))
            trainer.curves.append({"step": trainer.step, "loss": loss, **scores.row()})
            trainer.save()
            logger.info(
                "step %d of %d, %.2f s each: loss %.4f, unseen looks: %s",
                trainer.step, plan.steps,
                (time.perf_counter() - began) / (trainer.step - first), loss, scores,
            )  # fmt: skip
    # A run that had ended before has no step left.
    return scores if trainer.step > first else validate(trainer.average)


def _rise_and_fall(done: float) -> float:
    if done < 0.05:
        return max(done / 0.05, 0.02)
    return float(0.5 + 0.5 * np.cos(np.pi * (done - 0.05) / 0.95))


def _has_bfloat16() -> bool:
    """Whether the processor multiplies in bfloat16: emulated, it is slower than single."""
    has = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(has()) if has is not None else False
