"""Settings of the stage that measures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from transect.config.part import Part
from transect.elements import number_of


def _element(symbol: str) -> str:
    number_of(symbol)
    return symbol


def _range(ends: tuple[float, float]) -> tuple[float, float]:
    if not ends[0] <= ends[1]:
        raise ValueError(f"{list(ends)}: the darker end comes first")
    return ends


FILMS = ("sei", "li_plating")
"""Films on particles that are looked for by their greys; tables of sums know them by number."""

Symbol = Annotated[str, AfterValidator(_element)]
GreyRange = Annotated[tuple[float, float], AfterValidator(_range)]


class ElementMap(Part):
    """Where the X-ray counts of an element are."""

    detector: str = Field(
        min_length=1, description="Detector whose greys are the element's net counts."
    )
    factor: float = Field(
        1.0,
        gt=0,
        description="Atoms that one count stands for, against the other elements: k-factor over"
        " atomic weight.",
    )
    counts: float = Field(
        1.0,
        gt=0,
        description="Counts of one grey level: below 1 where a map was enlarged or smoothed, as"
        " each count is seen several times.",
    )


class MeasureConfig(Part):
    """What is measured over phases and particles."""

    x_block_um: float = Field(
        5.0, gt=0, description="Width of the blocks along the foil that intervals are made from."
    )
    depth_bins: int = Field(20, ge=3, description="Bins of relative depth from collector (0) to 1.")
    contact_um: float = Field(
        0.5, gt=0, description="Distance within which two particles are neighbours, in um."
    )
    ring_um: float = Field(
        0.1,
        gt=0,
        description="Distance outside a particle within which its outline touches what is solid,"
        " in um.",
    )
    interface_um: float = Field(
        0.3, gt=0, description="Height above the collector that tells what lies on it, in um."
    )
    walls_px: int = Field(
        7,
        ge=1,
        le=32,
        description="Widest opening between two particles that could be taken for a crack, in px: a"
        " dark pixel with material of another particle this near is a pore.",
    )
    min_crack_px: float = Field(
        4.0,
        ge=0,
        description="Shortest crack that is listed and summed, in px: shorter ones are notches of"
        " the outline.",
    )
    min_pore_px: float = Field(
        4.0, ge=1, description="Smallest equivalent circle diameter of a listed pore, in px."
    )
    agglomerate_um: float = Field(
        8.0,
        gt=0,
        description="Binder of at least this thickness, or of a fifth of the coating's where that"
        " is less, is an agglomerate, in um.",
    )
    foreign_sigma: float = Field(
        6.0,
        gt=0,
        description="A particle is foreign if its mean grey is above the others' median by this"
        " many robust standard deviations.",
    )
    elements: dict[Symbol, ElementMap] = Field(
        default_factory=dict,
        description="Maps of X-ray counts by element, such as {Ni: {detector: EDS Ni}};"
        " `segregation_cv` is of the first.",
    )
    films: dict[Literal["sei", "li_plating"], GreyRange] = Field(
        default_factory=dict,
        description="Darkest and brightest grey of films on particles, such as {sei: [70, 110]}"
        " (experimental).",
    )
    film_um: float = Field(
        1.0, gt=0, description="Furthest that a film reaches from a particle, in um."
    )
    loading_mg_cm2: float | None = Field(
        None, gt=0, description="Mass of one coating per area, for `porosity_mass_balance`."
    )
    solids_g_cm3: float | None = Field(
        None,
        gt=0,
        description="Density of the coating's solids together: 1 / sum(mass share / density).",
    )
    cracked_length_ratio: float = Field(
        0.25, gt=0, description="A particle is cracked above this crack length over ECD."
    )
    cracked_area_fraction: float = Field(
        0.01, gt=0, description="A particle is cracked above this crack area fraction."
    )
