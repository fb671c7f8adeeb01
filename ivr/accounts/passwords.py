"""Passwords and PINs as the books keep them: argon2id (RFC 9106) over an HMAC that a pepper outside the books keys.

Hashing takes tens of milliseconds and 19 MiB by design, so it happens outside any transaction, on as many threads as there are cores, and
who finds too many waiting is refused before anything was done.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ivr.accounts.moments import moment_text
from ivr.accounts.peppers import Peppers
from ivr.accounts.port import BooksBusy
from ivr.engine.values import Secret

if TYPE_CHECKING:
    import argon2

WAITING = 16
"""How many may wait for each core: at 43 ms a hash the last one waits 0.7 s."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a hash costs: `memory` in KiB, `passes` over it."""

    memory: int
    passes: int


USUAL = Cost(19 * 1024, 2)
"""OWASP's least for argon2id: 19 MiB, two passes, one lane; 43 ms on a core of 2026."""
LIGHT = Cost(8, 1)
"""The least that argon2 can do, for books that nobody misses: scenarios make them by the hundred."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """A hash as argon2 writes it, and the version of the pepper below it."""

    text: str
    pepper: int


class Passwords:
    """Makes and checks hashes. `threads` (the cores, by default) hash at once, `waiting` more may wait."""

    def __init__(self, peppers: Peppers, cost: Cost = USUAL, threads: int | None = None, waiting: int | None = None) -> None:
        count = threads or os.cpu_count() or 1
        self._peppers, self._cost = peppers, cost
        self._most = count + (WAITING * count if waiting is None else waiting)
        self._running = threading.Semaphore(count)
        self._inside, self._counting = 0, threading.Lock()
        # what an unknown password is compared with, so that it takes as long as a wrong one
        self._nobody = ""

    @cached_property
    def _argon(self) -> argon2.PasswordHasher:
        # imported here: 20 ms that most commands can do without
        import argon2

        return argon2.PasswordHasher(self._cost.passes, self._cost.memory, 1, type=argon2.Type.ID)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who hash or wait; taken before an attempt is counted, so that nobody is counted and then refused.

        Raises BooksBusy where there is none.
        """
        with self._counting:
            if self._inside >= self._most:
                raise BooksBusy("too many passwords wait to be hashed")
            self._inside += 1
        try:
            yield
        finally:
            with self._counting:
                self._inside -= 1

    def make(self, msisdn: str, service: str, secret: Secret) -> Hashed:
        """The hash of a new password. Raises PepperMissing."""
        version, pepper = self._peppers.newest()
        with self._running:
            return Hashed(self._argon.hash(_keyed(pepper, msisdn, service, secret)), version)

    def verify(self, msisdn: str, service: str, secret: Secret, stored: Hashed | None) -> bool:
        """Whether `secret` is the password that `stored` was made of; False, and no sooner, where there is none.

        Raises PepperMissing, and ValueError for a stored text that is no hash.
        """
        if stored is None:
            version, pepper = self._peppers.newest()
            self._nobody = self._nobody or self._argon.hash(secrets.token_bytes(hashlib.sha256().digest_size))
            known = self._nobody
        else:
            pepper, known = self._peppers.of(stored.pepper), stored.text
        from argon2.exceptions import InvalidHashError, VerifyMismatchError

        with self._running:
            try:
                return self._argon.verify(known, _keyed(pepper, msisdn, service, secret)) and stored is not None
            except VerifyMismatchError:
                return False
            except InvalidHashError:
                raise ValueError("a password in the books is no argon2 hash") from None

    def stale(self, stored: Hashed) -> bool:
        """Whether a hash should be made anew when its password is next known: by an older pepper, or at another cost."""
        return stored.pepper != self._peppers.newest()[0] or self._argon.check_needs_rehash(stored.text)


def find(connection: sqlite3.Connection, msisdn: str, service: str) -> Hashed | None:
    """The line's hash for that service, None where it has none."""
    row = connection.execute("SELECT hash, pepper FROM password WHERE msisdn = ? AND service = ?", (msisdn, service)).fetchone()
    return None if row is None else Hashed(*row)


def keep(connection: sqlite3.Connection, msisdn: str, service: str, hashed: Hashed, at: datetime.datetime) -> None:
    """Write the line's hash for that service, in place of one that was there."""
    connection.execute(
        "INSERT INTO password (msisdn, service, hash, pepper, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (msisdn, service) DO UPDATE SET hash = excluded.hash, pepper = excluded.pepper, at = excluded.at",
        (msisdn, service, hashed.text, hashed.pepper, moment_text(at)),
    )


def _keyed(pepper: bytes, msisdn: str, service: str, secret: Secret) -> bytes:
    # a number and a service never hold a NUL, so no two triples are written alike
    return hmac.digest(pepper, b"\0".join((msisdn.encode(), service.encode(), secret.reveal().encode())), "sha256")
