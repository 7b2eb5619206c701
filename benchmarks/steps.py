"""Run every step of one section by its command, and note the seconds and peak memory of each."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TRANSECT = [sys.executable, "-c", "from transect.cli import main; main()"]


@dataclass
class Cost:
    """What one command took: wall seconds, processor seconds, peak resident memory."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0

    def add(self, other: Cost) -> None:
        """Count another command of the same step."""
        self.wall_s += other.wall_s
        self.cpu_s += other.cpu_s
        self.peak_mb = max(self.peak_mb, other.peak_mb)


class Failed(RuntimeError):
    """A program ended with an error; the message is what it wrote."""


# Linux counts what the parent held as the child's: a small parent keeps that out of the peak.
_LAUNCH = """
import json, os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
wall = time.perf_counter() - start
facts = [child.returncode, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]
sys.stdout.write("\\n" + json.dumps(facts))
"""


def spawn(command: list[str]) -> tuple[Cost, str]:
    """Run a program: its cost, and what it wrote to either stream."""
    with tempfile.TemporaryFile("w+") as words:
        subprocess.run(
            [sys.executable, "-S", "-c", _LAUNCH, *command],
            stdout=words, stderr=subprocess.STDOUT, start_new_session=True, check=True,
        )  # fmt: skip
        words.seek(0)
        text, _, facts = words.read().rpartition("\n")
    code, wall, cpu, peak = json.loads(facts)
    if code:
        raise Failed(text)
    return Cost(wall, cpu, peak), text


def call(*options: object) -> Cost:
    """Run `transect` with these options; stop with its message when it fails."""
    try:
        return spawn([*TRANSECT, *map(str, options)])[0]
    except Failed as error:
        sys.exit(f"transect {' '.join(map(str, options))}\n{error}")


def run_section(
    raw: Path,
    out: Path,
    blocks: int = 1,
    threads: int = 2,
    fusion: str = "{}",
    measure: Mapping[str, object] | None = None,
) -> dict[str, Cost]:
    """Take a folder of raw tiles to tables and a report.

    Settings of fusion are given as JSON, those of measuring by their names.

    Returns the cost of each step, by name.
    """
    costs: dict[str, Cost] = {}

    def step(name: str, *options: object) -> None:
        costs.setdefault(name, Cost()).add(call(name, *options))

    t = ("--threads", threads)
    tiles, checks = out / "tiles.json", out / "tiles.parquet"
    shading, seams = out / "shading.npz", out / "seams.parquet"
    places = ("--positions", out / "positions.parquet", "--levels", out / "levels.parquet")
    mosaic, layers = out / "mosaic.zarr", out / "layers.parquet"
    thresholds, groups, parts = out / "thresholds.json", out / "groups.parquet", out / "blocks"
    source = ("--tiles", tiles, "--folder", raw)
    step("index", "--folder", raw, "--output", tiles)
    step("check", *source, "--output", checks, *t)
    step("shading", *source, "--checks", checks, "--output", shading, *t)
    step(
        "register", *source, "--checks", checks, "--shading", shading,
        *places, "--seams", seams, *t,
    )  # fmt: skip
    step(
        "fuse", *source, "--checks", checks, *places, "--shading", shading, "--output", mosaic,
        "--settings", fusion, *t,
    )  # fmt: skip
    step(
        "details", *source, "--positions", out / "positions.parquet", "--mosaic", mosaic,
        "--output", out / "details.parquet", "--store", out / "details.zarr", *t,
    )  # fmt: skip
    step("layers", "--mosaic", mosaic, "--output", layers, *t)
    shape = ("--mosaic", mosaic, "--layers", layers)
    names = ("--batch", "b", "--cell", "c", "--section", "s")
    step("thresholds", *shape, "--output", thresholds, *t)
    for b in range(blocks):
        place, which = parts / str(b), ("--block", b, "--blocks", blocks)
        step(
            "segment", *shape, "--thresholds", thresholds, *which,
            "--output", place / "segments.zarr", "--contacts", place / "contacts.parquet",
            "--faces", place / "faces.parquet", *t,
        )  # fmt: skip
    step(
        "resolve", "--folder", parts, "--blocks", blocks, "--thresholds", thresholds,
        "--output", groups,
        "--engine", out / "engine.parquet",
    )  # fmt: skip
    for b in range(blocks):
        place, which = parts / str(b), ("--block", b, "--blocks", blocks)
        step(
            "measure", *shape, "--groups", groups, "--folder", parts, *which,
            "--labels", place / "labels.zarr", "--partials", place / "partials", *t,
            "--settings", json.dumps(measure or {}),
        )  # fmt: skip
    step("labels", "--folder", parts, "--blocks", blocks, "--mosaic", mosaic,
         "--output", out / "labels.zarr", *t)  # fmt: skip
    step("transport", "--labels", out / "labels.zarr", "--layers", layers,
         "--output", out / "transport", *t)  # fmt: skip
    step("radial", "--labels", out / "labels.zarr", "--mosaic", mosaic,
         "--output", out / "radial_sums.parquet", *t)  # fmt: skip
    step("vary", *shape, "--thresholds", thresholds, "--output", out / "decisions.parquet", *t)
    step(
        "join", "--folder", parts, "--blocks", blocks, *shape, "--seams", seams,
        *names, "--transport", out / "transport", "--radial", out / "radial_sums.parquet",
        "--decisions", out / "decisions.parquet", "--output", out / "tables",
        "--settings", json.dumps({"measure": measure or {}}),
    )  # fmt: skip
    step(
        "detect", *shape, "--thresholds", thresholds, "--labels", out / "labels.zarr",
        "--tables", out / "tables", *names, "--plants", out / "plants.parquet",
        "--output", out / "detection.parquet", *t,
    )  # fmt: skip
    step("defects", *shape, "--labels", out / "labels.zarr", "--tables", out / "tables", *names,
         "--output", out / "defects", *t)  # fmt: skip
    step("judge", "--metrics", out / "tables/metrics.parquet", "--seams", seams,
         "--budget", out / "budget.parquet", "--output", out / "verdicts.parquet")  # fmt: skip
    step("report-section", "--folder", out, "--output", out / "report.html")
    return costs


def figure(
    name: str, value: float | str | bool, unit: str, goal: str | None, met: bool | None
) -> bool:
    """Print one figure as a JSON line; whether its goal is met, or has none."""
    row = {"figure": name, "value": value, "unit": unit, "goal": goal, "met": met}
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()
    return met is not False
