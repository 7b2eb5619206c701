"""One small section, taken once from raw tiles to its report; tests work on copies of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.project import BIN, Project

# Two shards of the mosaic wide, so that two blocks have work; one side keeps it low.
PHANTOM = ["--width-um", "230", "--sides", "a", "--separator", "none", "--thickness-um", "30"]
PHANTOM += ["--details", "2"]


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of raw tiles as the microscope writes them."""
    folder = tmp_path_factory.mktemp("raw") / "section"
    command = [BIN / "transect", "phantom", folder, *PHANTOM]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def finished(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Project of one section in two blocks that ran without disturbance; never change it."""
    project = Project.make(tmp_path_factory.mktemp("finished") / "project")
    project.add("B01", "C01", "S01", raw, blocks=2)
    project.run()
    return project


@pytest.fixture
def fresh(raw: Path, tmp_path: Path) -> Project:
    """Project like the finished one, before its first run."""
    project = Project.make(tmp_path / "project")
    project.add("B01", "C01", "S01", raw, blocks=2)
    return project


@pytest.fixture
def copied(finished: Project, tmp_path: Path) -> Project:
    """Copy of the finished project that a test may change."""
    return finished.copy(tmp_path / "project")
