"""Shards: each tile decoded once, the same bytes for any threads, and what was killed goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from support.fusing import fused, scene_of
from transect.mosaic.fusion.cache import TileCache
from transect.mosaic.fusion.fuse import Fusion, write_mosaic
from transect.mosaic.fusion.scene import mosaic_shape
from transect.parallel import Window
from transect.storage.images import open_image
from transect.storage.stores import new_store


def written(path, tiles, positions, threads, shard=128, cache_bytes=1 << 30):
    scene = scene_of(tiles, positions)
    shape = mosaic_shape(scene.positions, scene.tile_shape)
    reads = []

    def read(key):
        reads.append(key)
        return tiles[key[1]]

    fusion = Fusion(scene, read, cache_bytes)
    with new_store(path, recipe=1, inputs={}) as store:
        image = store.image("", (1, *shape), "uint8", 0.02, shard=shard, channels=["BSE"])
        mask = store.image("labels/valid", (1, *shape), "uint8", 0.02, kind="labels", shard=shard)
        write_mosaic(fusion, image, mask, threads)
    return reads


def many_tiles():
    random = np.random.default_rng(4)
    tiles = [random.integers(0, 255, (96, 110)).astype(np.uint8) for _ in range(18)]
    at = [(c * 90 + random.uniform(-3, 3), r * 80 + random.uniform(-3, 3))
          for c in range(6) for r in range(3)]  # fmt: skip
    return tiles, np.array(at) - np.min(at, axis=0)


def test_threads_do_not_change_a_byte(tmp_path):
    tiles, positions = many_tiles()
    for threads in (1, 2, 4):
        written(tmp_path / f"{threads}.zarr", tiles, positions, threads)
    digests = {open_image(tmp_path / f"{n}.zarr").digest for n in (1, 2, 4)}
    assert len(digests) == 1


def test_shards_are_parts_of_one_mosaic(tmp_path):
    tiles, positions = many_tiles()
    written(tmp_path / "m.zarr", tiles, positions, 2)
    whole, valid = fused(tiles, positions)
    image, mask = open_image(tmp_path / "m.zarr"), open_image(tmp_path / "m.zarr", "labels/valid")
    window = Window(0, image.shape[0], 0, image.shape[1])
    assert np.array_equal(image.read(window), whole)
    assert np.array_equal(mask.read(window), valid)


def test_each_tile_is_decoded_once_though_only_a_few_are_kept(tmp_path):
    tiles, positions = many_tiles()
    # Room for 9 of 18 tiles.
    reads = written(tmp_path / "m.zarr", tiles, positions, 1, cache_bytes=9 * tiles[0].nbytes)
    assert len(reads) == len(set(reads)) == 18


def test_the_cache_forgets_what_was_used_longest_ago():
    cache = TileCache(lambda key: np.full(10, key, np.uint8), limit_bytes=25)
    for key in (1, 2, 1, 3, 1):
        assert (cache.get(key) == key).all()
    assert cache.decoded == 3
    cache.get(2)
    assert cache.decoded == 4


class Stopped(Exception):
    pass


def fail():
    raise Stopped


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def resumed(path, tiles, positions, stop_after=None, stop=fail, inputs="a", threads=1):
    """Fuse to a store that resumes; stop after so many shards. Returns the shards computed."""
    scene = scene_of(tiles, positions)
    shape = mosaic_shape(scene.positions, scene.tile_shape)
    done = []

    class Counted(Fusion):
        def shard(self, row0, col0, shape):
            if stop_after is not None and len(done) >= stop_after:
                stop()
            done.append((row0, col0))
            return super().shard(row0, col0, shape)

    fusion = Counted(scene, lambda key: tiles[key[1]])
    with new_store(path, recipe=1, inputs={"tiles": inputs}, resume=True) as store:
        image = store.image("", (1, *shape), "uint8", 0.02, shard=128, channels=["BSE"], levels=2)
        mask = store.image("labels/valid", (1, *shape), "uint8", 0.02, kind="labels", shard=128)
        write_mosaic(fusion, image, mask, threads)
    return done


def bytes_of(path):
    return {p.relative_to(path): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_a_stopped_fusion_goes_on_from_its_whole_shards(tmp_path):
    tiles, positions = many_tiles()
    every = resumed(tmp_path / "whole.zarr", tiles, positions)
    assert len(every) == 15
    part, partial = tmp_path / "part.zarr", tmp_path / "part.zarr.partial"
    with pytest.raises(Stopped):
        resumed(part, tiles, positions, stop_after=6)
    assert not part.exists()
    # What a power cut may leave: a lost level, a shard cut short, a torn line, torn metadata.
    row0, col0 = every[1]
    (partial / f"1/c/0/{row0 // 128}/{col0 // 128}").unlink()
    row0, col0 = every[3]
    shard = partial / f"labels/valid/0/c/0/{row0 // 128}/{col0 // 128}"
    shard.write_bytes(shard.read_bytes()[:-9])
    (partial / "0/c/0/2/4").parent.mkdir(parents=True, exist_ok=True)
    (partial / "0/c/0/2/4").write_bytes(b"nothing" * 99)
    with (partial / "journal.jsonl").open("a") as file:
        file.write('["", 256, 25')
    (partial / "zarr.json").write_text("")
    again = resumed(part, tiles, positions, threads=2)
    assert sorted(again) == sorted({*every[6:], every[1], every[3]})
    assert bytes_of(part) == bytes_of(tmp_path / "whole.zarr")
    assert not partial.exists()


def test_a_killed_fusion_goes_on(tmp_path):
    tiles, positions = many_tiles()
    resumed(tmp_path / "whole.zarr", tiles, positions)
    part = tmp_path / "part.zarr"
    code = (
        "from pathlib import Path; from test_mosaic_fuse_shards import *;"
        f"resumed(Path({str(part)!r}), *many_tiles(), stop_after=7, stop=die, threads=2)"
    )
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    killed = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    # Two threads: the last one or two may not have been written to their end.
    assert len(resumed(part, tiles, positions)) in {8, 9}
    assert bytes_of(part) == bytes_of(tmp_path / "whole.zarr")


def test_what_was_left_of_other_tiles_is_thrown_away(tmp_path):
    tiles, positions = many_tiles()
    with pytest.raises(Stopped):
        resumed(tmp_path / "m.zarr", tiles, positions, stop_after=6)
    assert len(resumed(tmp_path / "m.zarr", tiles, positions, inputs="b")) == 15
    # A finished store is no beginning of the next one.
    assert len(resumed(tmp_path / "m.zarr", tiles, positions, inputs="b")) == 15
