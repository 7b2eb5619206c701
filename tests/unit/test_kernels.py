"""Kernels: compiled once, and then run without what compiles them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

KERNELS = """
import numpy as np
from transect.kernels import kernel

@kernel
def doubled(values):
    found = np.empty_like(values)
    for n in range(len(values)):
        found[n] = 2 * values[n]
    return found

@kernel
def total(values):
    found = 0 * values[0]
    for value in doubled(values):
        found += value
    return found
"""


def run(folder: Path, code: str) -> set[str]:
    """Run code beside the kernels in a process of its own; what it has loaded."""
    (folder / "made.py").write_text(KERNELS)
    code = f"import sys, numpy as np; from made import total; {code}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_kernel_on_disk_runs_without_the_compiler(tmp_path: Path) -> None:
    whole = "assert total(np.arange(5)) == 20"
    compiler = {"numba.np.arraymath", "scipy.linalg"}
    assert compiler <= run(tmp_path, whole)
    assert not compiler & run(tmp_path, whole)


def test_other_types_are_still_compiled(tmp_path: Path) -> None:
    whole, real = "assert total(np.arange(5)) == 20", "assert total(np.full(3, 0.5)) == 3"
    run(tmp_path, whole)
    assert "numba.np.arraymath" in run(tmp_path, f"{whole}; {real}")
    assert "numba.np.arraymath" not in run(tmp_path, f"{real}; {whole}")
