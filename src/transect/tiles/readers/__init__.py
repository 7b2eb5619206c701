"""Readers of raw folders, one per vendor, in one registry.

`auto` asks each in order whether the folder is theirs; the first that says yes takes it.
"""

from __future__ import annotations

from transect.errors import InputError
from transect.log import logger
from transect.tiles.readers import hitachi, ome, plain, zeiss
from transect.tiles.readers.base import Folder, Found, Reader, Scan

__all__ = ["READERS", "Folder", "Found", "Reader", "Scan", "choose"]

READERS: dict[str, Reader] = {
    reader.name: reader for reader in (hitachi.READER, zeiss.READER, ome.READER, plain.READER)
}


def choose(name: str, folder: Folder) -> Reader:
    """Reader of a folder: the one that is named, or with "auto" the first that recognises it.

    Raises
    ------
    InputError
        No reader of that name.
    """
    if name != "auto":
        if name not in READERS:
            raise InputError(f"no reader {name!r}; there are auto, {', '.join(READERS)}")
        return READERS[name]
    reader = next(r for r in READERS.values() if r.recognises(folder))
    logger.info("reader %s taken for %s: %s", reader.name, folder.path, reader.title)
    return reader
