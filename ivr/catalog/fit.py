"""Proof that every page fits: E075 for what a phone would show cut, W002 for a letter that halves a page without need.

A page of a menu may always grow (a complaint about a key stands above it, a list has more items), so it is not enough that it fits: every
line of it must fit a page of its own, beside the lines that lead on, back and home. Then the engine's paging, which keeps lines whole, is
clean whatever stands together; and nothing has to be known of which conditions hold. What has no pages is added up, with all that may
stand before it: questions, confirmations, last words, SMS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.catalog.extent import Sheet
from ivr.catalog.fit_sms import Sms
from ivr.catalog.fit_ussd import Ussd
from ivr.catalog.largest import Largest
from ivr.catalog.letters import letters
from ivr.catalog.pages import Found, Places
from ivr.catalog.services import Event, Service
from ivr.catalog.source import Node
from ivr.engine.model import Model

_TEXTS = ("ussd", "sms")


def fit_faults(
    model: Model, services: Mapping[str, Service], house: Node | None = None, events: Mapping[str, Event] | None = None
) -> Iterator[Found]:
    """E075 and W002 of a whole operator. `house` is operator.yaml, for the places of its wordings; `events` are what notices tell of."""
    largest = Largest(model, services, events or {})
    places = Places(model, house)
    for channel in _TEXTS:
        names = reached(model, channel)
        menus = [menu for name, menu in model.menus.items() if name in names]
        beside = [menu for menu in model.menus.values() if _also_by_sms(model, menu.name)] if channel == "sms" else []
        if not menus and not beside and not model.notices:
            continue
        for language in model.operator.languages:
            sheet = Sheet(model, largest, channel, language)
            if channel == "ussd":
                yield from Ussd(sheet, places, menus).faults()
            else:
                yield from Sms(sheet, places, menus, beside).faults()
            yield from letters(sheet, [*menus, *(menu for menu in beside if menu.name not in names)], places.of)


def reached(model: Model, channel: str) -> set[str]:
    """The menus that a session on `channel` can come to."""
    waiting = [target for entry in model.entries if entry.channel == channel for target in (entry.go, entry.then)]
    if channel == "ussd":
        waiting += [notice.go for notice in model.notices]
    if waiting and channel != "sms":
        waiting += [model.operator.no_match.then]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name is None or name in seen or name not in model.menus:
            continue
        seen.add(name)
        menu = model.menus[name]
        waiting.append(menu.then)
        if channel == "sms":
            continue  # an SMS chooses nothing and is asked nothing: it gets one menu, and what goes on by itself
        for choice in menu.choices:
            if choice.only is None or channel in choice.only:
                waiting += [choice.go, choice.then]
        if menu.list is not None and menu.list.choose is not None:
            waiting.append(menu.list.choose.go)
        waiting += [outcome.go for outcome in menu.otherwise.values()]
        waiting += [tries.then for tries in (menu.no_match, *(field.tries for field in menu.ask)) if tries is not None]
    return seen


def _also_by_sms(model: Model, name: str) -> bool:
    """Whether a menu of another channel may be answered by an SMS: beside its page, because its look-up is late, or as a notice."""
    menu = model.menus[name]
    told = any(notice.go == name and {"sms", "flash"} & set(notice.by) for notice in model.notices)
    return told or menu.also_sms is not None or any(invocation.late == "send_by_sms" for invocation in menu.get)
