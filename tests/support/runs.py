"""One small section, taken once from raw tiles to its report; tests work on copies of it."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.project import BIN, Project

# Two shards of the mosaic wide, so that two blocks have work; one side keeps it low.
PHANTOM = ["--width-um", "230", "--sides", "a", "--separator", "none", "--thickness-um", "30"]
PHANTOM += ["--details", "2"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder that all processes of this run of the tests share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


def _once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder in the first process that asks for it; the others wait."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder.with_suffix(".made")
        if not done.exists():
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def raw(shared: Path) -> Path:
    """Folder of raw tiles as the microscope writes them."""

    def make(folder: Path) -> None:
        command = [BIN / "transect", "phantom", folder, *PHANTOM]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    return _once(shared / "raw", make)


@pytest.fixture(scope="session")
def finished(raw: Path, shared: Path) -> Project:
    """Project of one section in two blocks that ran without disturbance; never change it."""

    def make(folder: Path) -> None:
        _of_one_section(folder, raw).run()

    return Project(_once(shared / "finished", make))


@pytest.fixture
def fresh(raw: Path, tmp_path: Path) -> Project:
    """Project like the finished one, before its first run."""
    return _of_one_section(tmp_path / "project", raw)


def _of_one_section(folder: Path, raw: Path) -> Project:
    """Make a project of one section in two blocks, whose tiles are behind a link in it."""
    project = Project.make(folder)
    (folder / "raw").symlink_to(raw)
    project.add("B01", "C01", "S01", Path("raw"), blocks=2)
    return project


@pytest.fixture
def copied(finished: Project, tmp_path: Path) -> Project:
    """Copy of the finished project that a test may change."""
    return finished.copy(tmp_path / "project")
