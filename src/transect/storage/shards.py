"""Files of shards: compressed chunks behind each other, and behind them where each lies.

Zarr's own way of writing them takes a third of a millisecond a file, whatever is in it, and most
files of a pyramid are small; and it compresses each chunk of a mask anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import google_crc32c
import imagecodecs
import numpy as np
import numpy.typing as npt
from zarr.codecs import BloscCodec, ZstdCodec

Pixels = npt.NDArray[Any]
Packer = Callable[[Pixels, memoryview], int]

_codecs: Any = imagecodecs
"""Its stubs know of no arrays."""

_NOWHERE = 2**64 - 1
_rooms = threading.local()


def codec_of(dtype: npt.DTypeLike) -> ZstdCodec | BloscCodec:
    """Codec for pixels of a type, chosen by `benchmarks/codecs.py`.

    Noise hardly compresses; what counts is the time until the bytes are on the disk. In 8 bits
    Zstandard finds 1.5 times smaller files where others find 1.4; in 16 bits it is no better than
    LZ4 on sorted bits, which is read at twice the speed.
    """
    return _codec(np.dtype(dtype).itemsize)


@cache
def _codec(itemsize: int) -> ZstdCodec | BloscCodec:
    if itemsize == 1:
        return ZstdCodec(level=1)
    return BloscCodec(cname="lz4", shuffle="bitshuffle")


def write_shard(path: Path, block: Pixels, edge: int, chunk: int) -> None:
    """Write the file of one whole shard; none where all its pixels are 0.

    Parameters
    ----------
    path
        File.
    block
        Pixels, ([channel,] row, column), cut at the border of the image.
    edge, chunk
        Rows and columns of a shard and of its chunks, when they are not cut.
    """
    planes = block.reshape(-1, *block.shape[-2:])
    codec = codec_of(block.dtype)
    # Sorting bits is done on numbers, whatever they mean.
    kind = np.dtype(f"<u{block.dtype.itemsize}")
    planes = planes.astype(block.dtype.newbyteorder("<"), copy=False).view(kind)
    size = chunk * chunk * kind.itemsize
    most = size + size // 128 + 1024
    count = len(planes) * (edge // chunk) ** 2
    room, piece = _room(most * count + 20 * count + 64), np.zeros((chunk, chunk), kind)
    index = np.full((count, 2), _NOWHERE, "<u8")
    end = n = 0
    for plane in planes:
        for r in range(0, edge, chunk):
            for c in range(0, edge, chunk):
                found = _packed(plane[r : r + chunk, c : c + chunk], piece, codec, room[end:])
                if found:
                    index[n] = end, found
                    end += found
                n += 1
    if not end:
        path.unlink(missing_ok=True)
        return
    table = index.tobytes()
    tail = table + int(google_crc32c.value(table)).to_bytes(4, "little")
    room[end : end + len(tail)] = tail
    whole = room[: end + len(tail)]
    try:
        _write(path, whole)
    except FileNotFoundError:
        # Once in a row of shards: looking each time takes as long as a small file.
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, whole)


def _write(path: Path, data: memoryview) -> None:
    with path.open("wb", buffering=0) as file:
        while data:
            data = data[file.write(data) :]


def _packed(part: Pixels, piece: Pixels, codec: ZstdCodec | BloscCodec, room: memoryview) -> int:
    """Compress a chunk to the beginning of some room: bytes taken, none where it is 0."""
    rows, columns = part.shape
    first = part[0, 0] if part.size else 0
    whole = part.shape == piece.shape
    if not part.size or (first == part[-1, -1] and (whole or first == 0) and (part == first).all()):
        if first == 0:
            return 0
        known = _flat(int(first), piece.shape[0], piece.dtype.str)
        room[: len(known)] = known
        return len(known)
    piece[:rows, :columns] = part
    piece[rows:] = 0
    piece[:, columns:] = 0
    return _pack(piece, codec, room)


@lru_cache(maxsize=256)
def _flat(value: int, chunk: int, kind: str) -> bytes:
    """Compress a chunk of one value: masks are nearly nothing else."""
    piece = np.full((chunk, chunk), value, np.dtype(kind))
    room = memoryview(bytearray(2 * piece.nbytes + 1024))
    return bytes(room[: _pack(piece, codec_of(piece.dtype), room)])


def _pack(piece: Pixels, codec: ZstdCodec | BloscCodec, room: memoryview) -> int:
    room = room[: piece.nbytes + piece.nbytes // 128 + 1024]
    if isinstance(codec, ZstdCodec):
        return len(_codecs.zstd_encode(piece, codec.level, out=room))
    return len(
        _codecs.blosc_encode(
            piece,
            codec.clevel,
            compressor=codec.cname.value,
            shuffle=codec.shuffle.value,
            typesize=piece.itemsize,
            numthreads=1,
            out=room,
        )
    )


def _room(size: int) -> memoryview:
    """Bytes that each thread keeps: new ones for each shard would be cleared first."""
    room = getattr(_rooms, "room", None)
    if room is None or len(room) < size:
        room = _rooms.room = np.empty(size, np.uint8).data
    return cast(memoryview, room)
