"""Look-ups of a scenario that are late: the answer that was promised by SMS comes when the scenario lets time pass."""

from __future__ import annotations

import datetime
from concurrent.futures import Future
from dataclasses import dataclass, replace

from ivr.engine.effects import Call
from ivr.engine.values import Answer, Line
from ivr.services.port import Services
from ivr.sessions.look_ups import LookUps, Slow
from ivr.sessions.runner import Runner


@dataclass(frozen=True, slots=True)
class _Awaited:
    line: Line
    call: Call
    answer: Future[Answer]


class PlayedLookUps(LookUps):
    """Makes the calls at once, in turn; one that is answered `late` where the menu wants it by SMS is asked again by `due`."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, patient=False)
        self._awaited: list[_Awaited] = []

    def make(self, line: Line, call: Call, now: datetime.datetime, late: float) -> Answer | Slow:
        """The answer, or `Slow` where it is late and was promised by SMS."""
        answer = super().make(line, call, now, late)
        if isinstance(answer, Slow) or answer.outcome != "late" or call.late != "send_by_sms":
            return answer
        awaited = _Awaited(line, call, Future())
        self._awaited.append(awaited)
        return Slow(awaited.answer, call.service)

    def due(self, now: datetime.datetime) -> None:
        """Ask again for what is awaited; what is late still goes on being awaited."""
        waiting, self._awaited = self._awaited, []
        for awaited in waiting:
            answer = super().make(awaited.line, awaited.call, now, 0.0)
            if isinstance(answer, Slow) or answer.outcome == "late":
                self._awaited.append(awaited)
            else:
                awaited.answer.set_result(answer)


class PlayedRunner(Runner):
    """The runner with look-ups that a scenario plays."""

    def play(self, look_ups: PlayedLookUps) -> None:
        """Have sessions look up by `look_ups` from now on."""
        self._look_ups = look_ups
        self._performer = replace(self._performer, look_ups=look_ups)
