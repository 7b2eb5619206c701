"""Templates to one self-contained page: nothing is asked for from outside, everything escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from transect import __version__
from transect.recipes import RECIPES

_FOLDER = Path(__file__).parent / "templates"
_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "zarr",
    "scikit-image",
    "opencv-python-headless",
)


def render(template: str, **values: Any) -> str:
    """Render a page.

    Parameters
    ----------
    template
        File in the folder of templates.
    **values
        What the template asks for; text in it is escaped.
    """
    script = (_FOLDER / "script.js").read_text(encoding="utf-8")
    # The policy allows this script only, by its hash: nothing that data brings along can run.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup((_FOLDER / "style.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_digest=digest,
            version=__version__,
            **values,
        )
    )


def versions() -> list[tuple[str, str]]:
    """Versions of this package and of those whose arithmetic it relies on."""
    found = [("transect", __version__)]
    for name in _PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found


def recipes() -> list[tuple[str, str]]:
    """Recipe number of every step."""
    return [(name, str(number)) for name, number in RECIPES.items()]


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
