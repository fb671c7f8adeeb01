"""The business clock: what day and time it is for balances, bonuses and bills. Injected, so that a test can hold it still.

Time-outs never use it; they use the monotonic clock (`time.monotonic`).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ivr.settings import Settings


class Clock(Protocol):
    """Gives the business time."""

    def now(self, zone: datetime.tzinfo | None = None) -> datetime.datetime:
        """The moment, always aware: in `zone` where one is given, else in the clock's own."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The computer's clock, in `zone` (UTC by default)."""

    zone: datetime.tzinfo = datetime.UTC

    def now(self, zone: datetime.tzinfo | None = None) -> datetime.datetime:
        """The present moment."""
        return datetime.datetime.now(zone or self.zone)


@dataclass(frozen=True, slots=True)
class StandingClock:
    """A clock that stands at `moment` (aware): IVR_CLOCK in demo mode, and tests."""

    moment: datetime.datetime

    def __post_init__(self) -> None:
        if self.moment.tzinfo is None:
            raise ValueError("a clock needs a moment with its offset from UTC")

    def now(self, zone: datetime.tzinfo | None = None) -> datetime.datetime:
        """The moment at which the clock stands."""
        return self.moment.astimezone(zone) if zone else self.moment


def clock_of(settings: Settings, zone: datetime.tzinfo = datetime.UTC) -> Clock:
    """The clock that the settings ask for: standing at IVR_CLOCK in demo mode, else the computer's in `zone`."""
    if settings.standing_clock is not None:
        return StandingClock(settings.standing_clock)
    return SystemClock(zone)


def zone_of(name: str) -> ZoneInfo:
    """The time zone called `name` (`Asia/Baku`). Raises ValueError where the zone database has none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}: write it as in the IANA database, Asia/Baku") from None
