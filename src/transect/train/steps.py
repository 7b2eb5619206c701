"""Train the network: the command."""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING

from transect.config import OWN_MODEL
from transect.errors import ConfigError
from transect.log import logger, timed

if TYPE_CHECKING:
    from transect.train.loop import Trainer

SHIPPED = "shipped"
"""What `--start` calls the model of the package."""


def train(
    output: Path,
    *,
    steps: int = 6000,
    seed: int = 1,
    labels: Path | None = None,
    start: Path | None = None,
    threads: int = 2,
) -> None:
    """Train the network that segments, on made sections and on labels of your own.

    A run that was stopped goes on from its last checkpoint when it is started again with the same
    options. It takes PyTorch: install transect with the extra `train`.

    Parameters
    ----------
    output
        Folder for the checkpoint, the curves, and at the end the model and its card; give it to
        `segment.model` in the configuration.
    steps
        Steps of training.
    seed
        Of weights and samples: the same seed gives the same training.
    labels
        Folder with your own labels: images NAME.tif beside NAME_labels.tif, whose pixels are codes
        of phases, 255 where you say nothing.
    start
        What to begin from: a checkpoint of another training, the folder of a model, or the word
        `shipped` for the model that transect comes with. It then learns at a quarter of the rate.
    threads
        Threads to compute with; one more process draws samples.
    """
    try:
        import torch
    except ImportError:
        raise ConfigError(
            "transect train needs PyTorch, which is not installed: pip install '.[train]' in the"
            " project's folder"
        ) from None
    from transect.train.calibrate import calibrate, familiar
    from transect.train.export import export
    from transect.train.loop import CHECKPOINT, RATE, Plan, Trainer
    from transect.train.loop import train as run
    from transect.train.strokes import Strokes

    if steps < 1:
        raise ConfigError(f"--steps {steps}: at least 1 is needed")
    torch.set_num_threads(max(threads, 1))
    plan = Plan(steps=steps, seed=seed, rate=RATE if start is None else RATE / 4)
    strokes = Strokes.load(labels, seed) if labels is not None else None
    output.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(plan, output)
    _take_up(trainer, output / CHECKPOINT, start)
    with timed(f"train {steps - trainer.step} of {steps} steps, seed {seed}"):
        scores = run(trainer, 1, strokes)
    with timed("calibrate"):
        network = trainer.average
        calibration, known = calibrate(network), familiar(network)
    told = (str(labels or ""), str(start or ""))
    export(network, output, plan, scores, calibration, known, *told)
    logger.info(
        "calibration error %.4f (%.4f before); model and card are in %s",
        calibration.error, calibration.error_before, output,
    )  # fmt: skip


def _take_up(trainer: Trainer, own: Path, start: Path | None) -> None:
    """Go on from this run's checkpoint, or begin with the weights of another."""
    import torch

    path = own if own.is_file() else start
    if path is None:
        return
    if path == Path(SHIPPED) and not path.exists():
        path = OWN_MODEL
    if path.is_dir():
        from transect.train.recover import recover

        state = recover(path).state_dict()
        trainer.network.load_state_dict(state)
        trainer.average.load_state_dict(state)
        logger.info("begin from the model in %s", path)
        return
    try:
        state = torch.load(path, weights_only=True)
        if path == own:
            trainer.resume(state)
        else:
            trainer.network.load_state_dict(state["average"])
            trainer.average.load_state_dict(state["average"])
    except (OSError, RuntimeError, KeyError, ValueError, EOFError, UnpicklingError) as error:
        raise ConfigError(
            f"{path}: neither a checkpoint of this network nor the folder of a model"
            f" ({str(error).splitlines()[0]}); remove it to begin anew"
        ) from None
    logger.info("begin from %s at step %d", path, trainer.step)
