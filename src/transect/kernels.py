"""The one way a function is compiled: numba, cached on disk, without the GIL, exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys

F = TypeVar("F", bound=Callable[..., object])


class _Cache(FunctionCache):
    """Compiled kernels on disk, run without loading what compiles others.

    Before numba looks for a kernel it loads everything that one may be made of, and with that
    scipy's linear algebra: 0.4 s in every step, for nothing where all are found. Compiling loads
    it by itself.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load a kernel for some types of arguments; none where it is still to be compiled."""
        # What counts references to the arrays that a kernel makes.
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


def kernel(function: F) -> F:
    """Compile a function on arrays to machine code.

    `fastmath` stays off: results must not depend on the machine's vector width. Division follows
    NumPy (infinite or NaN at zero): a check at every division keeps loops out of vector units.
    """
    compiled: Any = numba.njit(nogil=True, fastmath=False, error_model="numpy")(function)
    compiled._cache = _Cache(function)  # type: ignore[no-untyped-call]
    return cast(F, compiled)
