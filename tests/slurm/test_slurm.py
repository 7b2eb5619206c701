"""The same run through a real SLURM: same bytes, with array jobs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.project import ROOT, Project

HERE = Path(__file__).resolve().parent
NEEDED = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol"]
PROFILE = [
    *["--workflow-profile", str(ROOT / "profiles" / "slurm")],
    # No accounting on this cluster, and jobs of seconds instead of minutes.
    *["--slurm-status-command", "squeue"],
    *["--slurm-init-seconds-before-status-checks", "1"],
    *["--seconds-between-status-checks", "1"],
    *["--latency-wait", "10"],
]

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two nodes on this machine, always taken down again."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
    missing = [name for name in NEEDED if shutil.which(name, path=path) is None]
    if missing:
        pytest.skip(f"SLURM is not installed: no {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("a cluster is started by root only")
    folder = tmp_path_factory.mktemp("cluster")
    env = os.environ | {"PATH": path}
    try:
        with (folder / "up.log").open("w") as log:
            up = subprocess.run(
                [HERE / "up.sh", folder], env=env, stdout=log, stderr=log, timeout=90, check=False
            )
        assert up.returncode == 0, (folder / "up.log").read_text()
        yield
    finally:
        subprocess.run([HERE / "down.sh", folder], env=env, timeout=60, check=True)
    assert not Path("/etc/slurm/slurm.conf").is_symlink()


@pytest.mark.usefixtures("cluster")
def test_a_run_through_slurm_gives_the_same_bytes(fresh: Project, finished: Project) -> None:
    said = fresh.run(*PROFILE)
    jobs = subprocess.run(
        ["scontrol", "show", "jobs", "--oneliner"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    arrays = [job for job in jobs if "ArrayTaskId=" in job]
    # Two blocks to segment and two to measure; every other rule sends its jobs one by one.
    assert len(arrays) == 4, said[-3000:]
    assert len(jobs) == 23
    assert all("JobState=COMPLETED" in job for job in jobs)
    assert fresh.digests() == finished.digests()
    assert fresh.planned() == {}
