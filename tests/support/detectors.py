"""Detectors of a small grid, made of grains."""

from __future__ import annotations

import cv2
import numpy as np

from transect.mosaic.align.waves import Shading
from transect.mosaic.detectors.channels import Channel
from transect.mosaic.layout import Layout

TILE = (160, 200)
STEP = (136, 170)


def grains(rows, columns, seed, sigma=2.5):
    """Round grains on a dark ground, as seen with backscattered electrons."""
    random = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(random.normal(size=(rows, columns)).astype(np.float32), (0, 0), sigma)
    return np.where(noise > np.quantile(noise, 0.5), 170.0, 60.0).astype(np.float32)


def grid(rows, columns):
    at = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    places = at * np.array(STEP[::-1], dtype=np.float64)
    names = tuple(f"r{r:02d}_c{c:02d}" for c, r in at)
    return Layout(names, places, TILE, np.ones(len(at), np.bool_))


def cut(scene, layout):
    corners = layout.stage_px.astype(int)
    return np.array([scene[y : y + TILE[0], x : x + TILE[1]] for x, y in corners])


def channel_of(tiles, name="BSE", present=None, textured=None):
    there = np.ones(len(tiles), np.bool_) if present is None else np.asarray(present)
    shows = there if textured is None else np.asarray(textured)
    reason = tuple("" if p else "not recorded" for p in there)
    return Channel(name, lambda n: tiles[n], Shading(), there, shows, reason)
