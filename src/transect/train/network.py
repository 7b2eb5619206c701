"""The network: one small U-shaped stack of convolutions on pixels folded into channels.

Folding squares of 4 x 4 pixels into channels first (space to depth) keeps every pixel and lets all
convolutions run on a sixteenth of the places; unfolding at the end gives every pixel its own
answer. The head sees the greys of the pixels once more beside what their surroundings say, so that
it can hold each against a threshold of its place. How the greys of the whole section are spread,
which no part of it shows, is added to what it knows on the coarsest and on the finest level. Batch
normalisation is folded into the convolutions when the network is exported.

References
----------
O. Ronneberger, P. Fischer, T. Brox, "U-Net: convolutional networks for biomedical image
segmentation", MICCAI 2015; W. Shi et al., "Real-time single image and video super-resolution using
an efficient sub-pixel convolutional neural network", CVPR 2016 (the folding).
"""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from transect.segment.greys import BINS
from transect.segment.maps import CLASSES, FOLD, MAPS

_SQUARE = FOLD**2
_OTHERS = MAPS[len(CLASSES) :]

WIDTHS = (48, 72, 120)
"""Channels at 1/4, 1/8 and 1/16 of the resolution."""

DEPTHS = (1, 3, 4)
"""Convolutions on each level on the way down."""

HEAD = 96
"""Channels between a place's summary with its greys and its answers."""

HINTS = 64
"""Channels between the shares of a section's greys and what they add to a place's summary."""

NEVER = 40.0
"""What is taken off the logits of classes that cannot be there."""


def _convolution(inputs: int, outputs: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs, momentum=0.05),
        nn.ReLU(inplace=True),
    )


class _Level(nn.Module):
    """Some convolutions with a short cut around them."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(_convolution(width, width) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, x + self.body(x))


class Network(nn.Module):
    """From normalised greys to the logits of `MAPS`, with a summary of what it saw.

    Input: greys of shape (batch, 1, row, column), rows and columns multiples of `maps.STRIDE`;
    which of `CLASSES` can be there, 1 or 0, of shape (batch, len(CLASSES)); and the shares of the
    section's greys, `Normal.shares`, of shape (batch, BINS). Output: logits of shape (batch,
    len(MAPS), row, column), and features of shape (batch, WIDTHS[-1]), which the shares do not
    move.
    """

    def __init__(self) -> None:
        super().__init__()
        a, b, c = WIDTHS
        self.fold = nn.PixelUnshuffle(FOLD)
        self.stem = _convolution(FOLD**2, a)
        self.down_a = _Level(a, DEPTHS[0])
        self.to_b = _convolution(a, b, 2)
        self.down_b = _Level(b, DEPTHS[1])
        self.to_c = _convolution(b, c, 2)
        self.down_c = _Level(c, DEPTHS[2])
        self.from_c = nn.Conv2d(c, b, 1)
        self.up_b = _Level(b, 2)
        self.from_b = nn.Conv2d(b, a, 1)
        self.up_a = _Level(a, 1)
        self.hints = nn.Sequential(nn.Linear(BINS, HINTS), nn.ReLU(), nn.Linear(HINTS, c + a))
        for values in self.hints[2].parameters():
            # Nothing at first: a network without them can be trained further.
            nn.init.zeros_(values)
        self.join = _convolution(a + _SQUARE, HEAD, size=1)
        self.head = nn.Conv2d(HEAD, len(MAPS) * _SQUARE, 1)
        self.unfold = nn.PixelShuffle(FOLD)
        self.grow = nn.Upsample(scale_factor=2, mode="nearest")

    def folded(self, grey: Tensor, there: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Give logits with the pixels of each square still in channels, and features."""
        deep, shallow = self.hints(shares)[:, :, None, None].split([WIDTHS[-1], WIDTHS[0]], 1)
        pixels = self.fold(grey)
        fine = self.down_a(self.stem(pixels))
        middle = self.down_b(self.to_b(fine))
        coarse = self.down_c(self.to_c(middle))
        middle = self.up_b(middle + self.grow(self.from_c(coarse + deep)))
        fine = self.up_a(fine + self.grow(self.from_b(middle))) + shallow
        logits = self.head(self.join(torch.cat([fine, pixels], 1)))
        never = (there.repeat_interleave(_SQUARE, 1) - 1.0) * NEVER
        never = functional.pad(never, (0, len(_OTHERS) * _SQUARE))
        return logits + never[:, :, None, None], coarse.mean(dim=(2, 3))

    def forward(self, grey: Tensor, there: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Give logits and features."""
        logits, features = self.folded(grey, there, shares)
        return self.unfold(logits), features


def as_row(values: tuple[float, ...]) -> Tensor:
    """Give what can be there, or shares of greys, as the network takes them for one image."""
    return torch.tensor([values], dtype=torch.float32)


class Exported(nn.Module):
    """The network as it is shipped: probabilities as bytes, calibrated.

    Parameters
    ----------
    network
        Trained network.
    temperatures
        Divisors of the logits of the classes, the boundary and the crack.
    """

    def __init__(self, network: Network, temperatures: tuple[float, float, float]) -> None:
        super().__init__()
        divisors = torch.ones(len(MAPS))
        divisors[: len(CLASSES)] = temperatures[0]
        divisors[MAPS.index("boundary")] = temperatures[1]
        divisors[MAPS.index("crack")] = temperatures[2]
        divisors = divisors.repeat_interleave(_SQUARE)
        self.network = copy.deepcopy(network)
        # Logits are only what the head says, so that dividing its weights divides them.
        with torch.no_grad():
            self.network.head.weight /= divisors[:, None, None, None]
            self.network.head.bias /= divisors

    def forward(self, grey: Tensor, there: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Give maps, (batch, len(MAPS), row, column) of bytes, and features.

        All is done on folded channels, and bytes are unfolded: 2.5 times as fast.
        """
        logits, features = self.network.folded(grey, there, shares)
        last = len(CLASSES) * _SQUARE
        # Without the largest taken off first: beyond 40 nothing changes any more.
        powers = [p.clamp(-40, 40).exp() for p in logits[:, :last].split(_SQUARE, 1)]
        scale = 255.0 / torch.stack(powers).sum(0)
        shares = [power * scale for power in powers] + [logits[:, last:].sigmoid() * 255.0]
        return self.network.unfold(torch.cat([_bytes(share) for share in shares], 1)), features


def _bytes(values: Tensor) -> Tensor:
    return (values + 0.5).to(torch.uint8)
