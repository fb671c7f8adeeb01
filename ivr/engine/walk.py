"""How a session moves through the tree: forms, look-ups, acts, fees, choices, back and home (LANGUAGE, "How it runs")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ivr.engine import fields, show
from ivr.engine.effects import End, Fee
from ivr.engine.model import Choice, Field, Invocation, Reference, Tries
from ivr.engine.state import Frame, Head
from ivr.engine.turn import Turn
from ivr.engine.values import Answer, Value

ENTRY = "@entry"
"""A pending `then`: on to the entry by which the session came in."""
DEEPEST_STACK = 50
"""Menus a session may stand in at once; going in circles forgets the oldest instead of growing without bound."""


def enter(turn: Turn, target: str, hand: Mapping[str, Value], then: str | None) -> None:
    """Go to a menu, or `back`, `home`, `end`."""
    if target == "back":
        back(turn)
    elif target == "home":
        home(turn)
    elif target in ("end", "goodbye"):
        say_goodbye(turn)
    else:
        turn.frames.append(Frame(target, hand, then=then))
        del turn.frames[1 : max(1, len(turn.frames) - DEEPEST_STACK)]
        turn.silences = turn.mistakes = 0
        turn.note("menu", target, turn.menu.place)
        if turn.switched_on(turn.menu.switch):
            ask(turn)
        else:
            _engine_answer(turn, "switched_off", "refused")


def ask(turn: Turn) -> None:
    """Fill the form: what was handed over is validated just the same, then direct-dial parts, then questions."""
    operator = turn.model.operator
    for field in turn.menu.ask:
        if not turn.holds(field.when):
            continue
        value = turn.top.fields.get(field.name)
        if value is None and turn.dial and not field.type.secret:
            value = turn.dial.pop(0)
        if value is None:
            question(turn, field)
            return
        if isinstance(value, str):
            try:
                value = fields.read(value, field.type, operator)
            except fields.WrongValue as wrong:
                _wrong_value(turn, field, wrong.cause)
                return
        turn.change(replace(turn.top, fields={**turn.top.fields, field.name: value}))
    if turn.menu.confirm and not turn.top.confirmed:
        turn.dial = []
        show.confirmation(turn)
        return
    funds(turn)


def question(turn: Turn, field: Field) -> None:
    """Ask for a field."""
    turn.waiting = f"field:{field.name}"
    show.question(turn, field, field.say)


def _wrong_value(turn: Turn, field: Field, cause: str) -> None:
    turn.dial = []
    turn.change(replace(turn.top, fields={name: value for name, value in turn.top.fields.items() if name != field.name}))
    turn.mistakes += 1
    turn.note("no_match", f"{field.name}: {cause}", field.place)
    show.say_first(turn, f"wrong:{field.name}:{cause}")
    tries = turn.model.operator.no_match
    if turn.mistakes >= tries.most:
        give_up(turn, tries)
    else:
        question(turn, field)


def funds(turn: Turn) -> None:
    """The fee's first half: who could not pay the dearest fee this menu names gets an answer before anything is called."""
    menu = turn.menu
    prices = [turn.price(fee) for fee in (menu.fee, *(outcome.fee for outcome in menu.otherwise.values()))]
    dearest = max((price for price in prices if price is not None), key=lambda price: price.micro, default=None)
    if dearest is None or (turn.dial and menu.choices) or turn.line is None or turn.line.kind != "prepaid":
        look_up(turn)
    else:
        turn.call("accounts.funds", {"amount": dearest}, "funds")


def look_up(turn: Turn) -> None:
    """The next look-up that has not been made, else the act."""
    for invocation in turn.menu.get:
        if invocation.name not in turn.top.got:
            _invoke(turn, invocation, f"get:{invocation.name}")
            return
    act(turn)


def act(turn: Turn) -> None:
    """The one act, its fee in the same booking; then the fee of a menu that only reads."""
    menu = turn.menu
    passing = bool(turn.dial) and turn.dial[0] in [choice.key for choice in turn.visible()]
    price = None if passing else turn.price(menu.fee)
    fee = None if price is None or menu.fee is None else Fee(menu.fee, turn.channel, price)
    if menu.do is not None and not turn.top.acted:
        _invoke(turn, menu.do, "do", change=True, fee=fee)
    elif fee is not None and menu.do is None:
        turn.call("accounts.charge", {}, "charge", change=True, fee=fee)
    else:
        arrive(turn)


def _invoke(turn: Turn, invocation: Invocation, stage: str, change: bool = False, fee: Fee | None = None) -> None:
    turn.note("call", invocation.service, invocation.place)
    turn.call(invocation.service, turn.fill(invocation.hand, turn.top), stage, change, fee)


def answered(turn: Turn, answer: Answer) -> None:
    """Go on with the answer of the service that was called."""
    stage, _, name = turn.waiting.removeprefix("call:").partition(":")
    turn.note("answer", answer.outcome, turn.menu.place)
    if answer.line is not None:
        before, turn.line = turn.line, answer.line
        if answer.line.language in turn.model.operator.languages and (before is None or before.language != answer.line.language):
            turn.language = answer.line.language or turn.language
    if answer.outcome == "not_enough":
        show.say_first(turn, "answer:not_enough", fee=_dearest(turn), balance=answer.values.get("balance"))
        _engine_answer(turn, "", "refused")
    elif answer.outcome != "ok":
        _otherwise(turn, answer)
    elif stage == "funds":
        look_up(turn)
    elif stage == "get":
        turn.change(replace(turn.top, got={**turn.top.got, name: answer.values}))
        look_up(turn)
    elif stage == "outcome":
        _told(turn)
    else:
        _charged(turn, answer, acted=stage == "do")


def _charged(turn: Turn, answer: Answer, acted: bool) -> None:
    got = dict(turn.top.got)
    if acted:
        got["result"] = answer.values
    elif (balance := answer.values.get("balance")) is not None:
        # a balance is shown after the fee of the request (services.md, "For both"); the charge's own answer is the figure that is true
        for invocation in turn.menu.get:
            record = got[invocation.name]
            if invocation.balance and isinstance(record, Mapping):
                got[invocation.name] = {**record, invocation.balance: balance}
    turn.change(replace(turn.top, got=got, acted=acted or turn.top.acted))
    if turn.menu.fee is not None and turn.menu.fee not in turn.paid and turn.price(turn.menu.fee) is not None:
        turn.paid = (*turn.paid, turn.menu.fee)
    arrive(turn)


def _dearest(turn: Turn) -> Value:
    prices = [turn.price(fee) for fee in (turn.menu.fee, *(outcome.fee for outcome in turn.menu.otherwise.values()))]
    return max((price for price in prices if price is not None), key=lambda price: price.micro, default=None)


def _otherwise(turn: Turn, answer: Answer) -> None:
    outcome = turn.menu.otherwise.get(answer.outcome)
    if outcome is None:
        _engine_answer(turn, answer.outcome if answer.outcome in ("unavailable", "late") else "unavailable", "failed")
        return
    turn.dial = []
    turn.change(replace(turn.top, told=answer.outcome, got={**turn.top.got, "result": answer.values}))
    price = turn.price(outcome.fee)
    if price is not None and outcome.fee is not None:
        turn.call("accounts.charge", {}, "outcome", change=True, fee=Fee(outcome.fee, turn.channel, price))
    else:
        _told(turn)


def _told(turn: Turn) -> None:
    outcome = turn.menu.otherwise[turn.top.told]
    if outcome.retry is None and outcome.go is None:
        arrive(turn)
        return
    show.say_first(turn, f"otherwise:{turn.top.told}")
    if outcome.retry is not None:
        kept = {name: value for name, value in turn.top.fields.items() if name != outcome.retry}
        turn.change(replace(turn.top, told="", fields=kept, confirmed=False))
        ask(turn)
    else:
        turn.frames.pop()
        enter(turn, outcome.go or "home", {}, None)


def arrive(turn: Turn) -> None:
    """The menu has all it needs: press on with direct dial, go on by itself, or show the page."""
    menu = turn.menu
    if turn.dial and not turn.top.told:
        choice = next((choice for choice in turn.visible() if choice.key == turn.dial[0]), None)
        if choice is not None:
            turn.dial.pop(0)
            follow(turn, choice)
            return
        turn.dial = []
        turn.note("no_match", "direct dial", menu.place)
        show.say_first(turn, "no_match")
    if menu.then is not None and not turn.top.told:
        frame = turn.frames.pop()
        turn.heads.append(Head("menu", frame))
        enter(turn, menu.then, {}, frame.then)
    elif turn.visible() and not turn.top.told:
        show.page(turn)
    else:
        finish(turn)


def finish(turn: Turn) -> None:
    """A menu without choices has been shown: a pending `then` goes on, a call returns to its last menu with choices."""
    pending = next((number for number in range(len(turn.frames) - 1, -1, -1) if turn.frames[number].then), None)
    if pending is not None:
        then = turn.frames[pending].then
        turn.heads.append(Head("menu", turn.top))
        del turn.frames[pending:]
        if then == ENTRY:
            go_in(turn)
        else:
            enter(turn, then or "home", {}, None)
    elif turn.channel == "call" and not show.has_more(turn):
        turn.heads.append(Head("menu", turn.frames.pop()))
        _return_to_choices(turn)
    else:
        show.page(turn)


def _return_to_choices(turn: Turn) -> None:
    while turn.frames and not turn.visible():
        turn.frames.pop()
    if turn.frames:
        turn.change(replace(turn.top, page=0))
        show.page(turn)
    else:
        say_goodbye(turn)


def follow(turn: Turn, choice: Choice) -> None:
    """Go where a choice leads."""
    turn.note("choice", choice.key, choice.place)
    hand: Mapping[str, Reference | Value] = choice.hand
    enter(turn, choice.go, turn.fill(hand, turn.top), choice.then)


def give_up(turn: Turn, tries: Tries) -> None:
    """Silence or wrong keys were forgiven often enough."""
    turn.silences = turn.mistakes = 0
    if tries.then == "continue":
        turn.heads = []
        finish(turn)
    elif tries.then in ("goodbye", "end"):
        say_goodbye(turn)
    else:
        enter(turn, tries.then, {}, None)


def go_in(turn: Turn) -> None:
    """Enter by the session's entry."""
    entry = turn.model.entries[turn.entry]
    if not turn.switched_on(entry.switch):
        refuse(turn, "switched_off")
        return
    enter(turn, entry.go, turn.fill(entry.hand, None), entry.then)


def refuse(turn: Turn, answer: str) -> None:
    """The operator's answer, free, and the end."""
    show.say_first(turn, f"answer:{answer}")
    turn.note("refused", answer)
    show.farewell(turn, "refused")


def back(turn: Turn) -> None:
    """The menu before, shown again from what it had got: no look-up, no fee, no act."""
    turn.frames.pop()
    turn.dial, turn.silences, turn.mistakes = [], 0, 0
    turn.note("back", turn.top.menu, turn.menu.place)
    # a form without a page of its own is passed over
    while len(turn.frames) > 1 and not (turn.menu.say or turn.menu.choices or turn.menu.list):
        turn.frames.pop()
    turn.change(replace(turn.top, page=0))
    show.page(turn)


def home(turn: Turn) -> None:
    """The entry's `then`, else its `go`, run afresh."""
    turn.frames, turn.dial = [], []
    entry = turn.model.entries[turn.entry]
    enter(turn, turn.home, turn.fill(entry.hand, None) if turn.home == entry.go else {}, None)


def say_goodbye(turn: Turn) -> None:
    """The operator's last words."""
    show.say_first(turn, "answer:goodbye")
    show.farewell(turn, "completed")


def _engine_answer(turn: Turn, answer: str, disposition: str) -> None:
    """What the engine says itself ends a USSD session; a call goes on where it would have gone on after the menu."""
    turn.dial = []
    if answer:
        show.say_first(turn, f"answer:{answer}")
    turn.note("refused" if disposition == "refused" else "failed", answer or "not_enough", turn.menu.place)
    if turn.channel != "call":
        show.farewell(turn, disposition)
        return
    pending = next((number for number in range(len(turn.frames) - 1, -1, -1) if turn.frames[number].then), None)
    if pending is not None:
        then = turn.frames[pending].then
        del turn.frames[pending:]
        if then == ENTRY:
            go_in(turn)
        else:
            enter(turn, then or "home", {}, None)
        return
    turn.frames.pop()
    _return_to_choices(turn)


def leave(turn: Turn, why: str) -> None:
    """The subscriber is gone."""
    turn.waiting = "ended"
    turn.note("gone", why)
    turn.effects.append(End(why))
