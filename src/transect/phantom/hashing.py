"""Randomness as a function of position: the same place gives the same number in every tile."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

F64 = npt.NDArray[np.float64]

_A = np.uint64(0x9E3779B97F4A7C15)
_B = np.uint64(0xC2B2AE3D27D4EB4F)
_C = np.uint64(0xBF58476D1CE4E5B9)
_D = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@kernel
def mix(seed: int, a: int, b: int) -> int:
    """Hash of a seed and two integers (splitmix64's finaliser over a lattice)."""
    h = np.uint64(seed) + np.uint64(a) * _A + np.uint64(b) * _B
    h = (h ^ (h >> _S30)) * _C
    h = (h ^ (h >> _S27)) * _D
    return h ^ (h >> _S31)  # type: ignore[return-value]


@kernel
def unit(seed: int, a: int, b: int) -> float:
    """Uniform number in [0, 1) that belongs to a seed and two integers."""
    return float(np.uint64(mix(seed, a, b)) >> _S11) * 1.1102230246251565e-16


@kernel
def normal(seed: int, a: int, b: int) -> float:
    """Give the standard normal number that belongs to a seed and two integers (Box-Muller)."""
    u = unit(seed, 2 * a, b)
    v = unit(seed, 2 * a + 1, b)
    return float(np.sqrt(-2.0 * np.log(1.0 - u)) * np.cos(2.0 * np.pi * v))


@kernel
def value_noise(seed: int, x: float, y: float) -> float:
    """Smooth noise in [0, 1) with features of size 1."""
    fx, fy = np.floor(x), np.floor(y)
    ix, iy = int(fx), int(fy)
    u, v = x - fx, y - fy
    u, v = u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v)
    top = unit(seed, ix, iy) * (1.0 - u) + unit(seed, ix + 1, iy) * u
    low = unit(seed, ix, iy + 1) * (1.0 - u) + unit(seed, ix + 1, iy + 1) * u
    return float(top * (1.0 - v) + low * v)


@kernel
def patch_noise(seed: int, x: float, y: float) -> float:
    """Noise of two octaves, whose level sets look like patches of binder."""
    fine = value_noise(seed + 7, 3.1 * x + 0.7, 3.1 * y + 0.3)
    return 0.68 * value_noise(seed, x, y) + 0.32 * fine


@kernel
def _sample(seed: int, count: int) -> F64:
    out = np.empty(count)
    for i in range(count):
        out[i] = patch_noise(seed, 1000.0 * unit(seed, i, 1), 1000.0 * unit(seed, i, 2))
    return out


def patch_quantiles(seed: int, shares: F64) -> F64:
    """Levels that patch noise exceeds with the given probabilities."""
    found = np.sort(_sample(seed, 40000))
    return np.asarray(np.quantile(found, np.clip(1.0 - shares, 0.0, 1.0)), dtype=np.float64)
