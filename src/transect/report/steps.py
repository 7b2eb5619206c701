"""Commands of the reports."""

from __future__ import annotations

from pathlib import Path

from transect.log import logger, timed
from transect.report.batch import batch_page
from transect.report.section import section_page
from transect.report.trend import trend_page
from transect.storage.files import write_text


def report_section(*, folder: Path, output: Path, settings: str = "{}") -> None:
    """Write the report of one section: one page that needs nothing else.

    Parameters
    ----------
    folder
        Results of the section: tables, mosaic.zarr, labels.zarr and what describes the tiles.
    output
        Page to write (HTML).
    settings
        The whole configuration as JSON, for display.
    """
    with timed(f"report of {folder}"):
        _write(output, section_page(folder, settings))


def report_batch(*, folder: Path, output: Path, settings: str = "{}") -> None:
    """Write the report of a batch: its cells and sections, compared.

    Parameters
    ----------
    folder
        Results of the batch, with a folder per cell and in it one per section.
    output
        Page to write (HTML).
    settings
        The whole configuration as JSON, for display.
    """
    with timed(f"report of batch {folder}"):
        _write(output, batch_page(folder, output, settings))


def report_trend(
    *, trend: Path, control: Path, capability: Path, output: Path, settings: str = "{}"
) -> None:
    """Write the report of all batches: control charts, signals and capabilities.

    Parameters
    ----------
    trend
        Table of all batches.
    control, capability
        Tables of lots on their charts, and of states.
    output
        Page to write (HTML).
    settings
        The whole configuration as JSON, for display.
    """
    with timed("report of all batches"):
        _write(output, trend_page(trend, control, capability, settings))


def _write(output: Path, page: str) -> None:
    write_text(output, page)
    logger.info("%s: %.2f MB", output, len(page.encode()) / 1e6)
