"""From a step to what the subscriber gets: its calls are performed and the engine stepped on until nothing is left to be asked."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ivr.engine import step as engine
from ivr.engine.effects import Call, Sms
from ivr.engine.events import Answered, Gone
from ivr.engine.model import Model
from ivr.engine.step import Step
from ivr.engine.values import Happened
from ivr.sessions.late_answers import LateAnswers
from ivr.sessions.look_ups import LATE, UNAVAILABLE, LookUps, Slow
from ivr.sessions.messages import for_good

MOST_CALLS = 100
"""Calls of services that one request may lead to; more is a fault of the menu's making."""


@dataclass(frozen=True, slots=True)
class Performed:
    """The last step, with the trace of all; what was charged on the way in micro-units; and what happened that others are told of."""

    step: Step
    charged: int
    happened: tuple[Happened, ...] = ()


@dataclass(frozen=True, slots=True)
class Performer:
    """Performs what steps ask for. `now` and `switches` give the operator's local time and the feature switches as they are."""

    look_ups: LookUps
    now: Callable[[Model], datetime.datetime]
    switches: Callable[[Model], Mapping[str, bool]]

    def perform(
        self, model: Model, step: Step, suffix: str, left: Callable[[], str] = lambda: "", late: LateAnswers | None = None
    ) -> Performed:
        """Perform the calls of `step` and of all that follow.

        `suffix` sets the keys of this session's effects apart from those of a later one with the same id. `left` says why the subscriber
        is gone, where he is: no act is done for him any more. `late` takes answers that may come by SMS; without it they are waited for.
        """
        trace, charged = list(step.trace), 0
        happened: list[Happened] = []
        for _ in range(MOST_CALLS):
            call = next((effect for effect in step.effects if isinstance(effect, Call)), None)
            line = step.state.line
            if call is None or line is None:
                break
            if call.change and left():
                step = engine.step(model, step.state, Gone(left(), self.now(model)))
                break
            asked = replace(call, key=f"{call.key}{suffix}", late="wait" if late is None and call.late == "send_by_sms" else call.late)
            answer = self.look_ups.make(line, asked, self.now(model), model.operator.late)
            if isinstance(answer, Slow):
                if late is not None and not left():
                    late.owe(model, engine.by_sms(step.state), suffix, answer)
                answer = UNAVAILABLE if late is None else LATE
            happened += answer.happened
            if (fee := call.fee_for(answer.outcome)) is not None:
                charged += fee.amount.micro
            step = engine.step(model, step.state, Answered(answer, self.now(model), self.switches(model)))
            trace += step.trace
        effects = tuple(for_good(effect, suffix) if isinstance(effect, Sms) else effect for effect in step.effects)
        return Performed(replace(step, effects=effects, trace=tuple(trace)), charged, tuple(happened))
