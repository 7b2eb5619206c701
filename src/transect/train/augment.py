"""What milling, the beam, the optics, the detector and the file do to an image."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from transect.train.fields import cloud, drag, rings, stripes
from transect.train.looks import Look

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
Random = np.random.Generator

_PIXEL = 0.4
"""Sigma in px that softens hard edges as square pixels do."""

# One thread: training makes samples in several processes.
cv2.setNumThreads(1)


def record(image: F32, solid: Bool, look: Look, random: Random) -> U8:
    """Record a rendered window.

    Parameters
    ----------
    image
        Grey levels of 255.
    solid
        Pixels of active material: they glow into their surroundings.
    look
        How it looks.
    random
        Where noise comes from.
    """
    image = _charged(image, solid, look)
    image = _uneven(image, look, random)
    rows, columns = image.shape
    factor = 2 if look.halved else 1
    image = _resized(image, rows // factor, columns // factor)
    image = _blurred(image, look, factor)
    image = _resized(_noisy(image, look, random), rows, columns)
    if look.sharpen:
        soft = cv2.GaussianBlur(image, (0, 0), 1.0 + look.defocus)
        image = image + np.float32(look.sharpen) * (image - soft)
    return _filed(image, look)


def _resized(image: F32, rows: int, columns: int) -> F32:
    """Record with fewer pixels, or show with more."""
    if image.shape == (rows, columns):
        return image
    way = cv2.INTER_AREA if rows < image.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (columns, rows), interpolation=way), dtype=np.float32)


def _charged(image: F32, solid: Bool, look: Look) -> F32:
    """Halos around active material, and what bright places leave behind them."""
    if look.halo:
        glow = _glow(solid, look.halo_px)
        # Strongest at the edge itself, and gone deep inside.
        glow *= np.where(solid, np.float32(0.5) - np.float32(0.5) * glow, np.float32(1))
        image = image + np.float32(look.halo * look.contrast) * glow
    if look.drag:
        image = image + np.float32(look.drag) * drag(image, look.drag_px)
    return image


def _glow(solid: Bool, sigma: float) -> F32:
    """Share of active material nearby."""
    mask = solid.astype(np.float32)
    if sigma < 4:
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), dtype=np.float32)
    small = cv2.resize(mask, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4)
    shape = mask.shape[::-1]
    return np.asarray(cv2.resize(small, shape, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _uneven(image: F32, look: Look, random: Random) -> F32:
    """Curtains, and slow changes of brightness."""
    if look.curtain:
        field = stripes(random, image.shape, look.curtain_px, look.curtain_deg)
        image = image * np.maximum(np.float32(1) + np.float32(look.curtain) * field, 0)
    if look.shading:
        size = max(image.shape) * random.uniform(0.2, 1.2)
        field = np.clip(cloud(random, image.shape, size), -2, 2)
        image = image * (np.float32(1) + np.float32(0.5 * look.shading) * field)
    return np.asarray(image, dtype=np.float32)


def _blurred(image: F32, look: Look, factor: int) -> F32:
    x = np.hypot(look.defocus, _PIXEL) / factor
    y = np.hypot(look.defocus * look.defocus_ratio, _PIXEL) / factor
    return np.asarray(cv2.GaussianBlur(image, (0, 0), x, sigmaY=y), dtype=np.float32)


def _noisy(image: F32, look: Look, random: Random) -> F32:
    """Noise of the signal and of the detector, of neighbours, rows and rings."""
    scale = np.float32(look.contrast)
    if look.noise:
        signal = np.maximum(image, 0) / np.float32(look.middle)
        sigma = np.sqrt(np.float32(look.shot) * signal + np.float32(1 - look.shot))
        white = random.standard_normal(image.shape, dtype=np.float32)
        image = image + scale * np.float32(look.noise) * sigma * white
    if look.cloudy:
        field = cloud(random, image.shape, 2 * look.cloudy_px, look.cloudy_stretch)
        image = image + scale * np.float32(look.cloudy) * field
    if look.lines:
        row = random.standard_normal((image.shape[0], 1), dtype=np.float32)
        image = image + scale * np.float32(look.lines) * row
    if look.rings:
        image = image + scale * np.float32(look.rings) * rings(random, image.shape)
    return np.asarray(image, dtype=np.float32)


def _filed(image: F32, look: Look) -> U8:
    """Brightness and contrast as a user sets them, and what a file keeps of them."""
    low, high = 0.0, 255.0
    if look.clip:
        # A sixteenth of the pixels tells as much.
        ends = np.quantile(image[::4, ::4], [look.clip, 1 - look.clip])
        low, high = float(ends[0]), max(float(ends[1]), float(ends[0]) + 1)
    share = np.clip((image - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    out = cv2.LUT((share * np.float32(255) + np.float32(0.5)).astype(np.uint8), _curve(look))
    if look.jpeg:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(100 - look.jpeg)]
        coded = cv2.imencode(".jpg", out, quality)[1]
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return np.asarray(out, dtype=np.uint8)


def _curve(look: Look) -> U8:
    """Map grey levels: gamma, few levels."""
    grey = (np.arange(256) / 255.0) ** look.gamma
    steps = max(int(look.levels), 2) - 1
    grey = np.rint(grey * steps) / steps
    return np.asarray(np.rint(255 * grey), dtype=np.uint8)
