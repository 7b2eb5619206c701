"""The same bytes whatever the number of blocks and threads, on more than 100 megapixels."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "invariance.py"


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_blocks_and_threads_change_no_byte() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    assert [f["met"] for f in figures] == [True] * 7
