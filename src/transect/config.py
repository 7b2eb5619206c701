"""The configuration: one model per stage, whose descriptions become schema and documentation.

A step gets only its own part, as JSON on its command line, so that a changed key reruns only what
depends on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from transect.elements import number_of
from transect.expect import ExpectConfig as ExpectConfig
from transect.segment.maps import coating
from transect.settings import compact as compact
from transect.settings import parse as parse
from transect.settings import parse_settings as parse_settings
from transect.statistics.registry import REGISTRY

Polarity = Literal["bright", "dark"]
"""Whether active material is brighter or darker than pores."""


OWN_MODEL = Path(__file__).parent / "segment" / "model"
"""The network that comes with transect, and its card."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TilesConfig(_Part):
    """How raw tiles are read and checked."""

    reader: Literal["auto", "hitachi", "zeiss", "ome", "plain"] = Field(
        "auto", description="Reader of the raw folder; auto tries each and says which it took."
    )
    stage_x_sign: Literal[-1, 1] = Field(
        1, description="Sign of the stage's x axis against the image's columns."
    )
    stage_y_sign: Literal[-1, 1] = Field(
        1, description="Sign of the stage's y axis against the image's rows."
    )
    stage_axes: Literal["xy", "yx"] = Field(
        "xy",
        description="Axes of the stage along the image's columns and rows; yx where the scan is"
        " turned by a quarter. The signs are then of what runs along the columns and the rows.",
    )
    pixel_nm: float | None = Field(
        None,
        gt=0,
        description="Pixel size in nm, for images that do not say or say wrong; as recorded when"
        " absent.",
    )
    overview_nm: float | None = Field(
        None,
        gt=0,
        description="Pixel size, in nm and as recorded, of the images that make the mosaic, where"
        " a folder holds several; the one whose images cover most when absent. Finer ones become"
        " fields of detail.",
    )
    detector: str | None = Field(
        None,
        description="Detector that is measured, by the name in the metadata; when absent one for"
        " backscattered electrons, else the first by name.",
    )
    data_bar_px: int | None = Field(
        None,
        ge=0,
        description="Rows of data bar at the lower edge of every image; found when absent.",
    )
    expected_tiles: int | None = Field(
        None,
        ge=1,
        description="Number of images that the folder should hold; not checked when absent.",
    )
    name_pattern: str | None = Field(
        None,
        description="Regular expression with groups `row` and `column` for the names of plain"
        " images, such as (?P<row>[0-9]+)-(?P<column>[0-9]+).",
    )
    overlap: float = Field(
        0.1,
        ge=0,
        lt=0.9,
        description="Share of a tile that its neighbour repeats, where only rows and columns are"
        " known.",
    )

    def along_image(self, x: float, y: float) -> tuple[float, float]:
        """Turn what the stage says into places along the image's columns and rows."""
        columns, rows = (x, y) if self.stage_axes == "xy" else (y, x)
        return self.stage_x_sign * columns, self.stage_y_sign * rows


class MosaicConfig(_Part):
    """How tiles are placed."""

    channel: str | None = Field(
        None,
        description="Detector that registration looks at, by name; `best`: the one whose pairs are"
        " surest; `all`: every one, and a pair is believed that any of them proves; the detector"
        " that is measured when absent.",
    )
    max_shift_px: int = Field(
        80, gt=0, description="Largest error of the stage that is searched, in pixels."
    )
    null_draws: int = Field(
        300,
        ge=100,
        description="Unrelated strips that are scored, per axis, to know what chance reaches.",
    )
    detail_shift_um: float = Field(
        5.0,
        gt=0,
        description="Largest distance of a field of detail from where the stage says that is"
        " searched, in um: the picture moves when the magnification is changed.",
    )
    level_brightness: bool = Field(
        True, description="Whether brightness steps between tiles are evened out."
    )


class FusionConfig(_Part):
    """How placed tiles become one mosaic."""

    blend: Literal["seam", "linear"] = Field(
        "seam",
        description="Where neighbours meet: along a seam through what looks the same in both, so"
        " that nothing is shown twice where the scan distorts; or along the middle of the overlap.",
    )
    feather_px: int = Field(
        32,
        ge=1,
        description="Width over which one tile fades into the next along the middle of an overlap,"
        " in pixels, and a quarter of it along a seam; wider hides seams, narrower keeps more"
        " pixels as they were recorded.",
    )
    remove_curtaining: bool = Field(
        False,
        description="Whether stripes of the ion beam, along the columns to within 2 degrees, are"
        " divided out where they reach a fortieth of the contrast in most tiles of a detector.",
    )
    flatten_charging: bool = Field(
        False,
        description="Whether brightness that drifts or jumps from scan line to scan line is taken"
        " off tiles where it reaches a fortieth of the contrast.",
    )


class LayersConfig(_Part):
    """How foil, coatings, separator and outside are found."""

    min_gap_um: float = Field(
        0.5, gt=0, description="Smallest gap at an interface that counts as delaminated, in um."
    )
    min_run_um: float = Field(
        2.0, gt=0, description="Shortest run of a gap that counts as delaminated, in um."
    )
    max_gap_um: float = Field(
        6.0, gt=0, description="Largest gap at the collector that is looked for, in um."
    )
    surface_disc_um: float = Field(
        3.0,
        gt=0,
        description="Radius of the disc whose envelope is the surface, in um: about half the D50"
        " of the particles.",
    )
    cutoff_um: float = Field(
        80.0,
        gt=0,
        description="Longest wavelength of roughness (ISO 21920-3), in um: what is longer is form.",
    )


class SegmentConfig(_Part):
    """How pixels become phases and particles."""

    engine: Literal["classical", "network"] = Field(
        "classical",
        description="What decides on phases: thresholds of grey values, or a trained network, which"
        " copes with uneven contrast and shine-through and takes about ten times as long.",
    )
    model: str | None = Field(
        None,
        description="Folder of another network than the one that comes with transect, with"
        " `model.onnx` and `model.json` as transect train writes them.",
    )
    second_material: bool = Field(
        False,
        description="Whether the coating holds two active materials of different brightness; a"
        " network looks for the second one only then.",
    )
    filler: Literal["binder", "electrolyte"] = Field(
        "binder",
        description="What lies between particles beside pores: binder with conductive additive, or"
        " solid electrolyte. A network looks for nothing else.",
    )
    polarity: Polarity = Field(
        "bright",
        description="Whether active material is brighter or darker than pores; where it is dark,"
        " greys are turned over before anything looks for layers and phases in them.",
    )
    polarity_check: Literal["stop", "warn"] = Field(
        "stop",
        description="What happens where the shapes in a section clearly say the opposite of"
        " `polarity`: it stops, or goes on with a warning on its page, which is for coatings whose"
        " pores are rounder than their particles.",
    )
    denoise_px: float = Field(
        1.0,
        ge=0,
        description="Sigma of the Gaussian that is applied before thresholds, in px; the classical"
        " engine's.",
    )
    crack_width_px: int = Field(
        7, ge=1, description="Widest thin opening inside a particle that is taken for a crack."
    )
    merge_saddle: float = Field(
        0.85,
        gt=0,
        le=1,
        description="Two basins are one particle when the saddle between them is at least this"
        " share of the lower peak; heights are distances from the outline (classical engine).",
    )
    merge_saddle_learned: float = Field(
        0.5,
        gt=0,
        le=1,
        description="The same for the heights that a network gives, whose saddles between touching"
        " particles are low; higher parts more, lower joins more.",
    )
    min_particle_px: float = Field(
        8.0, ge=3, description="Smallest equivalent circle diameter that is reported, in px."
    )

    @property
    def network(self) -> bool:
        """Whether a network decides on phases."""
        return self.engine == "network"

    @property
    def there(self) -> tuple[bool, ...]:
        """Which of the network's classes a coating can hold."""
        return coating(second=self.second_material, electrolyte=self.filler == "electrolyte")

    @property
    def model_folder(self) -> Path:
        """Folder of the network and its card."""
        return Path(self.model) if self.model else OWN_MODEL


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


class ElementMap(_Part):
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


class MeasureConfig(_Part):
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


class StatisticsConfig(_Part):
    """How intervals are made."""

    replicates: int = Field(400, ge=100, description="Bootstrap replicates over blocks.")
    seed: int = Field(1, ge=0, description="Seed of the bootstrap.")
    target: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="Half width of the interval of porosity that `required_width_mm` is for: 0.01"
        " is one point.",
    )
    stretch_um: float = Field(
        200.0,
        gt=0,
        description="Length of the stretches of foil that `uniformity_index` and"
        " `heterogeneity_ratio` compare, in um; eight of them are needed.",
    )
    near_um: float = Field(
        40.0,
        gt=0,
        description="Distance beyond which the grain of the coating is not correlated, in um: 4 to"
        " 6 diameters of its particles. What varies more slowly counts as non-uniform.",
    )


def _margins(values: dict[str, float]) -> dict[str, float]:
    for metric, value in values.items():
        if metric not in REGISTRY:
            raise ValueError(f"unknown metric {metric}; known: {', '.join(REGISTRY)}")
        if not 0 < value < float("inf"):
            raise ValueError(f"margin of {metric} is {value:g}, expected a number above 0")
    return values


class CompareConfig(_Part):
    """How groups of cells are compared by `transect compare`."""

    margins: Annotated[dict[str, float], AfterValidator(_margins)] = Field(
        default_factory=dict,
        description="Largest difference that does not matter, by metric and in its unit, such as"
        " {porosity_total: 0.01}: equivalence is tested against it.",
    )


class Config(_Part):
    """The whole configuration."""

    sheet: str = Field("config/sections.tsv", description="Sample sheet, one row per section.")
    results: str = Field(
        "results", min_length=1, description="Folder that receives all results, logs included."
    )
    limits: str | None = Field(None, description="File of limits for pass and fail, if any.")
    tiles: TilesConfig = Field(default_factory=TilesConfig)
    mosaic: MosaicConfig = Field(default_factory=MosaicConfig)
    fusion: FusionConfig = Field(default_factory=FusionConfig)
    layers: LayersConfig = Field(default_factory=LayersConfig)
    segment: SegmentConfig = Field(default_factory=SegmentConfig)
    measure: MeasureConfig = Field(default_factory=MeasureConfig)
    statistics: StatisticsConfig = Field(default_factory=StatisticsConfig)
    expect: ExpectConfig = Field(default_factory=ExpectConfig)
    compare: CompareConfig = Field(default_factory=CompareConfig)

    def stages(self) -> dict[str, BaseModel]:
        """Parts that say how things are computed, by name; not where files lie."""
        return {
            name: value
            for name in type(self).model_fields
            if isinstance(value := getattr(self, name), BaseModel)
        }
