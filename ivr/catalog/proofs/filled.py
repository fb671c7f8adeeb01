"""Fields that are never asked and that a way there does not fill either (E031): entries, and ways that hand nothing over."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.model import Entry, Menu, Model, Reference


def fields_filled(model: Model, reader: Reader, places: Mapping[str, str]) -> None:
    """All ways but choices, outcomes and `then` of menus, which are proven with their file. `places`: of what operator.yaml leads to."""
    for entry in model.entries:
        _unfilled(model, entry.go, _given(entry), entry.place, "this entry does not fill it", reader)
    for go, place, what in _handing_nothing(model, places):
        _unfilled(model, go, (), place, f"{what} hands nothing over", reader)


def _unfilled(model: Model, go: str | None, given: Container[str], place: str, why: str, reader: Reader) -> None:
    menu = model.menus.get(go or "")
    for field in menu.ask if menu is not None else ():
        if not field.say and field.name not in given:
            reader.fault(Node("text", place), "E031", f'"{field.name}" of {go} is never asked, and {why}: give it `say`')


def _given(entry: Entry) -> set[str]:
    return {piece.path[0] for piece in (*entry.parts, *(entry.text or ())) if isinstance(piece, Reference)} | set(entry.hand)


def _handing_nothing(model: Model, places: Mapping[str, str]) -> Iterator[tuple[str | None, str, str]]:
    operator = model.operator
    for entry in model.entries:
        yield entry.then, entry.place, "its `then`"
    for menu in model.menus.values():
        for choice in menu.choices:
            yield choice.then, choice.place, "its `then`"
        for place, then in _tries(menu):
            yield then, place, "`then` of its tries"
    for name, go in (
        ("languages.first_call", operator.first_call),
        ("call.person", operator.call.person),
        ("tries.no_input", operator.no_input.then),
        ("tries.no_match", operator.no_match.then),
    ):
        if name in places:
            yield go, places[name], name


def _tries(menu: Menu) -> Iterator[tuple[str, str]]:
    for place, tries in (
        *((menu.place, tries) for tries in (menu.no_input, menu.no_match)),
        *((field.place, tries) for field in menu.ask for tries in (field.no_input, field.tries)),
    ):
        if tries is not None:
            yield place, tries.then
