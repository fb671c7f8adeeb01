"""Answers that come when the session is long over: by SMS, at the price of the channel that asked (LANGUAGE, `late: send_by_sms`)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from ivr.engine.model import Model
from ivr.engine.state import State
from ivr.engine.values import Answer
from ivr.sessions.look_ups import UNAVAILABLE, Slow

log = logging.getLogger("ivr.sessions")
LONGEST = 600.0
"""Seconds after which a late answer is given up, and the subscriber is told so."""


@dataclass(slots=True, eq=False)
class Owed:
    """An answer that a subscriber was promised: `state` waits for it, `suffix` sets its keys apart, `until` is monotonic."""

    model: Model
    state: State
    suffix: str
    until: float


class LateAnswers:
    """The answers that are owed. `go_on` is called once for each, with the answer, or with `unavailable` where none came in time."""

    def __init__(self, go_on: Callable[[Owed, Answer], None], monotonic: Callable[[], float]) -> None:
        self._go_on, self._monotonic = go_on, monotonic
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._owed: list[Owed] = []
        self._going_out = 0

    def owe(self, model: Model, state: State, suffix: str, slow: Slow) -> None:
        """Promise the answer of `slow` to the session `state`."""
        owed = Owed(model, state, suffix, self._monotonic() + LONGEST)
        with self._lock:
            self._owed.append(owed)
        slow.when_done(lambda answer: self._settle(owed, answer))

    def wait(self, seconds: float) -> None:
        """Wait until nothing is owed any more, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._owed and not self._going_out, seconds)

    def give_up(self, everything: bool = False) -> None:
        """Tell those whose time is over that there is no answer; all of them where the process ends."""
        now = self._monotonic()
        for owed in list(self._owed):
            if everything or now > owed.until:
                self._settle(owed, UNAVAILABLE)

    def _settle(self, owed: Owed, answer: Answer) -> None:
        with self._lock:
            if owed not in self._owed:
                return  # given up before
            self._owed.remove(owed)
            self._going_out += 1
        try:
            self._go_on(owed, answer)
        except Exception as error:
            # runs in a look-up's own thread, where nobody else would hear of it
            log.error("a late answer could not be sent: %s", type(error).__name__)
        finally:
            with self._changed:
                self._going_out -= 1
                self._changed.notify_all()
