"""The values that a scenario writes for a service's answer or an event, as the types of services.yaml want them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping

from ivr.catalog.services import ListType, Type
from ivr.catalog.source import Node
from ivr.engine.model import Operator
from ivr.engine.values import UNITS, Count, Money, Msisdn, Span, Tariff, Value

SPAN = re.compile(r"([0-9]{1,6})([smhd])")
SECONDS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?")

HOW: Mapping[str, str] = {
    "money": 'an amount in quotes, such as "12.34"',
    "date": 'a day in quotes, such as "2026-12-31"',
    "time": 'a moment in quotes, such as "2026-11-22 12:30"',
    "count": 'a number and its unit, such as "1500 megabyte"',
    "tariff": "the name of a tariff",
    "flag": "true or false",
    "number": 'a whole number, such as "3"',
    "msisdn": 'a number in international digits, such as "994501110001"',
    "text": "a text",
    "span": "a length of time such as 60s, 5m, 2h or 1d",
}
"""How a value of each type is written, for messages."""


class Unreadable(ValueError):
    """A value that is not of its type: where it stands, and the message."""

    def __init__(self, node: Node, message: str) -> None:
        super().__init__(message)
        self.node = node


def seconds_of(text: str) -> int | None:
    """A length of time, `30m`, in seconds; None for anything else."""
    found = SPAN.fullmatch(text)
    return int(found[1]) * SECONDS[found[2]] if found and int(found[1]) > 0 else None


def moment_of(text: str, zone: datetime.tzinfo) -> datetime.datetime | None:
    """`2026-11-22 12:00` as a moment in `zone`; None for anything else."""
    if not MOMENT.fullmatch(text):
        return None
    try:
        return datetime.datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return None


def value_of(node: Node, kind: Type, operator: Operator, zone: datetime.tzinfo) -> Value:
    """The value that `node` writes for the type `kind` of services.yaml. Raises Unreadable."""
    if isinstance(kind, ListType):
        if node.kind != "list":
            raise Unreadable(node, "this is a list of records here: [{...}, {...}], or []")
        return tuple(record_of(item, kind.record, operator, zone) for item in node.items)
    try:
        if node.kind == "text":
            return _READ[kind](node.text, operator, zone)
    except ValueError:
        pass
    raise Unreadable(node, f"this is {HOW[kind]}" + (f", not {node.text[:40]!r}" if node.kind == "text" else ""))


def record_of(node: Node, types: Mapping[str, Type], operator: Operator, zone: datetime.tzinfo) -> dict[str, Value]:
    """A whole record of a list: each of its values must be there. Raises Unreadable."""
    if node.kind != "map":
        raise Unreadable(node, f"this is a map with {', '.join(types)}")
    for key, _ in node.pairs:
        if key.text not in types:
            raise Unreadable(key, f'there is no value "{key.text}" here, only {", ".join(types)}')
    record: dict[str, Value] = {}
    for name, kind in types.items():
        value = node.get(name)
        if value is None:
            raise Unreadable(node, f'"{name}" is missing')
        record[name] = value_of(value, kind, operator, zone)
    return record


def _date(text: str, operator: Operator, zone: datetime.tzinfo) -> Value:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return datetime.date.fromisoformat(text)


def _time(text: str, operator: Operator, zone: datetime.tzinfo) -> Value:
    moment = moment_of(text, zone)
    if moment is None:
        raise ValueError(text)
    return moment


def _count(text: str, operator: Operator, zone: datetime.tzinfo) -> Value:
    found = re.fullmatch(r"([0-9]{1,9}) ([a-z]+)", text)
    if not found or found[2] not in UNITS:
        raise ValueError(text)
    return Count(int(found[1]), found[2])


def _flag(text: str, operator: Operator, zone: datetime.tzinfo) -> Value:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _number(text: str, operator: Operator, zone: datetime.tzinfo) -> Value:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError(text)
    return int(text)


def _msisdn(text: str, operator: Operator, zone: datetime.tzinfo) -> Value:
    if not re.fullmatch(r"[0-9]{5,15}", text):
        raise ValueError(text)
    return Msisdn(text)


def _span(text: str, operator: Operator, zone: datetime.tzinfo) -> Value:
    seconds = seconds_of(text)
    if seconds is None:
        raise ValueError(text)
    return Span(seconds)


_READ: Mapping[str, Callable[[str, Operator, datetime.tzinfo], Value]] = {
    "money": lambda text, operator, zone: Money.parse(text, operator.currency),
    "date": _date,
    "time": _time,
    "count": _count,
    "tariff": lambda text, operator, zone: Tariff(text),
    "flag": _flag,
    "number": _number,
    "msisdn": _msisdn,
    "text": lambda text, operator, zone: text,
    "span": _span,
}
