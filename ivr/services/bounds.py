"""The bounds that services.yaml and operator.yaml set to values: a check for each type, and what is left of a value that does not fit."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence

from ivr.catalog.largest import LONGEST_NUMBER, largest_money
from ivr.catalog.services import ListType, Type, most_of
from ivr.engine.model import Operator
from ivr.engine.text import fold, is_gsm7
from ivr.engine.values import UNITS, Count, Money, Msisdn, Span, Tariff, Value

_UNITS = frozenset(UNITS)
_DIGITS = re.compile(f"[0-9]{{1,{LONGEST_NUMBER}}}")

Check = Callable[[Value], Value]
"""Gives a value back, tidied where it is a text. Raises Wrong."""


class Wrong(ValueError):
    """A value that does not fit; the message is the reason, without the value."""


def tidy(text: str) -> str:
    """`text` on one line: line breaks and tabs are spaces, control, direction and other unprintable characters are gone."""
    if text.isprintable():
        return text
    spaced = "".join(letter if letter.isprintable() else " " if letter.isspace() or letter in "\x85\u2028\u2029" else "" for letter in text)
    return " ".join(spaced.split())


class Bounds:
    """What the values of one operator's lines may be: of its currency, no amount above its largest, a tariff of its file."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.tariffs = frozenset(operator.spoken)
        self.letters = max(map(len, self.tariffs), default=most_of("text"))
        # whether a name of its own keeps a page GSM-7, as it is written and folded
        self._plain = all(map(is_gsm7, self.tariffs)), all(is_gsm7(fold(name)) for name in self.tariffs)
        self._checks: dict[tuple[str, int], Check] = {}
        self._records: dict[int, Sequence[tuple[str, Type, Check]]] = {}

    def check(self, kind: Type) -> Check:
        """The check of a type, made once: a list of thirty postings is checked ninety times over."""
        key = ("", id(kind)) if isinstance(kind, ListType) else (str(kind), most_of(kind))
        if key not in self._checks:
            self._checks[key] = self._list(kind) if isinstance(kind, ListType) else self._simple(kind)
        return self._checks[key]

    def record(self, kinds: Mapping[str, Type]) -> Sequence[tuple[str, Type, Check]]:
        """The checks of all fields of a record. `kinds` is one of the schemas', which live as long as this."""
        if id(kinds) not in self._records:
            self._records[id(kinds)] = [(name, kind, self.check(kind)) for name, kind in kinds.items()]
        return self._records[id(kinds)]

    def _simple(self, kind: str) -> Check:
        most = most_of(kind)
        match kind:
            case "money":
                return self._money()
            case "tariff":
                return self._tariff
            case "number":
                return lambda value: value if type(value) is int and 0 <= value <= most else _wrong(f"it is no number from 0 to {most}")
            case "count":
                return lambda value: (
                    value
                    if type(value) is Count and type(value.number) is int and 0 <= value.number <= most and value.unit in _UNITS
                    else _wrong(f"it is no count from 0 to {most} of a unit that there is")
                )
            case "span":
                return lambda value: (
                    value
                    if type(value) is Span and type(value.seconds) is int and 0 <= value.seconds <= most
                    else _wrong(f"it is no span from 0 to {most} seconds")
                )
            case "text":
                return lambda value: _text(value, most)
        return _PLAIN[kind]

    def _money(self) -> Check:
        currency, most = self.operator.currency, abs(largest_money(self.operator).micro)

        def money(value: Value) -> Value:
            if type(value) is not Money or type(value.micro) is not int:
                raise Wrong("it is no money")
            if value.currency != currency:
                raise Wrong(f"its currency is not {currency}")
            if not -most <= value.micro <= most:
                raise Wrong("it is more than limits.largest_money")
            return value

        return money

    def _tariff(self, value: Value) -> Value:
        if not isinstance(value, Tariff) or not isinstance(value.name, str):
            raise Wrong("it is no tariff")
        if value.name in self.tariffs:
            return value
        name = tidy(value.name)
        # a tariff that is too new for operator.yaml may be shown where it takes no more room than those that were measured
        if (
            len(name) > self.letters
            or _units(name) != len(name)
            or (self._plain[0] and not is_gsm7(name))
            or (self._plain[1] and not is_gsm7(fold(name)))
        ):
            raise Wrong("a tariff that is not in operator.yaml, and longer or in other letters than those that are")
        return value if name == value.name else Tariff(name)

    def _list(self, kind: ListType) -> Check:
        checks = self.record(kind.record)

        def items_of(value: Value) -> Value:
            if not isinstance(value, tuple):
                raise Wrong("it is no list")
            if len(value) > kind.most:
                raise Wrong(f"it has more than {kind.most} items")
            same = True
            items = []
            for number, item in enumerate(value, 1):
                if type(item) is not dict and not isinstance(item, Mapping):  # asking for any Mapping costs more than all the rest
                    raise Wrong(f"item {number} is no record")
                kept = {}
                for name, _, check in checks:
                    if name not in item:
                        raise Wrong(f"item {number} has no {name}")
                    given = item[name]
                    try:
                        kept[name] = found = check(given)
                    except Wrong as wrong:
                        raise Wrong(f"{name} of item {number}: {wrong}") from None
                    if found is not given:
                        same = False
                if len(item) != len(kept):
                    same = False
                items.append(kept)
            return value if same else tuple(items)

        return items_of


def _wrong(reason: str) -> Value:
    raise Wrong(reason)


_PLAIN: Mapping[str, Check] = {
    "date": lambda value: value if value is None or type(value) is datetime.date else _wrong("it is no date"),
    "time": lambda value: value if value is None or isinstance(value, datetime.datetime) else _wrong("it is no time"),
    "flag": lambda value: value if isinstance(value, bool) else _wrong("it is no flag"),
    "msisdn": lambda value: (
        value
        if isinstance(value, Msisdn) and _DIGITS.fullmatch(value.digits) is not None
        else _wrong(f"it is no number of a line, of at most {LONGEST_NUMBER} digits")
    ),
}


def _text(value: Value, most: int) -> Value:
    if not isinstance(value, str):
        raise Wrong("it is no text")
    text = tidy(value)
    if _units(text) > most:
        raise Wrong(f"it has more than {most} characters")
    return text


def mended(value: Value, kind: Type, bounds: Bounds) -> Value:
    """What is left of a value that does not fit, in an answer that must be given; None: nothing, which no wording shows."""
    if isinstance(kind, ListType):
        items = value[: kind.most] if isinstance(value, tuple) else ()
        return tuple(_item(item, kind.record, bounds) for item in items if isinstance(item, Mapping))
    if kind == "text" and isinstance(value, str):
        return _cut(tidy(value), most_of(kind))
    return None


def _item(item: Mapping[str, Value], record: Mapping[str, Type], bounds: Bounds) -> Mapping[str, Value]:
    kept: dict[str, Value] = {}
    for name, kind in record.items():
        try:
            kept[name] = bounds.check(kind)(item.get(name))
        except Wrong:
            kept[name] = mended(item.get(name), kind, bounds)
    return kept


def _units(text: str) -> int:
    """Characters as they count: UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-be", "surrogatepass")) // 2


def _cut(text: str, most: int) -> str:
    while _units(text) > most:
        text = text[:-1]
    return text.rstrip()
