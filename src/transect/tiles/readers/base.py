"""What every reader of raw folders gives, and what it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from transect.config import TilesConfig
from transect.errors import InputError
from transect.tiles.index import Quarantined
from transect.tiles.pixels import SUFFIXES, Header, Unreadable, read_header


@dataclass(frozen=True)
class Found:
    """One image that a reader found: its header, its place and what the microscope says.

    The place is the tile's centre, x along the columns and y along the rows, in um; or a row and
    column of the grid where no position is recorded.
    """

    file: str
    header: Header
    channel: str = ""
    pixel_nm: float | None = None
    centre_um: tuple[float, float] | None = None
    corner_px: tuple[float, float] | None = None
    cell: tuple[int, int] | None = None
    page: int = 0
    specimen_rows: int | None = None


@dataclass
class Scan:
    """All that a reader learns of a folder without reading pixels."""

    found: list[Found] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    microscope: dict[str, str] = field(default_factory=dict)

    def reject(self, file: str, reason: str) -> None:
        """Leave a file out."""
        self.quarantined.append(Quarantined(file=file, reason=reason))


@dataclass(frozen=True)
class Folder:
    """The files of a raw folder, in order: images, everything else, and names that are no text."""

    path: Path
    images: tuple[str, ...]
    others: tuple[str, ...]
    unnameable: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path) -> Folder:
        """List a folder; hidden files and sub-folders are left out.

        Raises
        ------
        InputError
            There is no such folder.
        """
        if not path.is_dir():
            raise InputError(f"{path}: no such folder of raw tiles; give the folder of the images")
        names = sorted(
            (e.name for e in path.iterdir() if e.is_file() and not e.name.startswith(".")),
            key=lambda name: (name.lower(), name),
        )
        sound = [n for n in names if _is_text(n)]
        images = tuple(n for n in sound if Path(n).suffix.lower() in SUFFIXES)
        others = tuple(n for n in sound if Path(n).suffix.lower() not in SUFFIXES)
        return cls(path, images, others, tuple(n for n in names if not _is_text(n)))

    def header(self, name: str, scan: Scan) -> Header | None:
        """Header of an image, or None after its quarantine."""
        try:
            return read_header(self.path / name)
        except Unreadable as reason:
            scan.reject(name, str(reason))
            return None


def _is_text(name: str) -> bool:
    """Whether a file's name is text of one line: JSON and pages can hold it."""
    return all(ord(letter) >= 32 and not "\ud800" <= letter <= "\udfff" for letter in name)


@dataclass(frozen=True)
class Reader:
    """One vendor's way: whether a folder is theirs, and what is in it."""

    name: str
    title: str
    recognises: Callable[[Folder], bool]
    scan: Callable[[Folder, TilesConfig], Scan]
    has_data_bar: bool = False
