"""Values that are named before they are known (E027): a question that names what a look-up brings, an outcome of the first of two look-ups
that names the second, a field that is not asked in every case. The engine would have nothing to say there.

A menu fills its form field by field, asks to confirm, looks up in order, acts, and shows its page; an outcome is told where its service
answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.catalog.reader import Reader
from ivr.catalog.services import Service
from ivr.catalog.source import Node
from ivr.engine.expressions import Node as Condition
from ivr.engine.expressions import names
from ivr.engine.model import Field, Listing, Menu, Model, Reference, Say, Tries, Wording

_PERSON = frozenset(["closed", "busy", "no_answer"])
_RESULT = "result"


def known_yet(model: Model, services: Mapping[str, Service], reader: Reader) -> None:
    """E027 of every menu."""
    for menu in model.menus.values():
        if menu.ask or menu.get or menu.do:
            _Order(menu, services, reader).check()


@dataclass(slots=True)
class _Order:
    menu: Menu
    services: Mapping[str, Service]
    reader: Reader

    def check(self) -> None:
        """Go through a menu as it happens."""
        menu = self.menu
        gets = [invocation.name for invocation in menu.get]
        fields = [field.name for field in menu.ask]
        for number, field in enumerate(menu.ask):
            self._question(field, set(fields[:number]))
        known = set(fields)
        self._say(menu.confirm, known, "is looked up after the confirmation: look it up in the menu before, and hand it over `with`")
        for number, invocation in enumerate(menu.get):
            self._hand(invocation.hand, known | set(gets[:number]), invocation.place, "is looked up later: put that look-up first")
        known |= set(gets)
        if menu.do is not None:
            self._hand(menu.do.hand, known, menu.do.place, "is what the act itself brings")
        for name, outcome in menu.otherwise.items():
            got = gets[: self._answers(name)]
            self._say(outcome.say, set(fields) | {_RESULT, *got}, f'may not be there when the outcome is "{name}": leave it out')
        if any(field.say for field in menu.ask) or menu.confirm:
            # said of a question as well as of the page
            self._tries(menu.no_input, set(), menu.place)
            self._tries(menu.no_match, set(), menu.place)
        known |= {_RESULT}
        for say in (menu.say, menu.after, menu.also_sms or ()):
            self._say(say, known, "")
        self._list(menu.list, known)
        for choice in menu.choices:
            self._wording(choice.label, known, choice.place, "", choice.when is not None)
            self._hand(choice.hand, known, choice.place, "")

    def _question(self, field: Field, known: set[str]) -> None:
        later = "is not known while this is asked: ask in a menu behind the one that knows it, and hand it over `with`"
        self._condition(field.when, known, field.place, later)
        self._say(field.say, known, later)
        self._say(field.again, known | {field.name}, later)
        for wording in field.no_match.values():
            own = (field.name,) in _paths(wording)
            self._wording(wording, known, field.place, "is refused and not kept: leave it out" if own else later)
        self._tries(field.no_input, known, field.place)
        self._tries(field.tries, known, field.place)

    def _answers(self, outcome: str) -> int:
        """The number of look-ups that have answered before one can have this outcome."""
        if outcome in _PERSON and self.menu.connect is not None:
            return len(self.menu.get)
        for number, invocation in enumerate(self.menu.get):
            service = self.services.get(invocation.service)
            if outcome in ("unavailable", "late") or (service is not None and outcome in service.outcomes):
                return number
        return len(self.menu.get)

    # -- what is named

    def _say(self, say: Say, known: set[str], why: str) -> None:
        for part in say:
            self._condition(part.when, known, part.place, why)
            self._wording(part.wording, known, part.place, why, part.when is not None)

    def _tries(self, tries: Tries | None, known: set[str], place: str) -> None:
        if tries is not None and tries.say is not None:
            self._wording(tries.say, known, place, "may not be known yet when this is said: leave it out")

    def _list(self, listing: Listing | None, known: set[str]) -> None:
        if listing is None:
            return
        self._wording(listing.item, known, listing.place, "")
        if listing.none is not None:
            self._wording(listing.none, known, listing.place, "")
        if listing.choose is not None:
            self._hand(listing.choose.hand, known, listing.choose.place, "")

    def _wording(self, wording: Wording, known: set[str], place: str, why: str, guarded: bool = False) -> None:
        for path in dict.fromkeys(_paths(wording)):
            self._named(path, known, place, why, guarded)

    def _hand(self, hand: Mapping[str, object], known: set[str], place: str, why: str) -> None:
        for value in hand.values():
            if isinstance(value, Reference):
                self._named(value.path, known, place, why, False)

    def _condition(self, condition: Condition | None, known: set[str], place: str, why: str) -> None:
        for path in names(condition) if condition is not None else ():
            self._named(path, known, place, why, True)

    def _named(self, path: tuple[str, ...], known: set[str], place: str, why: str, guarded: bool) -> None:
        head = path[0]
        field = next((field for field in self.menu.ask if field.name == head), None)
        own = field is not None or head == _RESULT or any(invocation.name == head for invocation in self.menu.get)
        if not own or (field is not None and len(path) > 1):
            return
        named = ".".join(path)
        if head not in known and why:
            self.reader.fault(Node("text", place), "E027", f"{{{named}}} {why}")
        elif field is not None and field.when is not None and not guarded:
            told = f'"{head}" is not asked in every case (its `when`)'
            self.reader.fault(Node("text", place), "E027", f"{told}, and this needs it: give this part the same `when`, or always ask")


def _paths(wording: Wording) -> Iterator[tuple[str, ...]]:
    for messages in wording.values():
        for message in messages.values():
            if message.count is not None:
                yield message.count
            for form in message.forms:
                for piece in form:
                    if isinstance(piece, Reference):
                        yield piece.path
