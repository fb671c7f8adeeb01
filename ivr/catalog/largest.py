"""The largest values that wordings may show: from the types of services.yaml, the fields of menus, and what operator.yaml fixes.

"Largest" is by what a phone shows, so a type has several candidates: an amount with most digits, an amount with most decimals, every unit
in every plural form, a text of letters that take two septets, a text of letters that force UCS-2. Whoever measures takes the longest of
them in the language and channel at hand. A run-time guard (`ivr.services.guard`) refuses what is larger.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.catalog.services import Event, ListType, Service, Type, most_of
from ivr.engine.fields import LONGEST_INPUT
from ivr.engine.model import Field, FieldType, Menu, Model, Operator, Reference
from ivr.engine.render import View
from ivr.engine.state import Frame
from ivr.engine.values import UNITS, Count, Money, Msisdn, Record, Span, Tariff, Value

LARGEST_MONEY = 99_999_990_000
"""Micro-units of the largest amount where operator.yaml has no `limits.largest_money`: 99999.99."""
LONGEST_NUMBER = 15
"""Digits of a number anywhere (E.164)."""
DATE = datetime.date(2099, 12, 31)
TIME = datetime.datetime(2099, 12, 31, 23, 59, tzinfo=datetime.UTC)
_FORMS = 11
"""Numbers below the largest that are tried as well: among eleven in a row is every plural form."""
_LARGEST_INPUT = 999_999_999_999_990_000
"""Micro-units of the largest amount that anybody can type: twelve digits and two decimals."""
_LINE_WORDS = {"kind": ("prepaid", "postpaid"), "status": ("active", "barred", "expired")}

_KEY = (99,)

Values = tuple[Value, ...]
"""Candidates for the largest value; empty where nothing is shown."""


def largest_money(operator: Operator) -> Money:
    """The largest amount that a service may bring: `limits.largest_money` of operator.yaml."""
    limit = operator.limits.get("largest_money")
    return limit if isinstance(limit, Money) else Money(LARGEST_MONEY, operator.currency)


def of_type(kind: Type, operator: Operator) -> Values:
    """Candidates for a value of services.yaml. A list and a flag have none: no wording shows them."""
    if isinstance(kind, ListType):
        return ()
    most = most_of(kind)
    match kind:
        case "money":
            return _money(largest_money(operator))
        case "date":
            return (DATE,)
        case "time":
            return (TIME,)
        case "count":
            return tuple(Count(number, unit) for unit in UNITS for number in range(most, max(-1, most - _FORMS), -1))
        case "number":
            return (most,)
        case "span":
            ends = [(most // seconds - less) * seconds for seconds in (1, 60, 3600, 86400) for less in range(_FORMS)]
            return tuple(Span(seconds) for seconds in ends if seconds >= 0)
        case "tariff":
            return tuple(Tariff(name) for name in operator.spoken)
        case "msisdn":
            # `grouped` writes spaces into a number of our own, which makes it the longer one
            return (Msisdn("9" * LONGEST_NUMBER), Msisdn(operator.country + "9" * operator.length))
        case "text":
            # an emoji of two UTF-16 units counts as two characters, so none is longer than these
            return ("€" * most, "Щ" * most)
    return ()


def of_field(kind: FieldType, operator: Operator) -> Values:
    """Candidates for what a subscriber may type into a field. Secrets are never shown."""
    if kind.secret:
        return ()
    match kind.kind:
        case "digits":
            return ("9" * (kind.most or LONGEST_INPUT),)
        case "one_of":
            return kind.words
        case "money":
            return (Money(_LARGEST_INPUT if kind.most is None else kind.most, operator.currency),)
        case "msisdn":
            return (Msisdn(operator.country + "9" * operator.length),)
        case "number":
            return (10**18 - 1 if kind.most is None else kind.most,)
        case "date":
            return (DATE,)
        case "text":
            most = LONGEST_INPUT if kind.most is None else min(kind.most, LONGEST_INPUT)
            return ("€" * most, "😀" * most)
    return ()


def _money(most: Money) -> Values:
    # `exact` shows up to six decimals, so the amount just below the largest is the longer one there
    return (Money(-most.micro, most.currency), Money(-max(most.micro - 1, 0), most.currency))


def of_line(name: str, operator: Operator) -> Values:
    """Candidates for `{line.NAME}`."""
    match name:
        case "number":
            return (Msisdn(operator.country + "9" * operator.length),)
        case "tariff":
            return of_type("tariff", operator)
        case "language":
            return operator.languages
        case "expires":
            return (DATE,)
    return _LINE_WORDS.get(name, ())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a wording stands: in a menu, and there perhaps in an outcome or as the item of a list; in a notice `about` an event; else in
    operator.yaml."""

    menu: Menu | None = None
    outcome: str = ""
    item: bool = False
    about: str = ""


@dataclass(slots=True)
class Largest:
    """Candidates for every slot of one operator's wordings."""

    model: Model
    services: Mapping[str, Service]
    events: Mapping[str, Event] = field(default_factory=dict)
    _types: dict[tuple[str, int], Values] = field(default_factory=dict)
    _fixed: dict[tuple[str, ...], Values] = field(default_factory=dict)
    _lines: dict[str, Values] = field(default_factory=dict)
    _prices: dict[tuple[str, str], Values] = field(default_factory=dict)
    _fields: dict[tuple[str, str], Values] = field(default_factory=dict)
    _handed: dict[tuple[str, str], list[tuple[Place, Reference]]] | None = None

    def values(self, path: tuple[str, ...], place: Place, channel: str) -> Values:
        """The candidates for slot `path` of a wording at `place`; empty where it shows nothing or names nothing.

        The same slot gives the same tuple every time, so that what was measured of it once can be kept by its identity.
        """
        menu = place.menu
        head = path[0]
        if head == "line" and len(path) == 2:
            if path[1] not in self._lines:
                self._lines[path[1]] = of_line(path[1], self.model.operator)
            return self._lines[path[1]]
        if path == ("fee",):
            return self._fees(menu, channel)
        if path == ("key",):
            return _KEY
        if place.about and len(path) == 1 and place.about in self.events and head in self.events[place.about].gives:
            return self._of(self.events[place.about].gives[head])
        if path == ("balance",) and menu is None:
            return self._of("money")
        if menu is not None:
            if place.item and len(path) == 1 and (listed := self.listed(menu)) is not None and head in listed.record:
                return self._of(listed.record[head])
            if len(path) == 2 and (kind := self._given(menu, place.outcome, head).get(path[1])) is not None:
                return self._of(kind)
            if len(path) == 1 and (asked := next((asked for asked in menu.ask if asked.name == head), None)) is not None:
                return self._field(menu, asked)
        return self._constant(path)

    def listed(self, menu: Menu) -> ListType | None:
        """The type of the list that a menu shows."""
        if menu.list is None or len(menu.list.of) != 2:
            return None
        found = self._given(menu, "", menu.list.of[0]).get(menu.list.of[1])
        return found if isinstance(found, ListType) else None

    def given(self, menu: Menu, outcome: str = "") -> dict[str, Mapping[str, Type]]:
        """What a menu's look-ups and its act bring, by name and field; `outcome`: `result` is what that outcome brings."""
        names = [invocation.name for invocation in menu.get] + (["result"] if menu.do is not None or outcome else [])
        return {name: self._given(menu, outcome, name) for name in names}

    # -- inside

    def _given(self, menu: Menu, outcome: str, name: str) -> Mapping[str, Type]:
        if name == "result" and outcome:
            called = [*menu.get, *([menu.do] if menu.do is not None else [])]
            brings = [self.services[one.service].outcomes.get(outcome) for one in called if one.service in self.services]
            return next((brought for brought in brings if brought), {})
        calls = [menu.do] if name == "result" else [invocation for invocation in menu.get if invocation.name == name]
        return next((self.services[call.service].gives for call in calls if call is not None and call.service in self.services), {})

    def _of(self, kind: Type) -> Values:
        if isinstance(kind, ListType):
            return ()
        key = (str(kind), most_of(kind))
        if key not in self._types:
            self._types[key] = of_type(kind, self.model.operator)
        return self._types[key]

    def _field(self, menu: Menu, asked: Field) -> Values:
        """What a field may hold: what is typed, and what menus hand over that is not typed (a text is read like one that is)."""
        key = (menu.name, asked.name)
        if key not in self._fields:
            own = of_field(asked.type, self.model.operator)
            self._fields[key] = own  # a field handed on in a circle brings nothing new
            if not asked.type.secret:
                handed = [self.values(slot.path, place, "ussd") for place, slot in self._handers().get(key, ())]
                self._fields[key] = own + tuple(value for values in handed for value in values if not isinstance(value, str))
        return self._fields[key]

    def _handers(self) -> Mapping[tuple[str, str], list[tuple[Place, Reference]]]:
        if self._handed is None:
            self._handed = {}
            for menu in self.model.menus.values():
                chosen = menu.list.choose if menu.list is not None else None
                leads = [(choice.go, choice.hand, Place(menu)) for choice in menu.choices]
                leads += [(chosen.go, chosen.hand, Place(menu, item=True))] if chosen is not None else []
                for go, hand, place in leads:
                    for name, value in hand.items():
                        if isinstance(value, Reference):
                            self._handed.setdefault((go, name), []).append((place, value))
            for notice in self.model.notices:
                # a menu's fields of the same names are filled by what the event brings
                for name in self.events[notice.about].gives if notice.go and notice.about in self.events else ():
                    self._handed.setdefault((notice.go or "", name), []).append((Place(about=notice.about), Reference((name,))))
        return self._handed

    def _fees(self, menu: Menu | None, channel: str) -> Values:
        key = ("" if menu is None else menu.name, channel)
        if key not in self._prices:
            fees = self.model.operator.fees
            named = list(fees) if menu is None else [menu.fee, *(outcome.fee for outcome in menu.otherwise.values())]
            known = [fees[name].prices for name in named if name is not None and name in fees]
            # an SMS may be the second answer of a session on any channel, whose fees hold then
            prices = [price for by_channel in known for on, price in by_channel.items() if on == channel or channel == "sms"]
            self._prices[key] = (*prices, Money(0, self.model.operator.currency))
        return self._prices[key]

    def _constant(self, path: tuple[str, ...]) -> Values:
        """What operator.yaml fixes: `limits`, `numbers`, `hours`, `fees.NAME.CHANNEL`."""
        if path not in self._fixed:
            try:
                value = View(self.model, "ussd", self.model.operator.default_language, None, Frame("")).lookup(path)
                self._fixed[path] = (value,)
            except (KeyError, IndexError):
                self._fixed[path] = ()
        return self._fixed[path]


def nested(path: tuple[str, ...], value: Value) -> Record:
    """`value` under a dotted name, as a view takes extra names: a, b gives {a: {b: value}}."""
    for name in reversed(path):
        value = {name: value}
    assert isinstance(value, Mapping)
    return value
