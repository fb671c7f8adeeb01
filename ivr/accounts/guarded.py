"""Acts that a password opens. Hashing is slow on purpose and may not hold up the books, so such an act is two transactions:

1. the attempt is counted as wrong (`attempts`), the password is then hashed and compared outside any transaction;
2. the operation under the call's key: what the answer is, with money, fee and events where it is `ok`, and the count begun anew where the
   password was right.

A crash in between leaves a counted attempt without an operation; the same call again is looked at once more and counts no second time.
Requests of one line come one after the other meanwhile (`line_locks`), so what was read before the hashing still holds after it.
"""

from __future__ import annotations

import datetime
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ivr.accounts import attempts, passwords
from ivr.accounts.line_locks import LineLocks
from ivr.accounts.masks import masked
from ivr.accounts.passwords import USUAL, Cost, Hashed, Passwords
from ivr.accounts.peppers import Peppers
from ivr.accounts.pins import BookPins, Pins, demo_pins
from ivr.accounts.rules import Acting, Asked, Change, secret_of
from ivr.accounts.store import FAILURES, Store
from ivr.accounts.transaction import Transaction
from ivr.clock import Clock
from ivr.engine.effects import Call
from ivr.engine.values import Answer, Line, Secret, Value

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keys:
    """What password-guarded acts need beside the books: hashing, PIN2s, and one request of a line at a time."""

    passwords: Passwords
    pins: Pins
    locks: LineLocks


def open_keys(store: Store, home: Path, clock: Clock, *, cost: Cost = USUAL, pins: Pins | None = None) -> Keys:
    """The keys of the books `store`, whose pepper stands in the data folder `home`: made there where the books have no hash yet.

    `pins`: whoever knows the PIN2s, where that is not the books. A missing pepper is an error in the log; what needs it raises then.
    """
    peppers = Peppers(home / "pepper", lambda: _hashed(store))
    peppers.ready()
    hashing = Passwords(peppers, cost)
    return Keys(hashing, BookPins(store, hashing, demo_pins(store), clock) if pins is None else pins, LineLocks.beside(store.path))


@dataclass(frozen=True, slots=True)
class Guarded:
    """An act that a password (or PIN2) opens.

    `refuses` looks at what needs no password: an answer that ends the matter, None to go on; it raises ValueError or LookupError for a call
    that no menu makes. `given` names the input with the password, `pin2` says that it is the SIM's PIN2, `wrong` the outcome where it is
    wrong. `new` names the input that becomes the line's password. `act` is the rest, inside the operation; it returns every answer whose
    password was right (one raised would undo that it was), and gets the new password's hash to keep.
    """

    service: str
    given: str
    wrong: str
    refuses: Callable[[Asked], Answer | None]
    act: Callable[[Acting, Hashed | None], Answer]
    pin2: bool = False
    new: str | None = None


class Books(Protocol):
    """What `ivr.services.embedded.EmbeddedServices` does for a guarded act."""

    def asked(self, connection: sqlite3.Connection, line: Line, call: Call, now: datetime.datetime) -> Asked:
        """The line as the books have it, with its operator's terms and local time. Raises LookupError for an unknown one."""

    def perform(self, line: Line, call: Call, now: datetime.datetime, change: Change) -> Answer:
        """One operation under the call's key, with the fee of its answer."""


class Guard:
    """Performs guarded acts over `store`."""

    def __init__(self, store: Store, keys: Keys, books: Books) -> None:
        self._store, self._keys, self._books = store, keys, books

    def do(self, act: Guarded, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """Perform `act` once for the call's key. Raises FAILURES, ValueError, LookupError and KeyReused: no money has moved then."""
        given, new = secret_of(call, act.given), None if act.new is None else secret_of(call, act.new)
        with self._keys.locks.hold(line.msisdn):
            with self._store.reading() as connection:
                known = connection.execute("SELECT 1 FROM operation WHERE key = ?", (call.key,)).fetchone() is not None
                asked = self._books.asked(connection, line, call, now)
                refused = None if known else act.refuses(asked)
                stored = passwords.find(connection, line.msisdn, act.service)
            if known:
                return self._books.perform(line, call, now, _never)
            if refused is not None:
                return self._books.perform(line, call, now, lambda acting: refused)
            rule = attempts.Rule.of(asked.terms)
            with self._keys.passwords.place():
                counted = self._store.write(
                    lambda connection: attempts.count(connection, call.key, line.msisdn, act.service, rule, asked.now)
                )
                if not counted.allowed:
                    return self._books.perform(line, call, now, lambda acting: locked(counted.until, acting.now))
                try:
                    right, made = self._look(act, line.msisdn, given, new, stored)
                except Exception:
                    self._take_back(act, line.msisdn, call.key)
                    raise

            def finish(acting: Acting) -> Answer:
                _settle(acting.transaction, act, call.key, line.msisdn, right)
                if not right:
                    left: dict[str, Value] = {"left": counted.left}
                    return Answer(act.wrong, left) if counted.until is None else locked(counted.until, acting.now)
                if passwords.find(acting.transaction.connection, line.msisdn, act.service) != stored:
                    raise ValueError("the password was changed while it was looked at")
                if made is not None and new is None:
                    passwords.keep(acting.transaction.connection, line.msisdn, act.service, made, acting.now)
                return act.act(acting, made if new is not None else None)

            return self._books.perform(line, call, now, finish)

    def _look(self, act: Guarded, msisdn: str, given: Secret, new: Secret | None, stored: Hashed | None) -> tuple[bool, Hashed | None]:
        """Whether what was given is right; and the hash to keep where it is: of the new password, or of the old one at today's cost."""
        hashing = self._keys.passwords
        right = self._keys.pins.check(msisdn, given) if act.pin2 else hashing.verify(msisdn, act.service, given, stored)
        if right and new is not None:
            return True, hashing.make(msisdn, act.service, new)
        if right and stored is not None and not act.pin2 and hashing.stale(stored):
            return True, hashing.make(msisdn, act.service, given)
        return right, None

    def _take_back(self, act: Guarded, msisdn: str, key: str) -> None:
        try:
            self._store.write(lambda connection: attempts.take_back(connection, key, msisdn, act.service))
        except FAILURES as error:
            log.error("an attempt of %s stays counted as wrong: %s", masked(msisdn), type(error).__name__)


def locked(until: datetime.datetime | None, now: datetime.datetime) -> Answer:
    """The answer `locked`, with the time from which it works again, in the time zone of `now`."""
    return Answer("locked", {"until": None if until is None else whole_minute(until, now)})


def whole_minute(moment: datetime.datetime, now: datetime.datetime) -> datetime.datetime:
    """`moment` in the time zone of `now`, at the next whole minute: menus show no seconds, and what works "at 12:31" must work then."""
    over = datetime.timedelta(seconds=moment.second, microseconds=moment.microsecond)
    up = moment + (datetime.timedelta(minutes=1) - over) if over else moment
    return up.astimezone(now.tzinfo)


def _settle(transaction: Transaction, act: Guarded, key: str, msisdn: str, right: bool) -> None:
    attempts.settle(transaction.connection, key, msisdn, act.service, right)


def _hashed(store: Store) -> bool:
    with store.reading() as connection:
        return connection.execute("SELECT 1 FROM password LIMIT 1").fetchone() is not None


def _never(acting: Acting) -> Answer:
    raise LookupError("an operation that was remembered is gone")
