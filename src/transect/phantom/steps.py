"""The command that makes a phantom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from transect.errors import ConfigError
from transect.log import logger
from transect.phantom.chemistries import Chemistry
from transect.phantom.make import make_phantom
from transect.phantom.spec import load_spec


def phantom(
    out: Path,
    *,
    spec: Path | None = None,
    chemistry: Chemistry | None = None,
    appearance: Literal["clean", "good", "poor"] = "good",
    width_um: float | None = None,
    seed: int | None = None,
    pixel_nm: float | None = None,
    tile_shape: tuple[int, int] | None = None,
    rows: int | None = None,
    overlap: float | None = None,
    sides: Literal["a", "b", "both"] | None = None,
    foil: Literal["al", "cu", "none"] | None = None,
    separator: Literal["none", "a", "b", "both"] | None = None,
    thickness_um: float | None = None,
    d50_um: float | None = None,
    delamination: float | None = None,
    stage_error_px: float | None = None,
    rotation_deg: float | None = None,
    format: Literal["tif", "bmp", "jpg"] | None = None,
    encoding: Literal["ascii", "utf-16", "iso-8859-1"] | None = None,
    data_bar: int | None = None,
    details: int | None = None,
    detail_pixel_nm: float | None = None,
    missing: int | None = None,
    corrupt: int | None = None,
    faults: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    detectors: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    labels: bool = True,
    force: bool = False,
    threads: int = 2,
) -> None:
    """Make a section whose every quantity is known, as a microscope would have recorded it.

    OUT receives tiles with Hitachi sidecars, and OUT/truth what they show.

    Parameters
    ----------
    out
        Folder to make; must be empty or absent.
    spec
        YAML or JSON with any field of the specification; the options below win over it.
    chemistry
        Shapes, sizes and greys of an electrode; the other options win over it.
    appearance
        clean: no noise, blur or texture; good; poor.
    width_um
        Length along the foil.
    seed
        Seed of everything.
    pixel_nm
        Pixel size.
    tile_shape
        Rows and columns of a tile.
    rows
        Rows of tiles; as many as the section asks for when absent.
    overlap
        Share of a tile that its neighbour repeats.
    sides
        Coated sides of the foil.
    foil
        Metal of the collector; none: the whole frame is coating.
    separator
        Sides that a separator lies on.
    thickness_um
        Mean thickness of the coating on side a.
    d50_um
        Median diameter of the particles' sections.
    delamination
        Share of the interface that has come off.
    stage_error_px
        Largest error of the stage.
    rotation_deg
        Angle of the scan against the stage's axes.
    format
        Format of the tiles.
    encoding
        Encoding of the sidecars.
    data_bar
        Rows of data bar under each image.
    details
        Fields that are recorded again at higher magnification.
    detail_pixel_nm
        Their pixel size; a quarter of the tiles' when absent.
    missing
        Tiles that were not recorded.
    corrupt
        Tiles whose file is damaged.
    faults
        Faults of chosen tiles, such as r00_c03=truncated.
    detectors
        Detectors beside the first, such as SE; each sees edges and relief.
    labels
        Write label images and count areas in them.
    force
        Replace the phantom in OUT.
    threads
        Threads to work with.
    """
    chosen: dict[str, object] = {
        "width_um": width_um,
        "seed": seed,
        "geometry.sides": sides,
        "geometry.foil": foil,
        "geometry.separator": separator,
        "geometry.thickness_um": thickness_um,
        "geometry.d50_um": d50_um,
        "geometry.delamination": delamination,
        "microscope.pixel_nm": pixel_nm,
        "microscope.tile_shape": tile_shape,
        "microscope.rows": rows,
        "microscope.overlap": overlap,
        "microscope.stage_error_px": stage_error_px,
        "microscope.rotation_deg": rotation_deg,
        "microscope.format": format,
        "microscope.encoding": encoding,
        "microscope.data_bar": data_bar,
        "microscope.details": details,
        "microscope.detail_pixel_nm": detail_pixel_nm,
        "microscope.missing": missing,
        "microscope.corrupt": corrupt,
        "microscope.faults": _faults(faults),
        "microscope.detectors": [{"name": d} for d in detectors] if detectors else None,
        "labels": None if labels else False,
    }
    changes = {name: value for name, value in chosen.items() if value is not None}
    whole = load_spec(spec, changes, appearance, chemistry)
    made = make_phantom(out, whole, threads=threads, force=force)
    logger.info("phantom: %s", made)


def _faults(pairs: list[str] | None) -> dict[str, str] | None:
    if not pairs:
        return None
    wrong = [pair for pair in pairs if pair.count("=") != 1]
    if wrong:
        raise ConfigError(f"--faults: expected TILE=FAULT, found {', '.join(wrong)}")
    return dict(pair.split("=") for pair in pairs)
