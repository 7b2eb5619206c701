"""The network and its training; skipped where PyTorch (the extra `train`) is not installed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from transect.config import OWN_MODEL  # noqa: E402
from transect.errors import ModelError  # noqa: E402
from transect.segment.greys import BINS, REACH, Normal  # noqa: E402
from transect.segment.maps import CLASSES, HALO, MAPS, STRIDE, coating  # noqa: E402
from transect.segment.network import Network as Model  # noqa: E402
from transect.train.batches import Crops, batches  # noqa: E402
from transect.train.calibrate import Calibration, Familiar, calibration_error  # noqa: E402
from transect.train.export import export  # noqa: E402
from transect.train.loop import Plan, Trainer  # noqa: E402
from transect.train.losses import Batch, losses  # noqa: E402
from transect.train.network import Exported, Network, as_row  # noqa: E402
from transect.train.samples import sample  # noqa: E402
from transect.train.targets import UNKNOWN  # noqa: E402
from transect.train.validate import Scores  # noqa: E402

EVERYTHING = torch.ones(1, len(CLASSES))
GREYS = torch.from_numpy(np.random.default_rng(5).random((1, BINS)).astype(np.float32) / 3)
SMALL = Crops(edge=64, across=2, pool=1, batch=2)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_halo_holds_the_receptive_field() -> None:
    torch.manual_seed(0)
    network = Network().eval()
    edge = 2 * HALO + 6 * STRIDE
    grey = torch.randn(1, 1, edge, edge, requires_grad=True)
    logits, _ = network(grey, EVERYTHING, GREYS)
    middle = edge // 2
    logits[0, :, middle : middle + STRIDE, middle : middle + STRIDE].abs().sum().backward()
    seen = np.argwhere(grey.grad[0, 0].numpy() != 0)
    assert HALO // 2 < middle - seen.min() <= HALO
    assert seen.max() - (middle + STRIDE - 1) <= HALO


def test_output_has_a_channel_for_every_map_and_classes_add_up() -> None:
    maps, features = Exported(Network(), (1.3, 1.0, 1.0)).eval()(
        torch.randn(1, 1, 64, 96), EVERYTHING, GREYS
    )
    assert maps.shape == (1, len(MAPS), 64, 96)
    assert maps.dtype == torch.uint8
    total = maps[:, : len(CLASSES)].int().sum(1)
    assert int((total - 255).abs().max()) <= len(CLASSES) // 2 + 1
    assert features.shape[0] == 1


def test_classes_that_cannot_be_there_are_never_said() -> None:
    there = torch.tensor([coating()], dtype=torch.float32)
    maps, _ = Exported(Network(), (1.3, 1.0, 1.0)).eval()(torch.randn(1, 1, 64, 96), there, GREYS)
    for k, name in enumerate(CLASSES):
        assert bool(maps[:, k].any()) == (name in ("active_material", "binder", "pore"))


def test_batches_depend_on_their_number_alone() -> None:
    whole = list(batches(1, 0, 4, SMALL, 0))
    later = list(batches(1, 3, 4, SMALL, 0))
    assert len(whole) == 4
    for mine, other in zip(whole[3], later[0], strict=True):
        assert torch.equal(mine, other)


def test_greys_are_free_of_brightness_and_contrast() -> None:
    random = np.random.default_rng(1)
    grey = random.integers(60, 120, (64, 64)).astype(np.uint8)
    other = (grey * 1.5 + 20).astype(np.uint8)
    a, b = (Normal.of(np.bincount(g.ravel(), minlength=256)).apply(g) for g in (grey, other))
    assert np.abs(a - b).max() < 0.1


def test_shares_of_greys_tell_phases_apart_whatever_their_brightness() -> None:
    counts = np.zeros(256, np.int64)
    counts[[60, 140]] = 100, 300
    brighter = np.zeros(256, np.int64)
    brighter[[80, 200]] = 100, 300
    one, other = Normal.of(counts), Normal.of(brighter)
    assert np.allclose(one.shares, other.shares)
    assert np.isclose(np.square(one.shares).sum(), 1)
    low = (60 - one.mean) / one.spread
    centres = (np.arange(BINS) - (BINS - 1) / 2) * 2 * REACH / BINS
    near = np.abs(centres - low) < 2 * REACH / BINS
    assert np.isclose(np.square(one.shares)[near].sum(), 0.25)


def _drawn(count: int, edge: int) -> Batch:
    random = np.random.default_rng(3)
    grey = torch.from_numpy(random.normal(size=(count, 1, edge, edge)).astype(np.float32))
    classes = torch.full((count, edge, edge), 2, dtype=torch.uint8)
    blank = torch.zeros(count, edge, edge, dtype=torch.uint8)
    return Batch(
        grey,
        EVERYTHING.expand(count, -1),
        GREYS.expand(count, -1),
        classes,
        blank,
        torch.zeros(count, edge, edge),
        blank,
    )


def test_pixels_without_a_label_teach_nothing() -> None:
    batch = _drawn(1, 32)
    logits = torch.randn(1, len(MAPS), 32, 32)
    half = batch.classes.clone()
    half[:, :16] = UNKNOWN
    moved = logits.clone()
    moved[:, : len(CLASSES), :16] += torch.randn(1, len(CLASSES), 16, 32)
    first, second = (losses(x, batch._replace(classes=half)).classes for x in (logits, moved))
    assert torch.equal(first, second)


def test_training_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    plan = Plan(steps=4, seed=5, crops=SMALL)
    given = [_drawn(2, 64) for _ in range(4)]
    straight = Trainer(plan, tmp_path / "a")
    for batch in given:
        straight.learn(batch)
    (tmp_path / "b").mkdir()
    stopped = Trainer(plan, tmp_path / "b")
    for batch in given[:2]:
        stopped.learn(batch)
    stopped.save()
    again = Trainer(plan, tmp_path / "b")
    again.resume(torch.load(tmp_path / "b/checkpoint.pt", weights_only=True))
    for batch in given[2:]:
        again.learn(batch)
    for mine, other in zip(
        straight.average.state_dict().values(), again.average.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, other)


def test_one_image_is_learned() -> None:
    trainer = Trainer(Plan(steps=60, rate=5e-3, crops=SMALL), Path())
    batch = next(batches(2, 0, 1, SMALL, 0))
    first = trainer.learn(batch)
    last = [trainer.learn(batch) for _ in range(59)][-1]
    assert last < 0.5 * first


def test_exported_model_says_what_the_network_says(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    torch.manual_seed(1)
    network = Network().eval()
    width = network.to_c[0].out_channels
    export(
        network,
        tmp_path,
        Plan(),
        Scores.nothing(),
        Calibration((1.2, 1.0, 1.0), 0.1, 0.05),
        Familiar(np.zeros(width), np.eye(width), 1.0),
    )
    grey = np.random.default_rng(0).normal(size=(1, 1, 96, 64)).astype(np.float32)
    given = {"grey": grey, "there": EVERYTHING.numpy(), "shares": GREYS.numpy()}
    # In bytes, some digits are lost; the weights to train on from have all.
    for name, temperatures, most in (
        ("trained.onnx", (1.0, 1.0, 1.0), 1),
        ("model.onnx", (1.2, 1.0, 1.0), 8),
    ):
        session = runtime.InferenceSession(tmp_path / name)
        maps, _ = session.run(["maps", "features"], given)
        own, _ = Exported(network, temperatures).eval()(torch.from_numpy(grey), EVERYTHING, GREYS)
        assert np.abs(maps.astype(int) - own.numpy().astype(int)).max() <= most
    card = json.loads((tmp_path / "model.json").read_text())
    assert card["maps"] == list(MAPS)
    assert card["halo_px"] == HALO


def test_shipped_model_is_trained_further_from_what_it_knows(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from transect.train.recover import TRAINED
    from transect.train.steps import _take_up

    model = Model.load(OWN_MODEL)
    trainer = Trainer(Plan(steps=2, crops=SMALL), tmp_path)
    _take_up(trainer, tmp_path / "checkpoint.pt", Path("shipped"))
    made = sample(31 * 10_000, 256)
    normal = Normal.of(made.counts)
    grey, there, shares = normal.apply(made.bright), as_row(made.there), as_row(normal.shares)
    given = {"grey": grey[None, None], "there": there.numpy(), "shares": shares.numpy()}
    logits, own = trainer.average.eval()(torch.from_numpy(grey)[None, None], there, shares)
    mine = logits[0, : len(CLASSES)].argmax(0).numpy()
    trained = runtime.InferenceSession(OWN_MODEL / TRAINED)
    # The model that runs is in bytes.
    for session, off, least in ((trained, 1e-3, 0.99), (model.session, 2e-2, 0.95)):
        maps, features = session.run(["maps", "features"], given)
        assert np.allclose(features, own.detach().numpy(), atol=off)
        # Where two classes have the same byte, either may be the first.
        assert (maps[0, : len(CLASSES)].argmax(0) == mine).mean() > least
    batch = next(batches(2, 0, 1, SMALL, 0))
    assert trainer.learn(batch) < 0.7 * Trainer(Plan(crops=SMALL), tmp_path).learn(batch)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    from transect.train.steps import _take_up

    trainer = Trainer(Plan(steps=2, crops=SMALL), tmp_path)
    with pytest.raises(ModelError, match="model.json"):
        _take_up(trainer, tmp_path / "checkpoint.pt", tmp_path)


def test_calibration_error_of_known_answers() -> None:
    sure = torch.tensor([[10.0, -10.0]] * 100)
    assert calibration_error(sure, torch.zeros(100, dtype=torch.long)) < 1e-3
    half = torch.tensor([0, 1] * 50)
    assert abs(calibration_error(sure, half) - 0.5) < 1e-3


def test_few_labels_count_as_much_as_what_was_made(tmp_path: Path) -> None:
    made = _drawn(2, 64)
    marked = _drawn(2, 64)
    marked.classes[:] = UNKNOWN
    marked.classes[0, 0, 0] = CLASSES.index("pore")
    marked.distance[:] = -1
    trainer = Trainer(Plan(crops=SMALL), tmp_path)
    alone = Trainer(Plan(crops=SMALL), tmp_path).learn(made)
    logits, _ = trainer.network.train()(marked.grey, marked.there, marked.shares)
    own = float(losses(logits, marked).total.detach())
    assert own > 0.5
    assert trainer.learn(made, marked) == pytest.approx(alone + own, rel=0.1)
