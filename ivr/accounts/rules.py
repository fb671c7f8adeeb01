"""What every rule of the accounts is given: the operator's terms, the line, what is asked, when.

A look-up is a function of `Asked`, an act one of `Acting`; `ivr/services/embedded.py` has the table of both. An act runs inside its
operation: it reads, changes rows of its own tables and moves money through `transaction`, and returns the answer (or raises `Refused`).
The fee of the answer is booked after it, in the same operation.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from ivr.accounts.lines import LineRow
from ivr.accounts.transaction import Transaction
from ivr.engine.charging import Billing, Rating, TariffPrices
from ivr.engine.effects import Call
from ivr.engine.model import FeePrices, Operator
from ivr.engine.values import Answer, Money, Msisdn, Secret, Span, Value


@dataclass(frozen=True, slots=True)
class Terms:
    """What the books need of an operator.yaml: whose midnight ends a day, the languages a subscriber may choose, prices and limits."""

    time_zone: datetime.tzinfo
    languages: tuple[str, ...]
    country: str = ""
    length: int = 9
    currency: str = ""
    limits: Mapping[str, Value] = field(default_factory=dict)
    fees: Mapping[str, FeePrices] = field(default_factory=dict)
    tariffs: Mapping[str, TariffPrices] = field(default_factory=dict)
    rating: Rating = Rating()
    billing: Billing | None = None

    @classmethod
    def of(cls, operator: Operator) -> Terms:
        """The terms that `operator` states."""
        return cls(
            ZoneInfo(operator.time_zone),
            operator.languages,
            operator.country,
            operator.length,
            operator.currency,
            operator.limits,
            operator.fees,
            operator.tariffs,
            operator.rating,
            operator.billing,
        )

    def amount(self, limit: str) -> Money:
        """The limit of that name, an amount. Raises LookupError where operator.yaml has none (a menu's rule cannot be kept without it)."""
        value = self.limits.get(limit)
        if not isinstance(value, Money):
            raise LookupError(f"operator.yaml has no amount limits.{limit}")
        return value

    def span(self, limit: str) -> datetime.timedelta:
        """The limit of that name, a length of time. Raises LookupError where there is none."""
        value = self.limits.get(limit)
        if not isinstance(value, Span):
            raise LookupError(f"operator.yaml has no span limits.{limit}")
        return datetime.timedelta(seconds=value.seconds)

    def number(self, limit: str) -> int:
        """The limit of that name, a count. Raises LookupError where there is none."""
        value = self.limits.get(limit)
        if not isinstance(value, int) or isinstance(value, bool):
            raise LookupError(f"operator.yaml has no count limits.{limit}")
        return value


class LiveTerms(Mapping[str, Terms]):
    """The terms of each operator as its current release states them, read anew where a release has changed."""

    def __init__(self, operators: Callable[[], Mapping[str, Operator]]) -> None:
        self._operators = operators
        self._known: dict[str, tuple[Operator, Terms]] = {}

    def __getitem__(self, name: str) -> Terms:
        operator = self._operators()[name]
        known = self._known.get(name)
        if known is None or known[0] is not operator:
            known = self._known[name] = (operator, Terms.of(operator))
        return known[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._operators())

    def __len__(self) -> int:
        return len(self._operators())


@dataclass(frozen=True, slots=True)
class Asked:
    """A look-up for the line `row` at `now`, the operator's local time."""

    connection: sqlite3.Connection
    row: LineRow
    call: Call
    terms: Terms
    now: datetime.datetime

    @property
    def today(self) -> datetime.date:
        """The operator's day."""
        return self.now.date()


@dataclass(slots=True)
class Acting:
    """An act of the line `row` at `now`, the operator's local time. An act that changes the line replaces `row` too."""

    transaction: Transaction
    row: LineRow
    call: Call
    terms: Terms
    now: datetime.datetime

    @property
    def today(self) -> datetime.date:
        """The operator's day."""
        return self.now.date()


Read = Callable[[Asked], Answer]
Change = Callable[[Acting], Answer]


def msisdn_of(call: Call, name: str) -> str:
    """The digits of the number given as `name`. Raises ValueError where none was given."""
    value = call.inputs.get(name)
    if not isinstance(value, Msisdn):
        raise ValueError(f"{call.service} needs a number as {name}")
    return value.digits


def money_of(call: Call, name: str) -> Money:
    """The amount given as `name`. Raises ValueError where none was given."""
    value = call.inputs.get(name)
    if not isinstance(value, Money):
        raise ValueError(f"{call.service} needs an amount as {name}")
    return value


def secret_of(call: Call, name: str) -> Secret:
    """The secret given as `name`. Raises ValueError where none was given, or a text that is no secret."""
    value = call.inputs.get(name)
    if not isinstance(value, Secret):
        raise ValueError(f"{call.service} needs a secret as {name}")
    return value
