"""Files of shards: what Zarr's own codecs would have written."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

import transect.storage.images  # noqa: F401 - chooses the codecs
from transect.storage.shards import codec_of, write_shard

EDGE, CHUNK = 128, 32


def both(tmp_path, block):
    """The same pixels as one shard by Zarr, and by us: the two files."""
    shape = (*block.shape[:-2], EDGE, EDGE)
    array = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=3).create_array(
        "0", shape=block.shape, dtype=block.dtype, shards=shape, fill_value=0,
        chunks=(*(1 for _ in shape[:-2]), CHUNK, CHUNK), compressors=[codec_of(block.dtype)],
    )  # fmt: skip
    array[...] = block
    theirs = tmp_path / "a.zarr/0" / array.metadata.encode_chunk_key((0,) * block.ndim)
    ours = tmp_path / "ours"
    write_shard(ours, block, EDGE, CHUNK)
    again = np.asarray(array[...])
    if theirs.exists():
        theirs.write_bytes(ours.read_bytes())
        again = np.asarray(array[...])
    assert np.array_equal(again, block)
    return theirs, ours


def patchy(shape, dtype):
    """Noise, beside chunks of zeros and of one value."""
    block = np.random.default_rng(3).integers(0, 200, shape).astype(dtype)
    block[..., :CHUNK, : 2 * CHUNK] = 0
    block[..., CHUNK : 2 * CHUNK, : 3 * CHUNK] = 7
    return block


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64", "float32"])
@pytest.mark.parametrize("shape", [(128, 128), (70, 128), (128, 33), (2, 128, 100), (3, 40)])
def test_a_shard_is_read_back_as_it_was(tmp_path, shape, dtype):
    both(tmp_path, patchy(shape, dtype))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_shard_is_as_long_as_zarrs_own(tmp_path, dtype):
    block = patchy((128, 128), dtype)
    zarr_file, ours = tmp_path / "theirs", tmp_path / "ours"
    array = zarr.create_array(
        zarr_file, shape=block.shape, dtype=dtype, shards=(EDGE, EDGE), chunks=(CHUNK, CHUNK),
        compressors=[codec_of(dtype)], fill_value=0,
    )  # fmt: skip
    array[...] = block
    write_shard(ours, block, EDGE, CHUNK)
    theirs = (zarr_file / "c/0/0").stat().st_size
    assert ours.stat().st_size == pytest.approx(theirs, rel=0.02)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_shard_of_zeros_is_no_file(tmp_path, dtype):
    theirs, ours = both(tmp_path, np.zeros((128, 50), dtype))
    assert not theirs.exists()
    assert not ours.exists()


def test_a_large_shard_after_a_small_one_has_room(tmp_path):
    for edge in (64, 512):
        block = np.random.default_rng(edge).integers(0, 256, (edge, edge)).astype(np.uint8)
        array = zarr.create_array(
            tmp_path / f"{edge}", shape=block.shape, dtype="uint8", shards=block.shape,
            chunks=(64, 64), compressors=[codec_of("uint8")], fill_value=0,
        )  # fmt: skip
        write_shard(tmp_path / f"{edge}/c/0/0", block, edge, 64)
        assert np.array_equal(np.asarray(array[...]), block)
