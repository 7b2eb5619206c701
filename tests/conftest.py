"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.runs import copied, finished, fresh, raw, shared

__all__ = ["copied", "data", "finished", "fresh", "raw", "shared"]

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real images; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"real images are not there: {DATA}")
    return DATA
