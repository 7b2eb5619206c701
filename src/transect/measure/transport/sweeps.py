"""What the solver does with a network: sweeps, steps of conjugate gradients, direct factors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Array = npt.NDArray[Any]


@kernel
def sweep_down(
    start: Array, other: Array, weight: Array, diagonal: Array, b: Array, x: Array
) -> None:
    """One Gauss-Seidel sweep forward, from zero."""
    for i in range(len(x)):
        total = b[i]
        for k in range(start[i], start[i + 1]):
            total += weight[k] * x[other[k]]
        x[i] = total / diagonal[i]


@kernel
def restrict(
    start: Array, other: Array, weight: Array, x: Array, coarse: Array, rest: Array
) -> None:
    """Residual after a sweep forward from zero, summed over coarse nodes."""
    for i in range(len(x)):
        total = 0.0
        for k in range(start[i], start[i + 1]):
            total += weight[k] * x[other[k]]
        rest[coarse[i]] += total


@kernel
def sweep_up(
    low_start: Array,
    low_other: Array,
    low_weight: Array,
    up_start: Array,
    up_other: Array,
    up_weight: Array,
    diagonal: Array,
    b: Array,
    coarse: Array,
    correction: Array,
    x: Array,
) -> None:
    """Add the coarse correction, and one sweep backward."""
    for i in range(len(x)):
        x[i] += correction[coarse[i]]
    for i in range(len(x) - 1, -1, -1):
        total = b[i]
        for k in range(low_start[i], low_start[i + 1]):
            total += low_weight[k] * x[low_other[k]]
        for k in range(up_start[i], up_start[i + 1]):
            total += up_weight[k] * x[up_other[k]]
        x[i] = total / diagonal[i]


@kernel
def step(
    low_start: Array,
    low_other: Array,
    low_weight: Array,
    up_start: Array,
    up_other: Array,
    up_weight: Array,
    diagonal: Array,
    z: Array,
    p: Array,
    q: Array,
    x: Array,
    r: Array,
) -> float:
    """One step of flexible conjugate gradients; p and q = A p are those of the step before.

    Returns
    -------
    gain
        By how much the energy of the error falls.
    """
    n = len(z)
    pq, zq = 0.0, 0.0
    for i in range(n):
        pq += p[i] * q[i]
        zq += z[i] * q[i]
    turn = zq / pq if pq > 0 else 0.0
    for i in range(n):
        p[i] = z[i] - turn * p[i]
    pq, pr = 0.0, 0.0
    for i in range(n):
        total = diagonal[i] * p[i]
        for k in range(low_start[i], low_start[i + 1]):
            total -= low_weight[k] * p[low_other[k]]
        for k in range(up_start[i], up_start[i + 1]):
            total -= up_weight[k] * p[up_other[k]]
        q[i] = total
        pq += p[i] * total
        pr += p[i] * r[i]
    if pq <= 0:
        return 0.0
    length = pr / pq
    for i in range(n):
        x[i] += length * p[i]
        r[i] -= length * q[i]
    return length * pr


@kernel
def dot(a: Array, b: Array) -> float:
    """Sum of the products, one after another."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@kernel
def factorise(
    start: Array, other: Array, weight: Array, diagonal: Array, factor: Array, first: Array
) -> None:
    """Cholesky factor of a small network's matrix, from the first column that is not zero on."""
    n = len(diagonal)
    for i in range(n):
        factor[i, i] = diagonal[i]
        first[i] = i
        for k in range(start[i], start[i + 1]):
            factor[i, other[k]] -= weight[k]
            first[i] = min(first[i], other[k])
    for i in range(n):
        for j in range(first[i], i + 1):
            total = factor[i, j]
            for k in range(max(first[i], first[j]), j):
                total -= factor[i, k] * factor[j, k]
            if i == j:
                factor[i, i] = np.sqrt(max(total, 1e-300))
            else:
                factor[i, j] = total / factor[j, j]


@kernel
def substitute(factor: Array, first: Array, x: Array) -> None:
    """Solve with the factor, in place."""
    n = len(x)
    for i in range(n):
        for k in range(first[i], i):
            x[i] -= factor[i, k] * x[k]
        x[i] /= factor[i, i]
    for i in range(n - 1, -1, -1):
        x[i] /= factor[i, i]
        for k in range(first[i], i):
            x[k] -= factor[i, k] * x[i]
