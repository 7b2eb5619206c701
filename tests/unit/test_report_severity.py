"""What a section's page says of the strongest stripes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from transect.report.inputs import Section
from transect.report.severity import severity_facts


def section_of(channels: list[str], curtaining: list[float], charging: list[float]) -> Section:
    n = len(curtaining) // len(channels)
    tiles = pd.DataFrame(
        {
            "tile": [f"r00_c{k:02d}" for k in range(n)] * len(channels),
            "channel": np.repeat(channels, n),
            "status": "ok",
            "curtaining_index": curtaining,
            "charging_index": charging,
        }
    )
    return Section("B", "C", "S", {"tiles": tiles}, facts={}, index={"channels": channels})


def test_the_strongest_tiles_are_named_and_faint_ones_are_not() -> None:
    section = section_of(["BSE"], [0.01, 0.12, 0.05, 0.3, 0.02], [0.0, 0.01, np.nan, 0.0, 0.0])
    assert severity_facts(section) == [
        ("Strongest curtains, of the tile's contrast", "r00_c03: 30 %, r00_c01: 12 %, r00_c02: 5 %")
    ]


def test_several_detectors_are_named_and_unused_tiles_are_not() -> None:
    section = section_of(["BSE", "SE"], [0.0, 0.9, 0.1, 0.0], [0.0, 0.0, 0.0, 0.04])
    section.tables["tiles"].loc[1, "status"] = "quarantined"
    facts = dict(severity_facts(section))
    assert facts["Strongest curtains, of the tile's contrast"] == "r00_c00 (SE): 10 %"
    assert facts["Strongest charging, of the tile's contrast"] == "r00_c01 (SE): 4 %"
