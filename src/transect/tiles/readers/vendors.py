"""Pixel size of TIFFs of other vendors, through RosettaSciIO, which knows their private tags."""

from __future__ import annotations

from pathlib import Path

import tifffile

from transect.tiles.pixels import TIFF

# Resolution tags alone are not trusted: cameras and editors write 72 dpi into any image.
_KNOWN = ("is_fei", "is_sis", "is_tvips", "is_imagej")
_TO_NM = {"pm": 1e-3, "nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "mm": 1e6, "m": 1e9}


def vendor_pixel_nm(path: Path) -> float | None:
    """Pixel size in nm that a vendor's tag gives, or None where there is none."""
    if path.suffix.lower() not in TIFF:
        return None
    try:
        with tifffile.TiffFile(path) as tiff:
            if not any(getattr(tiff, name, False) for name in _KNOWN):
                return None
        from rsciio.tiff import file_reader

        axes = file_reader(str(path), lazy=True)[0]["axes"]
    except Exception:
        # A tag that cannot be read is as good as none: the caller asks for the pixel size.
        return None
    axis = axes[-1]
    factor = _TO_NM.get(str(axis.get("units")))
    return float(axis["scale"]) * factor if factor else None
