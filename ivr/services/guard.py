"""What a back-end answers is held to what services.yaml says, so that no page is larger than the one that was checked.

A look-up with an answer that does not fit is answered `unavailable`, as if the back-end had failed, and so is an outcome that services.yaml
does not name. An act may have been done, and "nothing was charged" would then be a lie: in what an act answers, a text is cut to its size,
a list to its length, and any other value that does not fit is left out, so that the page says what was done and no wrong figure. (Only `ok`
means that it was done; an outcome that nobody knows is a refusal.) Values that services.yaml does not name are dropped. Texts lose line
breaks and control characters, which would break a page's lines or forge one.

The log says which service, field and reason; never a value, never whose it was.
"""

from __future__ import annotations

import datetime
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ivr.catalog.faults import Faults
from ivr.catalog.largest import LONGEST_NUMBER, largest_money
from ivr.catalog.services import ListType, Service, Type, load_services, most_of
from ivr.engine.effects import Call
from ivr.engine.model import Operator
from ivr.engine.text import fold, is_gsm7
from ivr.engine.values import UNITS, Answer, Count, Line, Money, Msisdn, Span, Tariff, Value
from ivr.services.port import Services
from ivr.services.schema import SERVICES_FILE

log = logging.getLogger(__name__)
EVERYWHERE = frozenset(["unavailable", "late", "not_enough"])
"""Outcomes that every service may have; `not_enough` is that of a fee and may bring `balance`."""
OWN: Mapping[str, Mapping[str, Type]] = {"accounts.funds": {"balance": "money"}, "accounts.charge": {"balance": "money"}}
"""What the engine's own services bring where the line is prepaid."""
_UNITS = frozenset(UNITS)
_DIGITS = re.compile(f"[0-9]{{1,{LONGEST_NUMBER}}}")

Operators = Callable[[str], Operator | None]
"""The operator of a line by its number."""


Check = Callable[[Value], Value]
"""Gives a value back, tidied where it is a text. Raises Wrong."""


def checked(services: Services, operators: Operators) -> Checked:
    """`services` held to the services.yaml that is shipped with them."""
    return Checked(services, load_services(SERVICES_FILE, Faults()), operators)


class Wrong(ValueError):
    """A value that does not fit; the message is the reason, without the value."""


class Checked:
    """Implements `ivr.services.port.Services` over `services`, each answer held to `schemas` (of services.yaml)."""

    def __init__(self, services: Services, schemas: Mapping[str, Service], operators: Operators) -> None:
        self._services, self._schemas, self._operators = services, schemas, operators
        self._bounds: dict[int, _Bounds] = {}

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        """The inner services' line; a name of a tariff that does not fit is cut. Raises what the inner services raise."""
        line = self._services.line(msisdn, now)
        bounds = None if line is None else self._of(line.msisdn)
        # a line of an operator whose menus are not here is shown to nobody
        if line is None or bounds is None or line.tariff in bounds.tariffs or not line.msisdn.startswith(bounds.operator.country):
            return line
        try:
            bounds.check("tariff")(Tariff(line.tariff))
        except Wrong as wrong:
            log.error("the tariff of a line does not fit: %s", wrong)
            return replace(line, tariff=tidy(line.tariff)[: bounds.letters])
        return line

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """The inner services' answer where it fits, else what is left of it."""
        answer = self._services.call(line, call, now)
        bounds = self._of(line.msisdn)
        if bounds is None:
            return answer
        outcome = answer.outcome
        service = self._schemas.get(call.service)
        if service is None:
            # no menu can call what services.yaml does not name: it is a service of the engine's own
            own = OWN.get(call.service)
            return answer if own is None else self._own(call, answer, bounds, own)
        if outcome == "ok":
            kinds = service.gives
        elif outcome in service.outcomes:
            kinds = service.outcomes[outcome]
        elif outcome == "not_enough":
            return self._own(call, answer, bounds, OWN["accounts.charge"])
        elif outcome in EVERYWHERE:
            return answer if answer.values == {} else replace(answer, values={})
        else:
            return self._refused(call, "", "an outcome that services.yaml does not name", answer)
        return self._held(call, answer, kinds, bounds, mend=service.kind == "change")

    # -- inside

    def _of(self, msisdn: str) -> _Bounds | None:
        operator = self._operators(msisdn)
        if operator is None:
            return None
        bounds = self._bounds.get(id(operator))
        if bounds is None or bounds.operator is not operator:
            if len(self._bounds) > 100:  # releases come and go
                self._bounds.clear()
            bounds = self._bounds[id(operator)] = _Bounds(operator)
        return bounds

    def _held(self, call: Call, answer: Answer, kinds: Mapping[str, Type], bounds: _Bounds, mend: bool) -> Answer:
        values = answer.values if isinstance(answer.values, Mapping) else {}
        kept: dict[str, Value] = {}
        same = values is answer.values and len(values) == len(kinds)
        for name, kind, check in bounds.record(kinds):
            try:
                if name not in values:
                    raise Wrong("it is missing")
                value = values[name]
                found = check(value)
            except Wrong as wrong:
                if not mend:
                    return self._refused(call, name, str(wrong), answer)
                log.error("%s answered %s with %s that does not fit: %s", call.service, answer.outcome, name, wrong)
                found = _mended(values.get(name), kind, bounds)
                same = False
            else:
                same = same and found is value
            kept[name] = found
        return answer if same else replace(answer, values=kept)

    def _own(self, call: Call, answer: Answer, bounds: _Bounds, kinds: Mapping[str, Type]) -> Answer:
        """An answer to do with a fee: the balance may be missing (postpaid), and where it does not fit, it is not shown."""
        balance = answer.values.get("balance") if isinstance(answer.values, Mapping) else None
        if balance is None:
            return answer
        try:
            bounds.check(kinds["balance"])(balance)
        except Wrong as wrong:
            log.error("%s answered %s with balance that does not fit: %s", call.service, answer.outcome, wrong)
            return replace(answer, values={name: value for name, value in answer.values.items() if name != "balance"})
        return answer

    def _refused(self, call: Call, name: str, reason: str, answer: Answer) -> Answer:
        log.error("%s: its answer does not fit services.yaml%s: %s", call.service, f", {name}" if name else "", reason)
        return Answer("unavailable", {}, answer.line)


def tidy(text: str) -> str:
    """`text` on one line: line breaks and tabs are spaces, control, direction and other unprintable characters are gone."""
    if text.isprintable():
        return text
    spaced = "".join(letter if letter.isprintable() else " " if letter.isspace() or letter in "\x85\u2028\u2029" else "" for letter in text)
    return " ".join(spaced.split())


class _Bounds:
    """What the values of one operator's lines may be: of its currency, no amount above its largest, a tariff of its file."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.tariffs = frozenset(operator.spoken)
        self.letters = max(map(len, self.tariffs), default=most_of("text"))
        # whether a name of its own keeps a page GSM-7, as it is written and folded
        self._plain = all(map(is_gsm7, self.tariffs)), all(is_gsm7(fold(name)) for name in self.tariffs)
        self._checks: dict[tuple[str, int], Check] = {}
        self._records: dict[int, Sequence[tuple[str, Type, Check]]] = {}

    def check(self, kind: Type) -> Check:
        """The check of a type, made once: a list of thirty postings is checked ninety times over."""
        key = ("", id(kind)) if isinstance(kind, ListType) else (str(kind), most_of(kind))
        if key not in self._checks:
            self._checks[key] = self._list(kind) if isinstance(kind, ListType) else self._simple(kind)
        return self._checks[key]

    def record(self, kinds: Mapping[str, Type]) -> Sequence[tuple[str, Type, Check]]:
        """The checks of all fields of a record. `kinds` is one of the schemas', which live as long as this."""
        if id(kinds) not in self._records:
            self._records[id(kinds)] = [(name, kind, self.check(kind)) for name, kind in kinds.items()]
        return self._records[id(kinds)]

    def _simple(self, kind: str) -> Check:
        most = most_of(kind)
        match kind:
            case "money":
                return self._money()
            case "tariff":
                return self._tariff
            case "number":
                return lambda value: value if type(value) is int and 0 <= value <= most else _wrong(f"it is no number from 0 to {most}")
            case "count":
                return lambda value: (
                    value
                    if type(value) is Count and type(value.number) is int and 0 <= value.number <= most and value.unit in _UNITS
                    else _wrong(f"it is no count from 0 to {most} of a unit that there is")
                )
            case "span":
                return lambda value: (
                    value
                    if type(value) is Span and type(value.seconds) is int and 0 <= value.seconds <= most
                    else _wrong(f"it is no span from 0 to {most} seconds")
                )
            case "text":
                return lambda value: _text(value, most)
        return _PLAIN[kind]

    def _money(self) -> Check:
        currency, most = self.operator.currency, abs(largest_money(self.operator).micro)

        def money(value: Value) -> Value:
            if type(value) is not Money or type(value.micro) is not int:
                raise Wrong("it is no money")
            if value.currency != currency:
                raise Wrong(f"its currency is not {currency}")
            if not -most <= value.micro <= most:
                raise Wrong("it is more than limits.largest_money")
            return value

        return money

    def _tariff(self, value: Value) -> Value:
        if not isinstance(value, Tariff) or not isinstance(value.name, str):
            raise Wrong("it is no tariff")
        if value.name in self.tariffs:
            return value
        name = tidy(value.name)
        # a tariff that is too new for operator.yaml may be shown where it takes no more room than those that were measured
        if (
            len(name) > self.letters
            or _units(name) != len(name)
            or (self._plain[0] and not is_gsm7(name))
            or (self._plain[1] and not is_gsm7(fold(name)))
        ):
            raise Wrong("a tariff that is not in operator.yaml, and longer or in other letters than those that are")
        return value if name == value.name else Tariff(name)

    def _list(self, kind: ListType) -> Check:
        checks = self.record(kind.record)

        def items_of(value: Value) -> Value:
            if not isinstance(value, tuple):
                raise Wrong("it is no list")
            if len(value) > kind.most:
                raise Wrong(f"it has more than {kind.most} items")
            same = True
            items = []
            for number, item in enumerate(value, 1):
                if type(item) is not dict and not isinstance(item, Mapping):  # asking for any Mapping costs more than all the rest
                    raise Wrong(f"item {number} is no record")
                kept = {}
                for name, _, check in checks:
                    if name not in item:
                        raise Wrong(f"item {number} has no {name}")
                    given = item[name]
                    try:
                        kept[name] = found = check(given)
                    except Wrong as wrong:
                        raise Wrong(f"{name} of item {number}: {wrong}") from None
                    if found is not given:
                        same = False
                if len(item) != len(kept):
                    same = False
                items.append(kept)
            return value if same else tuple(items)

        return items_of


def _wrong(reason: str) -> Value:
    raise Wrong(reason)


_PLAIN: Mapping[str, Check] = {
    "date": lambda value: value if value is None or type(value) is datetime.date else _wrong("it is no date"),
    "time": lambda value: value if value is None or isinstance(value, datetime.datetime) else _wrong("it is no time"),
    "flag": lambda value: value if isinstance(value, bool) else _wrong("it is no flag"),
    "msisdn": lambda value: (
        value
        if isinstance(value, Msisdn) and _DIGITS.fullmatch(value.digits) is not None
        else _wrong(f"it is no number of a line, of at most {LONGEST_NUMBER} digits")
    ),
}


def _text(value: Value, most: int) -> Value:
    if not isinstance(value, str):
        raise Wrong("it is no text")
    text = tidy(value)
    if _units(text) > most:
        raise Wrong(f"it has more than {most} characters")
    return text


def _mended(value: Value, kind: Type, bounds: _Bounds) -> Value:
    """What is left of a value that does not fit, in an answer that must be given; None: nothing, which no wording shows."""
    if isinstance(kind, ListType):
        items = value[: kind.most] if isinstance(value, tuple) else ()
        return tuple(_item(item, kind.record, bounds) for item in items if isinstance(item, Mapping))
    if kind == "text" and isinstance(value, str):
        return _cut(tidy(value), most_of(kind))
    return None


def _item(item: Mapping[str, Value], record: Mapping[str, Type], bounds: _Bounds) -> Mapping[str, Value]:
    kept: dict[str, Value] = {}
    for name, kind in record.items():
        try:
            kept[name] = bounds.check(kind)(item.get(name))
        except Wrong:
            kept[name] = _mended(item.get(name), kind, bounds)
    return kept


def _units(text: str) -> int:
    """Characters as they count: UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-be", "surrogatepass")) // 2


def _cut(text: str, most: int) -> str:
    while _units(text) > most:
        text = text[:-1]
    return text.rstrip()
