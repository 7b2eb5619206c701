"""Every metric that is published: its unit and what it means, in one place.

The tables, the limits file and the documentation all read this registry.
"""

from __future__ import annotations

from transect.statistics.registry import (
    chemistry,
    cracks,
    depth,
    layers,
    phases,
    quality,
    rare,
    sizes,
    surroundings,
    transport,
)
from transect.statistics.registry.metric import Metric as Metric

_ALL = (
    *phases.METRICS,
    *sizes.METRICS,
    *cracks.METRICS,
    *transport.METRICS,
    *layers.METRICS,
    *depth.METRICS,
    *surroundings.METRICS,
    *rare.METRICS,
    *chemistry.METRICS,
    *quality.METRICS,
)
REGISTRY: dict[str, Metric] = {metric.name: metric for metric in _ALL}

_ELSEWHERE = "does not apply to "


def elsewhere(chemistry: str) -> str:
    """Note of a metric whose defect a coating cannot have."""
    return _ELSEWHERE + chemistry


def applies(note: str) -> bool:
    """Whether a metric with this note can be judged."""
    return not note.startswith(_ELSEWHERE)
