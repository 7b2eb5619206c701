"""Making a phantom: tiles first, then the truth, each streamed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from transect.errors import InputError
from transect.log import logger, timed
from transect.parallel import run
from transect.phantom.microscope import Exposure, expose, plan, shading_field
from transect.phantom.scene import Scene
from transect.phantom.sidecar import write_tile
from transect.phantom.spec import PhantomSpec
from transect.phantom.truth import write_truth
from transect.storage.files import explain, write_text

MARKER = "spec.json"
"""File in the truth that tells a phantom; only a folder with it is ever replaced."""


def make_phantom(out: Path, spec: PhantomSpec, threads: int = 1, *, force: bool = False) -> Path:
    """Write the tiles of a made section and its truth.

    Parameters
    ----------
    out
        Folder to make.
    spec
        What to make.
    threads
        Threads to work with; the files do not depend on it.
    force
        Replace the phantom in the folder.

    Returns
    -------
    Path
        Folder of the truth.

    Raises
    ------
    InputError
        The folder is not empty, or is not a phantom that may be replaced.
    StorageError
        The disk is full or the folder cannot be written.
    """
    tiles = plan(spec)
    _prepare(out, force)
    marker = json.dumps(spec.model_dump(mode="json"), indent=1, sort_keys=True)
    write_text(out / "truth" / MARKER, marker + "\n")
    scene = Scene(spec, tiles.rows, tiles.columns)
    looks = spec.looks()
    scenes = {name: scene.seen_by(look) for name, look in looks.items()}
    shading = {name: shading_field(spec, look) for name, look in looks.items()}
    logger.info(
        "phantom: %d tiles of %d x %d px, section of %d x %d px, seed %d",
        len(tiles.exposures),
        *spec.microscope.tile_shape,
        tiles.rows,
        tiles.columns,
        spec.seed,
    )

    def one(exposure: Exposure) -> None:
        if exposure.fault != "missing":
            name = exposure.channel
            write_tile(out, spec, exposure, expose(scenes[name], exposure, shading[name]))

    with timed("tiles"):
        for _ in run(one, (*tiles.exposures, *tiles.details), threads, "tiles"):
            pass
    with timed("truth"):
        write_truth(out / "truth", scene, tiles, threads)
    return out / "truth"


def _prepare(out: Path, force: bool) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; choose a folder")
    try:
        if out.is_dir() and any(out.iterdir()):
            if not force:
                raise InputError(f"{out}: is not empty; choose another folder, or --force")
            if not (out / "truth" / MARKER).is_file():
                raise InputError(
                    f"{out}: is not empty and holds no phantom (no truth/{MARKER});"
                    " --force replaces only phantoms; choose another folder"
                )
            shutil.rmtree(out)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(out, error) from error
