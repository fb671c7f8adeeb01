"""The values that services bring and menus show: amounts, counts, dates, numbers.

Amounts are whole micro-units (10^-6 of the currency) so that no float ever touches money. Every value has a form that
JSON can carry (`pack`, `unpack`), because the session store keeps what a menu has looked up.
"""

from __future__ import annotations

import datetime
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

MICRO = 1_000_000
"""Micro-units in one unit of a currency."""

UNITS = ("megabyte", "gigabyte", "minute", "second", "day", "hour", "month", "message")
"""The units a `Count` may be counted in; the same names as in the speller."""

# Decimal() takes more (1e9, 1_000, NaN, digits of other scripts) and rounds at 28 digits without a word
_PLAIN = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `micro` whole micro-units of `currency` (ISO 4217 code, `AZN`)."""

    micro: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """The amount that decimal `text` writes (`"12.34"`). Raises ValueError where it is no plain decimal of at most six decimals."""
        if not _PLAIN.fullmatch(text):
            raise ValueError(f"{text!r} is not an amount of at most six decimals")
        return cls(int(Decimal(text) * MICRO), currency)

    def decimal(self) -> Decimal:
        """The amount in units of the currency, exactly."""
        return Decimal(self.micro) / MICRO

    def rounded_down(self) -> Decimal:
        """Two decimals, toward zero for what a line has: never more than there is (services.md, "For both")."""
        return self.decimal().quantize(Decimal("0.01"), rounding=ROUND_DOWN)

    def exact_text(self) -> str:
        """All decimals, at least two: `0.10`, `0.0236`."""
        whole, _, decimals = f"{self.decimal():f}".partition(".")
        return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


@dataclass(frozen=True, slots=True)
class Count:
    """So many of a unit: `Count(1500, "megabyte")`. The unit is one of `UNITS`."""

    number: int
    unit: str


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff plan by its name in operator.yaml; how it is spoken stands there too."""

    name: str


@dataclass(frozen=True, slots=True)
class Msisdn:
    """A subscriber number, international digits without a sign: `994501110001` (E.164)."""

    digits: str


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in whole seconds: `Span(1800)` is half an hour."""

    seconds: int


class Secret:
    """A text that must not be read by accident: a password, a PIN. Printing, formatting, logging, JSON, pickling and `repr` never show it;
    `reveal()` does."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Call it where it is used and keep the result nowhere."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        """In constant time, so that a guess learns nothing from how long it took."""
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> str:
        raise TypeError("a Secret cannot be pickled")

    def __len__(self) -> int:
        raise TypeError("the length of a Secret is a secret")

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours: for each day of the week (Monday first) the spans in minutes from midnight; `holidays` are closed, `MM-DD` each year
    or `YYYY-MM-DD` once. All in the operator's time zone."""

    days: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[str] = frozenset()

    def open_at(self, now: datetime.datetime) -> bool:
        """Whether it is open at `now`, the operator's local time. The end of a span is not part of it."""
        day = now.date().isoformat()
        if day in self.holidays or day[5:] in self.holidays:
            return False
        minute = now.hour * 60 + now.minute
        return any(start <= minute < end for start, end in self.days[now.weekday()])


@dataclass(frozen=True, slots=True)
class Opening:
    """Opening hours as a wording or condition sees them: `open` now or not."""

    hours: Hours
    open: bool


Record = Mapping[str, "Value"]
Value = (
    Money
    | Count
    | Tariff
    | Msisdn
    | Span
    | Secret
    | Opening
    | datetime.date
    | datetime.datetime
    | bool
    | int
    | str
    | None
    | Record
    | tuple["Value", ...]
)


def pack(value: Value) -> object:
    """`value` as JSON can carry it; `unpack` gives it back, but for secrets, which become None."""
    if value is None or isinstance(value, (str, int)):  # bool is an int
        return value
    if type(value) is dict:  # asking for any Mapping, below, costs more than all the rest
        return {"$": "record", "v": {name: pack(item) for name, item in value.items()}}
    match value:
        case Money():
            return {"$": "money", "v": [value.micro, value.currency]}
        case Count():
            return {"$": "count", "v": [value.number, value.unit]}
        case Tariff():
            return {"$": "tariff", "v": value.name}
        case Msisdn():
            return {"$": "msisdn", "v": value.digits}
        case Span():
            return {"$": "span", "v": value.seconds}
        case Secret():
            return {"$": "secret", "v": None}  # it is not kept: whoever unpacks this asks anew
        case datetime.datetime():
            return {"$": "time", "v": value.isoformat()}
        case datetime.date():
            return {"$": "date", "v": value.isoformat()}
        case tuple():
            return [pack(item) for item in value]
        case Mapping():
            return {"$": "record", "v": {name: pack(item) for name, item in value.items()}}
    raise TypeError(f"{type(value).__name__} is no value of the engine")


def unpack(packed: object) -> Value:
    """What `pack` packed. Raises ValueError for anything else."""
    if packed is None or isinstance(packed, bool | int | str):
        return packed
    if isinstance(packed, list):
        return tuple(unpack(item) for item in packed)
    if isinstance(packed, dict) and set(packed) == {"$", "v"}:
        kind, inner = packed["$"], packed["v"]
        if kind == "record" and isinstance(inner, dict):
            return {str(name): unpack(item) for name, item in inner.items()}
        if kind in _UNPACK:
            return _UNPACK[kind](inner)
    raise ValueError(f"not a packed value: {str(packed)[:60]}")


_UNPACK: Mapping[str, Callable[[Any], Value]] = {
    "money": lambda inner: Money(int(inner[0]), str(inner[1])),
    "count": lambda inner: Count(int(inner[0]), str(inner[1])),
    "tariff": lambda inner: Tariff(str(inner)),
    "msisdn": lambda inner: Msisdn(str(inner)),
    "span": lambda inner: Span(int(inner)),
    "secret": lambda inner: None,
    "time": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A subscriber line as the books have it when a session begins.

    `kind` is `prepaid` or `postpaid`; `status` is `active`, `barred` or `expired`; `language` is None where the
    subscriber never chose one; `expires` is None where a line does not expire; `balance` is what a prepaid line has.
    """

    msisdn: str
    kind: str
    status: str
    tariff: str
    language: str | None
    roaming: bool = False
    notices: bool = True
    expires: datetime.date | None = None
    balance: Money | None = None

    def record(self) -> Record:
        """The line as menus name it: `{line.tariff}`, `line.kind == prepaid`."""
        return {
            "number": Msisdn(self.msisdn),
            "kind": self.kind,
            "status": self.status,
            "tariff": Tariff(self.tariff),
            "language": self.language,
            "roaming": self.roaming,
            "notices": self.notices,
            "expires": self.expires,
        }


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened to a line and that a notice may be about: an event of services.yaml with what it brings. `key` names it for
    good."""

    key: str
    about: str
    msisdn: str
    values: Record


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered: `outcome` (`ok`, `unavailable`, `late`, `not_enough` or one of its own) and its values.

    `line` is the line afterwards where the call changed it, so that what follows is already in the new language. `happened` is what others
    are to be told of; an answer that is given again has none.
    """

    outcome: str
    values: Record
    line: Line | None = None
    happened: tuple[Happened, ...] = ()
