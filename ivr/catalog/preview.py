"""A menu as its channel shows it, without a session: questions, confirmation, pages, outcomes, all made by the engine itself."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from ivr.catalog.extent import Sheet
from ivr.catalog.fit import reached
from ivr.catalog.largest import Largest
from ivr.catalog.samples import Samples, line_of, variants
from ivr.catalog.services import Service
from ivr.engine import show
from ivr.engine.effects import Effect, Page, Sms, Speak
from ivr.engine.expressions import Node
from ivr.engine.model import Field, Menu, Model, Say
from ivr.engine.state import Frame, State
from ivr.engine.turn import Turn
from ivr.engine.values import Line, Value

CHANNELS = ("ussd", "call", "sms", "web")
_NOW = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.UTC)
"""A Monday at noon, when most things are open."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One page, prompt or message. `what` it is, `when` (what differs from the values at first), which page of how many."""

    what: str
    when: tuple[str, ...]
    number: int
    pages: int
    effect: Page | Speak | Sms
    goes_on: str = ""


class Preview:
    """Shows the menus of `model`. `largest`: with the largest values, else with typical ones."""

    def __init__(self, model: Model, services: Mapping[str, Service], channel: str, language: str, largest: bool) -> None:
        self.model, self.services, self.channel, self.language, self.is_largest = model, services, channel, language, largest
        self.sheet = Sheet(model, Largest(model, services), channel, language)
        self.now = _NOW.replace(tzinfo=ZoneInfo(model.operator.time_zone))

    def menu(self, name: str, everything: bool = False) -> Iterator[Shown]:
        """What a menu shows from its questions to its page. `everything`: also under all conditions, with every complaint, each outcome."""
        menu = self.model.menus[name]
        samples = self._samples(menu)
        asks = self.channel != "sms"
        if asks:
            for field in menu.ask:
                yield from self._question(menu, samples, field, everything)
            if menu.confirm:
                yield from self._scene("confirmation", self._turn(menu, samples, Frame(name, samples.fields(menu.ask))), show.confirmation)
        yield from self._page(menu, samples, everything)
        if everything:
            for outcome in self.outcomes(menu):
                yield from self.outcome(name, outcome)

    def outcome(self, name: str, outcome: str) -> Iterator[Shown]:
        """What a menu shows on an outcome other than `ok`: its own words, else the operator's."""
        menu = self.model.menus[name]
        samples = self._samples(menu)
        found = menu.otherwise.get(outcome)
        frame = Frame(name, samples.fields(menu.ask), samples.records(menu, outcome), told=outcome if found else "")
        turn = self._turn(menu, samples, frame)
        what = f"outcome {outcome}"
        if found is None:
            balance = samples.value("money")
            show.say_first(turn, f"answer:{outcome}", fee=turn.price(menu.fee), balance=balance)
            yield from self._scene(what, turn, lambda turn: show.farewell(turn, "refused"))
        elif found.retry is not None and self.channel != "sms":
            field = next(field for field in menu.ask if field.name == found.retry)
            show.say_first(turn, f"otherwise:{outcome}")
            turn.change(replace(turn.top, told=""))
            yield from self._scene(what, turn, lambda turn: show.question(turn, field, field.say))
        else:
            yield from self._scene(what, turn, show.page, found.go or "")

    def outcomes(self, menu: Menu) -> list[str]:
        """The outcomes of a menu on this channel; those of a person in a call."""
        called = [call for call in (*menu.get, menu.do) if call is not None]
        possible = [name for call in called if call.service in self.services for name in self.services[call.service].outcomes]
        possible += ["not_enough"] if menu.fee is not None and self._priced(menu) else []
        possible += ["unavailable", "late"] if called else []
        possible += ["closed", "busy", "no_answer"] if menu.connect is not None and self.channel == "call" else []
        return list(dict.fromkeys(possible))

    # -- inside

    def _priced(self, menu: Menu) -> bool:
        price = self.model.operator.fees[menu.fee or ""].prices.get(self.channel)
        return price is not None and price.micro > 0

    def _samples(self, menu: Menu) -> Samples:
        line = line_of(self.model.operator, menu.serves, self.is_largest, self.language)
        return Samples(self.sheet, line, self.is_largest)

    def _question(self, menu: Menu, samples: Samples, field: Field, everything: bool) -> Iterator[Shown]:
        filled = samples.fields(menu.ask[: menu.ask.index(field)])
        says: list[tuple[str, Say]] = [(f"question {field.name}", field.say)] if field.say else []
        says += [(f"question {field.name}, again", field.again)] if field.again else []
        for what, say in says:
            yield from self._scene(
                what, self._turn(menu, samples, Frame(menu.name, filled)), lambda turn, say=say: show.question(turn, field, say)
            )
        if everything and field.say:
            causes = [*field.no_match, *([] if "other" in field.no_match else ["other"])]
            causes += ["differs"] if field.again and "differs" not in causes else []
            for cause in causes:
                turn = self._turn(menu, samples, Frame(menu.name, filled))
                show.say_first(turn, f"wrong:{field.name}:{cause}")
                yield from self._scene(f"question {field.name}, {cause}", turn, lambda turn: show.question(turn, field, field.say))

    def _page(self, menu: Menu, samples: Samples, everything: bool) -> Iterator[Shown]:
        values: dict[str, Value] = {**samples.fields(menu.ask), **samples.records(menu)}
        conditions: list[Node] = [part.when for say in (menu.say, menu.after) for part in say if part.when is not None]
        conditions += [choice.when for choice in menu.choices if choice.when is not None]
        seen: set[tuple[str, ...]] = set()
        for changed, line, told in variants(conditions, values, samples.line):
            shown = list(self._body(menu, samples, changed, line, told))
            key = tuple(str(one.effect) for one in shown)
            if key not in seen:
                seen.add(key)
                yield from shown
            if not everything:
                return
        if menu.list is not None:
            of, name = menu.list.of[0], menu.list.of[-1]
            record = values.get(of)
            if isinstance(record, Mapping):
                yield from self._body(menu, samples, {**values, of: {**record, name: ()}}, samples.line, (f"{of}.{name}: empty",))

    def _body(self, menu: Menu, samples: Samples, values: Mapping[str, Value], line: Line, told: tuple[str, ...]) -> Iterator[Shown]:
        names = {field.name for field in menu.ask}
        frame = Frame(
            menu.name,
            {name: value for name, value in values.items() if name in names},
            {name: value for name, value in values.items() if name not in names},
            acted=menu.do is not None,
        )
        goes_on = menu.then or ""
        turn = self._turn(menu, replace_line(samples, line), frame)
        if self.channel == "call" and menu.connect is not None:
            person = self.model.operator.people[menu.connect]
            yield from self._scene("page", turn, lambda turn: show.transfer(turn, person), "", told)
            return
        if menu.also_sms is not None and self.channel != "sms":
            receipt = self._turn(menu, replace_line(samples, line), frame)
            show.receipt(receipt, menu.also_sms)
            yield from (Shown("sms as well", told, 1, 1, effect) for effect in _shown(receipt.effects))
        number = pages = 0
        while number <= pages:
            turn = self._turn(menu, replace_line(samples, line), replace(frame, page=number))
            show.page(turn)
            if self.channel == "ussd":
                pages = show.pages_of(turn, ()) - 1 if turn.frames else 0
            elif self.channel == "call" and turn.frames and show.has_more(turn):
                pages = number + 1
            yield from (Shown("page", told, number + 1, pages + 1, effect, goes_on) for effect in _shown(turn.effects))
            number += 1

    def _scene(self, what: str, turn: Turn, make: object, goes_on: str = "", told: tuple[str, ...] = ()) -> Iterator[Shown]:
        assert callable(make)
        make(turn)
        pages = next((traced.detail.partition(" ")[0].partition("/")[2] for traced in turn.trace if traced.what == "page"), "1")
        for effect in _shown(turn.effects):
            yield Shown(what, told, 1, int(pages or 1), effect, goes_on)

    def _turn(self, menu: Menu, samples: Samples, frame: Frame) -> Turn:
        """A session that stands in `menu`: below its entry's own menu, where it is another."""
        entries = [entry for entry in self.model.entries if entry.channel == self.channel]
        entry = next((entry for entry in entries if menu.name in (entry.go, entry.then)), None) or next(
            (entry for entry in entries if self.model.operator.in_group(entry.serves, samples.line.kind, samples.line.tariff)), None
        )
        home = "" if entry is None else entry.then or entry.go
        frames = (frame,) if home in ("", menu.name) or self.channel == "sms" else (Frame(home), frame)
        state = State(
            "preview",
            self.channel,
            self.language,
            samples.line.msisdn,
            samples.line,
            entry=-1 if entry is None else self.model.entries.index(entry),
            home=home,
            frames=frames,
            waiting="menu",
        )
        return Turn.of(self.model, state, self.now, {})


def replace_line(samples: Samples, line: Line) -> Samples:
    """The same samples for another line."""
    return Samples(samples.sheet, line, samples.largest)


def channels_of(model: Model, menu: str) -> list[str]:
    """The channels on which a session can come to a menu."""
    return [channel for channel in CHANNELS if menu in reached(model, channel)]


def _shown(effects: list[Effect]) -> Iterator[Page | Speak | Sms]:
    return (effect for effect in effects if isinstance(effect, Page | Speak | Sms))
