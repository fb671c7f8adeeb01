"""What a step looks at: switches and the hour are tried in all ways only where the step asked for them."""

from __future__ import annotations

import datetime
from typing import ClassVar


class Watched(dict[str, bool]):
    """Switches that remember which were asked for."""

    def __init__(self, values: dict[str, bool]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: bool | None = None) -> bool | None:  # type: ignore[override]
        """As of a dictionary."""
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> bool:
        self.asked.add(name)
        return super().__getitem__(name)


class WatchedMoment(datetime.datetime):
    """A moment that remembers, for all of its kind, whether its date was asked for: opening hours do."""

    looked: ClassVar[bool] = False

    @classmethod
    def of(cls, moment: datetime.datetime) -> WatchedMoment:
        """`moment`, watched."""
        return cls.combine(moment.date(), moment.timetz())

    def date(self) -> datetime.date:
        """As of a datetime."""
        WatchedMoment.looked = True
        return super().date()

    def weekday(self) -> int:
        """As of a datetime."""
        WatchedMoment.looked = True
        return super().weekday()
