"""Fields that a caller has no keys for (W006): one of some words. They must be handed over on every way that a call takes to them."""

from __future__ import annotations

from collections.abc import Container, Iterator

from ivr.catalog.proofs.ways import Ways
from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.model import Field, Menu


def untypable(ways: Ways, reader: Reader) -> None:
    """Faults at the entry, choice or outcome that leads there without the field."""
    fields = {name: [field for field in menu.ask if _needs_letters(field)] for name, menu in ways.model.menus.items()}
    if not any(fields.values()):
        return
    for go, given, place, what in _ways_of_a_call(ways):
        for field in fields.get(go or "", ()):
            if field.name not in given:
                words = ", ".join(field.type.words)
                reader.fault(
                    Node("text", place),
                    "W006",
                    f'{what} leads a caller to {go}, who has no keys for "{field.name}" ({words}): hand it over `with`, or offer choices',
                )


def _needs_letters(field: Field) -> bool:
    asked = any("call" in part.wording and (part.only is None or "call" in part.only) for part in field.say)
    return asked and field.type.kind == "one_of" and any(not word.isdecimal() for word in field.type.words)


def _ways_of_a_call(ways: Ways) -> Iterator[tuple[str | None, Container[str], str, str]]:
    """Where a call can come from, to which menu, and what is handed over."""
    model = ways.model
    for entry in model.entries:
        if entry.channel == "call":
            yield entry.go, entry.hand, entry.place, "this entry"
            yield entry.then, (), entry.place, "its `then`"
    for name, lines in ways.reached["call"].items():
        if lines:
            yield from _ways_on(model.menus[name])


def _ways_on(menu: Menu) -> Iterator[tuple[str | None, Container[str], str, str]]:
    for choice in menu.choices:
        if choice.only is None or "call" in choice.only:
            yield choice.go, choice.hand, choice.place, "this choice"
            yield choice.then, (), choice.place, "its `then`"
    if menu.list is not None and menu.list.choose is not None:
        yield menu.list.choose.go, menu.list.choose.hand, menu.list.choose.place, "an item"
    yield menu.then, (), menu.place, "its `then`"
    for outcome in menu.otherwise.values():
        yield outcome.go, (), outcome.place, "this outcome"
