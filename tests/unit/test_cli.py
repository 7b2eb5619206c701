"""The command line: every command loads, a user's mistake is one line and exit code 2."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

from transect.cli import COMMANDS, app


@pytest.mark.parametrize("name", COMMANDS)
def test_command_loads_and_explains_itself(name: str) -> None:
    module, function = COMMANDS[name].split(":")
    command = getattr(importlib.import_module(module), function)
    documented = inspect.getdoc(command) or ""
    for option in inspect.signature(command).parameters:
        assert option in documented, f"{name} does not explain --{option}"


def test_help_loads_no_stage() -> None:
    code = (
        "import sys; from transect.cli import app; app(['--help']);"
        "heavy = {'numba', 'zarr', 'dask', 'cv2', 'pandas'} & set(sys.modules);"
        "sys.exit(len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("module", "not_needed"),
    [
        ("transect.tiles.build", {"scipy", "pandas", "numba", "zarr"}),
        ("transect.tiles.check", {"numba", "zarr", "transect.tiles.build"}),
        ("transect.tiles.shading", {"numba", "zarr", "transect.tiles.build"}),
        ("transect.mosaic.steps.register", {"zarr", "transect.mosaic.fusion.fuse"}),
    ],
)
def test_a_stage_loads_nothing_of_others(module: str, not_needed: set[str]) -> None:
    """Each of these takes a fifth of a second of every section's start."""
    code = f"import sys, {module}; sys.exit(', '.join({not_needed} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_a_mistake_is_one_line_without_traceback(tmp_path: object) -> None:
    command = [sys.executable, "-c", "from transect.cli import main; main()"]
    options = ["index", "--folder", f"{tmp_path}/none", "--output", f"{tmp_path}/tiles.json"]
    done = subprocess.run(command + options, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("transect: ")
    assert "none" in last
    assert "Traceback" not in done.stderr


def test_version_is_the_package_version() -> None:
    from transect import __version__

    assert app.version == __version__
