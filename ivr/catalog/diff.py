"""What changed for subscribers between two compiled operators: menus, codes, wordings, fees, choices, rules.

Two models are compared, not two texts: another order of files, comments, layout, names of look-ups, groups or fees that change nothing for
anybody are no change.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.catalog.diff_codes import code_changes, entry_changes
from ivr.catalog.diff_fees import fee_changes
from ivr.catalog.diff_menus import menu_changes
from ivr.catalog.diff_operator import operator_changes
from ivr.catalog.diff_pages import page_changes
from ivr.catalog.diff_sources import Side
from ivr.catalog.diff_types import Change, Pair
from ivr.catalog.written import wording_text
from ivr.engine.model import Menu, Model

KINDS = ("menu", "entry", "code", "wording", "choice", "fee", "service", "form", "flow", "notice", "operator", "page")
"""Kinds of change in the order in which they are reported."""


def changes(before: Side, after: Side) -> tuple[Change, ...]:
    """Every change from `before` to `after`, by kind, then by place."""
    pair = Pair(before.model, after.model, renamed(before.model, after.model))
    found = [*_menus(pair)]
    for old, new in pair.menus():
        found += menu_changes(pair, old, new)
    found += entry_changes(pair)
    found += code_changes(pair, [*before.published(), *after.published()], after.published())
    found += fee_changes(pair, after)
    found += operator_changes(pair, before, after)
    found += page_changes(pair, before, after)
    return tuple(sorted(dict.fromkeys(found), key=lambda change: (KINDS.index(change.kind), _order(change.place))))


def _order(place: str) -> tuple[str, int, int]:
    file, _, rest = place.partition(":")
    line, _, column = rest.partition(":")
    return file, int(line or 0), int(column or 0)


def _menus(pair: Pair) -> Iterator[Change]:
    for name, menu in pair.before.menus.items():
        new = pair.renames.get(name, name)
        if new not in pair.after.menus:
            yield Change("menu", f"{name} is gone", name, None, menu.place)
        elif new != name:
            yield Change("menu", f"{name} is called {new} now", name, new, pair.after.menus[new].place)
    kept = {pair.renames.get(name, name) for name in pair.before.menus}
    for name, menu in pair.after.menus.items():
        if name not in kept:
            yield Change("menu", f"{name} is new", None, name, menu.place)


def renamed(before: Model, after: Model) -> dict[str, str]:
    """Menus that have the same content under another id, old id to new.

    Content is told by its English (else the default language): a translation is found by the menu's id, so it may be lost on the way.
    """
    gone = {name: menu for name, menu in before.menus.items() if name not in after.menus}
    fresh = {name: menu for name, menu in after.menus.items() if name not in before.menus}
    if not gone or not fresh:
        return {}
    loose = Pair(before, after, {}, (_language(after),), frozenset(gone) | frozenset(fresh))
    likely: dict[tuple[object, ...], list[str]] = {}
    for name, menu in fresh.items():
        likely.setdefault(_look(after, menu), []).append(name)
    found: dict[str, str] = {}
    for name, menu in gone.items():
        same = [new for new in likely.get(_look(before, menu), []) if new not in found.values()]
        # of several that are alike, the one that kept its own name or its file
        same.sort(key=lambda new: (new.partition(".")[2] != name.partition(".")[2], new.partition(".")[0] != name.partition(".")[0]))
        match = next((new for new in same if not any(menu_changes(loose, menu, fresh[new]))), None)
        if match is not None:
            found[name] = match
    return found


def _language(model: Model) -> str:
    return "en" if "en" in model.operator.languages else model.operator.default_language


def _look(model: Model, menu: Menu) -> tuple[object, ...]:
    """What two menus of the same content have in common at a glance."""
    labels = tuple(wording_text(choice.label, _language(model)) for choice in menu.choices)
    return len(menu.say), labels, len(menu.ask), menu.do.service if menu.do else "", tuple(sorted(call.service for call in menu.get))
