"""The page of one section."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from transect.phases import COLORS, Phase
from transect.report import pages
from transect.report.crack_profiles import crack_profile_charts
from transect.report.defects import gravest, tally
from transect.report.details import details
from transect.report.detection import HEAD as detection_head
from transect.report.detection import detection_rows
from transect.report.digits import count, length, short
from transect.report.distributions import crack_charts, iso_status, pore_charts, size_charts
from transect.report.elements import HEAD as element_head
from transect.report.elements import element_rows
from transect.report.engine import engine_facts, engine_warnings
from transect.report.estimates import (
    Estimate,
    elsewhere,
    estimates,
    grouped,
    key_numbers,
    overall,
    undefined,
    usual_method,
    verdicts,
)
from transect.report.faults import faults, findings
from transect.report.inputs import Section, load_section
from transect.report.inputs import numbers as column
from transect.report.magnified import HEAD, magnified, magnified_rows
from transect.report.profiles import depth_charts, thickness_charts, trend_words
from transect.report.quality import seam_chart, stitching_facts, tile_maps
from transect.report.settings import settings_shown
from transect.report.spheres import sphere_charts, sphere_words
from transect.report.stands import stand_words
from transect.report.transport import factor_charts, local_thickness_charts
from transect.report.uncertainty import budget_chart
from transect.report.viewer import overview
from transect.statistics.limits import NOT_HERE

PHASE_WORDS = {
    Phase.COLLECTOR: "Collector",
    Phase.ACTIVE_MATERIAL: "Active material",
    Phase.BINDER: "Carbon-binder",
    Phase.PORE: "Pore",
    Phase.SEPARATOR: "Separator",
    Phase.CRACK: "Crack",
    Phase.VOID: "Void",
    Phase.GAP: "Gap",
}


def section_page(folder: Path, settings: str) -> str:
    """Make the page of one section.

    Parameters
    ----------
    folder
        Results of the section.
    settings
        The configuration to show, as JSON.

    Raises
    ------
    TransectError
        The folder holds nothing of a section, or a piece of it cannot be read.
    """
    section = load_section(folder)
    numbers = estimates(section.tables["metrics"])
    return pages.render(
        "section.html",
        section=section,
        facts=_facts(section),
        notices=_notices(section),
        view=overview(section),
        details=details(section),
        magnified=magnified(section),
        magnified_head=HEAD,
        magnified_rows=magnified_rows(section),
        gravest=gravest(section, folder),
        tally=tally(section),
        detection_head=detection_head,
        detection_rows=detection_rows(section),
        element_head=element_head,
        element_rows=element_rows(section),
        magnified_fields=section.tables["details"]["detail"].nunique(),
        phase_legend=_legend(),
        citation=citation(section, numbers),
        settings=settings_shown(settings),
        versions=pages.versions(),
        recipes=pages.recipes(),
        **_numbers(section, numbers),
        **_charts(section, numbers),
        **_quality(section, numbers),
    )


def _numbers(section: Section, numbers: list[Estimate]) -> dict[str, Any]:
    judged = verdicts(section.tables["verdicts"])
    return {
        "verdicts": [v for v in judged if v.verdict not in ("no limit", NOT_HERE)],
        "unjudged": [v for v in judged if v.verdict == NOT_HERE and v.limits],
        "unlimited": sum(v.verdict == "no limit" for v in judged),
        "overall": overall(judged),
        "budget": budget_chart(section, numbers),
        "numbers": numbers,
        "grouped": grouped(numbers),
        "usual_method": usual_method(numbers),
        "keys": key_numbers(numbers),
        "segmented": any(e.segmentation for e in numbers),
        "undefined": undefined(numbers),
        "elsewhere": elsewhere(numbers),
    }


def _charts(section: Section, numbers: list[Estimate]) -> dict[str, Any]:
    return {
        "thickness": thickness_charts(section),
        "depth": depth_charts(section),
        "trends": trend_words(numbers) if section.foil else [],
        "sizes": size_charts(section),
        "iso": iso_status(int((column(section.tables["particles"]["ml_weight"]) > 0).sum())),
        "spheres": sphere_charts(section),
        "assumed": sphere_words(numbers),
        "stands": stand_words(numbers, section.tables["drift"]),
        "cracks": crack_charts(section) + crack_profile_charts(section),
        "cracked": [e.note for e in numbers if e.metric == "cracked_fraction"][:1],
        "pores": pore_charts(section) + local_thickness_charts(section),
        "transport": factor_charts(section),
    }


def _quality(section: Section, numbers: list[Estimate]) -> dict[str, Any]:
    return {
        "tile_maps": tile_maps(section),
        "seam_chart": seam_chart(section),
        "stitching": stitching_facts(section),
        "engine": engine_facts(section),
        "findings": findings(section),
        "faults": faults(section),
        "excluded": [e for e in numbers if e.metric == "excluded_area_fraction"],
        "microscope": _microscope(section),
    }


def citation(section: Section, numbers: list[Estimate]) -> str:
    """Write the sentence with which one number of this section may be cited."""
    wanted = [e for e in numbers if e.metric == "porosity_total" and not e.side] or numbers
    known = [e for e in wanted if math.isfinite(e.value)]
    if not known:
        return ""
    found = known[0]
    parts = [f"95 % interval {found.interval} {found.unit}".rstrip()] if found.interval else []
    parts += [f"n = {found.n}"] if found.n else []
    parts += [found.method] if found.method else []
    where = f"section {section.name}, cell {section.cell}, batch {section.batch}"
    version = section.fact("metrics", "transect", "unknown")
    return (
        f"{found.full_name} {found.text} {found.unit}".rstrip()
        + (f" ({'; '.join(parts)})" if parts else "")
        + f", {where}; transect {version}."
    )


def _facts(section: Section) -> list[tuple[str, str]]:
    """Say what was recorded, how large and how fine: the line under the title."""
    facts = []
    if section.mosaic is not None:
        rows, columns = section.mosaic.shape
        px_um = section.mosaic.px_um
        facts.append(("Mosaic", f"{length(columns * px_um)} × {length(rows * px_um)}"))
        facts.append(("Pixels", f"{count(columns)} × {count(rows)}"))
        facts.append(("Pixel", f"{short(px_um * 1000)} nm"))
    if tiles := len(section.tables["tiles"]):
        facts.append(("Tiles", count(tiles)))
    if channels := section.index.get("channels"):
        facts.append(("Detector", ", ".join(str(c) for c in channels)))
    if particles := len(section.tables["particles"]):
        facts.append(("Particles", count(particles)))
    return facts


def _notices(section: Section) -> list[str]:
    """Say what a reader must know before any number."""
    tables = section.tables
    said = []
    usable = (tables["tiles"]["status"] == "ok").sum() if len(tables["tiles"]) else None
    if usable == 0:
        said.append(
            "No tile shows any specimen: all are blank or were left out. Check the list of"
            " quarantined files, the detector and the field of view."
        )
    if not len(tables["metrics"]):
        said.append("Nothing was measured in this section.")
    elif not len(tables["particles"]):
        said.append("No particles were found: metrics of particles and cracks are not defined.")
    if not section.foil:
        said.append(
            "No collector foil was found: all that was recorded is taken for coating, and"
            " thickness is not a measurement."
        )
    said += section.unexpected
    said += engine_warnings(tables["engine"])
    if len(tables["tiles"]) == 1:
        said.append("One tile only: there are no seams, and intervals rest on little material.")
    if section.missing:
        said.append(f"Not there when this page was made: {', '.join(section.missing)}.")
    return said


def _legend() -> list[tuple[str, str]]:
    """Pair the colour and the name of each phase that is shown."""
    return [("#{:02x}{:02x}{:02x}".format(*COLORS[p]), words) for p, words in PHASE_WORDS.items()]


def _microscope(section: Section) -> list[tuple[str, str]]:
    facts: dict[str, Any] = section.index.get("microscope", {}) or {}
    return [(str(k).replace("_", " "), str(v)) for k, v in sorted(facts.items()) if str(v)]
