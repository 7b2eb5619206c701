"""Command add-batch: from folders of raw tiles to rows of the sample sheet."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from transect.chemistry import chemistries_in
from transect.config import TilesConfig
from transect.errors import InputError, SheetError
from transect.log import logger, timed
from transect.sheet import CHEMISTRIES, Section, append, name_fault, read_sheet
from transect.tiles.build import keep_majority, scan_folder
from transect.tiles.pixels import SUFFIXES
from transect.tiles.readers import Folder

BLOCK_PX = 2_000_000_000
"""Pixels of a block: 10 to 30 minutes of work."""


@dataclass(frozen=True)
class Sighted:
    """A folder with images and the names that its place gives it."""

    folder: Path
    batch: str
    cell: str
    section: str


def add_batch(
    folder: Annotated[Path, Parameter(help="Folder of the batch: CELL/SECTION/images.")],
    *,
    batch: str | None = None,
    cell: str | None = None,
    sheet: Path = Path("config/sections.tsv"),
    chemistry: str = "nmc",
    pixel_nm: float | None = None,
    condition: str = "",
) -> None:
    """Add the sections of a batch to the sample sheet.

    Reads what the microscope recorded, not the pixels. Every folder with images becomes a section;
    the folder above it is its cell. What cannot be read is listed and left out; what is in the
    sheet already is not added again.

    Parameters
    ----------
    folder
        Folder of the batch.
    batch
        Name of the batch; the folder's name when absent.
    cell
        Name of the cell, for a folder that holds the sections of one cell.
    sheet
        Sample sheet; made when absent.
    chemistry
        Chemistry of the new sections: a file in config/chemistries, such as nmc or lfp.
    pixel_nm
        Pixel size in nm, for images that do not record it.
    condition
        Ageing state or other condition of all its cells, that `transect compare` groups them by.
    """
    known = list(dict.fromkeys([*CHEMISTRIES, *chemistries_in(sheet.parent / "chemistries")]))
    if chemistry not in known:
        raise SheetError(f"unknown chemistry {chemistry!r}; known: {', '.join(known)}")
    if pixel_nm is not None and not 0 < pixel_nm < float("inf"):
        raise SheetError(f"--pixel-nm is {pixel_nm}, expected a number above 0, in nm")
    with timed(f"sections of {folder}"):
        sighted = find_sections(folder, batch, cell)
        there = read_sheet(sheet, folders=False, chemistries=known) if _has_rows(sheet) else []
        new = _unknown(sighted, there, sheet)
        readable, unreadable = _read(new, chemistry, pixel_nm)
    for name, reason in unreadable:
        logger.warning("not added: %s: %s", name, reason)
    if not readable:
        first = f"; {unreadable[0][0]}: {unreadable[0][1]}" if unreadable else ""
        raise SheetError(f"{folder}: nothing to add: {_counts(sighted, new, unreadable)}{first}")
    append(sheet, [replace(section, condition=condition) for section in readable])
    read_sheet(sheet, folders=False, chemistries=known)
    logger.info(
        "%s: %d sections added, %s", sheet, len(readable), _counts(sighted, new, unreadable)
    )


def find_sections(folder: Path, batch: str | None = None, cell: str | None = None) -> list[Sighted]:
    """Every folder below (or at) a folder that holds images, with the names it gets.

    Raises
    ------
    InputError
        There is no such folder, or no image in it.
    SheetError
        A name cannot be used.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    top = folder.resolve().name
    found: list[Sighted] = []
    for place in _with_images(folder):
        parts = place.relative_to(folder).parts
        if cell is not None:
            section = "_".join(parts) or top
        else:
            section = "_".join(parts[1:] or parts) or top
        # A name that is given is taken as it is or refused; a folder's is made fit.
        given = _safe(top) if batch is None else batch
        inside = _safe(parts[0] if parts else top) if cell is None else cell
        found.append(Sighted(place, given, inside, _safe(section)))
    if not found:
        raise InputError(f"{folder}: no image (tif, bmp, jpg, png) in this folder or below it")
    faults = [
        f"{s.folder}: {what} {fault}"
        for s in found
        for what, name in (("batch", s.batch), ("cell", s.cell), ("section", s.section))
        if (fault := name_fault(name))
    ]
    if faults:
        raise SheetError("; ".join(sorted(set(faults))) + "; give --batch or --cell, or rename it")
    return found


def _with_images(folder: Path) -> list[Path]:
    """Folders that hold images; what transect itself wrote (truth, stores) is passed by."""
    found: list[Path] = []
    for place, inside, names in os.walk(folder):
        inside[:] = sorted(
            name for name in inside
            if not name.startswith(".") and name != "truth" and not name.endswith(".zarr")
        )  # fmt: skip
        if any(Path(name).suffix.lower() in SUFFIXES for name in names if name[0] != "."):
            found.append(Path(place))
    return found


def _safe(name: str) -> str:
    """Name with a line for every run of characters that a sheet does not take."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_.-")


def _has_rows(sheet: Path) -> bool:
    """Whether a sheet has more than its header; a broken one has, so that it is complained of."""
    if not sheet.is_file():
        return False
    lines = sheet.read_bytes().splitlines()
    return sum(bool(line.strip()) for line in lines) > 1


def _unknown(sighted: list[Sighted], there: list[Section], sheet: Path) -> list[Sighted]:
    """Sections that are not in the sheet.

    Raises
    ------
    SheetError
        A name is taken by another folder, in the sheet or among the new ones.
    """
    taken = {section.key: str(Path(section.folder).resolve()) for section in there}
    folders = set(taken.values())
    new: list[Sighted] = []
    faults: list[str] = []
    for one in sighted:
        key, place = (one.batch, one.cell, one.section), str(one.folder.resolve())
        if key in taken and taken[key] != place:
            faults.append(f"{'/'.join(key)} is that of {taken[key]} already, not of {one.folder}")
        elif key not in taken and place in folders:
            logger.warning("%s is in %s already, under another name", one.folder, sheet)
        elif key not in taken:
            new.append(one)
            taken[key] = place
    if faults:
        cure = "give --batch or --cell, or rename the folders"
        raise SheetError(f"{sheet}: duplicate sections, nothing added: {'; '.join(faults)}; {cure}")
    return new


def _read(
    new: list[Sighted], chemistry: str, pixel_nm: float | None
) -> tuple[list[Section], list[tuple[str, str]]]:
    """Rows of the sections that can be read, and the reasons of those that cannot."""
    readable: list[Section] = []
    unreadable: list[tuple[str, str]] = []
    for one in new:
        try:
            readable.append(_row(one, chemistry, pixel_nm))
        except InputError as error:
            unreadable.append((str(one.folder), str(error)))
    return readable, unreadable


def _row(one: Sighted, chemistry: str, pixel_nm: float | None) -> Section:
    try:
        _, scan = scan_folder(one.folder, TilesConfig())
        recorded = True
    except InputError:
        if pixel_nm is None:
            raise
        _, scan = scan_folder(one.folder, TilesConfig(pixel_nm=pixel_nm))
        recorded = False
    for left_out in scan.quarantined:
        logger.warning("%s: %s will be left out: %s", one.folder, left_out.file, left_out.reason)
    keep_majority(scan, TilesConfig())
    pixels = sum(f.header.shape[0] * f.header.shape[1] for f in scan.found)
    return Section(
        one.batch,
        one.cell,
        one.section,
        one.folder.as_posix(),
        chemistry,
        blocks=max(1, -(-pixels // BLOCK_PX)),
        tiles=len(Folder.of(one.folder).images),
        pixel_nm=None if recorded else pixel_nm,
    )


def _counts(sighted: list[Sighted], new: list[Sighted], unreadable: list[tuple[str, str]]) -> str:
    there = len(sighted) - len(new)
    return f"{there} in the sheet already, {len(unreadable)} could not be read"
