"""Parts of operator.yaml that are rules of the house: opening hours, holidays, people."""

from __future__ import annotations

import re

from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.model import Person
from ivr.engine.values import Hours

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)


def hours_of(node: Node, reader: Reader) -> dict[str, Hours]:
    """`hours` with `holidays`, closed on the latter: name: {mon-fri: "09:00-18:00"}."""
    closed = []
    for holiday in reader.texts(node.get("holidays"), "holidays"):
        if not _is_day(holiday):
            reader.fault(node.get("holidays") or node, "E010", f'a holiday is "MM-DD" (each year) or "YYYY-MM-DD" (once), not "{holiday}"')
        closed.append(holiday)
    found = {}
    for key, value in reader.pairs(node.get("hours"), "hours"):
        reader.name(key, "hours")
        days: list[tuple[tuple[int, int], ...]] = [()] * 7
        for name, spans in reader.pairs(value, "hours"):
            opened = tuple(span for text in reader.texts(spans, "hours") if (span := _span(text, spans, reader)) is not None)
            for number in _days(name, reader):
                if days[number]:
                    reader.fault(name, "E010", f"{WEEK[number]} has its hours already; several spans of a day are a list")
                days[number] = tuple(sorted(opened))
            if any(after[0] < before[1] for before, after in zip(sorted(opened), sorted(opened)[1:], strict=False)):
                reader.fault(spans, "E010", "two spans of one day overlap; join them into one")
        if value.kind == "map" and not value.pairs:
            reader.fault(value, "E010", 'no day is open; write for instance {mon-fri: "09:00-18:00"}')
        found[key.text] = Hours(tuple(days), frozenset(closed))
    return found


def _days(key: Node, reader: Reader) -> list[int]:
    first, dash, last = key.text.partition("-")
    if first in WEEK and (last in WEEK if dash else True):
        start, end = WEEK.index(first), WEEK.index(last or first)
        return [number % 7 for number in range(start, (end if end >= start else end + 7) + 1)]
    reader.fault(key, "E010", f'days are written mon, sat-sun or mon-fri; not "{key.text}"')
    return []


def _span(text: str, node: Node, reader: Reader) -> tuple[int, int] | None:
    ends = [_CLOCK.fullmatch(end) for end in text.split("-")]
    minutes = [int(end.group(1)) * 60 + int(end.group(2)) for end in ends if end]
    if len(ends) == len(minutes) == 2 and minutes[0] < minutes[1] <= 1440:
        return minutes[0], minutes[1]
    reader.fault(node, "E010", f'opening hours are a span of a day in quotes, such as "09:00-18:00" or "00:00-24:00"; not "{text}"')
    return None


def _is_day(text: str) -> bool:
    found = re.fullmatch(r"(?:(\d{4})-)?(\d\d)-(\d\d)", text, re.ASCII)
    if not found:
        return False
    year, month, day = int(found.group(1) or 2024), int(found.group(2)), int(found.group(3))
    long = (31, 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and 1 <= day <= long[month - 1]


def people_of(node: Node, reader: Reader) -> dict[str, Person]:
    """`people`: whom a call can be handed to."""
    hours = [key.text for key, _ in reader.pairs(node.get("hours"), "hours")]
    people = {}
    for key, value in reader.pairs(node.get("people"), "people"):
        reader.name(key, "a person")
        if not reader.shape(value, "person", "a person"):
            continue
        number = reader.text(value.get("call"), "call")
        if not re.fullmatch(r"[0-9]{1,15}", number, re.ASCII):
            reader.fault(value.get("call") or value, "E010", f'a number is digits in quotes, such as "111"; not "{number}"')
        opened = reader.text(value.get("hours"), "hours") or None
        if opened is not None and not reader.known(value.get("hours") or value, opened, hours, "E013", "hours called"):
            opened = None
        people[key.text] = Person(number, opened, float(reader.span(value.get("ring"), "ring", 45)))
    return people
