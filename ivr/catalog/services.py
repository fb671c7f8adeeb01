"""services.yaml as types: what a menu may call, what it takes and gives. Menus never say a type: it comes from here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr.catalog.faults import Faults
from ivr.catalog.reader import Reader
from ivr.catalog.source import Node, read_file
from ivr.engine.model import FieldType

SIMPLE = frozenset("money date time count tariff flag number msisdn text span".split())
"""The types of a single value."""
KINDS = ("msisdn", "date", "number", "money", "text")
"""The kinds of a field that need no more than their name."""


LARGEST: Mapping[str, int] = {"text": 24, "number": 999_999, "count": 99_999, "span": 31 * 86_400}
"""The largest value of a type where services.yaml names none: characters of a text, numbers, counts of a unit, seconds of a span."""
LONGEST_TEXT = 160
"""Characters that services.yaml may allow a text: an SMS."""


class Sized(str):
    """The name of a simple type that has a size, with `most`: characters (UTF-16 units) of a text, the number, the seconds of a span."""

    __slots__ = ("most",)
    most: int

    def __new__(cls, name: str, most: int) -> Sized:
        """`Sized("text", 24)`; equal to `"text"` and hashed like it."""
        kind = super().__new__(cls, name)
        kind.most = most
        return kind


def most_of(kind: str) -> int:
    """The largest value of a simple type: what services.yaml says, else `LARGEST`; 0 for a type without a size."""
    return kind.most if isinstance(kind, Sized) else LARGEST.get(kind, 0)


@dataclass(frozen=True, slots=True)
class ListType:
    """A list of records, of at most `most` items."""

    record: Mapping[str, Type]
    most: int


Type = str | ListType


@dataclass(frozen=True, slots=True)
class InputType(FieldType):
    """What a service takes, its bounds still as written: a value, or a name of operator.yaml's limits (`limits.transfer_max`)."""

    bounds: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `kind` is `read` or `change`; `balance` names the field of `gives` that a fee lowers."""

    name: str
    kind: str
    takes: Mapping[str, FieldType] = field(default_factory=dict)
    gives: Mapping[str, Type] = field(default_factory=dict)
    outcomes: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)
    balance: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens by itself, for notices. `to` says who is told (`line`, `recipient`); `gives` what it brings."""

    name: str
    to: str
    gives: Mapping[str, Type] = field(default_factory=dict)


def load_services(path: Path, faults: Faults) -> dict[str, Service]:
    """The services that `path` describes; its faults go to `faults`."""
    top = read_file(path, path.name, path.parent, faults)
    return {} if top is None else services_in(top, Reader(faults))


def load_events(path: Path, faults: Faults) -> dict[str, Event]:
    """The events that `path` describes; its faults go to `faults`."""
    top = read_file(path, path.name, path.parent, faults)
    return {} if top is None else events_in(top, Reader(faults))


def events_in(top: Node, reader: Reader) -> dict[str, Event]:
    """The events of a services.yaml that is read already."""
    records = _records(top, reader)
    return {
        key.text: Event(key.text, reader.text(node.get("to"), "to"), _given(reader, node.get("gives"), records))
        for key, node in reader.pairs(top.get("events"), "events")
    }


def _records(top: Node, reader: Reader) -> dict[str, Mapping[str, Type]]:
    records: dict[str, Mapping[str, Type]] = {}
    for key, node in reader.pairs(top.get("records"), "records"):
        records[key.text] = _types(reader, node, records)
    return records


def _given(reader: Reader, gives: Node | None, records: Mapping[str, Mapping[str, Type]]) -> Mapping[str, Type]:
    return records.get(gives.text, {}) if gives is not None and gives.kind == "text" else _types(reader, gives, records)


def services_in(top: Node, reader: Reader) -> dict[str, Service]:
    """The services of a services.yaml that is read already."""
    records = _records(top, reader)
    services = {}
    for key, node in reader.pairs(top.get("services"), "services"):
        outcomes = {outcome.text: _types(reader, values, records) for outcome, values in reader.pairs(node.get("outcomes"), "outcomes")}
        takes = {name.text: _field(reader, kind) for name, kind in reader.pairs(node.get("takes"), "takes")}
        given = _given(reader, node.get("gives"), records)
        balance = reader.text(node.get("balance"), "balance") or None
        services[key.text] = Service(key.text, reader.text(node.get("kind"), "kind", "read"), takes, given, outcomes, balance)
    return services


def _types(reader: Reader, node: Node | None, records: Mapping[str, Mapping[str, Type]]) -> dict[str, Type]:
    types: dict[str, Type] = {}
    for key, value in reader.pairs(node, "values"):
        if value.kind == "map" and (of := value.get("list")) is not None:
            record = records.get(of.text, {}) if of.kind == "text" else _types(reader, of, records)
            types[key.text] = ListType(record, reader.count(value.get("most"), "most", 20))
        elif value.kind == "map":
            types[key.text] = _sized(reader, value)
        elif reader.known(value, value.text, SIMPLE, "E010", "type"):
            types[key.text] = value.text
    return types


def _sized(reader: Reader, node: Node) -> Type:
    """`{text: 24}`, `{number: 20}`, `{count: 500}`, `{span: 3600}`."""
    if len(node.pairs) != 1:
        reader.fault(node, "E010", "a type with a size has one key: {text: 24}, {number: 20}, {count: 500} or {span: 3600}")
        return "text"
    key, value = node.pairs[0]
    if not reader.known(key, key.text, LARGEST, "E010", "type with a size"):
        return "text"
    return Sized(key.text, reader.count(value, key.text, LARGEST[key.text], LONGEST_TEXT if key.text == "text" else 999_999_999))


def _field(reader: Reader, node: Node) -> FieldType:
    if node.kind == "text":
        return FieldType(node.text)
    secret = reader.switch(node.get("secret"), "secret", False)
    if (words := node.get("one_of")) is not None:
        return FieldType("one_of", words=reader.texts(words, "one_of"), secret=secret)
    if (digits := node.get("digits")) is not None:
        least, most = span_of(digits.text)
        return FieldType("digits", least, most, secret=secret)
    for kind in ("money", "number", "text"):
        if (bounds := node.get(kind)) is not None and bounds.kind == "map":
            return InputType(kind, secret=secret, bounds=(reader.text(bounds.get("min"), "min"), reader.text(bounds.get("max"), "max")))
        if bounds is not None:
            return InputType(kind, secret=secret, bounds=("", reader.text(bounds, kind)))
    kind_of = next((kind for kind in KINDS if node.get(kind) is not None), "text")
    return FieldType(kind_of, secret=secret)


def span_of(text: str) -> tuple[int | None, int | None]:
    """`"4-20"` as 4 and 20, `"10"` as 10 and 10; None, None for anything else."""
    least, _, most = text.partition("-")
    most = most or least
    return (int(least), int(most)) if re.fullmatch(r"[0-9]{1,6}-[0-9]{1,6}", f"{least}-{most}") else (None, None)
