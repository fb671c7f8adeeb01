"""What must be true of every step, whatever the menus say and whatever the subscriber does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.engine.effects import Call, Effect, End, Page, Sms, Speak, Words
from ivr.engine.model import Model
from ivr.engine.state import State
from ivr.engine.step import Step
from ivr.engine.text import measure

MOST_FRAMES = 51
"""Menus that a session may stand in: the first, and as many as the engine remembers."""


def broken(model: Model, before: State | None, done: Step, secrets: Sequence[str] = (), paid: str = "") -> Iterator[str]:
    """What this step did that no step may do. `secrets` were typed into secret fields; `paid` is the fee that the event says was taken."""
    effects, state = done.effects, done.state
    if paid and model.operator.fees[paid].once and paid not in state.paid and not state.ended:
        yield f"the fee {paid} is paid and forgotten, so it can be charged again"
    if state.channel == "sms" and state.ended and not any(isinstance(effect, Sms) for effect in effects) and _answers(done):
        yield "an SMS gets no answer"
    calls = [effect for effect in effects if isinstance(effect, Call)]
    if calls:
        yield from _calls(model, before, state, effects, calls, done)
    else:
        yield from _reply(state, effects)
    for effect in effects:
        if isinstance(effect, Page):
            yield from _page(model, effect)
        yield from (f"a secret is shown: {type(effect).__name__}" for secret in secrets if secret in _said(effect))
    if len(state.frames) > MOST_FRAMES:
        yield f"{len(state.frames)} menus are remembered"
    if state.waiting.startswith(("field:", "again:")) and not _asked(model, state):
        yield f"{state.waiting} is awaited, which {state.frames[-1].menu} does not ask"


def _calls(model: Model, before: State | None, state: State, effects: Sequence[Effect], calls: Sequence[Call], done: Step) -> Iterator[str]:
    if len(calls) > 1 or len([effect for effect in effects if not isinstance(effect, Sms)]) > 1:
        yield "a call is not all that the step asks for"
    if not state.waiting.startswith("call:"):
        yield f"a call is made and {state.waiting} awaited"
    if state.line is None:
        yield "a service is called for nobody"
    if any(traced.what == "back" for traced in done.trace):
        yield f"back calls {calls[0].service}"
    for call in calls:
        # who does not go on with a dropped session begins another one, which has paid nothing
        paid = before.paid if before is not None and before.waiting != "resume" else ()
        for fee in (call.fee, *call.outcome_fees.values()):
            if fee is not None and model.operator.fees[fee.name].once and fee.name in paid:
                yield f"the fee {fee.name} is charged again"
            if fee is not None and fee.amount.micro <= 0:
                yield f"a fee of nothing is charged: {fee.name}"


def _reply(state: State, effects: Sequence[Effect]) -> Iterator[str]:
    shown = [effect for effect in effects if isinstance(effect, Page | Speak)]
    ends = [effect for effect in effects if isinstance(effect, End)]
    if len(shown) > 1:
        yield "more than one page is shown"
    if state.ended:
        if len(ends) != 1 or effects[-1] is not ends[0]:
            yield "the session is over and nothing says so"
        yield from ("a page waits and the session is over" for effect in shown if isinstance(effect, Page) and effect.more)
        yield from ("keys are collected and the session is over" for effect in shown if isinstance(effect, Speak) and effect.collect)
        return
    if ends:
        yield f"an end, and {state.waiting} is awaited"
    if not state.frames:
        yield "a session waits in no menu"
    if state.waiting.startswith("call:"):
        yield "an answer is awaited and nothing is called"
    for effect in shown:
        if isinstance(effect, Page) and not effect.more:
            yield "the page does not wait and the session does"
        if isinstance(effect, Speak) and effect.collect is None and effect.connect is None:
            yield "no key is collected and the session waits for one"
        if isinstance(effect, Speak) and not effect.parts and effect.connect is None:
            yield "a call is silent and waits for a key"
    if not shown:
        yield "the session waits and has shown nothing"


def _page(model: Model, page: Page) -> Iterator[str]:
    if page.limit:  # a browser's page has none
        size = measure(page.text, model.operator.ussd.octets)
        if not size.fits:
            yield f"a page of {size.length} characters where {size.limit} fit"
        if (size.encoding, size.length, size.limit) != (page.encoding, page.length, page.limit):
            yield "a page is measured wrongly"
    if not page.text.strip():
        yield "an empty page"
    if "{" in page.text or "None" in page.text.split():
        yield f"a slot is left open: {page.text!r}"


def _answers(done: Step) -> bool:
    """Whether it was the menus that ended the session, and not the subscriber."""
    return not any(traced.what == "gone" for traced in done.trace)


def _said(effect: Effect) -> str:
    match effect:
        case Page() | Sms():
            return effect.text
        case Speak():
            return " ".join(part.text if isinstance(part, Words) else str(getattr(part, "value", "")) for part in effect.parts)
    return ""


def _asked(model: Model, state: State) -> bool:
    if not state.frames:
        return False
    name = state.waiting.partition(":")[2]
    return name in [field.name for field in model.menus[state.frames[-1].menu].ask]
