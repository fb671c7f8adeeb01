"""One step: a state and an event in; the new state, effects and a trace out.

    step(model, None, Begin(...))      -> Call accounts.balance
    step(model, state, Answered(...))  -> Call accounts.charge
    step(model, state, Answered(...))  -> Page "12.24 AZN till 05.03.2027 ..."
    step(model, state, Input("0"))     -> Page "Account 1. Balance ..."

A step ends with exactly one of: a Call, whose answer comes back as `Answered`; a Page or Speak that waits for input; or End. The order in
which a menu's keys happen is that of LANGUAGE, "How it runs"; `walk` holds it, `show` makes the pages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr.engine import keys, walk, ways_in
from ivr.engine.effects import Effect, Spoken, Traced
from ivr.engine.events import Answered, Begin, Connected, Event, Gone, Input, NoInput
from ivr.engine.model import Model
from ivr.engine.render import View
from ivr.engine.state import Frame, State
from ivr.engine.turn import Turn
from ivr.engine.values import Line


@dataclass(frozen=True, slots=True)
class Step:
    """What one step gives."""

    state: State
    effects: tuple[Effect, ...]
    trace: tuple[Traced, ...]


def begin(model: Model, session: str, event: Begin) -> Step:
    """Open a session."""
    language = event.language or (event.line and event.line.language) or model.operator.default_language
    if language not in model.operator.languages:
        language = model.operator.default_language
    service = event.address.lstrip("*#").split("*")[0].rstrip("#")
    state = State(session, event.channel, language, event.msisdn, event.line, service=service)
    turn = Turn.of(model, state, event.now, event.switches)
    ways_in.way_in(turn, event)
    return Step(turn.freeze(0), tuple(turn.effects), tuple(turn.trace))


def by_sms(state: State) -> State:
    """A session whose late answer goes out as an SMS: give it to `step` with that answer. Its own effects have keys of their own.

    Where it would have gone on afterwards (a pending `then`) is left out: a call has gone there already.
    """
    frames = tuple(replace(frame, then=None) for frame in state.frames)
    return replace(state, session=f"{state.session}+sms", by_sms=True, frames=frames)


def sentence(model: Model, channel: str, language: str, answer: str, line: Line | None) -> str:
    """One of the operator's own answers as text, for a session that has no state to step from."""
    return View(model, channel, language, line, Frame("")).text(model.operator.answers[answer])


def spoken_sentence(model: Model, language: str, answer: str) -> tuple[Spoken, ...]:
    """The same for a call."""
    return tuple(View(model, "call", language, None, Frame("")).spoken(model.operator.answers[answer]))


def step(model: Model, state: State, event: Event) -> Step:
    """Go on with a session. An ended one, or an event that does not belong to what is awaited, changes nothing and shows nothing."""
    if isinstance(event, Begin):
        raise ValueError("a session begins with begin()")
    if state.ended:
        return Step(state, (), ())
    inputs = state.inputs
    if isinstance(event, Gone):
        turn = Turn.of(model, state, event.now, {})
        walk.leave(turn, event.why)
        return Step(turn.freeze(inputs), tuple(turn.effects), tuple(turn.trace))
    calling, connecting = state.waiting.startswith("call:"), state.waiting == "connect"
    if isinstance(event, Answered) != calling or isinstance(event, Connected) != connecting:
        return Step(state, (), ())
    turn = Turn.of(model, state, event.now, event.switches)
    match event:
        case Answered():
            walk.answered(turn, event.answer)
        case Connected():
            walk.connected(turn, event.outcome)
        case Input():
            inputs += 1
            keys.typed(turn, event.text)
        case NoInput():
            keys.silent(turn)
    return Step(turn.freeze(inputs), tuple(turn.effects), tuple(turn.trace))
