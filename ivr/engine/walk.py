"""How a session moves through the tree: forms, look-ups, acts, fees, choices, back and home (LANGUAGE, "How it runs")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ivr.engine import fields, show
from ivr.engine.effects import End, Fee
from ivr.engine.model import Choice, Field, Invocation, Reference, Tries
from ivr.engine.state import Frame, Head
from ivr.engine.turn import Turn
from ivr.engine.values import Answer, Secret, Value

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
            if turn.writes or not field.say:
                refuse(turn, "no_reply")
            else:
                # the code stops here: what was dialled behind a secret is no value of the next field, and may be the secret itself
                turn.dial = []
                question(turn, field)
            return
        if isinstance(value, str):
            try:
                value = fields.read(value, field.type, operator)
            except fields.WrongValue as wrong:
                _wrong_value(turn, field, wrong.cause)
                return
            if field.type.secret:
                value = Secret(str(value))
        turn.change(replace(turn.top, fields={**turn.top.fields, field.name: value}))
        if field.again and turn.typed == field.name:
            question(turn, field, again=True)
            return
    if (
        turn.dial
        and turn.menu.do is not None
        and not (turn.menu.confirm or turn.menu.choices)
        and any(field.say for field in turn.menu.ask)
    ):
        # `*5*12*50#`: who dialled more than the form takes meant another amount, and nobody would ask before the act
        _wrong_value(turn, next(field for field in reversed(turn.menu.ask) if field.say), "other")
        return
    if turn.menu.confirm and not turn.top.confirmed and not turn.writes:
        turn.dial = []
        show.confirmation(turn)
        return
    funds(turn)


def question(turn: Turn, field: Field, again: bool = False) -> None:
    """Ask for a field; `again`: a second time, so that both can be compared."""
    turn.waiting = f"{'again' if again else 'field'}:{field.name}"
    show.question(turn, field, field.again if again else field.say)


def repeated(turn: Turn, field: Field, text: str) -> None:
    """What was typed the second time must be what was typed the first time."""
    first = turn.top.fields.get(field.name)
    try:
        value: Value = fields.read(text, field.type, turn.model.operator)
    except fields.WrongValue:
        value = None
    if first is None or value is None or first != (Secret(str(value)) if field.type.secret else value):
        _wrong_value(turn, field, "differs")
    else:
        ask(turn)


def _wrong_value(turn: Turn, field: Field, cause: str) -> None:
    turn.dial = []
    turn.change(replace(turn.top, fields={name: value for name, value in turn.top.fields.items() if name != field.name}))
    turn.mistakes += 1
    turn.note("no_match", f"{field.name}: {cause}", field.place)
    show.say_first(turn, f"wrong:{field.name}:{cause}")
    if turn.writes:
        show.farewell(turn, "refused")
        return
    tries = field.tries or turn.menu.no_match or turn.model.operator.no_match
    if turn.mistakes >= tries.most:
        give_up(turn, tries)
    elif not field.say:
        # handed over and never asked: there is nothing to ask again
        home(turn)
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
            turn.note("call", invocation.service, invocation.place)
            turn.call(invocation.service, turn.fill(invocation.hand, turn.top), f"get:{invocation.name}", late=invocation.late)
            return
    act(turn)


def act(turn: Turn) -> None:
    """The one act, its fee in the same booking; then the fee of a menu that only reads."""
    menu = turn.menu
    passing = bool(turn.dial) and turn.dial[0] in [choice.key for choice in turn.visible()]
    fee = None if passing else _fee(turn, menu.fee)
    if menu.do is not None and not turn.top.acted:
        turn.note("call", menu.do.service, menu.do.place)
        outcome_fees = {name: paid for name, outcome in menu.otherwise.items() if (paid := _fee(turn, outcome.fee)) is not None}
        given = turn.fill(menu.do.hand, turn.top)
        turn.call(menu.do.service, given, "do", change=True, fee=fee, outcome_fees=outcome_fees, late=menu.do.late)
    elif fee is not None and menu.do is None:
        turn.call("accounts.charge", {}, "charge", change=True, fee=fee)
    else:
        arrive(turn)


def _fee(turn: Turn, name: str | None) -> Fee | None:
    price = turn.price(name)
    return None if price is None or name is None else Fee(name, turn.channel, price)


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
    elif answer.outcome == "late" and stage == "get" and _look_up_named(turn, name).late == "send_by_sms":
        _engine_answer(turn, "sms_follows", "completed")
    elif answer.outcome != "ok":
        _otherwise(turn, answer, paid=stage == "do")
    elif stage == "funds":
        look_up(turn)
    elif stage == "get":
        turn.change(replace(turn.top, got={**turn.top.got, name: answer.values}))
        look_up(turn)
    elif stage == "outcome":
        _paid(turn, turn.menu.otherwise[turn.top.told].fee)
        _told(turn)
    else:
        _charged(turn, answer, acted=stage == "do")


def _look_up_named(turn: Turn, name: str) -> Invocation:
    return next(invocation for invocation in turn.menu.get if invocation.name == name)


def connected(turn: Turn, outcome: str) -> None:
    """The caller was handed to a person: they have spoken, or nobody was there."""
    turn.note("connect", outcome, turn.menu.place)
    if outcome == "answered":
        leave(turn, "completed")
    else:
        _otherwise(turn, Answer("busy" if outcome == "busy" else "no_answer", {}))


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
    _paid(turn, turn.menu.fee)
    arrive(turn)


def _paid(turn: Turn, fee: str | None) -> None:
    if fee is not None and fee not in turn.paid and turn.price(fee) is not None:
        turn.paid = (*turn.paid, fee)


def _dearest(turn: Turn) -> Value:
    prices = [turn.price(fee) for fee in (turn.menu.fee, *(outcome.fee for outcome in turn.menu.otherwise.values()))]
    return max((price for price in prices if price is not None), key=lambda price: price.micro, default=None)


def _otherwise(turn: Turn, answer: Answer, paid: bool = False) -> None:
    """An outcome other than `ok`. `paid`: its fee, where it has one, was charged in the booking of the act."""
    outcome = turn.menu.otherwise.get(answer.outcome)
    if outcome is None:
        _engine_answer(turn, answer.outcome if answer.outcome in ("unavailable", "late") else "unavailable", "failed")
        return
    turn.dial = []
    turn.change(replace(turn.top, told=answer.outcome, got={**turn.top.got, "result": answer.values}))
    fee = _fee(turn, outcome.fee)
    if fee is not None and not paid:
        turn.call("accounts.charge", {}, "outcome", change=True, fee=fee)
        return
    if fee is not None:
        _paid(turn, outcome.fee)
    _told(turn)


def _told(turn: Turn) -> None:
    outcome = turn.menu.otherwise[turn.top.told]
    if (outcome.retry is None and outcome.go is None) or turn.writes:
        # an SMS asks nothing and leads nowhere: what was said is all
        arrive(turn)
        return
    go = outcome.go
    if go == "back" and len(turn.frames) < 2:
        go = "home"
    if go == "home" and turn.home == turn.top.menu:
        # home is where this came from: it would fail again, and again
        arrive(turn)
        return
    show.say_first(turn, f"otherwise:{turn.top.told}")
    if outcome.retry is not None:
        kept = {name: value for name, value in turn.top.fields.items() if name != outcome.retry}
        turn.change(replace(turn.top, told="", fields=kept, confirmed=False))
        ask(turn)
    elif go == "back":
        back(turn)
    else:
        turn.frames.pop()
        enter(turn, go or "home", {}, None)


def arrive(turn: Turn) -> None:
    """The menu has all it needs: press on with direct dial, go on by itself, or show the page."""
    menu = turn.menu
    if turn.dial and not turn.top.told:
        choice = next((choice for choice in turn.visible() if choice.key == turn.dial[0]), None)
        if choice is not None:
            turn.dial.pop(0)
            follow(turn, choice)
            return
        if (item := show.chosen(turn, turn.dial[0])) is not None:
            turn.dial.pop(0)
            choose(turn, item)
            return
        turn.dial = []
        turn.note("no_match", "direct dial", menu.place)
        show.say_first(turn, "no_match")
    if menu.connect is not None and turn.channel == "call" and not turn.writes and not turn.top.told:
        _connect(turn, menu.connect)
        return
    _send_as_well(turn)
    if menu.then is not None and not turn.top.told:
        frame = turn.frames.pop()
        turn.heads.append(Head("menu", frame))
        enter(turn, menu.then, {}, frame.then)
    elif (turn.visible() or show.choosable(turn)) and not turn.top.told:
        show.page(turn)
    else:
        finish(turn)


def _connect(turn: Turn, name: str) -> None:
    """Hand the call to a person, while the person's hours last."""
    person = turn.model.operator.people[name]
    hours = turn.model.operator.hours.get(person.hours or "")
    if hours is not None and not hours.open_at(turn.now):
        turn.note("connect", "closed", turn.menu.place)
        _otherwise(turn, Answer("closed", {}))
    else:
        turn.note("connect", name, turn.menu.place)
        show.transfer(turn, person)


def _send_as_well(turn: Turn) -> None:
    """The SMS that a menu sends beside its page, once."""
    if turn.menu.also_sms is not None and not turn.writes and not turn.top.told and not turn.top.sent:
        turn.change(replace(turn.top, sent=True))
        show.receipt(turn, turn.menu.also_sms)


def finish(turn: Turn) -> None:
    """A menu without choices has been shown: a pending `then` goes on, a call returns to its last menu with choices."""
    pending = next((number for number in range(len(turn.frames) - 1, -1, -1) if turn.frames[number].then), None)
    if pending is not None:
        turn.heads.append(Head("menu", turn.top))
        _go_on(turn, pending)
    elif turn.channel == "call" and not turn.writes and not show.has_more(turn):
        turn.heads.append(Head("menu", turn.frames.pop()))
        _return_to_choices(turn)
    else:
        show.page(turn)


def _return_to_choices(turn: Turn) -> None:
    while turn.frames and not turn.visible() and not show.choosable(turn):
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


def choose(turn: Turn, item: Mapping[str, Value]) -> None:
    """Go where an item of the list leads, with what the item hands over."""
    listing = turn.menu.list
    assert listing is not None and listing.choose is not None
    view = turn.view(None, item)
    hand = {name: view.lookup(value.path) if isinstance(value, Reference) else value for name, value in listing.choose.hand.items()}
    turn.note("choice", "item", listing.choose.place)
    enter(turn, listing.choose.go, hand, None)


def give_up(turn: Turn, tries: Tries) -> None:
    """Silence or wrong keys were forgiven often enough."""
    turn.silences = turn.mistakes = 0
    if tries.then == "continue":
        turn.heads = []
        if turn.waiting == "menu":
            finish(turn)
        else:
            _leave_form(turn)
    elif tries.then in ("goodbye", "end"):
        say_goodbye(turn)
    else:
        enter(turn, tries.then, {}, None)


def _leave_form(turn: Turn) -> None:
    """Go on from a form that was not filled: its page would name what nobody has said."""
    pending = next((number for number in range(len(turn.frames) - 1, -1, -1) if turn.frames[number].then), None)
    if pending is not None:
        _go_on(turn, pending)
    elif turn.channel == "call":
        turn.frames.pop()
        _return_to_choices(turn)
    elif len(turn.frames) > 1:
        back(turn)
    else:
        say_goodbye(turn)


def _go_on(turn: Turn, pending: int) -> None:
    """Leave the menus from `pending` on for where that one's `then` leads."""
    then = turn.frames[pending].then
    del turn.frames[pending:]
    if then == ENTRY:
        go_in(turn)
    else:
        enter(turn, then or "home", {}, None)


def go_in(turn: Turn, values: Mapping[str, Value] | None = None) -> None:
    """Enter by the session's entry; `values` are the fields that its code or text filled."""
    entry = turn.model.entries[turn.entry]
    if not turn.switched_on(entry.switch):
        refuse(turn, "switched_off")
        return
    given = dict(values or {})
    hand = {name: given.get(value.path[0]) if isinstance(value, Reference) else value for name, value in entry.hand.items()}
    enter(turn, entry.go, {**given, **hand}, entry.then)


def refuse(turn: Turn, answer: str) -> None:
    """The operator's answer, free, and the end."""
    show.say_first(turn, f"answer:{answer}")
    turn.note("refused", answer)
    show.farewell(turn, "refused")


def back(turn: Turn) -> None:
    """The menu before, shown again from what it had got: no look-up, no fee, no act. Where none lies behind, home."""
    if len(turn.frames) < 2:
        home(turn)
        return
    turn.frames.pop()
    turn.dial, turn.silences, turn.mistakes = [], 0, 0
    turn.note("back", turn.top.menu, turn.menu.place)
    # a form without a page of its own is passed over
    while len(turn.frames) > 1 and (not (turn.menu.say or turn.menu.choices or turn.menu.list) or _before_its_act(turn)):
        turn.frames.pop()
    turn.change(replace(turn.top, page=0))
    show.page(turn)


def _before_its_act(turn: Turn) -> bool:
    """Whether the top menu is a form that has not got what its page would show."""
    menu, frame = turn.menu, turn.top
    return (menu.do is not None and not frame.acted) or any(invocation.name not in frame.got for invocation in menu.get)


def home(turn: Turn) -> None:
    """The entry's `then`, else its `go`, run afresh."""
    turn.frames, turn.dial = [], []
    entry = turn.model.entries[turn.entry] if turn.entry >= 0 else None  # a session that the network opened has none
    # what the code itself filled (`*650*NUMBER#`) is not kept: coming home asks for it
    constants = {} if entry is None else {name: value for name, value in entry.hand.items() if not isinstance(value, Reference)}
    enter(turn, turn.home, constants if entry is not None and turn.home == entry.go else {}, None)


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
    if turn.channel != "call" or turn.writes:
        show.farewell(turn, disposition)
        return
    pending = next((number for number in range(len(turn.frames) - 1, -1, -1) if turn.frames[number].then), None)
    if pending is not None:
        _go_on(turn, pending)
        return
    turn.frames.pop()
    _return_to_choices(turn)


def leave(turn: Turn, why: str) -> None:
    """The subscriber is gone."""
    turn.waiting = "ended"
    turn.note("gone", why)
    turn.effects.append(End(why))
