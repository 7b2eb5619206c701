"""OME-NGFF 0.5 metadata: what napari and web viewers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

VERSION = "0.5"


def multiscales(
    name: str, levels: int, px_um: float, origin_px: tuple[float, float], channels: bool
) -> dict[str, Any]:
    """Multiscales entry of an image group.

    Parameters
    ----------
    name
        Name shown in a viewer.
    levels
        Number of arrays, "0" the largest, each half the one before.
    px_um
        Pixel size of level 0 in micrometres.
    origin_px
        Row and column of the first pixel in the mosaic.
    channels
        Whether a channel axis comes first.
    """
    lead = [{"name": "c", "type": "channel"}] if channels else []
    axes = lead + [{"name": a, "type": "space", "unit": "micrometer"} for a in "yx"]
    ones, zeros = ([1.0], [0.0]) if channels else ([], [])
    datasets = []
    for level in range(levels):
        step = 2**level
        # A pixel of level k is centred (2^k - 1)/2 px from the centre of the first one it covers.
        shift = [(o + (step - 1) / 2) * px_um for o in origin_px]
        datasets.append(
            {
                "path": str(level),
                "coordinateTransformations": [
                    {"type": "scale", "scale": ones + [px_um * step] * 2},
                    {"type": "translation", "translation": zeros + shift},
                ],
            }
        )
    return {"name": name, "axes": axes, "datasets": datasets}


def image_attributes(scales: Mapping[str, Any], channels: Sequence[str]) -> dict[str, Any]:
    """Attributes of an image group with its channels."""
    entry: dict[str, Any] = {"version": VERSION, "multiscales": [dict(scales)]}
    if channels:
        colour = {"active": True, "color": "FFFFFF"}
        entry["omero"] = {"channels": [{"label": c, **colour} for c in channels]}
    return {"ome": entry}


def label_attributes(
    scales: Mapping[str, Any], colors: Mapping[int, tuple[int, int, int]], source: str | None
) -> dict[str, Any]:
    """Attributes of a label group, with a colour for each value that has one.

    `source` is the path of the image that the labels belong to, relative to the label group.
    """
    shades = [
        {"label-value": int(value), "rgba": [*rgb, 255]} for value, rgb in sorted(colors.items())
    ]
    label: dict[str, Any] = {"version": VERSION, "colors": shades}
    if source is not None:
        label["source"] = {"image": source}
    return {
        "ome": {"version": VERSION, "multiscales": [dict(scales)], "image-label": label},
    }
