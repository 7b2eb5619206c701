"""The one way a function is compiled: numba, cached on disk, without the GIL, exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile a function on arrays to machine code.

    `fastmath` stays off: results must not depend on the machine's vector width. Division follows
    NumPy (infinite or NaN at zero): a check at every division keeps loops out of vector units.
    """
    compiled = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function)
    return cast(F, compiled)
