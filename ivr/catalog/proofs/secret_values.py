"""Secrets that are handed to where they would be none (E050): from a menu's field to a field of the next menu that is not secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.model import Menu, Model, Reference
from ivr.engine.values import Value


def secrets_kept(model: Model, reader: Reader) -> None:
    """Every `with` of choices, items of lists and entries."""
    for menu in model.menus.values():
        secret = {field.name for field in menu.ask if field.type.secret}
        for go, hand, place in _hands(menu) if secret else ():
            _handed(model, secret, go, hand, place, reader)
    for entry in model.entries:
        asked = model.menus[entry.go].ask if entry.go in model.menus else ()
        _handed(model, {field.name for field in asked if field.type.secret}, entry.go, entry.hand, entry.place, reader)


def _hands(menu: Menu) -> Iterator[tuple[str, Mapping[str, Reference | Value], str]]:
    for choice in menu.choices:
        yield choice.go, choice.hand, choice.place
    if menu.list is not None and menu.list.choose is not None:
        yield menu.list.choose.go, menu.list.choose.hand, menu.list.choose.place


def _handed(model: Model, secret: set[str], go: str, hand: Mapping[str, Reference | Value], place: str, reader: Reader) -> None:
    target = model.menus.get(go)
    for name, value in hand.items():
        if target is None or not isinstance(value, Reference) or value.path[0] not in secret or len(value.path) > 1:
            continue
        field = next((field for field in target.ask if field.name == name), None)
        if field is not None and not field.type.secret:
            told = f'"{value.path[0]}" is a secret, and "{name}" of {go} is none: it could be shown there'
            reader.fault(Node("text", place), "E050", f'{told}; give "{name}" `secret: true`, or do not hand it over')
