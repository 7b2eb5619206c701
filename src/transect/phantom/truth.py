"""The truth beside a phantom: labels, tables and a summary, all from the same counts."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.parallel import Window, run, windows
from transect.phantom import summary, tables
from transect.phantom.counting import DEPTH_BINS, Counts, count
from transect.phantom.inventory import columns_table, gaps_table, objects_tables
from transect.phantom.microscope import Plan
from transect.phantom.scene import Scene
from transect.phantom.sidecar import file_of
from transect.phases import COATING, COLORS, Phase
from transect.storage.digests import digest_json
from transect.storage.files import write_text
from transect.storage.stores import ImageWriter, new_store
from transect.storage.tables import write_table

I64 = npt.NDArray[np.int64]

RECIPE = 1
"""Raised when the same specification gives another phantom."""


@dataclass
class Totals:
    """Counts of all windows."""

    phases: I64 = field(default_factory=lambda: np.zeros(256, dtype=np.int64))
    profile: I64 = field(default_factory=lambda: np.zeros((2, DEPTH_BINS, 256), dtype=np.int64))
    particles: list[pd.DataFrame] = field(default_factory=list)
    cracks: list[pd.DataFrame] = field(default_factory=list)

    def add(self, counts: Counts) -> None:
        """Take in the counts of one window."""
        self.phases += counts.phases
        self.profile += counts.profile
        names = ["filled", "crack", "void", "sum_x", "sum_y"]
        self.particles.append(pd.DataFrame(counts.particles, index=counts.ids, columns=names))
        self.cracks.append(pd.DataFrame({"area": counts.cracks}, index=counts.crack_ids))

    def by_particle(self) -> pd.DataFrame:
        """Sum the counts of every particle, by id."""
        return pd.concat(self.particles).groupby(level=0).sum()

    def by_crack(self) -> pd.DataFrame:
        """Sum the counts of every crack, by id."""
        return pd.concat(self.cracks).groupby(level=0).sum()


def write_truth(folder: Path, scene: Scene, plan: Plan, threads: int) -> None:
    """Write everything that is known about a phantom.

    Parameters
    ----------
    folder
        Folder to write to.
    scene
        The section.
    plan
        Its tiles.
    threads
        Threads to work with.

    Raises
    ------
    StorageError
        The disk is full or the folder cannot be written.
    """
    spec, px = scene.spec, scene.spec.px_um
    meta = {"px_um": repr(px), "rows": str(plan.rows), "columns": str(plan.columns)}
    write_table(folder / "tiles.parquet", _tiles(scene, plan), tables.TILES, meta)
    if plan.details:
        write_table(folder / "details.parquet", _details(scene, plan), tables.DETAILS, meta)
    totals = Totals()
    with ExitStack() as stack:
        images = {}
        if spec.labels:
            inputs = {"spec": digest_json(spec.model_dump(mode="json"))}
            store = stack.enter_context(
                new_store(folder / "labels.zarr", recipe=RECIPE, inputs=inputs)
            )
            shape = (plan.rows, plan.columns)
            colors = {int(phase): rgb for phase, rgb in COLORS.items()}
            images["phases"] = store.image(
                "phases", shape, np.uint8, px, kind="labels", colors=colors
            )
            for name in ("particles", "cracks"):
                images[name] = store.image(name, shape, np.uint32, px, kind="labels")
        _count_all(scene, (plan.rows, plan.columns), images, totals, threads)
    particles, cracks, voids, clumps = objects_tables(
        scene, totals.by_particle(), totals.by_crack()
    )
    columns, delaminated = columns_table(scene)
    gaps = gaps_table(scene, delaminated)
    profile = _profile(totals.profile, px)
    for name, frame, schema in (
        ("particles", particles, tables.PARTICLES),
        ("cracks", cracks, tables.CRACKS),
        ("voids", voids, tables.VOIDS),
        ("agglomerates", clumps, tables.AGGLOMERATES),
        ("columns", columns, tables.COLUMNS),
        ("gaps", gaps, tables.GAPS),
        ("profile", profile, tables.PROFILE),
    ):
        write_table(folder / f"{name}.parquet", frame, schema, meta)
    facts = summary.summarise(
        scene, totals.phases, profile, particles, cracks, columns, gaps, delaminated
    )
    write_text(folder / "summary.json", json.dumps(facts, indent=1, sort_keys=True) + "\n")


def _count_all(
    scene: Scene,
    shape: tuple[int, int],
    images: dict[str, ImageWriter],
    totals: Totals,
    threads: int,
) -> None:
    def one(window: Window) -> Counts:
        labels = scene.labels(window.row0, window.col0, *window.shape)
        counts, particles, cracks = count(labels, window.row0, window.col0)
        for name, pixels in (
            ("phases", labels.phases),
            ("particles", particles),
            ("cracks", cracks),
        ):
            if name in images:
                images[name].write(window.row0, window.col0, pixels)
        return counts

    # Column by column, so that strips are made once.
    order = sorted(windows(shape), key=lambda w: (w.col0, w.row0))
    for counts in run(one, order, threads, "truth"):
        totals.add(counts)


def _tiles(scene: Scene, plan: Plan) -> pd.DataFrame:
    scope = scene.spec.microscope
    rows = [
        {
            "tile": e.tile,
            "channel": e.channel,
            "file": file_of(scene.spec, e),
            "row": e.row,
            "column": e.column,
            "x_px": e.x_px,
            "y_px": e.y_px,
            "stage_x_um": scope.stage_x_sign * e.stage_x_nm / 1000,
            "stage_y_um": scope.stage_y_sign * e.stage_y_nm / 1000,
            "gain": e.gain,
            "offset": e.offset,
            "blur_px": e.blur_px,
            "fault": e.fault,
        }
        for e in sorted(plan.exposures, key=lambda e: (e.row, e.column, e.channel))
    ]
    return pd.DataFrame(rows)


def _details(scene: Scene, plan: Plan) -> pd.DataFrame:
    scope = scene.spec.microscope
    rows = [
        {
            "file": file_of(scene.spec, e),
            "x_px": e.x_px,
            "y_px": e.y_px,
            "width_px": scope.tile_shape[1] / e.zoom,
            "height_px": scope.tile_shape[0] / e.zoom,
            "pixel_nm": scope.pixel_nm / e.zoom,
        }
        for e in plan.details
    ]
    return pd.DataFrame(rows)


def _profile(counted: I64, px: float) -> pd.DataFrame:
    rows = []
    for n, side in enumerate("ab"):
        for k in range(DEPTH_BINS):
            total = sum(int(counted[n, k, phase]) for phase in COATING)
            for phase in COATING:
                pixels = int(counted[n, k, phase])
                rows.append(
                    {
                        "side": side,
                        "depth_bin": k,
                        "zeta0": k / DEPTH_BINS,
                        "zeta1": (k + 1) / DEPTH_BINS,
                        "phase": Phase(phase).name.lower(),
                        "area_um2": pixels * px * px,
                        "fraction": pixels / total if total else float("nan"),
                    }
                )
    return pd.DataFrame(rows)
