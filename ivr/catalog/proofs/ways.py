"""Who gets where: for each channel the lines that can come to each menu, and whether something still waits behind it.

Lines are told apart by kind and tariff and kept as bits of a number. What hides a choice (`only`, `serves` of the menu it leads to, a
condition on `line.kind` or `line.tariff`) keeps lines back; every other way takes along whoever is there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ivr.catalog.entry_proofs import line_kinds
from ivr.catalog.proofs.cases import Table, TooMany
from ivr.engine.expressions import Node, names
from ivr.engine.model import Menu, Model, Tries

CHANNELS = ("ussd", "call", "sms", "web")
ON = {"ussd": "in USSD", "call": "in a call", "sms": "in an SMS", "web": "on the web"}
"""How messages say a channel."""
_ENDS = frozenset(["back", "home", "end", "continue", "goodbye"])


class Step(NamedTuple):
    """One way on from a menu: where to, who comes along (bits), where it is written, what it is called, whether a `then` waits behind it.

    `hides`: lines that the menu does not serve are not shown the way; else they are led there.
    """

    go: str
    lines: int
    place: str
    what: str
    pending: bool
    hides: bool


@dataclass(slots=True)
class Ways:
    """Everything that can be reached. `reached[channel][menu]`: the lines that come there; `ended[channel]`: menus without a `then` behind.

    `refused`: for each way that leads lines to a menu that does not serve them, those lines; `kept_back`: those that a menu hid a way from.
    `roots`: menus that a session comes to with nothing behind them.
    """

    model: Model
    lines: tuple[tuple[str, str], ...]
    served: dict[str, int]
    reached: dict[str, dict[str, int]] = field(default_factory=lambda: {channel: defaultdict(int) for channel in CHANNELS})
    ended: dict[str, set[str]] = field(default_factory=lambda: {channel: set() for channel in CHANNELS})
    refused: dict[tuple[str, str, str], int] = field(default_factory=dict)
    kept_back: dict[str, int] = field(default_factory=dict)
    roots: set[str] = field(default_factory=set)
    _where: dict[Node, int] = field(default_factory=dict)

    def of(self, mask: int) -> list[tuple[str, str]]:
        """The lines that a number stands for."""
        return [line for number, line in enumerate(self.lines) if mask >> number & 1]

    def served_by(self, menu: str) -> int:
        """The lines that a menu serves."""
        return self.served.get(self.model.menus[menu].serves, 0)

    def anybody(self, menu: str) -> int:
        """The lines that come to a menu on any channel."""
        return self.reached["ussd"][menu] | self.reached["call"][menu] | self.reached["sms"][menu] | self.reached["web"][menu]


def ways_of(model: Model) -> Ways:
    """Go through the tree from every way in, each menu again only where more lines come to it."""
    lines = tuple(line_kinds(model.operator))
    served = {
        group: sum(1 << number for number, line in enumerate(lines) if model.operator.in_group(group, *line))
        for group in model.operator.groups
    }
    ways = Ways(model, lines, served)
    for channel in CHANNELS:
        _walk(ways, channel)
    return ways


def _walk(ways: Ways, channel: str) -> None:
    model, reached = ways.model, ways.reached[channel]
    seen: dict[tuple[str, bool], int] = {}
    waiting: list[tuple[str, bool, int]] = []

    def lead(step: Step) -> None:
        if step.go not in model.menus or not step.lines:
            return
        welcome = step.lines & ways.served_by(step.go)
        if turned_away := step.lines & ~welcome:
            if step.hides:
                ways.kept_back[step.go] = ways.kept_back.get(step.go, 0) | turned_away
            else:
                key = (step.place, step.what, step.go)
                ways.refused[key] = ways.refused.get(key, 0) | turned_away
        before = seen.get((step.go, step.pending), 0)
        if welcome & ~before:
            seen[(step.go, step.pending)] = before | welcome
            reached[step.go] |= welcome
            if not step.pending:
                ways.ended[channel].add(step.go)
            waiting.append((step.go, step.pending, before | welcome))

    for step in _ways_in(ways, channel):
        lead(step)
    while waiting:
        name, pending, mask = waiting.pop()
        if mask != seen[(name, pending)]:
            continue  # more lines came meanwhile, which wait themselves
        for step in steps(ways, channel, model.menus[name], mask, pending):
            lead(step)


def _ways_in(ways: Ways, channel: str) -> Iterator[Step]:
    model, operator, callers = ways.model, ways.model.operator, 0
    for entry in model.entries:
        if entry.channel != channel:
            continue
        mask = ways.served.get(entry.serves, 0)
        callers |= mask
        if entry.then is None:
            ways.roots.add(entry.go)
        yield Step(entry.go, mask, entry.place, "this entry", entry.then is not None, False)
        if entry.then is not None:
            ways.roots.add(entry.then)
            yield Step(entry.then, mask, entry.place, "this entry's `then`", False, False)
    if channel == "call" and callers:
        if operator.first_call is not None:
            yield Step(operator.first_call, callers, "", "languages.first_call", True, False)
        if operator.call.person is not None:
            yield Step(operator.call.person, callers, "", "call.person", False, False)
    if callers and channel != "sms":
        for name, tries in (("tries.no_input", operator.no_input), ("tries.no_match", operator.no_match)):
            if channel == "call" or name == "tries.no_match":
                yield Step(tries.then, callers, "", name, False, False)
    # where a notice leads lines that are not served is proven where notices are compiled
    for notice in model.notices if channel == "ussd" else ():
        if notice.go is not None:
            ways.roots.add(notice.go)
            yield Step(
                notice.go, ways.served.get(notice.serves, 0), notice.place, "this notice", False, True
            )  # E019 of notices is their own


def steps(ways: Ways, channel: str, menu: Menu, mask: int, pending: bool) -> Iterator[Step]:
    """Every way on from a menu that `mask` is in."""
    if menu.then is not None:
        yield Step(menu.then, mask, menu.place, f"`then` of {menu.name}", pending, False)
    if channel == "sms":
        return  # an SMS is asked nothing and leads nowhere but on
    for choice in menu.choices:
        if choice.only is not None and channel not in choice.only:
            continue
        shown = mask & where(ways, choice.when)
        behind = pending or choice.then is not None
        yield Step(choice.go, shown, choice.place, "this choice", behind, True)
        if choice.then is not None:
            if choice.go in ways.model.menus:
                shown &= ways.served_by(choice.go)
            yield Step(choice.then, shown, choice.place, "this choice's `then`", pending, False)
    if menu.list is not None and menu.list.choose is not None:
        yield Step(menu.list.choose.go, mask, menu.list.choose.place, "an item of this list", pending, False)
    for name, outcome in menu.otherwise.items():
        if outcome.go is not None:
            yield Step(outcome.go, mask, outcome.place, f'the outcome "{name}"', pending, False)
    for tries, place in _tries(menu, channel):
        yield Step(tries.then, mask, place, "`then` of its tries", pending, False)


def _tries(menu: Menu, channel: str) -> Iterator[tuple[Tries, str]]:
    for place, no_input, no_match in (
        (menu.place, menu.no_input, menu.no_match),
        *((question.place, question.no_input, question.tries) for question in menu.ask),
    ):
        if no_input is not None and channel == "call":
            yield no_input, place
        if no_match is not None:
            yield no_match, place


def where(ways: Ways, condition: Node | None) -> int:
    """The lines for which a condition can hold, as far as kind and tariff tell."""
    if condition is None or not {("line", "kind"), ("line", "tariff")} & set(names(condition)):
        return -1
    known = ways._where.get(condition)
    if known is None:
        table = Table([condition], lambda path: "text" if len(path) > 1 else None, lambda path: None, ways.lines)
        table.by_line()
        try:
            held = {case["line"] for case in table.cases() if table.holds(condition, case)}
            known = sum(1 << number for number, line in enumerate(ways.lines) if line in held)
        except TooMany:
            known = -1
        ways._where[condition] = known
    return known
