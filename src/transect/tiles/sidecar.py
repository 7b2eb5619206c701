"""The text file that a Hitachi microscope writes beside each image."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from transect.tiles.pixels import Unreadable

_SECTION = re.compile(r"^\s*\[(Sem|Tem)ImageFile\]\s*$", re.MULTILINE | re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NUMBER = re.compile(r"^\s*([+-]?[\d.,]+(?:[eE][+-]?\d+)?)\s*([A-Za-zµμ/%°]*)")
_NM = {"": 1.0, "nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "mm": 1e6}


@dataclass(frozen=True)
class Sidecar:
    """Keys and values of one image; keys are looked up whatever their case."""

    values: dict[str, str]

    def text(self, key: str) -> str:
        """Value of a key, "" where it is absent or empty."""
        return self.values.get(key.lower(), "")

    def length_nm(self, key: str) -> float | None:
        """Length in nm; a bare number is in nm. None where it is absent or empty.

        Raises
        ------
        Unreadable
            The value is not a length.
        """
        text = self.text(key)
        if not text:
            return None
        number, unit = parse_number(key, text)
        if unit not in _NM:
            raise Unreadable(f"sidecar: {key}={text}: unit {unit!r} is not one of nm, um, mm")
        return number * _NM[unit]

    def size(self, key: str) -> tuple[int, int] | None:
        """Rows and columns of a value such as 1280x960 (columns first)."""
        match = re.fullmatch(r"\s*(\d+)\s*[xX*]\s*(\d+)\s*", self.text(key))
        return (int(match[2]), int(match[1])) if match else None


def parse_number(key: str, text: str) -> tuple[float, str]:
    """Split a value into number and unit; a comma is read as the decimal sign.

    Raises
    ------
    Unreadable
        It is no number, or has both a comma and a point, so that it could mean two things.
    """
    match = _NUMBER.match(text)
    if match is None:
        raise Unreadable(f"sidecar: {key}={text}: not a number")
    digits = match[1]
    if digits.count(",") + digits.count(".") > 1:
        raise Unreadable(f"sidecar: {key}={text}: more than one decimal sign; write 1234.5")
    try:
        return float(digits.replace(",", ".")), match[2]
    except ValueError:
        raise Unreadable(f"sidecar: {key}={text}: not a number") from None


def decode(raw: bytes) -> str:
    """Text of a sidecar: byte order mark, else UTF-8 (ASCII), else UTF-16, else ISO-8859-1.

    Raises
    ------
    Unreadable
        None of them gives the section that every sidecar has.
    """
    candidates = [name for mark, name in _BOMS if raw.startswith(mark)][:1]
    if not candidates:
        candidates = ["utf-8", "utf-16-le", "utf-16-be", "iso-8859-1"]
    for encoding in candidates:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _SECTION.search(text):
            return text
    raise Unreadable(
        "sidecar: no [SemImageFile] section in any known encoding"
        " (ASCII, UTF-8, UTF-16, ISO-8859-1); save it again as UTF-8"
    )


def is_sidecar(path: Path) -> bool:
    """Whether the first kilobyte of a text file opens a Hitachi section."""
    with path.open("rb") as file:
        head = file.read(1024)
    return b"ImageFile]" in head.replace(b"\0", b"")


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar.

    Raises
    ------
    Unreadable
        It cannot be opened, or its encoding or section is unknown.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"sidecar {path.name} cannot be opened: {error.strerror}") from error
    text = decode(raw)
    start = _SECTION.search(text)
    body = text[start.end() :] if start else ""
    values: dict[str, str] = {}
    for line in body.splitlines():
        if line.lstrip().startswith("["):
            break
        key, sign, value = line.partition("=")
        if sign:
            values.setdefault(key.strip().lower(), value.strip())
    return Sidecar(values)
