"""What is known of one published quantity."""

from __future__ import annotations

from dataclasses import dataclass

from transect.statistics.provenance import provenance


@dataclass(frozen=True)
class Metric:
    """One published quantity: its name, its unit ("1" for ratios) and its definition.

    Unless it is signed it cannot be below 0, and neither can its interval.
    """

    name: str
    unit: str
    definition: str
    signed: bool = False

    @property
    def source(self) -> str:
        """Standard or work that the definition is from."""
        return provenance(self.name)[0]

    @property
    def trap(self) -> str:
        """What the metric is mistaken for, or what moves it."""
        return provenance(self.name)[1]
