"""The outbox: messages that wait in the books are handed to a network, each at least once, and nobody waits for that.

A round claims a batch in one write (its messages are due again only after `LEASE`), delivers outside any transaction, and marks what became
of each in a second write. Two processes never claim the same message at once; one that dies in between leaves its batch to be delivered
again. What a network refuses for good, and what failed too often, is dead: `ivr outbox` lists it and tries it again on request.
"""

from __future__ import annotations

import concurrent.futures
import datetime
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from ivr.accounts.masks import masked
from ivr.accounts.moments import moment_text
from ivr.accounts.port import Books
from ivr.engine.effects import Sms
from ivr.threads import Daemons

log = logging.getLogger(__name__)

MOST = 100
"""Messages of one batch: what a crash may deliver twice, and what one round may take of everybody's time."""
ROUNDS = 10
"""Batches of one `run`, so that a full outbox does not keep other work waiting."""
PATIENCE = 10.0
"""Seconds that one delivery may take: an SMS centre answers a submit in well under one."""
LEASE = datetime.timedelta(seconds=60)
"""For so long a claimed message is nobody else's. A batch lasts at most `BATCH_SECONDS` and the delivery under way then."""
BATCH_SECONDS = 40.0
"""After so long the rest of a batch is put back, and a run ends."""
SHORTEST, LONGEST = datetime.timedelta(seconds=10), datetime.timedelta(hours=1)
"""The pause after the first failure, doubled after each further one up to the longest: a network that restarts is back within minutes."""
TRIES = 30
"""After so many a message is given up: with these pauses about a day, after which nobody wants to read what a balance was."""
HANGING = 4
"""Deliveries that may hang at once; while so many do, no other is begun."""


class Refusal(Exception):
    """The network will never take this message (no such number, a text it forbids): trying again is of no use. The text says why."""


class Network(Protocol):
    """Where messages go: an SMS centre. It may get the same message twice (the same `key`), after a crash or an answer that was lost."""

    def deliver(self, sms: Sms) -> None:
        """Hand one message over, blocking; return when the network has taken it.

        Raises `Refusal` where it never will; anything else that is raised is a failure that may pass. It should give up by itself: one that
        takes longer than `PATIENCE` counts as failed, and is left behind.
        """


class DemoNetwork:
    """The network of demo mode: everybody's phone is here, `ivr inbox` shows it."""

    def deliver(self, sms: Sms) -> None:
        """See `Network`: what the books have as delivered is what the phone has."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run did: messages `delivered`, given up (`dead`), and to be tried again (`failed`)."""

    delivered: int = 0
    dead: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    tries: int
    sms: Sms


_Mark = tuple[str, int, str, int, int]
"""A message's new state, tries and due; its id, and the tries it was claimed with: of a failure, who claimed it later has the say."""


def pause(tries: int) -> datetime.timedelta:
    """How long to wait after so many tries (at least one)."""
    return min(SHORTEST * (1 << min(tries - 1, 20)), LONGEST)


class Outbox:
    """Delivers the messages of `store` by `network`; without one they wait. `run` may be called by any number of threads and processes.

    `patience` is seconds, as `PATIENCE`; `monotonic` seconds that only go on.
    """

    def __init__(
        self, store: Books, network: Network | None, patience: float = PATIENCE, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._network = store, network
        self._patience, self._monotonic = patience, monotonic
        self._threads: Daemons | None = None
        self._hanging: list[Future[None]] = []
        self._closed = False

    def run(self, now: datetime.datetime) -> Sent:
        """Deliver what is due at `now` (aware), the oldest first. Raises FAILURES of the books: what was not marked is delivered again."""
        total, began = Sent(), self._monotonic()
        for _ in range(ROUNDS):
            self._hanging = [delivery for delivery in self._hanging if not delivery.done()]
            if self._network is None or self._closed or len(self._hanging) >= HANGING:
                break
            # a look first: it costs next to nothing where nothing waits, and a claim waits for the disk
            if not self._anything(now) or not (batch := self._claim(now)):
                break
            done, whole = self._deliver(self._network, batch, now)
            total = Sent(total.delivered + done.delivered, total.dead + done.dead, total.failed + done.failed)
            if not whole or self._monotonic() - began > BATCH_SECONDS:
                break
        return total

    def close(self) -> None:
        """Begin no more deliveries (a run under way ends after the present one) and let the threads go; what hangs is left to itself."""
        self._closed = True
        if self._threads is not None:
            self._threads.shutdown(wait=False)

    def _anything(self, now: datetime.datetime) -> bool:
        with self._store.reading() as connection:
            return connection.execute(_LOOK, (moment_text(now),)).fetchone() is not None

    def _claim(self, now: datetime.datetime) -> list[_Claimed]:
        # a try is counted when it begins: a message that brings the process down is given up in the end, too
        claim = (moment_text(now + LEASE), moment_text(now), MOST)
        rows = self._store.write(lambda connection: connection.execute(_CLAIM, claim).fetchall())
        claimed = [
            _Claimed(number, tries, Sms(to, sender, text, language, key, bool(flash)))
            for number, tries, to, sender, text, language, key, flash in rows
        ]
        return sorted(claimed, key=lambda one: one.id)

    def _deliver(self, network: Network, batch: Sequence[_Claimed], now: datetime.datetime) -> tuple[Sent, bool]:
        """Deliver a claimed batch and mark it; what became of it, and whether it was gone through to its end."""
        marks: list[_Mark] = []
        began = self._monotonic()
        try:
            for claimed in batch:
                if self._closed or self._monotonic() - began > BATCH_SECONDS or len(self._hanging) >= HANGING:
                    break
                hung = len(self._hanging)
                marks.append(_marked(claimed, self._one(network, claimed.sms), now))
                if len(self._hanging) > hung:
                    break  # the next hundred may hang as well
        finally:
            # what was not begun is no failure, and may be tried at once
            back = [("waiting", claimed.tries - 1, moment_text(now), claimed.id, claimed.tries) for claimed in batch[len(marks) :]]
            self._store.write(lambda connection: connection.executemany(_MARK, [*marks, *back]) and None)
        states = [state for state, *_ in marks]
        return Sent(states.count("delivered"), states.count("dead"), states.count("waiting")), len(marks) == len(batch)

    def _one(self, network: Network, sms: Sms) -> str:
        """`delivered`, `refused` for good, or `failed`."""
        if self._threads is None:
            self._threads = Daemons(HANGING, "outbox")
        delivery = self._threads.submit(network.deliver, sms)
        concurrent.futures.wait((delivery,), self._patience)
        if not delivery.done():
            log.error("a delivery takes longer than %.0f s; it is left behind and counts as failed", self._patience)
            self._hanging.append(delivery)
            return "failed"
        if (error := delivery.exception()) is None:
            return "delivered"
        # never the error's own words: a network's may quote number and text
        log.warning("a delivery failed: %s", type(error).__name__)
        return "refused" if isinstance(error, Refusal) else "failed"


def _marked(claimed: _Claimed, outcome: str, now: datetime.datetime) -> _Mark:
    """What the books are to say of a message that was tried."""
    state, due = "delivered", now
    if outcome == "refused" or (outcome == "failed" and claimed.tries >= TRIES):
        state, why = "dead", "the network refuses it" if outcome == "refused" else f"{claimed.tries} tries failed"
        log.error("message %d to %s was given up: %s; see `ivr outbox list`", claimed.id, masked(claimed.sms.to), why)
    elif outcome == "failed":
        state, due = "waiting", now + pause(claimed.tries)
    return state, claimed.tries, moment_text(due), claimed.id, claimed.tries


_LOOK = "SELECT 1 FROM message WHERE state = 'waiting' AND due <= ? LIMIT 1"
_CLAIM = (
    "UPDATE message SET due = ?, attempts = attempts + 1 WHERE id IN"
    " (SELECT id FROM message WHERE state = 'waiting' AND due <= ? ORDER BY due, id LIMIT ?)"
    " RETURNING id, attempts, recipient, sender, text, language, key, flash"
)
_MARK = "UPDATE message SET state = ?1, attempts = ?2, due = ?3 WHERE id = ?4 AND state = 'waiting' AND (attempts = ?5 OR ?1 = 'delivered')"


# -- for the operator


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as the operator sees it: never its text, and the number with its middle hidden."""

    id: int
    state: str
    to: str
    sender: str
    tries: int
    at: datetime.datetime
    due: datetime.datetime


def listed(store: Books, states: Sequence[str] = ("waiting", "dead"), most: int = 1000) -> list[Listed]:
    """The messages in one of `states`, the oldest first, at most so many."""
    with store.reading() as connection:
        rows = connection.execute(
            f"SELECT id, state, recipient, sender, attempts, at, due FROM message WHERE state IN ({', '.join('?' * len(states))})"
            " ORDER BY id LIMIT ?",
            (*states, most),
        ).fetchall()
    moment = datetime.datetime.fromisoformat
    return [Listed(number, state, masked(to), sender, tries, moment(at), moment(due)) for number, state, to, sender, tries, at, due in rows]


def retry(store: Books, now: datetime.datetime, ids: Sequence[int] | None = None) -> list[int]:
    """Make messages that are dead or waiting due at `now`, with all their tries before them; the ids of those that were.

    `ids` None: all that are dead.
    """
    again = "UPDATE message SET state = 'waiting', attempts = 0, due = ? WHERE"
    where = "state = 'dead'" if ids is None else f"state IN ('dead', 'waiting') AND id IN ({', '.join('?' * len(ids))})"
    parameters = (moment_text(now), *(ids or ()))
    rows = store.write(lambda connection: connection.execute(f"{again} {where} RETURNING id", parameters).fetchall())
    return sorted(number for (number,) in rows)
