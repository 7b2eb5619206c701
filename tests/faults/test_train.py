"""Training that cannot begin."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from transect.errors import ConfigError
from transect.train.steps import train


def test_without_pytorch_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match=r"PyTorch.*\[train\]"):
        train(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_steps_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    with pytest.raises(ConfigError, match="--steps 0"):
        train(tmp_path / "out", steps=0)


def test_a_checkpoint_of_something_else_is_named(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ConfigError, match="checkpoint.pt"):
        train(tmp_path, steps=2)
