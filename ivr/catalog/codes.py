"""Direct dial: which code leads to which menu (LANGUAGE, "How it runs", 13).

A code is an entry's parts and then, menu by menu, the values of its form and the key of a choice: `*111*1*7#`, `*111*4*{amount}#`. It stops
at a secret field and at a confirmation, for nobody may be led past those unseen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.catalog.written import code_text
from ivr.engine.model import Entry, Menu, Model, Reference
from ivr.engine.ways_in import fixed_signs, kinds_of, shapes_fit

LONGEST = 182
"""Characters of a code that a phone can send (3GPP TS 23.038, one USSD string)."""

ITEM = Reference(("item",))
"""The key of an item of a list, in a code."""
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
    """For each menu that direct dial reaches the shortest code from every USSD entry, entries in their order.

    A code that another entry takes for the same lines is left out.
    """
    found: dict[str, list[Code]] = {}
    for entry in ussd_entries(model):
        for code in from_entry(model, entry):
            if arrives(model, entry, code.parts) == code.menu:
                found.setdefault(code.menu, []).append(code)
    return {menu: tuple(codes) for menu, codes in found.items()}


def ussd_entries(model: Model) -> tuple[Entry, ...]:
    """The entries that are dialled."""
    return tuple(entry for entry in model.entries if entry.channel == "ussd" and entry.go in model.menus)


def from_entry(model: Model, entry: Entry) -> Iterator[Code]:
    """The shortest code to each menu from one entry, nearest first; its form's values stand in the code as far as they can be dialled."""
    waiting: deque[tuple[Parts, str, frozenset[str]]] = deque([(entry.parts, entry.go, _given(entry))])
    seen = {entry.go}
    while waiting:
        parts, name, given = waiting.popleft()
        menu = model.menus[name]
        parts, goes_on = filled(parts, menu, given)
        if len(code_text(parts)) > LONGEST:
            continue
        yield Code(parts, name, entry)
        for key, go, handed in pressed(menu) if goes_on else ():
            if go in model.menus and go not in seen:
                seen.add(go)
                waiting.append(((*parts, key), go, handed))


def pressed(menu: Menu) -> Iterator[tuple[str | Reference, str, frozenset[str]]]:
    """What direct dial presses in a menu: the key, where it leads, the fields that are handed over. An item's key is `{item}`: 1, 2 ..."""
    for choice in menu.choices:
        if choice.only is None or "ussd" in choice.only:
            yield choice.key, choice.go, frozenset(choice.hand)
    if menu.list is not None and menu.list.choose is not None:
        yield ITEM, menu.list.choose.go, frozenset(menu.list.choose.hand)


def filled(parts: Parts, menu: Menu, given: frozenset[str]) -> tuple[Parts, bool]:
    """`parts` with the fields of a menu's form behind it, and whether direct dial goes on to its choices."""
    for field in menu.ask:
        if field.name in given:
            continue
        if field.type.secret or not field.say:
            return parts, False
        parts = (*parts, Reference((field.name,)))
    return parts, not menu.confirm


def _given(entry: Entry) -> frozenset[str]:
    return frozenset(entry.hand) | {part.path[0] for part in entry.parts if isinstance(part, Reference)}


def leads_to(model: Model, entry: Entry, parts: Parts) -> str | None:
    """Where dialling `parts` behind `entry` ends: a menu id, or `back`, `home`, `end`; None where some part is no choice there."""
    dialled, name, given = entry.parts, entry.go, _given(entry)
    while name in model.menus:
        menu = model.menus[name]
        dialled, goes_on = filled(dialled, menu, given)
        rest = parts[len(dialled) :]
        if not rest:
            return name
        found = next(((go, handed) for key, go, handed in pressed(menu) if key == rest[0]), None) if goes_on else None
        if found is None:
            return None
        dialled, (name, given) = parts[: len(dialled) + 1], found
    return name


def arrives(model: Model, entry: Entry, parts: Parts) -> str | None:
    """Where dialling `parts` ends for the lines of `entry`: as `leads_to`, but that a longer entry for the same lines comes first."""
    longer = [
        other
        for other in ussd_entries(model)
        if len(entry.parts) < len(other.parts) <= len(parts) and other.serves in (entry.serves, "everyone") and _takes(model, other, parts)
    ]
    nearest = max(longer, key=lambda other: (len(other.parts), fixed_signs(other.parts)), default=entry)
    return leads_to(model, nearest, parts)


def _takes(model: Model, entry: Entry, parts: Parts) -> bool:
    """Whether an entry's own parts are those that are dialled. A key that its field does not take is a choice of a shorter code."""
    pairs = list(zip(entry.parts, parts, strict=False))
    values = {own.path[0]: dialled for own, dialled in pairs if isinstance(own, Reference) and isinstance(dialled, str)}
    same = all(isinstance(own, Reference) or own == dialled for own, dialled in pairs)
    return same and (not values or shapes_fit(values, kinds_of(model, entry), model.operator))
