"""Work that falls due by itself: requests that waited for a bill cycle, events nobody was told of yet, messages, what may be forgotten.

One function, `DueWork.run`, called by the server every few seconds, by commands in demo mode, by `ivr jobs run` and by scenarios. Each
part may be interrupted anywhere and run again, also in two processes at once: each thing is done once, by its key.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, fields

from ivr.accounts import grants
from ivr.accounts.events import EventBook
from ivr.accounts.moments import moment_text
from ivr.accounts.outbox import Network, Outbox
from ivr.accounts.retention import DAYS, Retention
from ivr.accounts.store import Store
from ivr.engine.effects import End
from ivr.engine.values import Happened
from ivr.sessions.requests import Reply


@dataclass(frozen=True, slots=True)
class Done:
    """What a round of due work did: `carried_out` requests, `told` events, messages `delivered` and those to be tried again (`failed`),
    events and messages given up (`dead`), rows `forgotten`."""

    carried_out: int = 0
    told: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    forgotten: int = 0

    def numbers(self) -> list[tuple[str, int]]:
        """What was done, without what was not: `told`, 2."""
        counted = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return [(name, number) for name, number in counted if number]


class DueWork:
    """The due work of one process over `store`. `tell` is `Runner.tell_event`.

    `network` takes the messages that wait; without one they go on waiting. What is older than `days` is forgotten.
    """

    def __init__(self, store: Store, tell: Callable[[Happened], Reply], network: Network | None = None, days: int = DAYS) -> None:
        self._store, self._tell = store, tell
        self._events, self._outbox, self._retention = EventBook(store), Outbox(store, network), Retention(store, days)

    def run(self, now: datetime.datetime) -> Done:
        """Do what is due at `now` (aware). Raises FAILURES of the books: what was not done stays due."""
        carried_out = grants.carry_out(self._store, now)
        told, dead = self._events.tell_waiting(now, lambda happened: not _failed(self._tell(happened)))
        sent = self._outbox.run(now)
        forgotten = self._retention.run(now)
        return Done(carried_out, told, sent.delivered, sent.failed, dead + sent.dead, forgotten)

    def close(self) -> None:
        """Deliver nothing more, and let a delivery that hangs be. A run in another thread ends soon."""
        self._outbox.close()


def anything_due(store: Store, now: datetime.datetime) -> bool:
    """Whether `DueWork.run` would find anything to do for a subscriber at `now`: a look that needs no menus."""
    moment = moment_text(now)
    with store.reading() as connection:
        return any(connection.execute(question, (moment,)).fetchone() for question in _DUE)


_DUE = (
    "SELECT 1 FROM event WHERE state = 'waiting' AND due <= ? LIMIT 1",
    "SELECT 1 FROM reader_request WHERE state = 'waiting' AND opens <= ? LIMIT 1",
    "SELECT 1 FROM message WHERE state = 'waiting' AND due <= ? LIMIT 1",
)


def _failed(reply: Reply) -> bool:
    return any(isinstance(effect, End) and effect.disposition == "failed" for effect in reply.effects)
