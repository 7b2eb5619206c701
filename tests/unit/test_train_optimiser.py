"""What moves the weights: even moves of kernels, and going on from a saved state."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from transect.segment.greys import BINS  # noqa: E402
from transect.train.network import Network  # noqa: E402
from transect.train.optimiser import Optimiser, even  # noqa: E402


@pytest.mark.parametrize("shape", [(48, 16), (64, 576), (96, 96), (5, 300)])
def test_moves_of_kernels_are_even_in_all_directions(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    # Of a matrix whose directions differ a thousandfold.
    skewed = torch.randn(shape) * torch.logspace(0, -3, shape[1])
    move = even(skewed)
    values = torch.linalg.svdvals(move) / max(1.0, shape[0] / shape[1]) ** 0.5
    assert move.shape == shape
    assert float(values.max()) < 1.3
    # Four of five are near one; what is far smaller than the rest takes more rounds.
    assert float(values.median()) > 0.6
    turned = torch.sum(move * skewed) / (move.norm() * skewed.norm())
    assert float(turned) > 0.2


def test_an_optimiser_goes_on_from_what_it_saved() -> None:
    def moved(steps: int, state: dict[str, object] | None = None) -> tuple[Network, Optimiser]:
        torch.manual_seed(3)
        network = Network()
        optimiser = Optimiser(network, network.head, 1e-3, 0.02)
        if state is not None:
            network.load_state_dict(state["network"])
            optimiser.load_state_dict(state["optimiser"])
        for _ in range(steps):
            logits, _ = network(torch.ones(2, 1, 64, 64), torch.ones(2, 7), torch.zeros(2, BINS))
            logits.square().mean().backward()
            optimiser.step(1e-3)
        return network, optimiser

    first, kept = moved(2)
    saved = {"network": first.state_dict(), "optimiser": kept.state_dict()}
    again, whole = moved(2, saved)[0], moved(4)[0]
    for one, other in zip(again.state_dict().values(), whole.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other)
    names = [name for name, p in first.named_parameters() if any(p is k for k in kept.kernels)]
    assert "stem.0.weight" in names
    assert not any(name.startswith(("head", "hints")) for name in names)
