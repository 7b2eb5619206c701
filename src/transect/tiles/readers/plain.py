"""Plain images: places from `positions.csv`, or rows and columns from the file names.

`positions.csv` has a column `file` and one pair of columns: `x_px`, `y_px` (top-left corner in
pixels), `x_um`, `y_um` (top-left corner in micrometres) or `stage_x_um`, `stage_y_um` (centre, the
stage's signs apply); `channel` is optional.
"""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

from transect.config import TilesConfig
from transect.errors import InputError
from transect.tiles.pixels import Header, Unreadable
from transect.tiles.readers.base import Folder, Found, Reader, Scan
from transect.tiles.readers.vendors import vendor_pixel_nm

POSITIONS = "positions.csv"
PAIRS = (("x_px", "y_px"), ("x_um", "y_um"), ("stage_x_um", "stage_y_um"))
PATTERNS = (
    r"r(?:ow)?[-_ ]?(?P<row>\d+)[-_ ]*c(?:ol(?:umn)?)?[-_ ]?(?P<column>\d+)",
    r"c(?:ol(?:umn)?)?[-_ ]?(?P<column>\d+)[-_ ]*r(?:ow)?[-_ ]?(?P<row>\d+)",
    r"y[-_ ]?(?P<row>\d+)[-_ ]*x[-_ ]?(?P<column>\d+)",
    r"x[-_ ]?(?P<column>\d+)[-_ ]*y[-_ ]?(?P<row>\d+)",
)


def recognises(folder: Folder) -> bool:
    """Plain is the last resort: every folder is."""
    return True


def scan(folder: Folder, config: TilesConfig) -> Scan:
    """Read every image's header and its place."""
    table = folder.path / POSITIONS
    if config.name_pattern is None and table.is_file():
        return _scan_table(folder, config, table)
    return _scan_names(folder, config)


def _scan_table(folder: Folder, config: TilesConfig, table: Path) -> Scan:
    result = Scan()
    listed: set[str] = set()
    pair, rows = read_positions(table)
    for line, row in rows:
        name = (row.get("file") or "").strip()
        if name not in folder.images:
            shown = name or "(blank)"
            result.reject(shown, f"{POSITIONS} line {line}: no such image in the folder")
            continue
        if name in listed:
            result.reject(name, f"{POSITIONS} line {line}: listed twice; the first is taken")
            continue
        listed.add(name)
        header = folder.header(name, result)
        if header is None:
            continue
        try:
            x, y = (_number(row, key, line) for key in pair)
            pixel_nm = _pixel_nm(folder.path / name, config)
        except Unreadable as reason:
            result.reject(name, str(reason))
            continue
        channel = (row.get("channel") or "").strip()
        result.found.append(_placed(name, header, channel, pixel_nm, pair, (x, y), config))
    for name in sorted(set(folder.images) - listed):
        if folder.header(name, result) is not None:
            result.reject(name, f"not listed in {POSITIONS}")
    return result


def read_positions(table: Path) -> tuple[tuple[str, str], list[tuple[int, dict[str, str]]]]:
    """Which pair of columns a positions table has, and its rows with their line numbers.

    Raises
    ------
    InputError
        The table is not UTF-8 text, or has no `file` or no pair of columns.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = tuple(reader.fieldnames or ())
            rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: not a table in UTF-8: {error}") from None
    pair = next((p for p in PAIRS if set(p) <= set(names)), None)
    if "file" not in names or pair is None:
        pairs = " or ".join(f"{x}, {y}" for x, y in PAIRS)
        raise InputError(
            f"{table}: columns {', '.join(names) or '(none)'} found, expected file and {pairs};"
            " add the missing column"
        )
    return pair, rows


def _number(row: dict[str, str], key: str, line: int) -> float:
    text = (row.get(key) or "").strip()
    try:
        value = float(text)
    except ValueError:
        raise Unreadable(f"{POSITIONS} line {line}: {key} is {text!r}, not a number") from None
    if not math.isfinite(value):
        raise Unreadable(f"{POSITIONS} line {line}: {key} is {text}, expected a finite number")
    return value


def _placed(
    name: str,
    header: Header,
    channel: str,
    pixel_nm: float,
    pair: tuple[str, str],
    place: tuple[float, float],
    config: TilesConfig,
) -> Found:
    x, y = place
    if pair == PAIRS[0]:
        return Found(name, header, channel, pixel_nm, corner_px=(x, y))
    if pair == PAIRS[1]:
        corner = (x * 1000 / pixel_nm, y * 1000 / pixel_nm)
        return Found(name, header, channel, pixel_nm, corner_px=corner)
    return Found(name, header, channel, pixel_nm, centre_um=config.along_image(x, y))


def _scan_names(folder: Folder, config: TilesConfig) -> Scan:
    result = Scan()
    patterns = [_user_pattern(config.name_pattern)] if config.name_pattern else _compiled()
    matches = {name: cell_of(name, patterns) for name in folder.images}
    alone = len(folder.images) == 1
    for name in folder.images:
        header = folder.header(name, result)
        if header is None:
            continue
        cell = matches[name] or ((0, 0) if alone else None)
        if cell is None:
            result.reject(
                name,
                f"no place: no {POSITIONS}, and no row and column in the name such as r00_c03;"
                " rename it or set tiles.name_pattern",
            )
            continue
        try:
            pixel_nm = _pixel_nm(folder.path / name, config)
        except Unreadable as reason:
            result.reject(name, str(reason))
            continue
        result.found.append(Found(name, header, "", pixel_nm, cell=cell))
    return result


def _compiled() -> list[re.Pattern[str]]:
    return [re.compile(r"(?:^|[^A-Za-z])" + p, re.IGNORECASE) for p in PATTERNS]


def _user_pattern(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError(
            f"tiles.name_pattern {pattern!r}: not a regular expression: {error}"
        ) from None
    if not {"row", "column"} <= set(compiled.groupindex):
        raise InputError(
            f"tiles.name_pattern {pattern!r}: needs the groups (?P<row>...) and (?P<column>...)"
        )
    return compiled


def cell_of(name: str, patterns: list[re.Pattern[str]]) -> tuple[int, int] | None:
    """Row and column in a file name, or None."""
    for pattern in patterns:
        match = pattern.search(Path(name).stem)
        if match and match["row"].isdigit() and match["column"].isdigit():
            return int(match["row"]), int(match["column"])
    return None


def _pixel_nm(path: Path, config: TilesConfig) -> float:
    found = config.pixel_nm or vendor_pixel_nm(path)
    if not found:
        raise Unreadable("pixel size is not recorded in the image; set tiles.pixel_nm")
    return found


READER = Reader("plain", "images placed by positions.csv or by their names", recognises, scan)
