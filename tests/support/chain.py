"""The commands of a section one after another, in this process: from a raw folder to its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transect.config import Config, compact, parse
from transect.defects.steps import defects
from transect.detect.steps import detect
from transect.layers.steps import layers
from transect.measure.radial.steps import radial
from transect.measure.steps import join, labels, measure
from transect.measure.transport.steps import transport
from transect.mosaic.steps.details import details
from transect.mosaic.steps.fuse import fuse
from transect.mosaic.steps.register import register
from transect.report.steps import report_batch, report_section
from transect.segment.steps import resolve, segment, thresholds
from transect.statistics.steps import batch, cell, judge
from transect.tiles.steps import check, index, shading
from transect.vary.steps import vary

SECTION = ("B01", "C01", "S01")


def stitch(raw: Path, out: Path, settings: dict[str, Any] | None = None) -> Path:
    """Run index, check, shading, register and fuse."""
    config = parse(Config, settings or {}, "test")
    tiles = {"tiles": out / "tiles.json", "folder": raw}
    checks, field = {"checks": out / "tiles.parquet"}, {"shading": out / "shading.npz"}
    index(folder=raw, output=out / "tiles.json", settings=compact(config.tiles))
    check(**tiles, output=out / "tiles.parquet", threads=2)
    shading(**tiles, **checks, output=out / "shading.npz", threads=2)
    places, mosaic = out / "positions.parquet", compact(config.mosaic)
    register(
        **tiles, **checks, **field, positions=places, seams=out / "seams.parquet",
        levels=out / "levels.parquet", settings=mosaic, threads=2,
    )  # fmt: skip
    fuse(
        **tiles, **field, positions=places, levels=out / "levels.parquet",
        output=out / "mosaic.zarr",
        settings=compact(config.fusion), threads=2,
    )  # fmt: skip
    return out


def report(raw: Path, root: Path, settings: dict[str, Any] | None = None) -> Path:
    """Run every command up to the page of the section and the page of its batch.

    Returns the section's folder.
    """
    config = parse(Config, settings or {}, "test")
    out = stitch(raw, root / "/".join(SECTION), settings)
    mosaic = {"mosaic": out / "mosaic.zarr"}
    details(
        **mosaic, tiles=out / "tiles.json", positions=out / "positions.parquet", folder=raw,
        output=out / "details.parquet", store=out / "details.zarr",
        settings=compact(config.mosaic), threads=2,
    )  # fmt: skip
    layers(
        **mosaic, output=out / "layers.parquet", polarity=config.segment.polarity,
        settings=compact(config.layers), threads=2,
    )  # fmt: skip
    shape = mosaic | {"layers": out / "layers.parquet"}
    own = {"settings": compact(config.segment)}
    thresholds(**shape, output=out / "thresholds.json", threads=2, **own)
    block = out / "blocks" / "0"
    segment(
        **shape, thresholds=out / "thresholds.json", block=0, blocks=1,
        output=block / "segments.zarr", contacts=block / "contacts.parquet",
        faces=block / "faces.parquet", threads=2, **own,
    )  # fmt: skip
    parts: dict[str, Any] = {"folder": out / "blocks", "blocks": 1}
    resolve(
        **parts, thresholds=out / "thresholds.json", output=out / "groups.parquet",
        engine=out / "engine.parquet", **own,
    )  # fmt: skip
    measure(
        **shape, **parts, groups=out / "groups.parquet", block=0, labels=block / "labels.zarr",
        partials=block / "partials", settings=compact(config.measure), threads=2,
    )  # fmt: skip
    labels(**parts, **mosaic, output=out / "labels.zarr", threads=2)
    vary(
        **shape, thresholds=out / "thresholds.json", output=out / "decisions.parquet", threads=2,
        settings=compact({"measure": config.measure, "segment": config.segment}),
    )  # fmt: skip
    transport(
        labels=out / "labels.zarr", layers=out / "layers.parquet",
        output=out / "transport", threads=2,
    )  # fmt: skip
    radial(labels=out / "labels.zarr", **mosaic, output=out / "radial_sums.parquet", threads=2)
    names = dict(zip(("batch", "cell", "section"), SECTION, strict=True))
    joined = ("measure", "statistics", "segment", "layers", "expect")
    used = {part: config.stages()[part] for part in joined}
    join(
        **parts, **shape, **names, seams=out / "seams.parquet",
        transport=out / "transport", radial=out / "radial_sums.parquet",
        decisions=out / "decisions.parquet", output=out / "tables", settings=compact(used),
    )  # fmt: skip
    chosen = {part: config.stages()[part] for part in ("measure", "statistics", "segment")}
    detect(
        **shape, **names, thresholds=out / "thresholds.json", labels=out / "labels.zarr",
        tables=out / "tables", plants=out / "plants.parquet", threads=2,
        output=out / "detection.parquet", settings=compact(chosen),
    )  # fmt: skip
    defects(
        **shape, **names, labels=out / "labels.zarr", tables=out / "tables",
        output=out / "defects", threads=2,
    )  # fmt: skip
    _pages(out, compact(config.stages()))
    return out


def _pages(out: Path, settings: str) -> None:
    metrics, verdicts = out / "tables" / "metrics.parquet", out / "verdicts.parquet"
    judge(
        metrics=metrics, seams=out / "seams.parquet", output=verdicts,
        budget=out / "budget.parquet",
    )  # fmt: skip
    report_section(folder=out, output=out / "report.html", settings=settings)
    cell(metrics=[metrics], output=out.parent / "metrics.parquet")
    top = out.parents[1]
    batch(
        metrics=[out.parent / "metrics.parquet"], verdicts=[verdicts],
        output=top / "metrics.parquet",
    )  # fmt: skip
    report_batch(folder=top, output=top / "report.html", settings=settings)
