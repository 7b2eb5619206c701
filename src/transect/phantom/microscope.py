"""The microscope: where it puts its tiles, and what its detector does to the scene."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from transect.errors import ConfigError
from transect.phantom.appearance import Appearance
from transect.phantom.curves import stack_um
from transect.phantom.hashing import normal, unit
from transect.phantom.scene import Scene
from transect.phantom.spec import CORRUPTIONS, FIRST_DETECTOR, Detector, PhantomSpec

F32 = npt.NDArray[np.float32]

# One thread each: the parallelism is over tiles.
cv2.setNumThreads(1)


@dataclass(frozen=True)
class Exposure:
    """One tile: where it truly lies, where the stage says it lies, how it was recorded."""

    tile: str
    row: int
    column: int
    x_px: float
    y_px: float
    stage_x_nm: int
    stage_y_nm: int
    gain: float
    offset: float
    blur_px: float
    fault: str
    channel: str = FIRST_DETECTOR
    zoom: float = 1.0


@dataclass(frozen=True)
class Plan:
    """All tiles of a section, the truth frame around them, and fields of higher magnification."""

    exposures: tuple[Exposure, ...]
    rows: int
    columns: int
    details: tuple[Exposure, ...] = ()


def plan(spec: PhantomSpec) -> Plan:
    """Lay the tiles over a section.

    The stage moves on a grid; its axes are turned against the scan by `rotation_deg`, and each
    move misses by up to `stage_error_px`, which the sidecar does not know.

    Raises
    ------
    ConfigError
        A fault names a tile that is not there, or more tiles fail than there are.
    """
    scope, px = spec.microscope, spec.px_um
    tall, wide = scope.tile_shape
    step_y, step_x = tall * (1 - scope.overlap), wide * (1 - scope.overlap)
    columns = max(int(np.ceil((spec.width_um / px - wide) / step_x)) + 1, 1)
    high = (sum(stack_um(spec)) + 2 * spec.margin_um) / px
    rows = scope.rows or max(int(np.ceil((high - tall) / step_y)) + 1, 1)
    grid = [(r, c) for c in range(columns) for r in range(rows)]
    faults = _faults(spec, [name_of(r, c) for r, c in grid])
    turn = np.radians(scope.rotation_deg)
    wanted = np.array([[c * step_x, r * step_y] for r, c in grid])
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    miss = np.array(
        [[2 * unit(spec.seed + 77, n, k) - 1 for k in (1, 2)] for n in range(len(grid))]
    )
    true = wanted @ spin.T + scope.stage_error_px * miss
    corner = true.min(axis=0)
    true -= corner
    size = np.ceil(true.max(axis=0)) + np.array([wide, tall])
    made = [_exposure(spec, n, *grid[n], true[n], wanted[n], faults) for n in range(len(grid))]
    for number, detector in enumerate(scope.detectors, start=1):
        made += [_again(spec, number, e, n, detector) for n, e in enumerate(made[: len(grid)])]
    details = [_closer(spec, n, size, spin, corner) for n in range(scope.details)]
    return Plan(tuple(made), int(size[1]), int(size[0]), tuple(details))


def name_of(row: int, column: int) -> str:
    """Name of a tile."""
    return f"r{row:02d}_c{column:02d}"


def _exposure(
    spec: PhantomSpec,
    n: int,
    row: int,
    column: int,
    true: npt.NDArray[np.float64],
    wanted: npt.NDArray[np.float64],
    faults: dict[str, str],
) -> Exposure:
    look, scope, seed = spec.appearance, spec.microscope, spec.seed + 78
    tall, wide = scope.tile_shape
    # The stage's origin is somewhere on the holder, and reports the image's centre.
    stage = (wanted + np.array([wide / 2, tall / 2])) * scope.pixel_nm + np.array([3.2e6, -1.7e6])
    blur = look.defocus_px + look.defocus_spread_px * normal(seed, n, 3)
    return Exposure(
        name_of(row, column),
        row,
        column,
        float(true[0]),
        float(true[1]),
        scope.stage_x_sign * round(float(stage[0])),
        scope.stage_y_sign * round(float(stage[1])),
        1 + look.gain_step * (2 * unit(seed, n, 1) - 1),
        look.offset_step * (2 * unit(seed, n, 2) - 1),
        max(blur, 0.0) if look.defocus_px > 0 else 0.0,
        faults.get(name_of(row, column), ""),
    )


def _closer(
    spec: PhantomSpec,
    n: int,
    size: npt.NDArray[np.float64],
    spin: npt.NDArray[np.float64],
    corner: npt.NDArray[np.float64],
) -> Exposure:
    """Expose a field at higher magnification, somewhere in the layers of a frame of this size."""
    scope, seed = spec.microscope, spec.seed + 80
    tile = np.array(scope.tile_shape[::-1], dtype=np.float64)
    half = tile / scope.detail_zoom / 2
    x = half[0] + unit(seed, n, 1) * (size[0] - 2 * half[0])
    # The layers run through the frame's middle; there is nothing to see beside them.
    tilt = scope.rotation_deg if spec.geometry.tilt_deg is None else spec.geometry.tilt_deg
    middle = size[1] / 2 + np.tan(np.radians(tilt)) * (x - size[0] / 2)
    free = max(sum(stack_um(spec)) / spec.px_um - 2 * half[1], 0.0)
    y = middle + (unit(seed, n, 2) - 0.5) * free
    centre = np.array([x, np.clip(y, half[1], size[1] - half[1])])
    miss = np.array([2 * unit(seed, n, k) - 1 for k in (3, 4)])
    # Where a tile with the same centre would be looked for.
    wanted = (centre - tile / 2 + corner - scope.stage_error_px * miss) @ spin
    made = _exposure(spec, 100_000 + n, 0, n, centre - half, wanted, {})
    return replace(made, tile=f"d{n:02d}", zoom=scope.detail_zoom)


def _again(spec: PhantomSpec, number: int, first: Exposure, n: int, other: Detector) -> Exposure:
    """Expose the same field of view in a further detector."""
    look, seed = spec.looks()[other.name], spec.seed + 78 + 1009 * number
    x, y = (
        other.shift_px[k] + other.shift_error_px * (2 * unit(seed, n, 4 + k) - 1) for k in (0, 1)
    )
    return replace(
        first,
        x_px=first.x_px + x,
        y_px=first.y_px + y,
        gain=1 + look.gain_step * (2 * unit(seed, n, 1) - 1),
        offset=look.offset_step * (2 * unit(seed, n, 2) - 1),
        fault=other.faults.get(first.tile, ""),
        channel=other.name,
    )


def _faults(spec: PhantomSpec, names: list[str]) -> dict[str, str]:
    scope = spec.microscope
    faults: dict[str, str] = dict(scope.faults)
    unknown = sorted(set(faults) - set(names))
    if unknown:
        raise ConfigError(
            f"microscope.faults: no tile {', '.join(unknown)}; tiles are {names[0]} to {names[-1]}"
        )
    free = [n for n in names if n not in faults]
    free.sort(key=lambda n: unit(spec.seed + 79, names.index(n), 1))
    wanted = scope.missing + scope.corrupt
    if wanted and wanted >= len(free):
        raise ConfigError(
            f"microscope.missing and corrupt: {wanted} of {len(names)} tiles; one must be left"
        )
    for k, name in enumerate(free[:wanted]):
        lost = k < scope.missing
        faults[name] = "missing" if lost else CORRUPTIONS[(k - scope.missing) % len(CORRUPTIONS)]
    return faults


def shading_field(spec: PhantomSpec, look: Appearance | None = None) -> F32:
    """Brightness of a detector over a tile, mean 1, the same for every tile."""
    look = look or spec.appearance
    tall, wide = spec.microscope.tile_shape
    y = np.linspace(-1, 1, tall, dtype=np.float64)[:, None]
    x = np.linspace(-1, 1, wide, dtype=np.float64)[None, :]
    # Brightest a little off the centre, as with a four-quadrant detector out of balance.
    fall = ((x - 0.15) ** 2 + (y + 0.1) ** 2) / 2
    field = 1 - look.shading * fall
    return np.asarray(field / field.mean(), dtype=np.float32)


def expose(scene: Scene, exposure: Exposure, shading: F32) -> npt.NDArray[np.generic]:
    """Record one tile: blur, shading, brightness step, noise, rounding.

    `recorded = scene * shading * gain + offset`, before noise.
    """
    spec = scene.spec
    tall, wide = spec.microscope.tile_shape
    seed = [spec.seed, exposure.row, exposure.column]
    if number := list(spec.looks()).index(exposure.channel):
        seed.append(number)
    if exposure.zoom != 1:
        scene, seed = scene.magnified(exposure.zoom), [*seed, 0, 1]
    random = np.random.Generator(np.random.PCG64(seed))
    edge = int(np.ceil(3 * exposure.blur_px)) + 1 if exposure.blur_px > 0 else 0
    streaks = _streaks(random, tall + 2 * edge)
    if exposure.fault == "blank":
        image = np.full((tall, wide), spec.appearance.grey_outside, dtype=np.float32)
    else:
        x, y = exposure.x_px * exposure.zoom, exposure.y_px * exposure.zoom
        image = scene.grey(x - edge, y - edge, tall + 2 * edge, wide + 2 * edge, streaks)
    if edge and exposure.fault != "blank":
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), exposure.blur_px), dtype=np.float32)
        image = np.ascontiguousarray(image[edge:-edge, edge:-edge])
    if spec.appearance.shading > 0:
        image *= shading
    image = image * np.float32(exposure.gain) + np.float32(exposure.offset)
    return _digitise(spec, _noisy(spec, image, random))


def _streaks(random: np.random.Generator, rows: int) -> F32:
    raw = random.standard_normal(rows + 40).astype(np.float32)
    slow = np.convolve(raw, np.ones(40, np.float32) / 6.3, mode="valid")[:rows]
    return np.asarray(0.7 * slow + 0.5 * raw[:rows], dtype=np.float32)


def _noisy(spec: PhantomSpec, image: F32, random: np.random.Generator) -> F32:
    look = spec.appearance
    if look.counting:
        return random.poisson(np.maximum(image, 0)).astype(np.float32)
    if look.electrons > 0:
        counts = np.maximum(image, 0) * np.float32(look.electrons)
        # Poisson by its variance-stabilised form: right in mean, variance and skewness from
        # about two electrons on, at a tenth of the cost.
        root = np.sqrt(counts) + 0.5 * random.standard_normal(image.shape, dtype=np.float32)
        image = (root * root - np.float32(0.25)) / np.float32(look.electrons)
    if look.read_noise > 0:
        noise = random.standard_normal(image.shape, dtype=np.float32)
        image = image + np.float32(look.read_noise) * noise
    return np.asarray(image, dtype=np.float32)


def _digitise(spec: PhantomSpec, image: F32) -> npt.NDArray[np.generic]:
    if spec.microscope.dtype == "uint16":
        return np.asarray(np.clip(image * 257 + 0.5, 0, 65535), dtype=np.uint16)
    return np.asarray(np.clip(image + 0.5, 0, 255), dtype=np.uint8)
