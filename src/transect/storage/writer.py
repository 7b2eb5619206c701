"""Writing one multiscale image, a whole shard with all its levels at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from transect.errors import StorageError
from transect.storage.digests import digest_array
from transect.storage.images import Pixels
from transect.storage.journal import Journal
from transect.storage.pyramid import halve_image, halve_labels
from transect.storage.shards import write_shard


@dataclass
class ImageWriter:
    """One multiscale image of a store under construction; takes whole shards from any thread."""

    arrays: list[zarr.Array[Any]]
    shard: int
    labels: bool
    name: str
    folder: Path
    journal: Journal | None = None
    digests: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of level 0: (row, column) or (channel, row, column)."""
        return tuple(self.arrays[0].shape)

    def write(self, row0: int, col0: int, block: Pixels) -> None:
        """Write one whole shard and its part of every coarser level.

        Parameters
        ----------
        row0, col0
            First row and column in this image: multiples of the shard's edge.
        block
            Pixels of the shard, cut at the image's border; shape ([channel,] row, column).

        Raises
        ------
        StorageError
            The block is not exactly one shard: a part of one would lose data silently
            when two threads write to the same shard.
        """
        rows, columns = self.shape[-2:]
        want = (*self.shape[:-2], min(self.shard, rows - row0), min(self.shard, columns - col0))
        if row0 % self.shard or col0 % self.shard or block.shape != want:
            raise StorageError(
                f"block of shape {block.shape} at row {row0}, column {col0} is not one whole"
                f" shard of {self.shard} px of an image of shape {self.shape}; expected {want}"
            )
        block = np.ascontiguousarray(block, dtype=self.arrays[0].dtype)
        digest = digest_array(block)
        for level, (array, _, part) in enumerate(self._levels(row0, col0, block)):
            chunk = int(array.chunks[-1])
            write_shard(self._file(array, row0, col0), part, self.shard >> level, chunk)
        self.digests[row0, col0] = digest
        if self.journal:
            self.journal.add(self.name, row0, col0, digest)

    def kept(self, row0: int, col0: int) -> Pixels | None:
        """Pixels of a whole shard that an interrupted run has left; what is not whole is removed.

        Parameters
        ----------
        row0, col0
            As in `write`.
        """
        if self.journal and self.journal.fresh:
            return None
        digest = self.journal.whole.get((self.name, row0, col0)) if self.journal else None
        if digest is not None and (block := self._whole(row0, col0, digest)) is not None:
            self.digests[row0, col0] = digest
            return block
        for array in self.arrays:
            # A file that was cut short would be read before it is written, and cannot be.
            self._file(array, row0, col0).unlink(missing_ok=True)
        return None

    def _file(self, array: zarr.Array[Any], row0: int, col0: int) -> Path:
        place = (0,) * (array.ndim - 2) + (row0 // self.shard, col0 // self.shard)
        return self.folder / array.path / array.metadata.encode_chunk_key(place)

    def _whole(self, row0: int, col0: int, digest: str) -> Pixels | None:
        """Pixels of a shard, if all its levels are as they were written."""
        spot = (..., slice(row0, row0 + self.shard), slice(col0, col0 + self.shard))
        try:
            block = np.asarray(self.arrays[0][spot])
            levels = self._levels(row0, col0, block)
            good = digest_array(block) == digest
            good &= all(np.array_equal(np.asarray(a[spot]), part) for a, spot, part in levels)
        except (OSError, RuntimeError, ValueError):
            return None
        return block if good else None

    def _levels(self, row0: int, col0: int, block: Pixels) -> Iterator[tuple[Any, Any, Pixels]]:
        """Array of every level, with the spot and the pixels that a shard has there."""
        for level, array in enumerate(self.arrays):
            r, c = row0 >> level, col0 >> level
            rows, columns = block.shape[-2:]
            yield array, (..., slice(r, r + rows), slice(c, c + columns)), block
            if level + 1 < len(self.arrays):
                block = halve_labels(block) if self.labels else halve_image(block)
