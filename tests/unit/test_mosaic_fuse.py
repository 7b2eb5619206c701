"""Fusion: every pixel where it belongs, each tile decoded once, the same whatever the threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transect.mosaic.fusion.cache import TileCache
from transect.mosaic.fusion.fuse import Fusion, write_mosaic
from transect.mosaic.fusion.joints import FAR, Sides, joints
from transect.mosaic.fusion.sample import taps
from transect.mosaic.fusion.scene import Detector, Scene, mosaic_shape, snapped
from transect.parallel import Window
from transect.storage.images import open_image
from transect.storage.stores import new_store


def scene_of(tiles, positions, *, feather=16.0, shading=None, gain=None, offset=None, dark=0.0):
    count = len(tiles)
    detector = Detector(
        shading,
        dark,
        np.ones(count) if gain is None else np.asarray(gain, float),
        np.zeros(count) if offset is None else np.asarray(offset, float),
        np.ones(count, np.bool_),
        np.zeros((count, 2)),
    )
    return Scene(np.asarray(positions, float), tiles[0].shape, feather, (detector,), tiles[0].dtype)


def fused(tiles, positions, **options):
    scene = scene_of(tiles, positions, **options)
    shape = mosaic_shape(scene.positions, scene.tile_shape)
    pixels, valid = Fusion(scene, lambda key: tiles[key[1]]).shard(0, 0, shape)
    return pixels[0], valid[0]


def cut(image, edge, overlap):
    steps = [range(0, n - edge + 1, edge - overlap) for n in image.shape]
    corners = [(x, y) for y in steps[0] for x in steps[1]]
    return [image[y : y + edge, x : x + edge] for x, y in corners], corners


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_whole_shifts_give_back_the_image_exactly(dtype):
    image = np.random.default_rng(1).integers(0, 255, (340, 460)).astype(dtype)
    image = image * dtype(200) if dtype is np.uint16 else image
    tiles, corners = cut(image, 100, 40)
    pixels, valid = fused(tiles, corners)
    assert pixels.dtype == dtype
    # Sums of floats round in their last digits.
    assert np.abs(pixels - image).max() <= (1e-4 if dtype is np.float32 else 0)
    assert valid.all()


def test_a_battery_cut_into_tiles_is_the_same_image_again(data):
    image = cv2.imread(str(data / "nmc-bse/nmc-cross-section.tif"), cv2.IMREAD_UNCHANGED)
    tiles, corners = cut(image, 250, 50)
    pixels, valid = fused(tiles, corners)
    whole = image[: pixels.shape[0], : pixels.shape[1]]
    assert valid.all()
    assert np.array_equal(pixels, whole)


def test_outside_the_blends_each_pixel_is_its_own_tile():
    random = np.random.default_rng(2)
    tiles = [random.integers(0, 255, (80, 100)).astype(np.uint8) for _ in range(2)]
    pixels, _ = fused(tiles, [(0, 0), (60, 0)], feather=10)
    # The overlap is columns 60 to 100; the blend its middle 10.
    assert np.array_equal(pixels[:, :75], tiles[0][:, :75])
    assert np.array_equal(pixels[:, 85:], tiles[1][:, 25:])
    mixed = pixels[:, 75:85].astype(int)
    low = np.minimum(tiles[0][:, 75:85], tiles[1][:, 15:25])
    high = np.maximum(tiles[0][:, 75:85], tiles[1][:, 15:25])
    assert (mixed >= low).all()
    assert (mixed <= high).all()


def test_a_blend_is_a_straight_ramp():
    tiles = [np.full((40, 100), v, np.uint8) for v in (50, 150)]
    pixels, _ = fused(tiles, [(0, 0), (60, 0)], feather=20)
    ramp = pixels[20, 70:90].astype(float)
    assert ramp == pytest.approx(50 + 100 * (np.arange(20) + 0.5) / 20, abs=0.6)


@given(
    step=st.floats(20, 99),
    aside=st.floats(-15, 15),
    feather=st.floats(1, 60),
    lead=st.integers(0, 90),
)
@settings(max_examples=50, deadline=None)
def test_two_tiles_add_up_to_one_across_their_joint(step, aside, feather, lead):
    every = joints(np.array([[0, 40], [step, 40 + aside]]), (100, 100), feather)
    assert len(every) == 1
    (a, _), (b, _) = (Sides(every).of(tile, 0, lead, (200, 110)) for tile in (0, 1))
    inside = slice(every[0].start, every[0].stop)
    place = (np.arange(110) + np.float32(0.5))[:, None]
    # The left tile's far side against the right tile's near side.
    left = np.clip((a[2, inside] - place) * a[3, inside] + 0.5, 0, 1)
    right = np.clip((place - b[0, inside]) * b[1, inside] + 0.5, 0, 1)
    assert np.abs(left + right - 1).max() < 1e-4
    outside = np.delete(np.arange(200), np.arange(200)[inside])
    assert (a[2, outside] == FAR).all()
    assert (b[0, outside] == -FAR).all()


def test_beside_a_neighbour_that_begins_lower_a_tile_goes_on():
    tiles = [np.full((80, 100), v, np.uint8) for v in (50, 150)]
    pixels, valid = fused(tiles, [(0, 0), (60, 20)], feather=10)
    assert (pixels[:20, :100] == 50).all()
    assert (pixels[20:80, 85:160] == 150).all()
    assert (pixels[80:, 60:] == 150).all()
    assert not valid[:20, 100:].any()


def test_a_tile_that_is_moved_to_whole_pixels_meets_its_neighbours_there():
    random = np.random.default_rng(9)
    tiles = [random.integers(0, 255, (80, 100)).astype(np.uint8) for _ in range(2)]
    pixels, _ = fused(tiles, [(0, 0.004), (60.01, 0.009)], feather=10)
    assert np.array_equal(pixels[:, :75], tiles[0][:, :75])
    assert np.array_equal(pixels[:, 85:], tiles[1][:, 25:])


def test_where_four_tiles_meet_askew_nothing_is_left_out():
    image = np.random.default_rng(5).integers(0, 255, (240, 240)).astype(np.uint8)
    corners = [(0, 0), (108, 20), (25, 110), (140, 140)]
    tiles = [image[y : y + 100, x : x + 100] for x, y in corners]
    tiles = [np.pad(t, ((0, 100 - t.shape[0]), (0, 100 - t.shape[1]))) for t in tiles]
    corners[1:3] = [(88, 20), (25, 85)]
    tiles[1:3] = [image[y : y + 100, x : x + 100] for x, y in corners[1:3]]
    corners[3], tiles[3] = (110, 105), image[105:205, 110:210]
    pixels, valid = fused(tiles, corners, feather=8)
    assert np.array_equal(pixels[valid > 0], image[: pixels.shape[0], : pixels.shape[1]][valid > 0])
    covered = np.zeros(valid.shape, np.uint8)
    for x, y in corners:
        covered[y : y + 100, x : x + 100] = 1
    assert np.array_equal(valid, covered)


@given(fraction=st.floats(0, 1, exclude_max=True))
def test_greys_between_pixels_keep_slopes_and_noise(fraction):
    weights = taps(fraction).astype(float)
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    assert weights @ np.arange(-2, 4) == pytest.approx(fraction, abs=1e-6)
    # Straight lines between two pixels would leave half of the variance.
    assert (weights**2).sum() > 0.77


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.99), st.floats(0, 0.99))
@settings(max_examples=10, deadline=None)
def test_sampling_is_six_points_along_each_axis(seed, fx, fy):
    tile = np.random.default_rng(seed).random((70, 140)).astype(np.float32)
    pixels, valid = fused([tile], [(fx, fy)])
    place = snapped(np.array([[fx, fy]]))[0]
    first = np.ceil(place)
    ahead = taps(first[1] - place[1])[:, None] * taps(first[0] - place[0])
    want = (tile[18:24, 98:104] * ahead).sum()
    r, c = 20 + int(first[1]), 100 + int(first[0])
    assert valid[r, c]
    assert pixels[r, c] == pytest.approx(want, abs=1e-5)


def test_parts_of_a_pixel_are_interpolated():
    columns = np.arange(64, dtype=np.float32)
    tile = np.tile(100 + columns, (64, 1))
    pixels, valid = fused([tile, tile], [(0.0, 0.0), (40.25, 0.5)])
    # Where only the second tile is: mosaic column x shows its column x - 40.25.
    assert pixels[20, 70] == pytest.approx(100 + 70 - 40.25, abs=1e-3)
    assert pixels.shape == (64, 104)
    assert valid[:, :64].all()
    assert not valid[0, 70:].any()
    assert valid[1:, 64:].all()


def test_a_shift_of_a_hundredth_of_a_pixel_is_no_reason_to_interpolate():
    assert snapped(np.array([[10.013, 5.4]])).tolist() == [[10.0, 5.4]]


def test_what_no_tile_shows_is_masked_and_zero():
    tiles = [np.full((50, 50), 9, np.uint8)] * 2
    pixels, valid = fused(tiles, [(0, 0), (80, 0)])
    assert pixels.shape == (50, 130)
    assert (valid == np.r_[[1] * 50, [0] * 30, [1] * 50]).all()
    assert (pixels[valid == 0] == 0).all()


def test_greys_are_corrected_and_kept_in_range():
    random = np.random.default_rng(3)
    truth = random.integers(20, 200, (60, 60)).astype(np.float64)
    shading = 1 + 0.2 * np.linspace(-1, 1, 60, dtype=np.float32)[None, :].repeat(60, axis=0)
    raw = np.rint(truth * shading / 1.1 + 7).astype(np.uint16)
    pixels, _ = fused([raw], [(0, 0)], shading=shading, gain=[1.1], offset=[0], dark=7.0)
    assert np.abs(pixels - truth).max() <= 1
    pixels, _ = fused([np.full((9, 9), 250, np.uint8)], [(0, 0)], gain=[1.5], offset=[0])
    assert (pixels == 255).all()
    pixels, _ = fused([np.full((9, 9), 3, np.uint8)], [(0, 0)], offset=[-9])
    assert (pixels == 0).all()


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


def doubled(steps=3):
    """Tiles of a flat specimen in a row, each with a bright bar where its neighbour has none."""
    tiles = [np.full((400, 300), 100, np.uint8) for _ in range(steps)]
    for tile in tiles[:-1]:
        # In the overlap of 100 px, right across its middle.
        tile[180:220, 240:260] = 200
    return tiles, [(200.25 * n, 0.5 * n) for n in range(steps)]


def cut_along(tiles, positions, threads=1, feather=32.0):
    scene = scene_of(tiles, positions, feather=feather)
    fusion = Fusion(scene, lambda key: tiles[key[1]])
    fusion.cut(threads)
    return fusion, mosaic_shape(scene.positions, scene.tile_shape)


def test_a_seam_goes_around_what_only_one_tile_shows():
    tiles, positions = doubled()
    straight, _ = fused(tiles, positions, feather=32.0)
    fusion, shape = cut_along(tiles, positions)
    pixels = fusion.shard(0, 0, shape)[0][0]

    def torn(image):
        """Pixels that are neither: a bar is there or is not."""
        inner = image[185:215, 205:300].astype(int)
        bar = np.abs(inner - 200) < 12
        return int((~bar & (np.abs(inner - 100) > 12)).sum())

    assert torn(straight) > 500
    # The rims of the bar lie between pixels.
    assert torn(pixels) <= 2 * 30


def test_a_seam_stays_in_the_middle_of_what_looks_the_same():
    random = np.random.default_rng(8)
    specimen = random.normal(100, 20, (400, 600))
    tiles = [specimen[:, x : x + 300] + random.normal(0, 5, (400, 300)) for x in (0, 200)]
    tiles = [np.rint(np.clip(t, 0, 255)).astype(np.uint8) for t in tiles]
    fusion, _ = cut_along(tiles, [(0, 0), (200, 0)])
    (joint,) = fusion.joints
    assert joint.width == 8
    assert np.abs(joint.bend).max() <= 16


@pytest.mark.parametrize("turned", [False, True], ids=["beside", "below"])
def test_seams_are_the_same_for_every_shard_and_any_threads(turned):
    tiles, positions = doubled()
    if turned:
        tiles, positions = [t.T.copy() for t in tiles], [p[::-1] for p in positions]
    fusion, shape = cut_along(tiles, positions)
    assert max(np.abs(j.bend).max() for j in fusion.joints) >= 16
    whole, valid = fusion.shard(0, 0, shape)
    again, _ = cut_along(tiles, positions, threads=4)
    for r in range(0, shape[0], 128):
        for c in range(0, shape[1], 128):
            size = min(128, shape[0] - r), min(128, shape[1] - c)
            part, seen = again.shard(r, c, size)
            assert np.array_equal(part, whole[:, r : r + size[0], c : c + size[1]])
            assert np.array_equal(seen, valid[:, r : r + size[0], c : c + size[1]])


def test_seams_of_an_exact_grid_give_back_the_image():
    image = np.random.default_rng(1).integers(0, 255, (500, 620)).astype(np.uint8)
    tiles, corners = cut(image, 260, 80)
    fusion, shape = cut_along(tiles, corners)
    pixels, valid = fusion.shard(0, 0, shape)
    assert valid.all()
    assert np.array_equal(pixels[0], image[: shape[0], : shape[1]])


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
        "from pathlib import Path; from test_mosaic_fuse import *;"
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
