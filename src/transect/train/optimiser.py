"""What moves the weights: steps of equal length in all directions for kernels, AdamW for the rest.

A kernel's momentum is replaced by the nearest matrix with orthonormal rows or columns, so that rare
directions, such as those of cracks, are learned as fast as common ones.

References
----------
K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; I. Loshchilov,
F. Hutter, "Decoupled weight decay regularization", ICLR 2019.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

KERNELS = 10.0
"""Rate of kernels over that of all other weights."""

MOMENTUM = 0.95

_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients that bring singular values near 1 in five rounds."""

_ROUNDS = 5


class Optimiser:
    """Moves the weights of a network; the last layer's are not taken for kernels.

    Parameters
    ----------
    network
        What is trained.
    last
        Layer that gives the answers.
    rate
        Rate of AdamW.
    decay
        Weight decay, a share of the rate.
    """

    def __init__(self, network: nn.Module, last: nn.Module, rate: float, decay: float) -> None:
        given = {id(p) for p in last.parameters()}
        known = list(network.parameters())
        self.kernels = [p for p in known if p.ndim == 4 and id(p) not in given]
        mine = {id(p) for p in self.kernels}
        self.rest = torch.optim.AdamW(
            [p for p in known if id(p) not in mine], lr=rate, weight_decay=decay
        )
        self.momenta = [torch.zeros_like(p) for p in self.kernels]
        self.decay = decay

    def step(self, rate: float) -> None:
        """Move all weights once and forget their gradients."""
        for group in self.rest.param_groups:
            group["lr"] = rate
        self.rest.step()
        self.rest.zero_grad(set_to_none=True)
        with torch.no_grad():
            for kernel, momentum in zip(self.kernels, self.momenta, strict=True):
                if kernel.grad is None:
                    continue
                momentum.lerp_(kernel.grad, 1 - MOMENTUM)
                ahead = kernel.grad.lerp(momentum, MOMENTUM)
                move = even(ahead.reshape(len(ahead), -1)).reshape(kernel.shape)
                kernel.mul_(1 - KERNELS * rate * self.decay)
                kernel.add_(move, alpha=-KERNELS * rate)
                kernel.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Give all that goes on with the next step."""
        return {"rest": self.rest.state_dict(), "momenta": self.momenta}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave."""
        self.rest.load_state_dict(state["rest"])
        for mine, saved in zip(self.momenta, state["momenta"], strict=True):
            mine.copy_(saved)


def even(matrix: Tensor) -> Tensor:
    """Bring all singular values of a matrix near 1 (0.7 to 1.2), by Newton and Schulz."""
    a, b, c = _QUINTIC
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = wide / (wide.norm() + 1e-12)
    for _ in range(_ROUNDS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
    return scale * (x if matrix.shape[0] <= matrix.shape[1] else x.T)
