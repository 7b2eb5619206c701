"""What the parts of the benchmark of the mosaic stage share: grids, peers, figures with goals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mosaic_grid import Grid, make_grid
from mosaic_work import PEERS, Peer, Place, prepare, run_peer
from steps import figure


@dataclass(frozen=True)
class Bench:
    """Where to work, the peers' Python (or none), which of them, small grids, timed runs."""

    work: Path
    python: Path | None
    peers: tuple[str, ...] = tuple(PEERS)
    quick: bool = False
    runs: int = 3
    data: Path = Path("../shared/data")
    pictures: Path | None = None

    def grid(self, name: str, grid: Grid) -> Place:
        """Make a grid, unless it is there; index it, check it and find its shading."""
        name = f"{name}-quick" if self.quick else name
        make_grid(self.work / name, grid)
        place = Place(self.work / name / "tiles", self.work / name / "out")
        prepare(place)
        return place

    def textured(self) -> Place:
        """Give the grid of 10 % overlap."""
        small = Grid(columns=8, size=1024)
        return self.grid("textured", small if self.quick else Grid())

    def difficult(self) -> Place:
        """Give the grid of 5 % overlap, 20 % of its tiles blank."""
        columns = 12 if self.quick else 60
        return self.grid(
            "hard", Grid(columns=columns, overlap=0.05, blank=0.2, look="hard", seed=2)
        )

    def others(self, place: Place) -> list[Peer]:
        """Run the peers, or read what they did before."""
        if self.python is None:
            return []
        found = [run_peer(place, name, self.python) for name in self.peers]
        for peer in found:
            if peer.failed:
                tell(f"{peer.name} failed", peer.failed, "")
        return [peer for peer in found if not peer.failed]


def tell(name: str, value: float | str, unit: str) -> None:
    """Print a figure without a goal."""
    figure(name, value if isinstance(value, str) else round(float(value), 4), unit, None, None)


def most(name: str, value: float, limit: float, unit: str = "px") -> bool:
    """Print a figure that may be no larger than a limit; whether it is not."""
    return figure(name, round(float(value), 4), unit, f"<= {limit:g}", bool(value <= limit))


def below(name: str, value: float, limit: float, unit: str) -> bool:
    """Print a figure that must be below a limit; whether it is."""
    return figure(name, round(float(value), 3), unit, f"< {limit:g}", bool(value < limit))


def least(name: str, value: float, limit: float) -> bool:
    """Print a factor that must reach a limit; whether it does."""
    return figure(name, round(float(value), 2), "times", f">= {limit:g}", bool(value >= limit))
