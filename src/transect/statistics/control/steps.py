"""Command: all batches on control charts."""

from __future__ import annotations

from pathlib import Path

from transect.config import ControlConfig, parse_settings
from transect.log import logger
from transect.recipes import RECIPES
from transect.statistics.control.lots import control_tables
from transect.statistics.control.tables import CAPABILITY, CONTROL
from transect.statistics.limits import read_limits
from transect.statistics.tables import AGGREGATES
from transect.storage.tables import read_table, write_table


def control(
    *,
    trend: Path,
    output: Path,
    capability: Path,
    limits: Path | None = None,
    settings: str = "{}",
) -> None:
    """Chart every metric over all batches, each a lot, and tell whether it is in control.

    Parameters
    ----------
    trend
        Table of all batches, in order of time.
    output
        Table of lots on their charts to write.
    capability
        Table of states and capabilities to write.
    limits
        YAML file of limits, for capabilities.
    settings
        JSON of the configuration's part `control`.
    """
    config = parse_settings(ControlConfig, settings)
    known = read_limits(limits) if limits is not None else {}
    lots, states = control_tables(read_table(trend, AGGREGATES), known, config.baseline)
    facts = {"recipe": str(RECIPES["control"])}
    write_table(output, lots, CONTROL, facts)
    write_table(capability, states, CAPABILITY, facts)
    counts = states["state"].value_counts().sort_index()
    logger.info("control: %s", ", ".join(f"{n} {name}" for name, n in counts.items()) or "nothing")
