"""Pages that can be empty, and menus whose choices can all be hidden at once (E026), told with the case in which they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ivr.catalog.context import plain, typed
from ivr.catalog.proofs.cases import Case, Kind, Table, TooMany, told
from ivr.catalog.proofs.conditions import fixed_words
from ivr.catalog.proofs.ways import CHANNELS, ON, Ways
from ivr.catalog.reader import Reader
from ivr.catalog.services import Service
from ivr.catalog.source import Node
from ivr.engine.expressions import Node as Condition
from ivr.engine.model import Choice, Listing, Menu

_LIST = "the list"


@dataclass(frozen=True, slots=True)
class _Known:
    """What the names of one menu's conditions stand for."""

    ways: Ways
    menu: Menu
    services: Mapping[str, Service]
    everywhere: Kind

    def kind(self, path: tuple[str, ...]) -> str | None:
        """A name's type."""
        if len(path) == 2:
            for invocation in (*self.menu.get, *((self.menu.do,) if self.menu.do is not None else ())):
                if invocation.name == path[0] and invocation.service in self.services:
                    return plain(self.services[invocation.service].gives.get(path[1]))
        elif field := next((field for field in self.menu.ask if field.name == path[0]), None):
            return typed(field.type)
        return self.everywhere(path)

    def words(self, path: tuple[str, ...]) -> Sequence[str] | None:
        """The words a name may be. A tariff may always be one that operator.yaml does not name."""
        field = next((field for field in self.menu.ask if (field.name,) == path), None)
        if field is not None:
            return field.type.words or None
        return fixed_words(path, None, self.ways.model.operator.languages, ())

    def table(self, channel: str, conditions: Sequence[Condition | None], choices: Sequence[Choice]) -> Table:
        """The cases that the conditions, and all else that hides choices, tell apart."""
        mask = self.ways.reached[channel][self.menu.name]
        table = Table(conditions, self.kind, self.words, self.ways.of(mask))
        menus = self.ways.model.menus
        for choice in choices:
            target = menus.get(choice.go)
            table.switches(name for name in (choice.switch, target.switch if target else None) if name and name != self.menu.switch)
            if target is not None and mask & ~self.ways.served_by(target.name):
                table.by_line()
        return table

    def shown(self, table: Table, choice: Choice, case: Case) -> bool:
        """Whether a choice is shown in a case."""
        target = self.ways.model.menus.get(choice.go)
        for switch in (choice.switch, target.switch if target else None):
            if switch and switch != self.menu.switch and not case[("switches", switch)]:
                return False
        if target is not None and "line" in case and case["line"] not in self.ways.of(self.ways.served_by(target.name)):
            return False
        return table.holds(choice.when, case)


def pages(ways: Ways, services: Mapping[str, Service], everywhere: Kind, reader: Reader) -> None:
    """Both faults, for every menu on every channel that it is reached by."""
    for menu in ways.model.menus.values():
        known = _Known(ways, menu, services, everywhere)
        for channel in CHANNELS:
            if not ways.reached[channel].get(menu.name) or menu.then is not None:
                continue
            if menu.name in ways.ended[channel] and (empty := _empty(known, channel)) is not None:
                place = next((part.place for part in (*menu.say, *menu.after)), menu.place)
                reader.fault(Node("text", place), "E026", empty)
                break
            if (hidden := _hidden(known, channel)) is not None:
                reader.fault(Node("text", menu.choices[0].place), "E026", hidden)
                break


def _empty(known: _Known, channel: str) -> str | None:
    """In which case nothing at all is said on the page; None where there is none."""
    menu = known.menu
    parts = [part for part in (*menu.say, *menu.after) if part.wording.get(channel) and (part.only is None or channel in part.only)]
    if any(part.when is None for part in parts) or (menu.connect is not None and channel == "call"):
        return None
    if channel == "sms" and not parts and not (menu.list and menu.list.item.get("sms")):
        return None  # an SMS that has nothing to write at all is E035
    choices = () if channel == "sms" else _choices(menu, channel)
    if any(_certain(known, choice, channel) for choice in choices):
        return None
    filled, empty = _list_says(menu.list, channel)
    if filled and empty:
        return None
    table = known.table(channel, [*(part.when for part in parts), *(choice.when for choice in choices)], choices)
    if menu.list is not None:
        table.also(_LIST, ["is empty", "has items"])
    case = _first(
        table,
        lambda case: (
            not (
                any(table.holds(part.when, case) for part in parts)
                or any(known.shown(table, choice, case) for choice in choices)
                or (filled if case.get(_LIST) == "has items" else empty)
            )
        ),
    )
    if case is None:
        return None
    when = told(case)
    if not when:
        return f"{menu.name} says nothing {ON[channel]}: give it a wording that is said there"
    hint = "; word `none`" if case.get(_LIST) == "is empty" and not empty else "; add a part without `when`, or one for this case"
    return f"the page of {menu.name} {ON[channel]} is empty where {when}{hint}"


def _hidden(known: _Known, channel: str) -> str | None:
    """In which case nothing can be pressed, where there is nothing else to stay for."""
    menu, ways = known.menu, known.ways
    choices = _choices(menu, channel)
    if channel == "sms" or not choices or menu.get or menu.do or menu.list or menu.connect:
        return None
    if menu.name not in ways.ended[channel] or (menu.back and menu.name not in ways.roots):
        return None
    if any(_certain(known, choice, channel) for choice in choices):
        return None
    table = known.table(channel, [choice.when for choice in choices], choices)
    case = _first(table, lambda case: not any(known.shown(table, choice, case) for choice in choices))
    if case is None:
        return None
    return (
        f"all choices of {menu.name} are hidden {ON[channel]} where {told(case)}, and nothing lies behind it;"
        " add a choice without `when`, `switch` or `only`"
    )


def _choices(menu: Menu, channel: str) -> tuple[Choice, ...]:
    return tuple(choice for choice in menu.choices if choice.only is None or channel in choice.only)


def _certain(known: _Known, choice: Choice, channel: str) -> bool:
    """Whether a choice is always shown."""
    target = known.ways.model.menus.get(choice.go)
    switches = {choice.switch, target.switch if target else None} - {None, known.menu.switch}
    if choice.when is not None or switches:
        return False
    return target is None or not known.ways.reached[channel][known.menu.name] & ~known.ways.served_by(target.name)


def _list_says(listing: Listing | None, channel: str) -> tuple[bool, bool]:
    """Whether a list says something with items, and without."""
    if listing is None:
        return False, False
    return bool(listing.item.get(channel)), bool(listing.none and listing.none.get(channel))


def _first(table: Table, wanted: Callable[[Case], bool]) -> Case | None:
    try:
        return next((case for case in table.cases() if wanted(case)), None)
    except TooMany:
        return None
