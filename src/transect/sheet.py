"""The sample sheet: one row per section. Nothing heavy is imported: the Snakefile reads it.

`sections.tsv` is tab-separated UTF-8 with a header line. Relative folders are looked up from the
folder that the workflow runs in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from transect.errors import SheetError

CHEMISTRIES = ("nmc", "nmc-single", "lfp", "lmno", "sib", "graphite", "assb")
"""Chemistries that come with the project; a file in `config/chemistries` makes another."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
REQUIRED = ("batch", "cell", "section", "folder")


@dataclass(frozen=True)
class Section:
    """One section: its names, its raw folder, and how its work is cut."""

    batch: str
    cell: str
    section: str
    folder: str
    chemistry: str = "nmc"
    blocks: int = 1
    tiles: int | None = None
    pixel_nm: float | None = None
    condition: str = ""
    loading_mg_cm2: float | None = None
    solids_g_cm3: float | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Batch, cell and section: what makes a row unique."""
        return self.batch, self.cell, self.section

    def results(self, root: Path) -> Path:
        """Folder of this section's results."""
        return root / "batches" / self.batch / self.cell / self.section

    def cells(self) -> list[str]:
        """Values as the sheet holds them; blank for what is not known."""
        values = (getattr(self, name) for name in COLUMNS)
        return ["" if v is None else f"{v:g}" if isinstance(v, float) else str(v) for v in values]


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Section))


def read_sheet(
    path: Path, *, folders: bool = True, chemistries: Sequence[str] = CHEMISTRIES
) -> list[Section]:
    """Read the sample sheet.

    Parameters
    ----------
    path
        Tab-separated file.
    folders
        Whether every raw folder must be there.
    chemistries
        Names of the chemistries that there are.

    Returns
    -------
    list of Section
        In the order of the sheet.

    Raises
    ------
    SheetError
        Lists every fault with its line.
    """
    lines = _lines(path)
    header = lines[0][1] if lines else []
    faults = _header_faults(header)
    if faults:
        raise _error(path, faults)
    sections: list[Section] = []
    seen: dict[str, int] = {}
    for number, values in lines[1:]:
        section = _section(number, header, values, chemistries, faults)
        if section is None:
            continue
        # Where case does not matter to the file system, names that differ in it would collide.
        first = seen.setdefault("/".join(section.key).lower(), number)
        if first != number:
            name = "/".join(section.key)
            faults.append(f"line {number}: section {name} is there on line {first} already")
        if folders and not Path(section.folder).is_dir():
            faults.append(f"line {number}: folder {section.folder}: no such folder")
        sections.append(section)
    if not lines[1:]:
        faults.append("no section; add one with `transect add-batch FOLDER`")
    if faults:
        raise _error(path, faults)
    return sections


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Cells of every line that is not blank, with its number."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SheetError(
            f"{path}: no such sample sheet; make one with `transect add-batch FOLDER`"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SheetError(f"{path}: not a readable sheet in UTF-8: {error}") from None
    found = csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    rows = [(n, [cell.strip() for cell in row]) for n, row in enumerate(found, 1)]
    return [(n, row) for n, row in rows if any(row) and not row[0].startswith("#")]


def _header_faults(header: Sequence[str]) -> list[str]:
    unknown = [name for name in header if name not in COLUMNS]
    missing = [name for name in REQUIRED if name not in header]
    twice = sorted({name for name in header if list(header).count(name) > 1})
    known = f"known columns: {', '.join(COLUMNS)}"
    faults = [f"line 1: unknown column {name or '(blank)'}; {known}" for name in unknown]
    faults += [f"line 1: column {name} is missing" for name in missing]
    return faults + [f"line 1: column {name} is there twice" for name in twice]


def _section(
    number: int,
    header: Sequence[str],
    values: Sequence[str],
    chemistries: Sequence[str],
    faults: list[str],
) -> Section | None:
    """Row of the sheet, or None where a fault was found."""
    if len(values) > len(header):
        faults.append(f"line {number}: {len(values)} cells, but {len(header)} columns")
        return None
    row = dict(zip(header, [*values, *[""] * (len(header) - len(values))], strict=True))
    before = len(faults)
    for name in REQUIRED[:3]:
        if fault := name_fault(row[name]):
            faults.append(f"line {number}: {name} {fault}")
    if not row["folder"]:
        faults.append(f"line {number}: folder is blank; expected the folder of the raw tiles")
    chemistry = row.get("chemistry") or "nmc"
    if chemistry not in chemistries:
        known = ", ".join(chemistries) or "none"
        faults.append(f"line {number}: unknown chemistry {chemistry!r}; known: {known}")
    blocks = _whole(number, "blocks", row.get("blocks", ""), faults)
    tiles = _whole(number, "tiles", row.get("tiles", ""), faults)
    pixel_nm, loading, solids = (
        _positive(number, name, unit, row.get(name, ""), faults)
        for name, unit in (
            ("pixel_nm", "nm"),
            ("loading_mg_cm2", "mg/cm2"),
            ("solids_g_cm3", "g/cm3"),
        )
    )
    condition = row.get("condition", "")
    if len(faults) > before:
        return None
    names = (row["batch"], row["cell"], row["section"])
    return Section(
        *names, row["folder"], chemistry, blocks or 1, tiles, pixel_nm, condition, loading, solids
    )


def name_fault(name: str) -> str:
    """Tell what is wrong with a name that becomes a folder and a page; "" when nothing is."""
    if not name:
        return "is blank"
    if NAME.fullmatch(name):
        return ""
    return f"{name!r} is no safe name; use letters, digits, _ . - and begin with a letter or digit"


def _whole(number: int, column: str, text: str, faults: list[str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    faults.append(f"line {number}: {column} is {text!r}, expected a whole number of 1 or more")
    return None


def _positive(number: int, column: str, unit: str, text: str, faults: list[str]) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if 0 < value < float("inf"):
        return value
    faults.append(f"line {number}: {column} is {text!r}, expected a number above 0, in {unit}")
    return None


def _error(path: Path, faults: Sequence[str]) -> SheetError:
    if len(faults) == 1:
        return SheetError(f"{path}: {faults[0]}")
    return SheetError(f"{path}: {len(faults)} faults\n  " + "\n  ".join(faults))


def append(path: Path, new: Iterable[Section]) -> None:
    """Append sections to a sheet, which is made where there is none; all or nothing.

    Rows that are there keep their bytes, and their columns decide what is written.

    Raises
    ------
    StorageError
        The sheet cannot be written.
    SheetError
        The sheet lacks a column that a new row has a value for.
    """
    from transect.storage.files import write_text

    if path.exists():
        text = path.read_text(encoding="utf-8-sig")
        text = text if text.endswith("\n") or not text else text + "\n"
        header = _lines(path)[0][1] if text.strip() else list(COLUMNS)
    else:
        text, header = "", list(COLUMNS)
    rows = [text if text.strip() else "\t".join(header) + "\n"]
    for section in new:
        values = dict(zip(COLUMNS, section.cells(), strict=True))
        lost = [name for name in COLUMNS if name not in header and _matters(name, values[name])]
        if lost:
            raise SheetError(f"{path}: column {', '.join(lost)} is missing; add it to the header")
        rows.append("\t".join(values[name] for name in header) + "\n")
    write_text(path, "".join(rows))


def _matters(name: str, value: str) -> bool:
    return value not in {"", {"chemistry": "nmc", "blocks": "1"}.get(name, "")} and name != "tiles"
