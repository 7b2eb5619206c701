"""A run that is disturbed in every stage ends in the same bytes as one that is not."""

from __future__ import annotations

import sys
from pathlib import Path

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
        "judge",
        "report-section",
    ],
    *["cell", "batch", "report-batch", "trend"],
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
{disturb}
'''
FAIL = "sys.exit(3)"
# Ends Snakemake, the job and this file as a power cut would: as soon as the step has begun to
# write, or, where that is over in no time, when it has written and Snakemake does not know yet.
KILL = """process = subprocess.Popen(command)
while process.poll() is None:
    if any(results.rglob("*.partial")):
        break
    time.sleep(0.002)
os.killpg(os.getpgrp(), signal.SIGKILL)"""


def _disturbed(project: Project, disturb: str) -> tuple[Path, Path]:
    """Folder for the front of the path, and the folder of marks of what was disturbed."""
    front, marks = project.folder / "front", project.folder / "marks"
    front.mkdir()
    marks.mkdir()
    script = DISTURBED.format(
        python=sys.executable,
        marks=str(marks),
        results=str(project.results),
        real=str(BIN / "transect"),
        disturb=disturb,
    )
    (front / "transect").write_text(script)
    (front / "transect").chmod(0o755)
    return front, marks


def test_a_failed_job_in_each_stage_resumes(fresh: Project, finished: Project) -> None:
    front, marks = _disturbed(fresh, FAIL)
    starts = 0
    while (done := fresh.start(first_on_path=front)).returncode != 0:
        starts += 1
        assert starts <= len(STEPS), done.stdout[-3000:]
        assert "Error in rule" in done.stdout
    assert sorted(p.name for p in marks.iterdir()) == sorted(STEPS)
    assert fresh.digests() == finished.digests()
    assert fresh.planned() == {}


def test_a_kill_in_each_stage_resumes(fresh: Project, finished: Project) -> None:
    front, marks = _disturbed(fresh, KILL)
    kills = 0
    while (done := fresh.start(first_on_path=front)).returncode != 0:
        assert done.returncode == -9, done.stdout[-3000:]
        kills += 1
        assert kills <= len(STEPS)
        fresh.run("--unlock")
    assert sorted(p.name for p in marks.iterdir()) == sorted(STEPS)
    assert not list(fresh.results.rglob("*.partial"))
    assert fresh.digests() == finished.digests()
    assert fresh.planned() == {}


def test_a_killed_run_says_how_to_go_on(copied: Project) -> None:
    front, _ = _disturbed(copied, KILL)
    killed = copied.start("--forcerun", "trend", first_on_path=front)
    assert killed.returncode == -9
    locked = copied.start()
    assert locked.returncode != 0
    assert "--unlock" in locked.stdout
