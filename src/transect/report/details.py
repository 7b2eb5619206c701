"""Places worth a look at full resolution: typical, most cracked, largest gap, thinnest, seam."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transect.parallel import Window
from transect.report.digits import length, short
from transect.report.images import grey_uri, outlines_uri, phases_uri
from transect.report.inputs import Section, numbers
from transect.report.viewer import cracked_ids, interfaces, limits_of

ROWS, COLUMNS = 480, 720
"""Size of a detail, in pixels of level 0."""


@dataclass(frozen=True)
class Place:
    """A spot of the mosaic (pixels of level 0), its name and what is there to see."""

    name: str
    row: float
    column: float
    fact: str


@dataclass(frozen=True)
class Detail:
    """A crop at full resolution with its overlays."""

    names: list[str]
    facts: list[str]
    window: Window
    px_um: float
    grey: str
    phases: str
    outlines: str
    lines: list[tuple[str, str]]
    gaps: str
    bar_um: float

    @property
    def bar_px(self) -> float:
        """Length of the scale bar, in pixels of level 0."""
        return self.bar_um / self.px_um


def details(section: Section) -> list[Detail]:
    """Crops of the places that are worth a look; places in one crop share it."""
    mosaic = section.mosaic
    if mosaic is None or 0 in mosaic.shape:
        return []
    chosen: list[tuple[Window, list[Place]]] = []
    for place in _places(section, mosaic.px_um):
        for window, places in chosen:
            if _well_inside(place, window):
                places.append(place)
                break
        else:
            chosen.append((_around(place, mosaic.shape), [place]))
    return [_crop(section, window, places) for window, places in chosen]


def _places(section: Section, px_um: float) -> list[Place]:
    found = (
        _typical(section, px_um),
        _most_cracked(section, px_um),
        _largest_void(section, px_um),
        _largest_gap(section, px_um),
        _thinnest(section, px_um),
        _worst_seam(section),
    )
    return [place for place in found if place is not None]


def _typical(section: Section, px_um: float) -> Place | None:
    blocks = section.tables["blocks"]
    valid = numbers(blocks["area_valid_um2"])
    parts = ("active_material", "binder", "pore", "crack")
    share = np.array([numbers(blocks[f"area_{p}_um2"]) for p in parts]) / np.where(
        valid > 0, valid, np.nan
    )
    usable = np.isfinite(share).all(axis=0) if len(valid) else np.zeros(0, bool)
    if not usable.any():
        return None
    share = share[:, usable]
    spread = np.maximum(share.std(axis=1, keepdims=True), 1e-6)
    best = int(
        np.argmin((((share - np.median(share, axis=1, keepdims=True)) / spread) ** 2).sum(0))
    )
    block = blocks[usable].iloc[best]
    column = (float(block["x0_um"]) + float(block["x1_um"])) / 2 / px_um
    row = _coating_row(section, str(block["side"]), column)
    return Place("Typical", row, column, "composition nearest to the section's median")


def _most_cracked(section: Section, px_um: float) -> Place | None:
    cracks = section.tables["cracks"]
    lengths = numbers(cracks["length_um"])
    if not np.nansum(lengths) > 0 or not section.applies("cracked_fraction"):
        return None
    half = np.array([COLUMNS, ROWS]) / 2
    spot = np.stack([numbers(cracks["mosaic_x_um"]), numbers(cracks["mosaic_y_um"])]) / px_um
    cell = np.floor(spot / half[:, None]).astype(int)
    total = np.zeros(cell.max(axis=1) + 2)
    np.add.at(total, (cell[0], cell[1]), np.nan_to_num(lengths))
    whole = total[:-1, :-1] + total[1:, :-1] + total[:-1, 1:] + total[1:, 1:]
    x, y = np.unravel_index(int(np.argmax(whole)), whole.shape)
    fact = f"{length(float(whole[x, y]))} of cracks in view"
    return Place("Most cracked", float(y + 1) * half[1], float(x + 1) * half[0], fact)


def _largest_void(section: Section, px_um: float) -> Place | None:
    particles = section.tables["particles"]
    voids = numbers(particles["void_area_um2"])
    if not np.nansum(voids) > 0 or not section.applies("internal_porosity"):
        return None
    row = particles.iloc[int(np.nanargmax(voids))]
    fact = f"{short(float(row['void_area_um2']))} µm² of voids in one particle"
    spot = float(row["mosaic_y_um"]) / px_um, float(row["mosaic_x_um"]) / px_um
    return Place("Largest void", *spot, fact)


def _largest_gap(section: Section, px_um: float) -> Place | None:
    pairs = (("foil_top", "a_base"), ("foil_bottom", "b_base"))
    best = _extreme(section, pairs, largest=True)
    if best is None or abs(best[0] - best[1]) < 1:
        return None
    foil, base, column = best
    fact = f"{length(abs(foil - base) * px_um)} open at the collector"
    return Place("Largest gap", (foil + base) / 2, column, fact)


def _thinnest(section: Section, px_um: float) -> Place | None:
    pairs = (("a_base", "a_surface"), ("b_base", "b_surface"))
    best = _extreme(section, pairs, largest=False) if section.foil else None
    if best is None:
        return None
    base, surface, column = best
    # Where the whole thickness does not fit, the surface is what there is to see.
    row = surface if abs(base - surface) > ROWS else (base + surface) / 2
    return Place("Thinnest", row, column, f"{length(abs(base - surface) * px_um)} of coating")


def _extreme(
    section: Section, pairs: tuple[tuple[str, str], ...], *, largest: bool
) -> tuple[float, float, float] | None:
    """Rows of both lines and the column where the distance between two lines is extreme."""
    layers = section.tables["layers"]
    found = []
    for names in pairs:
        one, two = (numbers(layers[f"{name}_px"]) for name in names)
        size = np.abs(one - two)
        if np.isfinite(size).any():
            at = int(np.nanargmax(size) if largest else np.nanargmin(size))
            found.append((float(one[at]), float(two[at]), float(layers["column_px"].iloc[at])))
    chosen = max if largest else min
    return chosen(found, key=lambda rows: abs(rows[0] - rows[1]), default=None)


def _worst_seam(section: Section) -> Place | None:
    seams = section.tables["seams"]
    seams = seams[seams["checked"].astype(bool)]
    residual = numbers(seams["residual_px"])
    shape = section.index.get("tile_shape")
    if not np.isfinite(residual).any() or not shape:
        return None
    seam = seams.iloc[int(np.nanargmax(np.abs(residual)))]
    at = section.tables["positions"].drop_duplicates("tile").set_index("tile")[["x_px", "y_px"]]
    if not {seam["tile_a"], seam["tile_b"]} <= set(at.index):
        return None
    x, y = at.loc[[seam["tile_a"], seam["tile_b"]]].mean() + np.array([shape[1], shape[0]]) / 2
    names = f"{seam['tile_a']} and {seam['tile_b']}"
    fact = f"{short(abs(float(seam['residual_px'])))} px left between tiles {names}"
    return Place("Worst seam", float(y), float(x), fact)


def _coating_row(section: Section, side: str, column: float) -> float:
    """Middle of a side's coating at a column; of the mosaic where that is not known."""
    layers = section.tables["layers"]
    if len(layers) and side in ("a", "b"):
        row = layers.iloc[int(np.argmin(np.abs(numbers(layers["column_px"]) - column)))]
        middle = (float(row[f"{side}_base_px"]) + float(row[f"{side}_surface_px"])) / 2
        if np.isfinite(middle):
            return middle
    return section.mosaic.shape[0] / 2 if section.mosaic else 0.0


def _around(place: Place, shape: tuple[int, int]) -> Window:
    rows, columns = min(ROWS, shape[0]), min(COLUMNS, shape[1])
    row0 = int(np.clip(place.row - rows / 2, 0, shape[0] - rows))
    col0 = int(np.clip(place.column - columns / 2, 0, shape[1] - columns))
    return Window(row0, row0 + rows, col0, col0 + columns)


def _well_inside(place: Place, window: Window) -> bool:
    """Whether a place is seen in a window with something around it."""
    rows, columns = window.shape
    return (
        window.row0 + rows / 5 <= place.row < window.row1 - rows / 5
        and window.col0 + columns / 5 <= place.column < window.col1 - columns / 5
    )


def _crop(section: Section, window: Window, places: list[Place]) -> Detail:
    assert section.mosaic is not None
    px_um = section.mosaic.px_um
    rows = section.tables["layers"].copy()
    lines = [c for c in rows.columns if c != "column_px"]
    rows[lines] -= window.row0
    found, gaps = interfaces(rows, window.col0, window.col1)
    phases, particles = section.phases, section.particles
    return Detail(
        [place.name for place in places],
        [place.fact for place in places],
        window,
        px_um,
        grey_uri(section.mosaic.read(window), limits_of(section), 85),
        "" if phases is None else phases_uri(phases.read(window)),
        "" if particles is None else outlines_uri(particles.read(window), cracked_ids(section)),
        found,
        gaps,
        round_length(window.shape[1] * px_um / 4),
    )


def round_length(most_um: float) -> float:
    """Longest round length up to a limit."""
    power = 10.0 ** np.floor(np.log10(most_um))
    return float(max(m * power for m in (1, 2, 5) if m * power <= most_um))
