"""The port between the runner and whoever answers a menu's look-ups and acts."""

from __future__ import annotations

import datetime
from typing import Protocol

from ivr.engine.effects import Call
from ivr.engine.values import Answer, Line


class ServiceError(Exception):
    """The back-end cannot say whose line it is just now: the subscriber gets `answers.unavailable`, not `unknown_line`."""


class Services(Protocol):
    """Blocking calls; the runner makes them from its pool, never from the event loop's thread.

    Implementations answer `Answer("unavailable", {})` where the back-end fails, and never raise for a rule's refusal.
    """

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        """The line with that number, or None where nobody knows it. Raises ServiceError where the back-end fails."""

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """Perform `call` for `line`. The same `call.key` again gives the same answer and does nothing twice."""
