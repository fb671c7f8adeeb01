"""Direct dial: which code leads to which menu (LANGUAGE, "How it runs", 13).

A code is an entry's parts and then, menu by menu, the values of its form and the key of a choice: `*111*1*7#`, `*111*4*{amount}#`. It stops
at a secret field and at a confirmation, for nobody may be led past those unseen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.catalog.written import code_text
from ivr.engine.model import Choice, Entry, Menu, Model, Reference
from ivr.engine.values import Value

LONGEST = 182
"""Characters of a code that a phone can send (3GPP TS 23.038, one USSD string)."""

Parts = tuple[str | Reference, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A code and the menu it leads to. `entry`: the one it begins with."""

    parts: Parts
    menu: str
    entry: Entry

    def __str__(self) -> str:
        return code_text(self.parts)


def codes_of(model: Model) -> dict[str, tuple[Code, ...]]:
    """For each menu that direct dial reaches the shortest code from every USSD entry, entries in their order."""
    found: dict[str, list[Code]] = {}
    for entry in ussd_entries(model):
        for code in from_entry(model, entry):
            found.setdefault(code.menu, []).append(code)
    return {menu: tuple(codes) for menu, codes in found.items()}


def ussd_entries(model: Model) -> tuple[Entry, ...]:
    """The entries that are dialled."""
    return tuple(entry for entry in model.entries if entry.channel == "ussd" and entry.go in model.menus)


def from_entry(model: Model, entry: Entry) -> Iterator[Code]:
    """The shortest code to each menu from one entry, nearest first; its form's values stand in the code as far as they can be dialled."""
    waiting: deque[tuple[Parts, str, Mapping[str, Reference | Value]]] = deque([(entry.parts, entry.go, entry.hand)])
    seen = {entry.go}
    while waiting:
        parts, name, hand = waiting.popleft()
        menu = model.menus[name]
        parts, goes_on = filled(parts, menu, hand)
        if len(code_text(parts)) > LONGEST:
            continue
        yield Code(parts, name, entry)
        if not goes_on:
            continue
        for choice in pressed(menu):
            if choice.go in model.menus and choice.go not in seen:
                seen.add(choice.go)
                waiting.append(((*parts, choice.key), choice.go, choice.hand))


def pressed(menu: Menu) -> tuple[Choice, ...]:
    """The choices of a menu that USSD shows."""
    return tuple(choice for choice in menu.choices if choice.only is None or "ussd" in choice.only)


def filled(parts: Parts, menu: Menu, hand: Mapping[str, Reference | Value]) -> tuple[Parts, bool]:
    """`parts` with the fields of a menu's form behind it, and whether direct dial goes on to its choices."""
    written = {part.path[0] for part in parts if isinstance(part, Reference)}
    for field in menu.ask:
        if field.name in hand or field.name in written:
            continue
        if field.type.secret or not field.say:
            return parts, False
        parts = (*parts, Reference((field.name,)))
    return parts, not menu.confirm


def leads_to(model: Model, entry: Entry, parts: Parts) -> str | None:
    """Where dialling `parts` behind `entry` ends: a menu id, or `back`, `home`, `end`; None where some part is no choice there."""
    dialled, name, hand = entry.parts, entry.go, entry.hand
    while name in model.menus:
        menu = model.menus[name]
        dialled, goes_on = filled(dialled, menu, hand)
        rest = parts[len(dialled) :]
        if not rest:
            return name
        choice = next((choice for choice in pressed(menu) if choice.key == rest[0]), None) if goes_on else None
        if choice is None:
            return None
        dialled, name, hand = (*parts[: len(dialled)], choice.key), choice.go, choice.hand
    return name
