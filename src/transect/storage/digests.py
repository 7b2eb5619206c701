"""Digests: what tells whether pixels or tables changed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xxhash


def digest_bytes(*parts: bytes | memoryview) -> str:
    """128-bit digest of some bytes, as 32 hexadecimal digits."""
    state = xxhash.xxh3_128()
    for part in parts:
        state.update(part)
    return str(state.hexdigest())


def digest_array(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
    """Digest of an array: its shape, its dtype and its values in C order."""
    head = f"{array.shape}{array.dtype.str}".encode()
    return digest_bytes(head, np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def digest_file(path: Path) -> str:
    """Digest of a file, read in pieces of 4 MiB.

    A Zarr store is told by its `zarr.json`, which holds the digest of its pixels.
    """
    path = path / "zarr.json" if path.is_dir() else path
    state = xxhash.xxh3_128()
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            state.update(piece)
    return str(state.hexdigest())


def digest_json(value: object) -> str:
    """Digest of anything JSON can hold; the order of keys does not matter."""
    return digest_bytes(json.dumps(value, sort_keys=True, default=str).encode())
