"""Calls of services as a session makes them: acts are waited for, look-ups only for a while (LANGUAGE, `late`)."""

from __future__ import annotations

import concurrent.futures
import datetime
import logging
from collections.abc import Callable
from dataclasses import dataclass

from ivr.engine.effects import Call
from ivr.engine.values import Answer, Line
from ivr.services.port import Services
from ivr.threads import Daemons

log = logging.getLogger("ivr.sessions")
THREADS = 16
"""Look-ups under way at once; more queue, and the time in the queue counts as theirs."""
LONGEST_WAIT = 30.0
"""Seconds that a look-up with `late: wait` is waited for."""
UNAVAILABLE, LATE = Answer("unavailable", {}), Answer("late", {})


@dataclass(frozen=True, slots=True)
class Slow:
    """A look-up that goes on although nobody waits for it any more: `when_done` is told its answer once, in whatever thread."""

    waiting: concurrent.futures.Future[Answer]
    service: str

    def when_done(self, tell: Callable[[Answer], None]) -> None:
        """Have `tell` called with the answer when it is there (at once where it is), `unavailable` where the service failed."""
        self.waiting.add_done_callback(lambda done: tell(_answer_of(done, self.service)))


class LookUps:
    """Makes the calls of sessions with `services`. `patient`: look-ups may stall, so they have threads of their own and are left behind."""

    def __init__(self, services: Services, patient: bool) -> None:
        self._services = services
        self._pool = Daemons(THREADS, "look-up") if patient else None

    def make(self, line: Line, call: Call, now: datetime.datetime, late: float) -> Answer | Slow:
        """The answer of `call`; `late` seconds are what a look-up may take, `LONGEST_WAIT` where the menu wants to wait.

        `Slow` where it took longer and the menu wants the answer by SMS.
        """
        if call.change or self._pool is None:
            # an act is waited for: what became of it must be known before anything is said
            return self._directly(line, call, now)
        try:
            waiting = self._pool.submit(self._services.call, line, call, now)
        except RuntimeError:  # the pool is closed: the process ends
            return UNAVAILABLE
        limit = LONGEST_WAIT if call.late == "wait" else late
        done, _ = concurrent.futures.wait((waiting,), limit)
        if done:
            return _answer_of(waiting, call.service)
        log.warning("%s was late (over %.1f s)", call.service, limit)
        return Slow(waiting, call.service) if call.late == "send_by_sms" else LATE

    def close(self) -> None:
        """Take nothing new; what stalls is left to itself."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _directly(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        try:
            return self._services.call(line, call, now)
        except Exception as error:
            log.error("%s failed: %s", call.service, where(error))
            return UNAVAILABLE


def _answer_of(done: concurrent.futures.Future[Answer], service: str) -> Answer:
    if done.cancelled():
        return UNAVAILABLE
    error = done.exception()
    if error is None:
        return done.result()
    log.error("%s failed: %s", service, where(error))
    return UNAVAILABLE


def where(error: BaseException) -> str:
    """What was raised and where, without the error's own words: they may quote a number or what was typed."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "?"
    return f"{type(error).__name__} at {place}"
