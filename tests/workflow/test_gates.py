"""How right a whole run is: gates on a noise-free phantom, from tiles to tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from gates import gates
from steps import call, run_section


@pytest.mark.workflow
def test_every_gate_is_met_without_noise(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    call("phantom", raw, "--appearance", "clean", "--seed", 1, "--width-um", 120)
    run_section(raw, out)
    found = gates(raw, out)
    assert len(found) == 11
    assert not [gate for gate in found if not gate.met]
