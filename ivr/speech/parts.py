"""What the languages share: the error, the phrase, and how a number or an amount comes apart.

A speller answers with a phrase: the words in the pieces they are recorded in. Joined with spaces the pieces are the text, so
what is planned for playing and what is printed cannot differ. A piece that ends in a comma is followed by a short pause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

Phrase = tuple[str, ...]
"""Words in playing order, cut where recordings are joined."""

LARGEST = 10**15 - 1
"""The largest number that is spoken; every language here has words up to its trillions (10^12)."""

_AMOUNT = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")


class SpeechError(ValueError):
    """Something cannot be said: the message names the value and where it stood."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a number that is one recording.

    `value` is a whole hundred (400) or 0 to 99; `power` counts the thousands it stands for (1: thousands, 2: millions).
    `group` is the whole three-digit group it belongs to; `closes` says that the group's scale word or the noun follows.
    """

    value: int
    power: int
    group: int
    closes: bool


def pieces(number: int) -> Iterator[Piece]:
    """The pieces of a number from 0 to `LARGEST`, largest first.

    The last piece always has power 0 and closes; its value is 0 where the number is a round thousand, so that a noun has a place.
    """
    for power in (4, 3, 2, 1):
        group = number // 1000**power % 1000
        if group:
            yield from _group(group, power)
    group = number % 1000
    if group:
        yield from _group(group, 0)
    else:
        yield Piece(0, 0, 0, True)


def _group(group: int, power: int) -> Iterator[Piece]:
    hundreds, below = divmod(group, 100)
    if hundreds:
        yield Piece(hundreds * 100, power, group, not below)
    if below:
        yield Piece(below, power, group, True)


@dataclass(frozen=True, slots=True)
class Amount:
    """Money as it is spoken: whole units, hundredths, and the decimals after the hundredths as digits without closing zeros."""

    negative: bool
    major: int
    minor: int
    tail: str

    @classmethod
    def of(cls, amount: Decimal, exact: bool) -> Amount:
        """The spoken parts of `amount`, in units of a currency with hundredths.

        Rounded toward zero to two decimals (services.md, "For both"), or with up to six decimals where `exact`.
        Raises SpeechError beyond `LARGEST` or six decimals.
        """
        if abs(amount) > LARGEST:
            raise SpeechError(f"amount {_short(amount)}: larger than can be spoken")
        places = Decimal("0.000001") if exact else Decimal("0.01")
        rounded = abs(amount).quantize(places, rounding=ROUND_DOWN)
        if exact and rounded != abs(amount):
            raise SpeechError(f"amount {_short(amount)}: more than six decimals")
        whole, _, decimals = f"{rounded:f}".partition(".")
        return cls(amount < 0 and rounded != 0, int(whole), int(decimals[:2]), decimals[2:].rstrip("0"))


def whole_number(value: object, place: str) -> int:
    """`value` as a number that can be spoken: an int, or text of plain digits. Raises SpeechError naming it and its `place`."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpeechError(f"{place} {_short(value)}: not a whole number")
    if abs(value) > LARGEST:
        raise SpeechError(f"{place} {_short(value)}: larger than can be spoken")
    return value


def decimal_number(value: object, place: str) -> Decimal:
    """`value` as an exact decimal: text like `-3.40`, an int or a Decimal; a float by its shortest text. Raises SpeechError otherwise."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise SpeechError(f"{place} {_short(value)}: not an amount")
    text = value.strip() if isinstance(value, str) else f"{value:f}" if isinstance(value, Decimal) else repr(value)
    if not _AMOUNT.fullmatch(text):
        raise SpeechError(f"{place} {_short(value)}: not an amount such as 12.34")
    return Decimal(text)


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def digit_groups(digits: str) -> tuple[str, ...]:
    """A telephone number in the groups people say it in.

    Azerbaijani and Tajik international numbers as country code, two-digit network, then 3-2-2; any other number by threes from
    the right before a last 2-2; up to three digits stay together.
    """
    if len(digits) == 12 and digits[:3] in ("994", "992"):
        return (digits[:3], digits[3:5], digits[5:8], digits[8:10], digits[10:])
    if len(digits) <= 3:
        return (digits,) if digits else ()
    head, tail = digits[:-4], (digits[-4:-2], digits[-2:])
    groups: list[str] = []
    while head:
        groups.insert(0, head[-3:])
        head = head[:-3]
    return (*groups, *tail)
