"""Messages on their way out: handed to the port once each, again later where the books were busy; and a port in memory."""

from __future__ import annotations

import datetime
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from ivr.engine.effects import Sms
from ivr.sessions.requests import Messages

log = logging.getLogger("ivr.sessions")
MOST_WAITING = 1000
"""Batches that wait for the port to work again; older ones are given up."""


class MemoryMessages:
    """Implements `Messages` for one process: for tests, and where nobody has books."""

    def __init__(self) -> None:
        self.sent: dict[str, Sms] = {}
        self._answered: dict[str, Sms] = {}
        self._told: set[str] = set()
        self._granted: dict[str, bool] = {}
        self._used: dict[tuple[str, str], tuple[datetime.datetime, int]] = {}
        self._lock = threading.Lock()

    def send(self, messages: Sequence[Sms], operator: str, at: datetime.datetime, *, answered: bool = False) -> None:
        """See `Messages`."""
        with self._lock:
            if answered and any(key.startswith(f"{sms.session}/") for sms in messages for key in self._answered):
                return
            for sms in messages:
                (self._answered if answered else self.sent).setdefault(sms.key, sms)

    def answers(self, session: str, msisdn: str) -> tuple[Sms, ...]:
        """See `Messages`."""
        with self._lock:
            return tuple(sms for key, sms in self._answered.items() if key.startswith(f"{session}/") and sms.to == msisdn)

    def allowed(self, limit: str, msisdn: str, key: str, most: int, per: datetime.timedelta, at: datetime.datetime) -> bool:
        """See `Messages`."""
        with self._lock:
            if key not in self._granted:
                since, used = self._used.get((limit, msisdn), (at, 0))
                since, used = (since, used) if abs(at - since) < per else (at, 0)
                self._granted[key] = used < most
                self._used[limit, msisdn] = since, used + self._granted[key]
            return self._granted[key]

    def first(self, key: str, msisdn: str, at: datetime.datetime) -> bool:
        """See `Messages`."""
        with self._lock:
            new = key not in self._told
            self._told.add(key)
            return new

    def told(self, key: str) -> bool:
        """See `Messages`."""
        return key in self._told


class Outgoing:
    """Hands messages to `port`. What it does not take now is kept and tried again by `again`: a page never waits for it."""

    def __init__(self, port: Messages) -> None:
        self.port = port
        self.watch: Callable[[Sms], None] = lambda sms: None
        """Told of every message that the port took, for a command that shows what resulted."""
        self._waiting: deque[tuple[tuple[Sms, ...], str, datetime.datetime, bool]] = deque(maxlen=MOST_WAITING)

    def send(self, messages: Sequence[Sms], operator: str, at: datetime.datetime, *, answered: bool = False) -> None:
        """Hand over `messages`; nothing is raised."""
        if messages and not self._taken(tuple(messages), operator, at, answered):
            self._waiting.append((tuple(messages), operator, at, answered))

    def send_now(self, messages: Sequence[Sms], operator: str, at: datetime.datetime, *, answered: bool = False) -> None:
        """Hand over `messages` or raise what the port raises."""
        if messages:
            self.port.send(messages, operator, at, answered=answered)
            for sms in messages:
                self.watch(sms)

    def again(self) -> None:
        """Try what was not taken, once each."""
        for _ in range(len(self._waiting)):
            batch = self._waiting.popleft()
            if not self._taken(*batch):
                self._waiting.appendleft(batch)
                return

    def _taken(self, messages: tuple[Sms, ...], operator: str, at: datetime.datetime, answered: bool) -> bool:
        try:
            self.send_now(messages, operator, at, answered=answered)
        except Exception as error:
            log.error("%d messages could not be handed over (%s); they are tried again", len(messages), type(error).__name__)
            return False
        return True


def for_good(sms: Sms, suffix: str) -> Sms:
    """The message with `suffix` in its key, which sets it apart from a later session of the same id."""
    return replace(sms, key=f"{sms.key}{suffix}")
