"""What the operator says without being asked: an event of services.yaml made into messages, or into a session that the network opens.

Pure like every step: the event comes in with its values and the line that is told, and what leaves are effects. A notice costs nothing; a
session that it opens has the prices of USSD, as if the line had dialled.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping

from ivr.engine.effects import Sms, UssdNotice
from ivr.engine.model import Model, Notice
from ivr.engine.state import Frame, State
from ivr.engine.step import Step
from ivr.engine.text import fold, measure, shorten
from ivr.engine.turn import Turn
from ivr.engine.values import Line, Value
from ivr.engine.walk import enter

WAYS = ("flash", "sms", "ussd_notice", "ussd_session")
"""The ways in which a network can tell a line something."""
LONGEST_SENDER = 11
"""Signs of a sender that is a name (3GPP TS 23.040, 9.1.2.5)."""


def tell(
    model: Model,
    session: str,
    about: str,
    values: Mapping[str, Value],
    line: Line,
    now: datetime.datetime,
    switches: Mapping[str, bool],
    offered: Collection[str],
) -> tuple[Step, ...]:
    """A step for each notice about the event `about` that is for this line: an `Sms`, a `UssdNotice`, or the first step of a session.

    `session` is the event's key: effects of notice NAME have keys that begin with `SESSION/NAME`. `offered` are the ways of `WAYS` that the
    network has. A notice that has a `go` and goes by SMS carries the words of that menu. Of several notices that would open a session the
    first does, and what the others can only say in a session is left unsaid. A step may end with a Call, like any other.
    """
    steps: list[Step] = []
    ways = set(offered)
    for notice in model.notices:
        if notice.about != about:
            continue
        turn = Turn.of(model, _state(model, session, notice, line), now, switches)
        if not (
            turn.serves(notice.serves)
            and turn.switched_on(notice.switch)
            and turn.holds(notice.when, Frame("", values))
            and _open(turn, notice)
        ):
            continue
        way = next((way for way in notice.by if way in ways), None)
        turn.note("notice", f"{notice.name} by {way or 'nothing: the network offers none of its ways'}", notice.place)
        if way is None:
            continue
        if way == "ussd_session":
            ways -= {"ussd_session", "ussd_notice"}  # a phone shows one of them at a time
        step = _led(turn, notice, values, way) if _leads(notice, way) else _said(turn, notice, values, way)
        if step.effects:
            steps.append(step)
    return tuple(steps)


def _state(model: Model, session: str, notice: Notice, line: Line) -> State:
    language = line.language if line.language in model.operator.languages else model.operator.default_language
    sender = fold(model.operator.title)[:LONGEST_SENDER]
    return State(f"{session}/{notice.name}", "ussd", language or "", line.msisdn, line, service=sender)


def _open(turn: Turn, notice: Notice) -> bool:
    """Whether the menu that a notice leads to is open to this line: nobody is told unasked that something is closed."""
    if notice.go is None:
        return True
    menu = turn.model.menus[notice.go]
    return turn.serves(menu.serves) and turn.switched_on(menu.switch)


def _leads(notice: Notice, way: str) -> bool:
    return notice.go is not None and (way == "ussd_session" or not notice.say)


def _said(turn: Turn, notice: Notice, values: Mapping[str, Value], way: str) -> Step:
    lines = turn.view(Frame("", values), channel="ussd" if way == "ussd_notice" else "sms").lines(notice.say)
    text, state = "\n".join(lines), turn.state
    if text and way == "ussd_notice":
        text = shorten(text, turn.model.operator.ussd.octets)
        size = measure(text, turn.model.operator.ussd.octets)
        turn.effects.append(UssdNotice(state.msisdn, text, size.encoding, turn.language, state.session))
    elif text:
        turn.effects.append(Sms(state.msisdn, state.service, text, turn.language, state.session, way == "flash"))
    turn.waiting = "ended"
    return Step(turn.freeze(0), tuple(turn.effects), tuple(turn.trace))


def _led(turn: Turn, notice: Notice, values: Mapping[str, Value], way: str) -> Step:
    menu = turn.model.menus[notice.go or ""]
    if way != "ussd_session":
        turn = _by_sms(turn)
    # home runs the menu afresh; what the event filled is not kept, so there is none where it could not be asked
    turn.home = menu.name if all(field.say for field in menu.ask) else ""
    enter(turn, menu.name, {field.name: values[field.name] for field in menu.ask if field.name in values}, None)
    return Step(turn.freeze(0), tuple(turn.effects), tuple(turn.trace))


def _by_sms(turn: Turn) -> Turn:
    """The same session, of which all there can be is one SMS, at the price that the session would have had."""
    state = turn.state
    written = State(state.session, "ussd", state.language, state.msisdn, state.line, service=state.service, by_sms=True)
    made = Turn.of(turn.model, written, turn.now, turn.switches)
    made.trace = turn.trace
    return made
