"""How a number is written: as many digits as its interval deserves, and a dash for none."""

from __future__ import annotations

import math

NONE = "–"
_MINUS = "−"


def decimals_for(value: float, low: float = math.nan, high: float = math.nan) -> int:
    """Decimals to write: one or two digits of the half-width, else three of the value.

    Parameters
    ----------
    value
        The estimate.
    low, high
        Ends of its interval, NaN when there is none.
    """
    half = (high - low) / 2
    if math.isfinite(half) and half > 0:
        place = math.floor(math.log10(half))
        # The rule of the Particle Data Group: 0.23 keeps two digits, 0.61 one.
        keep = 1 if half / 10.0**place < 3.55 else 0
        return min(max(keep - place, 0), 6)
    if value == 0 or not math.isfinite(value):
        return 0
    return _decimals(value, 3)


def written(value: float, decimals: int) -> str:
    """Write a number with a fixed count of decimals, thin spaces between thousands."""
    if not math.isfinite(value):
        return NONE
    text = f"{abs(value):,.{decimals}f}".replace(",", "\u202f")
    # Rounding may leave nothing of a small negative number: no "minus zero".
    return _MINUS + text if value < 0 and float(f"{value:.{decimals}f}") else text


def short(value: float, digits: int = 3) -> str:
    """Write a number with some significant digits."""
    if not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    return written(value, _decimals(value, digits))


def limit(value: float) -> str:
    """Write a limit as someone set it: without zeros that say nothing."""
    return written(value, 0) if value == round(value) else short(value).rstrip("0")


def _decimals(value: float, digits: int) -> int:
    """Decimals that leave some significant digits, after rounding: 0.9996 has one before."""
    rounded = abs(float(f"{value:.{digits - 1}e}"))
    return min(max(digits - 1 - math.floor(math.log10(rounded)), 0), 8)


def count(value: float) -> str:
    """Write a whole number."""
    return written(value, 0)


def length(um: float) -> str:
    """Write a length in the unit that suits it: nm, um or mm."""
    if not math.isfinite(um):
        return NONE
    size = abs(um)
    if 0 < size < 1:
        return f"{short(um * 1000)} nm"
    return f"{short(um / 1000)} mm" if size >= 1000 else f"{short(um)} µm"


def unit(name: str) -> str:
    """Write a unit as people do: "um2" becomes "µm²"; a ratio has none."""
    if name in ("", "1"):
        return ""
    text = name.replace("um", "µm").replace("/mm2", "/mm²").replace("/mm3", "/mm³")
    for plain, nice in (("µm2", "µm²"), ("µm3", "µm³")):
        text = text.replace(plain, nice)
    return text.replace("1/", "/") if text.startswith("1/") else text
