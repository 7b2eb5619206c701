"""A run that is disturbed in every stage ends in the same bytes as one that is not."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import indent

import pytest

from support.project import BIN, Project

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(900)]

STEPS = [
    *["index", "check", "shading", "register", "fuse", "details", "layers", "thresholds"],
    *[
        "segment",
        "resolve",
        "vary",
        "measure",
        "labels",
        "transport",
        "radial",
        "join",
        "detect",
        "defects",
        "judge",
        "report-section",
    ],
    *["cell", "batch", "report-batch", "trend", "control", "report-trend"],
]
DISTURBED = '''#!{python}
"""Stands before the real command: disturbs the first call of every step, then steps aside."""
import os, signal, subprocess, sys, time
from pathlib import Path

step, marks, results = sys.argv[1], Path({marks!r}), Path({results!r})
command = [{real!r}, *sys.argv[1:]]
try:
    (marks / step).mkdir()
except FileExistsError:
    os.execv(command[0], command)
if step in {killed}:
{kill}
{fail}
'''
KILL = """process = subprocess.Popen(command)
while process.poll() is None:
    if any(results.rglob("*.partial")):
        break
    time.sleep(0.002)
os.killpg(os.getpgrp(), signal.SIGKILL)"""
"""Ends Snakemake, the job and this file as a power cut would: as soon as the step has begun to
write, or, where that is over in no time, when it has written and Snakemake does not know yet."""

FAIL = "sys.exit(3)"


def _disturbed(project: Project, killed: list[str]) -> tuple[Path, Path]:
    """Folder for the front of the path, and the folder of marks of what was disturbed."""
    front, marks = project.folder / "front", project.folder / "marks"
    front.mkdir()
    marks.mkdir()
    script = DISTURBED.format(
        python=sys.executable,
        marks=str(marks),
        results=str(project.results),
        real=str(BIN / "transect"),
        killed=killed,
        kill=indent(KILL, "    "),
        fail=FAIL,
    )
    (front / "transect").write_text(script)
    (front / "transect").chmod(0o755)
    return front, marks


def _disturb_each(
    project: Project, finished: Project, killed: list[str], options: tuple[str, ...] = ()
) -> None:
    """Kill the first call of some steps, let that of all others fail, and go on each time."""
    front, marks = _disturbed(project, killed=killed)
    starts = 0
    while (done := project.start(*options, first_on_path=front)).returncode != 0:
        starts += 1
        assert starts <= len(STEPS), done.stdout[-3000:]
        if done.returncode == -9:
            project.run("--unlock")
        else:
            assert "Error in rule" in done.stdout
    assert sorted(p.name for p in marks.iterdir()) == sorted(STEPS)
    assert not list(project.results.rglob("*.partial"))
    assert project.digests() == finished.digests()
    assert project.planned() == {}


def test_a_run_goes_on_after_a_kill_or_a_failure_in_each_stage(
    fresh: Project, finished: Project
) -> None:
    # What fails is tried again in the same run, as on a cluster.
    _disturb_each(fresh, finished, killed=STEPS[::2], options=("--retries", "1"))


@pytest.mark.slow
@pytest.mark.parametrize("killed", [STEPS, []], ids=["killed", "failed"])
def test_a_run_goes_on_after_all_stages_were_disturbed_alike(
    fresh: Project, finished: Project, killed: list[str]
) -> None:
    _disturb_each(fresh, finished, killed)


def test_a_killed_run_says_how_to_go_on(copied: Project) -> None:
    front, _ = _disturbed(copied, killed=STEPS)
    killed = copied.start("--forcerun", "trend", first_on_path=front)
    assert killed.returncode == -9
    locked = copied.start()
    assert locked.returncode != 0
    assert "--unlock" in locked.stdout
