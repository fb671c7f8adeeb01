"""Events in the books: what happened and nobody was told of yet.

An event is written with the operation that caused it, so that a crash loses none; who is told is the runner's business, and telling is
once for the event's key however often it is tried.
"""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Callable

from ivr.accounts.moments import moment_text
from ivr.accounts.store import Store
from ivr.engine.values import Happened, unpack

log = logging.getLogger(__name__)
MOST = 100
"""Events that are told in one round."""
TRIES = 12
"""After so many an event is given up."""


def pause(attempts: int) -> datetime.timedelta:
    """How long to wait after so many attempts: 2 s, 4 s, 8 s ... at the most an hour."""
    return datetime.timedelta(seconds=min(2**attempts, 3600))


class EventBook:
    """The events of `store`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tell_waiting(self, now: datetime.datetime, tell: Callable[[Happened], bool]) -> tuple[int, int]:
        """Have `tell` called with each event that is due at `now`, the oldest first; how many were told, and how many given up.

        `tell` says whether it is settled; where it is not, it is tried again later.
        """
        moment = now.astimezone(datetime.UTC)
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT key, about, msisdn, content, attempts FROM event WHERE state = 'waiting' AND due <= ? ORDER BY id LIMIT ?",
                (moment_text(moment), MOST),
            ).fetchall()
        changes: list[tuple[str, int, str, str]] = []
        for key, about, msisdn, content, attempts in rows:
            values = unpack(json.loads(content))
            assert isinstance(values, dict)
            settled, tries = tell(Happened(key, about, msisdn, values)), attempts + 1
            state = "told" if settled else "dead" if tries >= TRIES else "waiting"
            if state == "dead":
                log.error("the event %s was given up after %d tries: %s", about, tries, key)
            due = moment + pause(tries)
            changes.append((state, tries, moment_text(due), key))
        if changes:
            self._store.write(lambda connection: connection.executemany(_CHANGE, changes) and None)
        states = [change[0] for change in changes]
        return states.count("told"), states.count("dead")


_CHANGE = "UPDATE event SET state = ?, attempts = ?, due = ? WHERE key = ? AND state = 'waiting'"
