"""Two versions of one menu compared: what it says, asks, calls, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.catalog.diff_choices import choice_changes, same_hand
from ivr.catalog.diff_types import Change, Pair
from ivr.catalog.diff_wordings import Names, condition_as, look_ups, say_changes, wording_changes
from ivr.catalog.written import condition_text, hand_text, prices_text, value_text
from ivr.engine.model import FeePrices, Field, FieldType, Invocation, Menu, Model, Outcome, Tries
from ivr.engine.values import Money


def menu_changes(pair: Pair, old: Menu, new: Menu) -> Iterator[Change]:
    """Everything that subscribers notice of a menu that is in both."""
    menu, place = new.name, new.place
    names = (look_ups(old), look_ups(new))
    for part, was, now in (("say", old.say, new.say), ("after the list", old.after, new.after), ("confirm", old.confirm, new.confirm)):
        yield from say_changes(pair, f"{menu}: {part}", was, now, place, names)
    yield from say_changes(pair, f"{menu}: also_sms", old.also_sms or (), new.also_sms or (), place, names)
    yield from _list(pair, old, new, names)
    yield from _services(old, new)
    yield from _fee(pair, menu, old.fee, new.fee, place)
    yield from _form(pair, old, new, names)
    yield from choice_changes(pair, old, new, names)
    yield from _outcomes(pair, old, new, names)
    yield from _flow(pair, old, new)


def _list(pair: Pair, old: Menu, new: Menu, names: tuple[Names, Names]) -> Iterator[Change]:
    was, now, menu = old.list, new.list, new.name
    place = new.place if now is None else now.place
    if (was is None) != (now is None):
        path = was.of if was is not None else now.of if now is not None else ()
        yield Change("flow", f"{menu}: list", ".".join(path) if was else None, ".".join(path) if now else None, place)
    yield from wording_changes(pair, f"{menu}: item", was.item if was else None, now.item if now else None, place, names)
    yield from wording_changes(pair, f"{menu}: an empty list", was.none if was else None, now.none if now else None, place, names)
    if was is None or now is None:
        return
    old_of, new_of = (".".join((own.get(of[0], of[0]), *of[1:])) for own, of in ((names[0], was.of), (names[1], now.of)))
    if old_of != new_of:
        yield Change("flow", f"{menu}: list of", ".".join(was.of), ".".join(now.of), place)
    if was.speak != now.speak:
        yield Change("flow", f"{menu}: items said at once", _or_all(was.speak), _or_all(now.speak), place)
    if was.choose is None and now.choose is None:
        return
    if was.choose is None or now.choose is None or not pair.same_target(was.choose.go, now.choose.go):
        leads = (was.choose.go if was.choose else None, now.choose.go if now.choose else None)
        yield Change("choice", f"{menu}: an item of the list leads to", *leads, now.choose.place if now.choose else place)
    elif not same_hand(was.choose.hand, now.choose.hand, ({}, {})):
        handed = (hand_text(was.choose.hand), hand_text(now.choose.hand))
        yield Change("choice", f"{menu}: an item of the list hands over", *handed, now.choose.place)
    label = f"{menu}: label of an item"
    yield from wording_changes(
        pair, label, was.choose.label if was.choose else None, now.choose.label if now.choose else None, place, names
    )


def _or_all(count: int | None) -> str:
    return "all" if count is None else str(count)


def _services(old: Menu, new: Menu) -> Iterator[Change]:
    before, after = [_called(call) for call in old.get], [_called(call) for call in new.get]
    for call, text in zip(new.get, after, strict=True):
        if text in before:
            before.remove(text)
        else:
            yield Change("service", f"{new.name}: looks up", None, text, call.place)
    left = list(after)
    for call in old.get:
        text = _called(call)
        if text in left:
            left.remove(text)
        else:
            yield Change("service", f"{new.name}: looks up", text, None, new.place)
    was, now = (None if call is None else _called(call) for call in (old.do, new.do))
    if was != now:
        yield Change("service", f"{new.name}: does", was, now, new.do.place if new.do is not None else new.place)


def _called(call: Invocation) -> str:
    late = "" if call.late == "fail" else f", when late: {call.late}"
    return call.service + (f" with {hand_text(call.hand)}" if call.hand else "") + late


def _fee(pair: Pair, what: str, old: str | None, new: str | None, place: str) -> Iterator[Change]:
    """A menu that charges by another fee than before. What a fee of one name costs is compared once, for the operator."""
    if old != new:
        was, now = _prices(pair.before, old), _prices(pair.after, new)
        if was != now:
            before, after = (_fee_text(name, fee) for name, fee in ((old, was), (new, now)))
            yield Change("fee", f"{what}: fee", before, after, place)


def _prices(model: Model, fee: str | None) -> FeePrices:
    """Dear channels only: where nothing is charged, `once` and `free` say nothing."""
    prices: Mapping[str, Money] = {} if fee is None else model.operator.fees[fee].prices
    dear = {channel: price for channel, price in sorted(prices.items()) if price.micro}
    return FeePrices(dear, bool(dear) and fee is not None and model.operator.fees[fee].once)


def _fee_text(name: str | None, fee: FeePrices) -> str | None:
    return None if name is None else f"{name}, {prices_text(fee)}{', once a session' if fee.once else ''}"


def _form(pair: Pair, old: Menu, new: Menu, names: tuple[Names, Names]) -> Iterator[Change]:
    fields = {field.name: field for field in old.ask}
    for field in new.ask:
        was = fields.get(field.name)
        what = f"{new.name}: field {field.name}"
        if was is None:
            yield Change("form", what, None, _type_text(field.type), field.place)
            was = Field(field.name, field.type, ())
        yield from _field(pair, what, was, field, names)
    for name in fields:
        if name not in [field.name for field in new.ask]:
            yield Change("form", f"{new.name}: field {name}", _type_text(fields[name].type), None, new.place)
    kept = [field.name for field in new.ask if field.name in fields]
    before = [name for name in fields if name in kept]
    if kept != before:
        yield Change("form", f"{new.name}: fields are asked in the order", ", ".join(before), ", ".join(kept), new.place)


def _field(pair: Pair, what: str, old: Field, new: Field, names: tuple[Names, Names]) -> Iterator[Change]:
    if old.type != new.type:
        yield Change("form", f"{what} takes", _type_text(old.type), _type_text(new.type), new.place)
    if condition_as(old.when, names[0]) != condition_as(new.when, names[1]):
        yield Change("form", f"{what} is asked", _when(condition_text(old.when)), _when(condition_text(new.when)), new.place)
    yield from say_changes(pair, f"{what}: question", old.say, new.say, new.place, names)
    yield from say_changes(pair, f"{what}: asked again", old.again, new.again, new.place, names)
    for cause in dict.fromkeys([*old.no_match, *new.no_match]):
        wordings = old.no_match.get(cause), new.no_match.get(cause)
        yield from wording_changes(pair, f"{what}: told when wrong ({cause})", *wordings, new.place, names)
    yield from tries_changes(pair, f"{what}: wrong values", old.tries, new.tries, new.place)
    yield from tries_changes(pair, f"{what}: silence", old.no_input, new.no_input, new.place)


def _when(condition: str) -> str:
    return f"when {condition}" if condition else "always"


def _type_text(kind: FieldType) -> str:
    secret = ", secret" if kind.secret else ""
    if kind.kind == "one_of":
        return f"one of {', '.join(kind.words)}{secret}"
    least, most = (
        "" if size is None else value_text(Money(size, "")).strip() if kind.kind == "money" else str(size)
        for size in (kind.least, kind.most)
    )
    span = "" if not least and not most else f" {least or '…'}" if least == most else f" {least or '…'}-{most or '…'}"
    return f"{kind.kind}{span}{secret}"


def _outcomes(pair: Pair, old: Menu, new: Menu, names: tuple[Names, Names]) -> Iterator[Change]:
    nothing = Outcome(())
    for name in dict.fromkeys([*old.otherwise, *new.otherwise]):
        was, now = old.otherwise.get(name, nothing), new.otherwise.get(name, nothing)
        place = now.place or new.place
        what = f'{new.name}: outcome "{name}"'
        yield from say_changes(pair, what, was.say, now.say, place, names)
        yield from _fee(pair, what, was.fee, now.fee, place)
        if was.retry != now.retry:
            yield Change("flow", f"{what}: asks again for", was.retry, now.retry, place)
        if not pair.same_target(was.go, now.go):
            yield Change("flow", f"{what} leads to", was.go, now.go, place)


def tries_changes(pair: Pair, what: str, old: Tries | None, new: Tries | None, place: str) -> Iterator[Change]:
    """Silence and wrong keys: how often forgiven, what is said, where it leads."""
    yield from wording_changes(pair, f"{what}: told", old.say if old else None, new.say if new else None, place)
    was, now = ((None, None) if tries is None else (tries.most, tries.then) for tries in (old, new))
    if was[0] != now[0] or not pair.same_target(was[1], now[1]):
        yield Change("flow", what, _tries_text(old), _tries_text(new), place)


def _tries_text(tries: Tries | None) -> str | None:
    return None if tries is None else f"{tries.most} times, then {tries.then}"


def _flow(pair: Pair, old: Menu, new: Menu) -> Iterator[Change]:
    menu, place = new.name, new.place
    if not pair.same_target(old.then, new.then):
        yield Change("flow", f"{menu}: goes on by itself to", old.then, new.then, place)
    if old.back != new.back:
        yield Change("flow", f"{menu}: a way back", _yes(old.back), _yes(new.back), place)
    if not pair.same_group(old.serves, new.serves):
        yield Change("flow", f"{menu}: serves", old.serves, new.serves, place)
    for what, was, now in (("switch", old.switch, new.switch), ("hands the call to", old.connect, new.connect)):
        if was != now:
            yield Change("flow", f"{menu}: {what}", was, now, place)
    yield from tries_changes(pair, f"{menu}: silence", old.no_input, new.no_input, place)
    yield from tries_changes(pair, f"{menu}: wrong keys", old.no_match, new.no_match, place)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
