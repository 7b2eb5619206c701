"""Other ways to a flat field from tiles of a specimen: what the project's own is compared with."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from scipy.fft import dctn, idctn

Floats = npt.NDArray[np.float64]

EDGE = 40
"""Cells along the longer axis: coarse enough for speed, finer than any shading."""

_FIT = (
    "import sys, numpy; from basicpy import BaSiC; b = BaSiC(get_darkfield=False);"
    " b.fit(numpy.load(sys.argv[1])); numpy.save(sys.argv[2], b.flatfield)"
)


def cells(tile: npt.NDArray[np.generic]) -> Floats:
    """Means of a tile's cells."""
    rows, columns = (round(n * EDGE / max(tile.shape)) for n in tile.shape)
    small = cv2.resize(tile.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return small.astype(np.float64)


def median(stack: Floats) -> Floats:
    """Pixel-wise median over tiles, each freed of its level and of its texture.

    A closing by 7 cells fills pores, a median of 9 cells takes grains off.
    """
    logs = []
    for image in stack:
        closed = cv2.morphologyEx(
            image.astype(np.float32), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)
        )
        calm = np.log(np.maximum(closed, 1.0))
        logs.append(calm - np.median(calm))
    middle = np.median(logs, axis=0)
    smooth = cv2.GaussianBlur(middle, (0, 0), 4.0, borderType=cv2.BORDER_REFLECT)
    return np.exp(smooth)


def basic(stack: Floats) -> Floats:
    """Flat field of BaSiC (Peng et al. 2017): low rank plus sparse, smooth in its cosines.

    Follows the authors' code: greys of each cell sorted over the tiles, the field's cosine
    coefficients and the residual penalised by their absolute sums, residuals reweighted.
    """
    shape = stack.shape[1:]
    mean = stack.mean(axis=0) / stack.mean()
    penalty = np.abs(dctn(mean, norm="ortho")).sum() / 400 * 0.5
    data = np.sort(stack, axis=0).reshape(len(stack), -1)
    weights, field = np.ones_like(data), np.ones(data.shape[1])
    for _ in range(10):
        low, rest = _low_rank(data, shape, penalty, weights)
        weights = 1 / (np.abs(rest / low.mean()) + 0.1)
        weights *= weights.size / weights.sum()
        new = low.mean(axis=0) / low.mean()
        change = np.abs(new - field).sum() / np.abs(field).sum()
        field = new
        if change < 1e-3:
            break
    return field.reshape(shape)


def _low_rank(
    data: Floats, shape: tuple[int, ...], penalty: float, weights: Floats
) -> tuple[Floats, Floats]:
    """Inexact augmented Lagrangian: data = level of tile x field + sparse rest."""
    mu = 12.5 / np.linalg.norm(data, 2)
    most, size = mu * 1e7, np.linalg.norm(data)
    dual, rest, low = np.zeros_like(data), np.zeros_like(data), np.zeros_like(data)
    levels, cosines = np.ones(len(data)), np.zeros(shape)
    for _ in range(500):
        step = (data - low - rest + dual / mu).mean(axis=0)
        cosines = _shrink(cosines + dctn(step.reshape(shape), norm="ortho"), penalty / mu)
        low = np.outer(levels, idctn(cosines, norm="ortho").ravel())
        rest = _shrink(rest + (data - low - rest + dual / mu), weights / mu)
        clean = data - rest
        levels = np.maximum(clean.mean(axis=1) / clean.mean(), 0)
        left = data - low - rest
        dual = dual + mu * left
        mu = min(mu * 1.5, most)
        if np.linalg.norm(left) < 1e-6 * size:
            break
    return low, rest


def _shrink(values: Floats, by: Floats | float) -> Floats:
    return np.sign(values) * np.maximum(np.abs(values) - by, 0)


def basicpy(stack: Floats, python: Path) -> Floats:
    """Flat field of the package BaSiCPy, in the interpreter that has it."""
    with tempfile.TemporaryDirectory() as scratch:
        source, out = Path(scratch) / "stack.npy", Path(scratch) / "field.npy"
        np.save(source, stack.astype(np.float32))
        subprocess.run([python, "-c", _FIT, source, out], check=True, capture_output=True)
        return np.load(out).astype(np.float64)
