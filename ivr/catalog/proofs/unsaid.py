"""What nobody would ever see or hear: a choice without words (E026), an outcome that leaves a page empty (E026), a complaint that cannot be
(E041), a question asked again that is never asked (E042), a group that no line is in (E010)."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.catalog.operator_file import OperatorFile
from ivr.catalog.proofs.cases import Table, TooMany
from ivr.catalog.proofs.ways import CHANNELS, ON, Ways
from ivr.catalog.reader import Reader
from ivr.catalog.source import Node
from ivr.engine.model import Field, Menu, Operator, Outcome

_SIZES = {"number": ("too_small", "too_large"), "money": ("too_small", "too_large")}
_LENGTHS = {"digits": ("too_short", "too_long"), "text": ("too_short", "too_long")}


def unsaid(ways: Ways, house: OperatorFile, reader: Reader) -> None:
    """All five."""
    for key, _ in reader.pairs(house.node.get("groups"), "groups"):
        if ways.served.get(key.text) == 0:
            told = f'no line can be in the group "{key.text}": what it asks for shuts out each other'
            reader.fault(key, "E013", f"{told}; take one of its rules away")
    for menu in ways.model.menus.values():
        channels = [channel for channel in CHANNELS if ways.reached[channel].get(menu.name)]
        _labels(menu, channels, reader)
        for name, outcome in menu.otherwise.items():
            _outcome(menu, name, outcome, channels, reader)
        for field in menu.ask:
            for cause in field.no_match:
                if cause not in _causes(field, ways.model.operator):
                    told = f'"{field.name}" can never be "{cause}"'
                    reader.fault(Node("text", field.place), "E041", f"{told}: it can be {', '.join(_causes(field, ways.model.operator))}")


def _labels(menu: Menu, channels: list[str], reader: Reader) -> None:
    for choice in menu.choices:
        bare = [
            channel
            for channel in channels
            if channel != "sms" and not choice.label.get(channel) and (choice.only is None or channel in choice.only)
        ]
        if bare and choice.label:  # one without any words has a fault of its own
            told = f"key {choice.key} of {menu.name} has no words {ON[bare[0]]}"
            spoken = [channel for channel in CHANNELS if choice.label.get(channel)]
            reader.fault(
                Node("text", choice.place), "E026", f"{told}; give its label a `default`, or show it `only: [{', '.join(spoken)}]`"
            )


def _outcome(menu: Menu, name: str, outcome: Outcome, channels: list[str], reader: Reader) -> None:
    field = next((field for field in menu.ask if field.name == outcome.retry), None)
    if field is not None and not field.say:
        told = f'"{field.name}" is never asked, so it cannot be asked again'
        reader.fault(Node("text", outcome.place), "E042", f"{told}; give it `say`, or take `retry` away")
    if any(not part.wording for part in outcome.say):
        return  # what cannot be read has a fault of its own
    leads_on = outcome.go is not None or outcome.retry is not None
    for channel in channels:
        if leads_on and channel != "sms":
            continue  # an SMS is told the outcome and led nowhere
        parts = [part for part in outcome.say if part.wording.get(channel) and (part.only is None or channel in part.only)]
        table = Table([part.when for part in parts], lambda path: "text" if len(path) > 1 else None, lambda path: None)
        try:
            empty = any(not any(table.holds(part.when, case) for part in parts) for case in table.cases())
        except TooMany:
            continue
        if empty:
            told = f'the outcome "{name}" of {menu.name} {"may say" if parts else "says"} nothing {ON[channel]}'
            reader.fault(Node("text", outcome.place), "E026", f"{told}; word it{'' if channel == 'sms' else ', or let it `go` somewhere'}")
            return


def _causes(field: Field, operator: Operator) -> list[str]:
    """What can be wrong with a field's value."""
    return list(_may_be(field, operator))


def _may_be(field: Field, operator: Operator) -> Iterator[str]:
    small, large = (_SIZES | _LENGTHS).get(field.type.kind, ("", ""))
    if small and field.type.least is not None:
        yield small
    if large and field.type.most is not None:
        yield large
    if field.type.kind == "msisdn" and operator.prefixes:
        yield "foreign"
    if field.again:
        yield "differs"
    yield "other"
