"""What the scenarios have been through, menu by menu: choices taken, outcomes seen, in which language on which channel. Read from the
engine's trace.

Only a passing scenario that a person vouches for counts (`Scenario.counts`): what a command wrote down proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.catalog.services import Service
from ivr.catalog.shapes import CHANNELS
from ivr.engine.model import Menu, Model
from ivr.scenarios.play import Seen, Turned

PLAYED = ("ussd", "call", "sms")
"""The channels that a scenario can play, in the order of the table's columns."""


@dataclass(slots=True)
class MenuCoverage:
    """One menu: what it has, each with its place `file:line:col`, and what of it was seen."""

    name: str
    place: str
    choices: Mapping[str, str]
    outcomes: Mapping[str, str]
    spoken: Mapping[str, tuple[str, ...]]
    """The languages in which it can be had, by channel."""
    entered: bool = False
    taken: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    shown: set[tuple[str, str]] = field(default_factory=set)
    """Channel and language in which it was seen."""

    @property
    def languages(self) -> set[str]:
        """The languages in which it was seen, on whatever channel."""
        return {language for _, language in self.shown}

    @property
    def channels(self) -> set[str]:
        """The channels on which it was seen."""
        return {channel for channel, _ in self.shown}

    def missing(self) -> list[tuple[str, str]]:
        """What was not seen: place and what it is, in words."""
        if not self.entered:
            return [(self.place, "no scenario comes to this menu")]
        found = [(place, f"choice {key} is never taken") for key, place in self.choices.items() if key not in self.taken]
        found += [(place, f"the outcome {name} is never seen") for name, place in self.outcomes.items() if name not in self.answered]
        for channel, languages in self.spoken.items():
            unseen = [language for language in languages if (channel, language) not in self.shown]
            if unseen:
                found.append((self.place, f"no scenario shows it by {channel} in {_listed(unseen)}"))
        return found


class Coverage:
    """The coverage of one operator's menus."""

    def __init__(self, model: Model, services: Mapping[str, Service]) -> None:
        self.operator = model.operator.name
        self.languages = model.operator.languages
        reached = channels_of(model)
        self.menus = {
            name: MenuCoverage(
                *(name, menu.place, choices_of(menu)),
                outcomes=outcomes_of(model, menu, services, reached[name] or frozenset(CHANNELS)),
                spoken={channel: languages_of(model, name) for channel in PLAYED if channel in reached[name]},
            )
            for name, menu in model.menus.items()
        }
        self.notices = {notice.place: notice.name for notice in model.notices}
        self.told: set[str] = set()
        self._by_place = {menu.place: name for name, menu in model.menus.items()}

    def add(self, played: Iterable[Seen]) -> None:
        """Count what one scenario went through."""
        for seen in played:
            for turned in seen.turns:
                self._turn(turned)

    def _turn(self, turned: Turned) -> None:
        menu, invoked = turned.menu, False
        for traced in turned.trace:
            match traced.what:
                case "menu" | "back":
                    menu = traced.detail
                    self._entered(menu, turned)
                case "page" | "speak":
                    self._entered(self._by_place.get(traced.place, ""), turned)
                case "choice":
                    covered = self.menus.get(menu)
                    if covered is not None and traced.detail in covered.choices:
                        covered.taken.add(traced.detail)
                case "call":
                    invoked = True
                case "notice":
                    self.told.add(traced.place)
                case "connect":
                    covered = self.menus.get(self._by_place.get(traced.place, ""))
                    if covered is not None and traced.detail in covered.outcomes:
                        covered.answered.add(traced.detail)
                case "answer":
                    covered = self.menus.get(self._by_place.get(traced.place, ""))
                    # the engine's own look at a line's money is an outcome of the menu only where there is not enough of it
                    if covered is not None and (invoked or traced.detail != "ok") and traced.detail in covered.outcomes:
                        covered.answered.add(traced.detail)
                    invoked = False

    def _entered(self, menu: str, turned: Turned) -> None:
        covered = self.menus.get(menu)
        if covered is not None:
            covered.entered = True
            covered.shown.add((turned.channel, turned.language))

    def missing(self) -> list[tuple[str, str, str]]:
        """Everything that was not seen: place, menu, and what it is."""
        found = [(place, menu.name, what) for menu in self.menus.values() for place, what in menu.missing()]
        return found + [
            (place, f"notices.{name}", "nobody is told of this") for place, name in self.notices.items() if place not in self.told
        ]


def choices_of(menu: Menu) -> dict[str, str]:
    """The choices of a menu with their places; the items of a list that can be chosen are one, `item`."""
    found = {choice.key: choice.place for choice in menu.choices}
    if menu.list is not None and menu.list.choose is not None:
        found["item"] = menu.list.choose.place
    return found


def languages_of(model: Model, name: str) -> tuple[str, ...]:
    """The languages in which a menu can be had: all, but for the menu of a first call, which speaks before a language is chosen."""
    operator = model.operator
    return (operator.default_language,) if name == operator.first_call else operator.languages


def channels_of(model: Model) -> dict[str, frozenset[str]]:
    """By which channels each menu can be reached; none where nothing that is known here leads to it."""
    reached: dict[str, set[str]] = {name: set() for name in model.menus}
    waiting = [(target, entry.channel) for entry in model.entries for target in (entry.go, entry.then) if target]
    waiting += [(menu, "call") for menu in (model.operator.first_call, model.operator.call.person) if menu]
    waiting += [(notice.go, "ussd") for notice in model.notices if notice.go]
    while waiting:
        name, channel = waiting.pop()
        if name not in reached or channel in reached[name]:
            continue
        reached[name].add(channel)
        menu = model.menus[name]
        # nobody can press a key in an SMS
        choices = [choice for choice in menu.choices if channel != "sms" and (choice.only is None or channel in choice.only)]
        targets: list[str | None] = [target for choice in choices for target in (choice.go, choice.then)]
        targets += [menu.then, *(outcome.go for outcome in menu.otherwise.values())]
        targets += [tries.then for tries in (menu.no_input, menu.no_match) if tries is not None]
        targets += [menu.list.choose.go] if channel != "sms" and menu.list is not None and menu.list.choose is not None else []
        waiting += [(target, channel) for target in targets if target]
    return {name: frozenset(channels) for name, channels in reached.items()}


def outcomes_of(model: Model, menu: Menu, services: Mapping[str, Service], channels: frozenset[str]) -> dict[str, str]:
    """What calls of this menu can come to on the channels that reach it, with the place that asks for it."""
    found: dict[str, str] = {}
    for invocation in (*menu.get, *((menu.do,) if menu.do is not None else ())):
        service = services.get(invocation.service)
        read = service is None or service.kind == "read"
        names = ("ok", *(service.outcomes if service is not None else ()), "unavailable", *(("late",) if read else ()))
        for name in names:
            found.setdefault(name, invocation.place)
    for name, outcome in menu.otherwise.items():
        found[name] = outcome.place
    if menu.connect is not None:
        found.setdefault("answered", menu.place)
    if _can_lack(model, menu, channels):
        found.setdefault("not_enough", menu.fee_place or menu.place)
    return found


def _can_lack(model: Model, menu: Menu, channels: frozenset[str]) -> bool:
    """Whether the menu has a price on one of `channels` that a prepaid line may be too poor for."""
    fees = [name for name in (menu.fee, *(outcome.fee for outcome in menu.otherwise.values())) if name is not None]
    priced = any(price.micro > 0 for name in fees for channel, price in model.operator.fees[name].prices.items() if channel in channels)
    return priced and model.operator.groups[menu.serves].line != "postpaid"


def table(coverages: Iterable[Coverage]) -> str:
    """The coverage of each menu as a table, a line of totals below. Under a channel stand the languages in which the menu was seen there,
    `..` for one in which it was not; nothing where the channel does not lead to it."""
    rows: list[tuple[str, ...]] = [("menu", "choices", "outcomes", *PLAYED)]
    choices = outcomes = [0, 0]
    entered = total = 0
    for coverage in coverages:
        for menu in coverage.menus.values():
            name = f"{coverage.operator}/{menu.name}"
            taken, answered = _pair(menu.taken, menu.choices), _pair(menu.answered, menu.outcomes)
            choices, outcomes = _sum(choices, taken), _sum(outcomes, answered)
            entered, total = entered + menu.entered, total + 1
            rows.append((name, _ratio(taken), _ratio(answered), *(_shown(menu, channel) for channel in PLAYED)))
    rows.append((f"{entered} of {total} menus", _ratio(choices), _ratio(outcomes), *("" for _ in PLAYED)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def _shown(menu: MenuCoverage, channel: str) -> str:
    return " ".join(language if (channel, language) in menu.shown else ".." for language in menu.spoken.get(channel, ())) or "-"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _pair(seen: Iterable[str], there: Mapping[str, str]) -> list[int]:
    return [len(set(seen) & set(there)), len(there)]


def _sum(one: list[int], other: list[int]) -> list[int]:
    return [one[0] + other[0], one[1] + other[1]]


def _ratio(pair: list[int]) -> str:
    return f"{pair[0]}/{pair[1]}" if pair[1] else "-"
