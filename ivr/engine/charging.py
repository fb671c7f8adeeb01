"""What an operator charges by: prices of tariffs, how usage is rated, when billing runs. Data of operator.yaml, and the calendar of it.

Nothing here moves money; the accounts do, by these rules (services.md, A11, A14, A15).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from ivr.engine.values import MICRO, Money


@dataclass(frozen=True, slots=True)
class TariffPrices:
    """A tariff's prices: `call` per started interval of `Rating`, `sms` a message, `mb` a megabyte. None: the tariff has no such price."""

    call: Money | None = None
    sms: Money | None = None
    mb: Money | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """How usage becomes a charge. `interval` in seconds; `round_to` in micro-units, half up; `roaming_times` in millionths: calls abroad
    cost so many times the rate, by the second. `short_free`: calls to short numbers, those of at most `short_digits`, cost nothing.
    `bonuses_first`: packages before money.
    """

    interval: int = 60
    round_to: int = MICRO // 100
    roaming_times: int = 3 * MICRO
    short_free: bool = True
    bonuses_first: bool = True
    short_digits: int = 6


@dataclass(frozen=True, slots=True)
class Billing:
    """When billing runs and when a bill cycle opens. Nights of the days `first` to `last` of a month, from `begins` to `ends` (of the next
    morning where `ends` is earlier); a cycle opens on `cycle_day` at `cycle_at`. All in the operator's local time.
    """

    first: int
    last: int
    begins: datetime.time
    ends: datetime.time
    cycle_day: int = 1
    cycle_at: datetime.time = datetime.time()

    def running(self, now: datetime.datetime) -> bool:
        """Whether billing runs at `now`, local time; the end is not part of it."""
        clock = now.time().replace(tzinfo=None)
        over_midnight = self.ends <= self.begins
        if clock >= self.begins and (over_midnight or clock < self.ends):
            return self.first <= now.day <= self.last
        night = now - datetime.timedelta(days=1)
        return over_midnight and clock < self.ends and self.first <= night.day <= self.last

    def next_cycle(self, now: datetime.datetime) -> datetime.datetime:
        """The moment after `now` (local time, aware) at which the next bill cycle opens."""
        opens = now.replace(day=self.cycle_day, hour=self.cycle_at.hour, minute=self.cycle_at.minute, second=0, microsecond=0)
        while opens <= now:
            opens = (opens.replace(day=1) + datetime.timedelta(days=32)).replace(day=self.cycle_day)
        return opens
