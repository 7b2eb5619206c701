"""The registry: every metric has a unit, a definition, a source and a trap."""

from __future__ import annotations

import pytest

from transect.statistics.provenance import KNOWN, provenance
from transect.statistics.registry import REGISTRY


@pytest.mark.parametrize("name", REGISTRY)
def test_every_metric_explains_itself(name: str) -> None:
    metric = REGISTRY[name]
    assert metric.unit
    assert metric.definition
    assert metric.source, f"{name}: add its source to transect.statistics.provenance"
    assert metric.trap


def test_every_provenance_is_of_a_metric() -> None:
    used = {provenance(name) for name in REGISTRY}
    assert not [name for name, said in KNOWN.items() if said not in used]


def test_the_longest_name_counts() -> None:
    assert "Wicksell" in provenance("d50_volume_um")[0]
    assert "Wicksell" not in provenance("d50_area_um")[0]
    assert "run-length" in provenance("delam_fraction")[0]
    assert provenance("dendrites") == ("", "")
