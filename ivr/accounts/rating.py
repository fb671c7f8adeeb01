"""Rating: what a call, messages or data cost, and which bonuses they use (services.md, A14, A15). Pure: no books, no clock.

All arithmetic is in whole numbers; the one rounding is at the end, half up to `rating.round_to`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ivr.engine.charging import Rating, TariffPrices
from ivr.engine.values import MICRO, Money

Kind = Literal["call", "sms", "data"]

MINUTE = 60
UNITS: Mapping[str, Mapping[str, int]] = {
    "call": {"second": 1, "minute": MINUTE, "hour": 60 * MINUTE},
    "sms": {"message": 1},
    "data": {"megabyte": 1, "gigabyte": 1024},
}
"""The units of bonuses that each kind of usage may take, in seconds, messages and megabytes."""
BROKEN: Mapping[str, str] = {"gigabyte": "megabyte", "hour": "minute"}
"""What remains of a large unit that was used partly is counted in this one: of 30 gigabytes, after 100 megabytes, 29 and 924 megabytes."""


class NoPrice(Exception):
    """The tariff says no price for this kind of usage, and bonuses do not cover it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used: `amount` seconds of a call, messages, or megabytes. `to` is the number called or written to, as it was dialled."""

    kind: Kind
    amount: int
    to: str = ""
    roaming: bool = False


@dataclass(frozen=True, slots=True)
class Bonus:
    """What is `left` of a package, in whole units; it can be used up to and including the day `until`. `id` is the books' own."""

    id: int
    unit: str
    left: int
    until: datetime.date


@dataclass(frozen=True, slots=True)
class Rest:
    """What remains of a large unit that was broken: so many of a smaller unit, to be used until the same day."""

    unit: str
    number: int
    until: datetime.date


@dataclass(frozen=True, slots=True)
class Rated:
    """What usage comes to. `micro` is the charge in micro-units of the tariff's currency; `from_bonus` how many minutes (started ones),
    messages or megabytes bonuses covered; `left` what is left of each bonus that was used, by its id; `rests` what is added for large
    units that were broken.
    """

    micro: int
    from_bonus: int = 0
    left: Mapping[int, int] = field(default_factory=dict)
    rests: tuple[Rest, ...] = ()


def rate(usage: Usage, prices: TariffPrices, rating: Rating, bonuses: Iterable[Bonus], today: datetime.date) -> Rated:
    """Rate `usage` on the operator's day `today`.

    What costs nothing uses no bonus. Of the bonuses that have not expired the one that expires first is used first, the smallest unit first
    among those of one day; then money. Raises NoPrice where money is needed and the tariff has no price, ValueError for a negative amount.
    """
    if usage.amount < 0:
        raise ValueError("usage is never negative")
    price: Money | None = {"call": prices.call, "sms": prices.sms, "data": prices.mb}[usage.kind]
    if usage.amount == 0 or (price is not None and price.micro == 0) or is_free(usage, rating):
        return Rated(0)
    units = UNITS[usage.kind]
    rest, covered, left, rests = usage.amount, 0, {}, []
    usable = [bonus for bonus in bonuses if bonus.unit in units and bonus.left > 0 and bonus.until >= today]
    for bonus in sorted(usable, key=lambda bonus: (bonus.until, units[bonus.unit], bonus.id)):
        if rest == 0:
            break
        size = units[bonus.unit]
        broken = BROKEN.get(bonus.unit)
        smallest = units[broken] if broken else size
        # started units of the smallest kind that a bonus may be counted in
        taken = min(bonus.left * size, -(-rest // smallest) * smallest)
        whole, part = divmod(bonus.left * size - taken, size)
        left[bonus.id] = whole
        if broken and part:
            rests.append(Rest(broken, part // smallest, bonus.until))
        covered += min(rest, taken)
        rest = max(0, rest - taken)
    from_bonus = -(-covered // MINUTE) if usage.kind == "call" else covered
    if rest == 0:
        return Rated(0, from_bonus, left, tuple(rests))
    if price is None:
        raise NoPrice(usage.kind)
    return Rated(charge(usage, rest, price, rating), from_bonus, left, tuple(rests))


def is_free(usage: Usage, rating: Rating) -> bool:
    """Whether this is a call to a short number, and those are free."""
    return usage.kind == "call" and rating.short_free and 0 < len(usage.to) <= rating.short_digits


def charge(usage: Usage, amount: int, price: Money, rating: Rating) -> int:
    """What `amount` seconds, messages or megabytes cost, in micro-units: exact, then rounded once."""
    if usage.kind != "call":
        return half_up(price.micro * amount, 1, rating.round_to)
    if usage.roaming:  # by the second, at so many times the rate
        return half_up(price.micro * rating.roaming_times * amount, MICRO * rating.interval, rating.round_to)
    return half_up(price.micro * -(-amount // rating.interval), 1, rating.round_to)


def half_up(numerator: int, denominator: int, step: int) -> int:
    """`numerator / denominator` (whole numbers, the latter above zero) as a multiple of `step`; half a step is rounded away from zero."""
    steps = (2 * abs(numerator) + denominator * step) // (2 * denominator * step)
    return steps * step if numerator >= 0 else -steps * step
