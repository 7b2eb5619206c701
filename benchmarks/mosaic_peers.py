"""One peer at work on one grid: read a job, place the tiles, write their positions and the seconds.

`PYTHON mosaic_peers.py PEER JOB.json RESULT.json`, with the Python of the peers' own environment
(`pip install -r envs/peers.lock`); nothing of transect is imported. Peers are ashlar, m2stitch and
multiview-stitcher. Their settings are the best of those tried on the made grids.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

Job = dict[str, Any]


def read(path: str) -> np.ndarray:
    """Grey pixels of a tile."""
    if path.endswith(".tif"):
        import tifffile

        image = tifffile.imread(path)
    else:
        from PIL import Image

        image = np.asarray(Image.open(path).convert("L"))
    return image


def ashlar(job: Job) -> Job:
    """Register, and fuse with a pyramid when the job asks for it.

    Its own settings but for these: shifts up to `max_shift_px`; no thumbnail, which only serves
    several cycles; `filter_sigma` by the job.
    """
    from ashlar import reg

    class Metadata(reg.Metadata):  # type: ignore[misc]
        _num_images = len(job["files"])
        num_channels = 1
        pixel_size = job["pixel_um"]
        pixel_dtype = read(job["files"][0]).dtype

        def tile_position(self, i: int) -> np.ndarray:
            return np.array(job["stage_px"][i][::-1])

        def tile_size(self, i: int) -> np.ndarray:
            return np.array(job["tile_shape"])

    class Reader(reg.Reader):  # type: ignore[misc]
        metadata = Metadata()

        def read(self, series: int, c: int) -> np.ndarray:
            return read(job["files"][series])

    class Aligner(reg.EdgeAligner):  # type: ignore[misc]
        def compute_threshold(self) -> None:
            start = time.perf_counter()
            super().compute_threshold()
            self.threshold_s = time.perf_counter() - start

    start = time.perf_counter()
    aligner = Aligner(
        Reader(),
        max_shift=job["max_shift_px"] * job["pixel_um"],
        filter_sigma=job["settings"].get("filter_sigma", 1.0),
        alpha=job["settings"].get("alpha", 0.01),
        do_make_thumbnail=False,
    )
    aligner.run()
    found = {
        "register_s": time.perf_counter() - start,
        "null_s": aligner.threshold_s,
        "null_draws": len(aligner.errors_negative_sampled),
        "positions": aligner.positions[:, ::-1].tolist(),
        "accepted": [
            [int(a), int(b), *map(float, shift[::-1] + _ahead(job, a, b))]
            for (a, b), (shift, error) in aligner._cache.items()
            if np.isfinite(error)
        ],
    }
    if job.get("fuse"):
        start = time.perf_counter()
        mosaic = reg.Mosaic(aligner, aligner.mosaic_shape)
        reg.PyramidWriter([mosaic], job["fuse"]).run()
        found["fuse_s"] = time.perf_counter() - start
        found["fused_px"] = int(np.prod(mosaic.shape))
    return found


def _ahead(job: Job, a: int, b: int) -> np.ndarray:
    """Shift of b against a by the stage."""
    return np.subtract(job["stage_px"][b], job["stage_px"][a])


def m2stitch(job: Job) -> Job:
    """Register with the stage as first guess; it takes all images at once."""
    from m2stitch import stitch_images

    start = time.perf_counter()
    images = np.stack([read(name) for name in job["files"]])
    rows, columns = np.array(job["rows"]), np.array(job["columns"])
    frame, facts = stitch_images(
        images,
        position_indices=np.stack([rows, columns], axis=1),
        position_initial_guess=np.array(job["stage_px"])[:, ::-1],
        overlap_diff_threshold=100 * job["max_shift_px"] / min(job["tile_shape"]),
        ncc_threshold=job["settings"].get("ncc_threshold", 0.5),
        pou=job["settings"].get("pou", 3),
        row_col_transpose=False,
    )
    return {
        "register_s": time.perf_counter() - start,
        "positions": frame[["x_pos", "y_pos"]].to_numpy(float).tolist(),
    }


def multiview_stitcher(job: Job) -> Job:
    """Register from the stage, at full resolution unless the job asks for bins."""
    import dask
    import dask.array as da
    from multiview_stitcher import msi_utils, param_utils, registration
    from multiview_stitcher import spatial_image_utils as si

    shape = tuple(job["tile_shape"])

    def lazy(name: str) -> da.Array:
        return da.from_delayed(dask.delayed(read)(name), shape, read(job["files"][0]).dtype)

    start = time.perf_counter()
    views = []
    for name, (x, y) in zip(job["files"], job["stage_px"], strict=True):
        image = si.get_sim_from_array(
            lazy(name), dims=["y", "x"], scale={"y": 1.0, "x": 1.0},
            translation={"y": y, "x": x}, transform_key="stage",
        )  # fmt: skip
        views.append(msi_utils.get_msim_from_sim(image, scale_factors=[]))
    bins = job["settings"].get("bins", 1)
    with dask.config.set(scheduler="threads", num_workers=job["threads"]):
        found = registration.register(
            views,
            transform_key="stage",
            reg_channel_index=0,
            registration_binning={"y": bins, "x": bins},
            overlap_tolerance=float(job["settings"].get("tolerance_px", 0.0)),
            pre_registration_pruning_method="keep_axis_aligned",
            post_registration_do_quality_filter=job["settings"].get("filter", True),
            post_registration_quality_threshold=job["settings"].get("quality", 0.2),
            groupwise_resolution_kwargs={"transform": "translation"},
            n_parallel_pairwise_regs=job["threads"],
        )
    moved = [param_utils.translation_from_affine(np.asarray(p).squeeze())[::-1] for p in found]
    return {
        "register_s": time.perf_counter() - start,
        "positions": (np.array(job["stage_px"]) + np.array(moved)).tolist(),
    }


PEERS = {"ashlar": ashlar, "m2stitch": m2stitch, "multiview-stitcher": multiview_stitcher}


def main() -> None:
    """Do one job."""
    peer, source, target = sys.argv[1:]
    job = json.loads(Path(source).read_text())
    Path(target).write_text(json.dumps(PEERS[peer](job)) + "\n")


if __name__ == "__main__":
    main()
