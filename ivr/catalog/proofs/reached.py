"""What follows from who gets where: menus nobody reaches (E011), lines led where none serves them (E019), fees without a price (E030)."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.catalog.proofs.ways import CHANNELS, Ways
from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.model import Menu, Model

_CHANNELS = {"ussd": "USSD", "call": "a call", "sms": "SMS", "web": "the web"}


def unreachable(ways: Ways, reader: Reader) -> None:
    """E011: no way leads there; or every way is one that no line is ever shown."""
    model = ways.model
    linked, before = _linked(model), _before(model)
    for name, menu in model.menus.items():
        if name not in linked:
            told = f'nobody can reach menu "{name}": no entry, choice or `then` leads to it'
            reader.fault(_at(menu.place), "E011", f"{told}; lead to it, or take it away")
        elif not ways.anybody(name) and (kept_back := ways.kept_back.get(name)):
            reader.fault(
                _at(menu.place),
                "E011",
                f'nobody can reach menu "{name}": its choices are shown to {_who(ways, kept_back)}, and it serves only "{menu.serves}"',
            )
        elif not ways.anybody(name) and any(ways.anybody(other) for other in before.get(name, ())):
            reader.fault(
                _at(menu.place),
                "E011",
                f'nobody can reach menu "{name}": the choices that lead to it are shown to no line on any channel that gets there',
            )


def not_served(ways: Ways, reader: Reader, places: Mapping[str, str]) -> None:
    """E019. `places` of what operator.yaml leads to."""
    for (place, what, go), mask in ways.refused.items():
        target = ways.model.menus[go]
        reader.fault(
            _at(place or places.get(what, target.place)),
            "E019",
            f'{what} leads {_who(ways, mask)} to {go}, which serves only "{target.serves}": lead them elsewhere, or let {go} serve them',
        )


def prices(ways: Ways, reader: Reader) -> None:
    """E030: of the menu's own fee and of those that its outcomes name."""
    fees = ways.model.operator.fees
    for name, menu in ways.model.menus.items():
        for fee, place in ((menu.fee, menu.fee_place), *((outcome.fee, outcome.place) for outcome in menu.otherwise.values())):
            if fee is None or fee not in fees:
                continue
            missing = [channel for channel in CHANNELS if channel not in fees[fee].prices and ways.reached[channel].get(name)]
            if missing:
                reader.fault(
                    _at(place),
                    "E030",
                    f'the fee "{fee}" has no price for {" and ".join(missing)}, and {name} is reached by'
                    f" {' and '.join(_CHANNELS[channel] for channel in missing)}: give it one in operator.yaml, such as {missing[0]}: free",
                )


def _linked(model: Model) -> set[str]:
    """Menus that something leads to from a way in, whoever may take it."""
    operator = model.operator
    waiting = [target for entry in model.entries for target in (entry.go, entry.then)]
    waiting += [operator.first_call, operator.call.person, operator.no_input.then, operator.no_match.then]
    waiting += [notice.go for notice in model.notices]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name is not None and name in model.menus and name not in seen:
            seen.add(name)
            waiting += leads(model.menus[name])
    return seen


def leads(menu: Menu) -> list[str | None]:
    """Every menu that a menu leads to, in whatever way."""
    targets = [target for choice in menu.choices for target in (choice.go, choice.then)]
    targets += [menu.then, *(outcome.go for outcome in menu.otherwise.values())]
    targets += [tries.then for tries in (menu.no_input, menu.no_match) if tries]
    targets += [tries.then for field in menu.ask for tries in (field.no_input, field.tries) if tries]
    if menu.list is not None and menu.list.choose is not None:
        targets.append(menu.list.choose.go)
    return targets


def _before(model: Model) -> dict[str, list[str]]:
    """For each menu those that lead to it."""
    before: dict[str, list[str]] = {}
    for name, menu in model.menus.items():
        for target in leads(menu):
            if target is not None:
                before.setdefault(target, []).append(name)
    return before


def _who(ways: Ways, mask: int) -> str:
    """Some lines in words: all of a kind, or one of them."""
    turned_away, everyone = ways.of(mask), ways.lines
    kinds = list(dict.fromkeys(kind for kind, _ in turned_away))
    whole = [kind for kind in kinds if all(line in turned_away for line in everyone if line[0] == kind)]
    if whole == kinds:
        return f"{' and '.join(kinds)} lines"
    kind, tariff = turned_away[0]
    return f"a {kind} line on {tariff or 'a tariff that operator.yaml does not name'}"


def _at(place: str) -> Node:
    return Node("text", place)
