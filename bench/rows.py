"""What a benchmark hands back, and how runs that take turns become one figure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

RUNS = 5


class Unavailable(Exception):
    """A peer cannot be had here; the text says which and what to install."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `peer` is None where there is nothing to compare with, `ours` where our half is not there."""

    name: str
    ours: float | None
    peer: float | None
    unit: str
    higher_is_better: bool = True
    peer_name: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better ours is: above 1 is better, whichever way the unit counts."""
        if not self.ours or not self.peer:
            return None
        return self.ours / self.peer if self.higher_is_better else self.peer / self.ours


def take_turns(sides: Mapping[str, Callable[[], float]], runs: int = RUNS, warm_up: int = 1) -> dict[str, float]:
    """The median of `runs` runs of each side, after `warm_up` unmeasured ones; the sides take turns, so that a slow minute hits all."""
    figures: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(warm_up + runs):
        for name, measure in sides.items():
            figure = measure()
            if turn >= warm_up:
                figures[name].append(figure)
    return {name: statistics.median(values) for name, values in figures.items()}
