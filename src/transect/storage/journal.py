"""What a store under construction already holds, so that a killed run can go on from there."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transect.storage.files import remove, writing

NAME = "journal.jsonl"

Key = tuple[str, int, int]
"""Image, first row and first column of a shard."""


class Journal:
    """Shards that were written, one line each, behind a line that says what the store is made of.

    A line is added when all levels of a shard are written. Whether they reached the disk before
    the machine went down, the digest in the line tells: shards are read again before they are kept.
    Where it is `fresh`, nothing is left of another run.
    """

    def __init__(self, path: Path, whole: dict[Key, str], fresh: bool) -> None:
        self.whole = whole
        self.fresh = fresh
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path, facts: Mapping[str, Any]) -> Journal:
        """Take up the journal in a folder, or empty the folder and begin one.

        Parameters
        ----------
        folder
            Folder of the store under construction.
        facts
            What the store is made of: shards of another one are of no use.
        """
        head, path = json.dumps(facts, sort_keys=True), folder / NAME
        whole = _read(path, head)
        if whole is None:
            remove(folder)
            folder.mkdir()
        # Metadata may be cut short, and is made again in no time.
        for file in folder.rglob("zarr.json"):
            file.unlink()
        journal = cls(path, whole or {}, whole is None)
        # Anew: the last line may be cut short.
        lines = [head, *(_line(key, digest) for key, digest in journal.whole.items())]
        with writing(path) as fresh:
            fresh.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return journal

    def add(self, name: str, row0: int, col0: int, digest: str) -> None:
        """Note a shard whose levels are all written."""
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(_line((name, row0, col0), digest) + "\n")

    def close(self) -> None:
        """Remove the journal: the store is complete."""
        self._path.unlink()


def _read(path: Path, head: str) -> dict[Key, str] | None:
    """Shards that are listed, or None where there is no journal of this very store."""
    try:
        first, *lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    if first != head:
        return None
    whole = {}
    for line in lines:
        try:
            name, row0, col0, digest = json.loads(line)
        except (TypeError, ValueError):
            continue
        whole[name, row0, col0] = digest
    return whole


def _line(key: Key, digest: str) -> str:
    return json.dumps([*key, digest])
