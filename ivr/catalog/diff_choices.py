"""The choices of a menu compared: moved to another key, leading elsewhere, new, gone, shown under another condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ivr.catalog.diff_types import Change, Pair
from ivr.catalog.diff_wordings import Names, condition_as, reference_as, wording_changes
from ivr.catalog.shapes import CHANNELS
from ivr.catalog.written import condition_text, hand_text, value_text, wording_text
from ivr.engine.model import Choice, Menu, Message, Model, Reference, Template, Wording
from ivr.engine.values import Value


def choice_changes(pair: Pair, old: Menu, new: Menu, names: tuple[Names, Names]) -> Iterator[Change]:
    """Each choice of either menu once."""
    matched = _matched(pair, old, new, names)
    for was, now in matched:
        yield from _one(pair, new, was, now, names)
    for choice in old.choices:
        if not any(was is choice for was, _ in matched):
            yield Change("choice", f"{new.name}: key {choice.key}", _leads(pair.before, choice), None, new.place)
    for choice in new.choices:
        if not any(now is choice for _, now in matched):
            yield Change("choice", f"{new.name}: key {choice.key}", None, _leads(pair.after, choice), choice.place)
    # Which of them stands first is told of those that kept their keys: the others have moved anyway.
    stayed = [(was, now) for was, now in matched if was.key == now.key]
    before, after = (
        [choice.key for choice in own if any(choice is pair_of[side] for pair_of in stayed)]
        for side, own in enumerate((old.choices, new.choices))
    )
    if before != after:
        yield Change("choice", f"{new.name}: choices stand in the order", ", ".join(before), ", ".join(after), new.place)


def _matched(pair: Pair, old: Menu, new: Menu, names: tuple[Names, Names]) -> list[tuple[Choice, Choice]]:
    """Which choice became which: the same key and target first, then the same target under another key, then the same key."""

    def same_target(was: Choice, now: Choice) -> bool:
        return pair.same_target(was.go, now.go) and same_hand(was.hand, now.hand, names)

    before, after, matched = list(old.choices), list(new.choices), []
    for rule in (
        lambda was, now: was.key == now.key and same_target(was, now),
        same_target,
        lambda was, now: was.key == now.key,
    ):
        for was in list(before):
            now = next((now for now in after if rule(was, now)), None)
            if now is not None:
                matched.append((was, now))
                before.remove(was)
                after.remove(now)
    return matched


def same_hand(old: Mapping[str, Reference | Value], new: Mapping[str, Reference | Value], names: tuple[Names, Names]) -> bool:
    """Whether two choices hand over the same."""
    return _hand(old, names[0]) == _hand(new, names[1])


def _hand(hand: Mapping[str, Reference | Value], names: Names) -> dict[str, str]:
    return {name: reference_as(value, names) if isinstance(value, Reference) else value_text(value) for name, value in hand.items()}


def _one(pair: Pair, menu: Menu, old: Choice, new: Choice, names: tuple[Names, Names]) -> Iterator[Change]:
    what, place = f"{menu.name}: key {new.key}", new.place
    if old.key != new.key:
        yield Change("choice", f"{menu.name}: {_leads(pair.after, new)} is on key", old.key, new.key, place)
    if not pair.same_target(old.go, new.go):
        yield Change("choice", f"{what} leads to", old.go, new.go, place)
    elif not same_hand(old.hand, new.hand, names):
        yield Change("choice", f"{what} hands over", hand_text(old.hand) or None, hand_text(new.hand) or None, place)
    if not pair.same_target(old.then, new.then):
        yield Change("choice", f"{what} goes on to", old.then, new.then, place)
    if condition_as(old.when, names[0]) != condition_as(new.when, names[1]):
        yield Change("choice", f"{what} is shown", _when(condition_text(old.when)), _when(condition_text(new.when)), place)
    if old.switch != new.switch:
        yield Change("choice", f"{what}: switch", old.switch, new.switch, place)
    if old.only != new.only:
        yield Change("choice", f"{what} is on", _channels(old.only), _channels(new.only), place)
    # Where only one of the two is shown, `is on` has said it already.
    shared = [channel for channel in CHANNELS if all(choice.only is None or channel in choice.only for choice in (old, new))]
    labels = [
        {channel: own for channel, own in unwrapped(model, choice.label).items() if channel in shared}
        for model, choice in ((pair.before, old), (pair.after, new))
    ]
    yield from wording_changes(pair, f"{what}: label", labels[0], labels[1], place, names)


def _when(condition: str) -> str:
    return f"when {condition}" if condition else "always"


def _channels(only: frozenset[str] | None) -> str:
    return "every channel" if only is None else ", ".join(sorted(only))


def _leads(model: Model, choice: Choice) -> str:
    language = "en" if "en" in model.operator.languages else model.operator.default_language
    return f'"{wording_text(choice.label, language)}" to {choice.go}'


def unwrapped(model: Model, label: Wording) -> Wording:
    """A label without what `call.choice` of operator.yaml says around every label, which is compared once, for the operator."""
    around = model.operator.call.choice.get("call", {})
    if "call" not in label:
        return label
    called = {language: _inner(message, around.get(message.language)) for language, message in label["call"].items()}
    return {**label, "call": called}


def _inner(message: Message, around: Message | None) -> Message:
    if around is None or Reference(("label",)) not in around.forms[0]:
        return message
    at = around.forms[0].index(Reference(("label",)))
    return replace(message, forms=tuple(_between(form, around.forms[0][:at], around.forms[0][at + 1 :]) for form in message.forms))


def _between(form: Template, head: Template, tail: Template) -> Template:
    """`form` without `head` before and `tail` behind it, as it is where they are not there. Texts that meet were joined into one piece."""
    pieces: list[str | Reference] = list(form)
    for around, last in ((list(head), False), (list(reversed(tail)), True)):
        for piece in around:
            at = -1 if last else 0
            if not pieces:
                return form
            own = pieces[at]
            if isinstance(piece, Reference) or isinstance(own, Reference):
                if piece != own:
                    return form
                pieces.pop(at)
            elif last and own.endswith(piece):
                pieces[at] = own[: len(own) - len(piece)]
            elif not last and own.startswith(piece):
                pieces[at] = own[len(piece) :]
            else:
                return form
            pieces = [one for one in pieces if one != ""]
    return tuple(pieces) or form
