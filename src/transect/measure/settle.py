"""Final phases and particles: basins become particles, dark openings become crack, void or pore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase

Array = npt.NDArray[Any]

_AM, _CRACK, _VOID, _PORE = (
    int(p) for p in (Phase.ACTIVE_MATERIAL, Phase.CRACK, Phase.VOID, Phase.PORE)
)
# Four lines through a pixel: row step, column step. Both ways along each are the eight rays.
_LINES = np.array([[0, 1], [1, 0], [1, 1], [1, -1]], dtype=np.int64)


@dataclass(frozen=True)
class Groups:
    """Which particle every basin belongs to; `basins` is sorted."""

    basins: npt.NDArray[np.uint64]
    particles: npt.NDArray[np.uint64]

    def lookup(self, basins: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Particle of each basin; a basin without a group is a particle of its own."""
        if not self.basins.size:
            return basins
        spot = np.minimum(np.searchsorted(self.basins, basins), self.basins.size - 1)
        return np.where(self.basins[spot] == basins, self.particles[spot], basins)


def localise(basins: Array, groups: Groups) -> tuple[Array, npt.NDArray[np.uint64]]:
    """Replace basins by small numbers of particles, counted in this window only.

    Returns
    -------
    local
        int32 of the window's shape, 0 outside particles.
    ids
        Particle id of every local number; `ids[0]` is 0.
    """
    found = np.unique(_run_values(basins))
    found = found[found > 0]
    ids, inverse = np.unique(groups.lookup(found), return_inverse=True)
    numbers = (inverse + 1).astype(np.int32)
    local = _renumber(basins, found, numbers)
    return local, np.concatenate([np.zeros(1, np.uint64), ids.astype(np.uint64)])


@kernel
def _run_values(basins: Array) -> Array:
    rows, columns = basins.shape
    count = 0
    for r in range(rows):
        for c in range(columns):
            if c == 0 or basins[r, c] != basins[r, c - 1]:
                count += 1
    values = np.empty(count, basins.dtype)
    count = 0
    for r in range(rows):
        for c in range(columns):
            if c == 0 or basins[r, c] != basins[r, c - 1]:
                values[count] = basins[r, c]
                count += 1
    return values


@kernel
def _renumber(basins: Array, found: Array, numbers: Array) -> Array:
    rows, columns = basins.shape
    local = np.empty((rows, columns), np.int32)
    for r in range(rows):
        number = np.int32(0)
        for c in range(columns):
            if c == 0 or basins[r, c] != basins[r, c - 1]:
                value = basins[r, c]
                number = np.int32(0)
                if value > 0:
                    number = numbers[np.searchsorted(found, value)]
            local[r, c] = number
    return local


def settle(phases: Array, local: Array, reach: int) -> tuple[Array, Array]:
    """Decide what the dark openings in the closed particle mask are.

    A crack candidate is judged by its shortest chord between two walls of active material, at most
    `reach` pixels each way: walls of one particle make a crack of it, walls of two make a pore.
    A void candidate that sees two particles along its eight rays is a pore.

    Returns
    -------
    phases, local
        Final phases and particles; particles cover active material, cracks and voids only.
    """
    return _settle(phases, local, reach, _LINES)


@kernel
def _ray(
    phases: Array, local: Array, r: int, c: int, dr: int, dc: int, reach: int
) -> tuple[int, int]:
    """Count the steps to the wall and tell its particle; none where no wall is in reach."""
    rows, columns = phases.shape
    for step in range(1, reach + 1):
        y, x = r + dr * step, c + dc * step
        if y < 0 or x < 0 or y >= rows or x >= columns:
            return 0, 0
        phase = phases[y, x]
        if phase != _CRACK and phase != _VOID:
            if phase == _AM:
                return step, int(local[y, x])
            return step, 0
    return 0, 0


@kernel
def _between(phases: Array, local: Array, r: int, c: int, reach: int, lines: Array) -> int:
    """Particle of a crack candidate, 0 when it is a gap between two."""
    best, owner = np.inf, int(local[r, c])
    for line in range(4):
        dr, dc = lines[line]
        ahead, front = _ray(phases, local, r, c, dr, dc, reach)
        behind, back = _ray(phases, local, r, c, -dr, -dc, reach)
        if front > 0 and back > 0:
            length = (ahead + behind) * (1.0 if line < 2 else 1.4142135623730951)
            if length < best:
                best = length
                owner = front if front == back else 0
    return owner


@kernel
def _enclosing(phases: Array, local: Array, r: int, c: int, reach: int, lines: Array) -> int:
    """Particle that encloses a void candidate, 0 when it sees two."""
    owner = 0
    for line in range(4):
        for sign in (-1, 1):
            _, seen = _ray(phases, local, r, c, sign * lines[line, 0], sign * lines[line, 1], reach)
            if seen > 0:
                if owner > 0 and seen != owner:
                    return 0
                owner = seen
    return owner if owner > 0 else int(local[r, c])


@kernel
def _settle(phases: Array, local: Array, reach: int, lines: Array) -> tuple[Array, Array]:
    rows, columns = phases.shape
    final = phases.copy()
    owners = np.zeros((rows, columns), np.int32)
    for r in range(rows):
        for c in range(columns):
            phase = phases[r, c]
            if phase == _AM:
                owners[r, c] = local[r, c]
            elif phase in (_CRACK, _VOID):
                if phase == _CRACK:
                    owner = _between(phases, local, r, c, reach, lines)
                else:
                    owner = _enclosing(phases, local, r, c, reach, lines)
                owners[r, c] = owner
                if owner == 0:
                    final[r, c] = _PORE
    return final, owners
