"""Wrong passwords in a row, and the lock that ends them (services.md, B10). In the books: shared by all channels and processes.

An attempt counts as wrong before its password is hashed and is taken back when it was right; so a crash, or many at once, gives nobody a
guess that is not counted. All functions run inside a transaction of the caller's, and the line's requests one after the other.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.accounts.moments import moment_text
from ivr.accounts.rules import Terms
from ivr.engine.values import Span


@dataclass(frozen=True, slots=True)
class Rule:
    """So many wrong ones lock for so long: `limits.wrong_passwords` of operator.yaml."""

    most: int
    lock: datetime.timedelta

    @classmethod
    def of(cls, terms: Terms) -> Rule:
        """The rule that the terms state. Raises LookupError where they have none."""
        limit = terms.limits.get("wrong_passwords")
        most, lock = (limit.get("most"), limit.get("lock")) if isinstance(limit, Mapping) else (None, None)
        if not isinstance(most, int) or not isinstance(lock, Span):
            raise LookupError("operator.yaml has no limits.wrong_passwords {most, lock}")
        return cls(most, datetime.timedelta(seconds=lock.seconds))


@dataclass(frozen=True, slots=True)
class Counted:
    """An attempt that was counted: whether its password may be looked at, how many are `left` after it where it is wrong, and the moment
    (UTC) at which the lock ends, where there is one then."""

    allowed: bool
    left: int
    until: datetime.datetime | None


def count(connection: sqlite3.Connection, key: str, msisdn: str, service: str, rule: Rule, now: datetime.datetime) -> Counted:
    """Count the attempt `key` as wrong, once however often it comes, and lock the service where it is the last.

    Where the service is locked nothing is counted; an attempt that was counted before the lock is still allowed then: it is the one that a
    crash left without an answer.
    """
    wrong, until = _read(connection, msisdn, service)
    counted = connection.execute("SELECT 1 FROM attempt WHERE key = ?", (key,)).fetchone() is not None
    if until is not None and now < until:
        return Counted(counted, 0, until)
    if until is not None:  # the lock has ended: a new row of attempts begins
        wrong, until, counted = 0, None, False
    if not counted:
        wrong += 1
        until = now.astimezone(datetime.UTC) + rule.lock if wrong >= rule.most else None
        connection.execute("INSERT OR REPLACE INTO attempt (key, msisdn, at) VALUES (?, ?, ?)", (key, msisdn, moment_text(now)))
        connection.execute(
            "INSERT INTO lockout (msisdn, service, wrong, until) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (msisdn, service) DO UPDATE SET wrong = excluded.wrong, until = excluded.until",
            (msisdn, service, wrong, None if until is None else moment_text(until)),
        )
    return Counted(True, max(rule.most - wrong, 0), until)


def settle(connection: sqlite3.Connection, key: str, msisdn: str, service: str, right: bool) -> None:
    """The attempt is answered: the operation under its key remembers it from here on. A right one begins the row anew."""
    connection.execute("DELETE FROM attempt WHERE key = ?", (key,))
    if right:
        unlock(connection, msisdn, service)


def take_back(connection: sqlite3.Connection, key: str, msisdn: str, service: str) -> None:
    """The attempt could not be looked at (its pepper or the SIM's PIN2 could not be had): it does not count."""
    if connection.execute("DELETE FROM attempt WHERE key = ?", (key,)).rowcount:
        connection.execute("DELETE FROM lockout WHERE msisdn = ? AND service = ? AND wrong <= 1", (msisdn, service))
        connection.execute("UPDATE lockout SET wrong = wrong - 1, until = NULL WHERE msisdn = ? AND service = ?", (msisdn, service))


def unlock(connection: sqlite3.Connection, msisdn: str, service: str) -> bool:
    """Forget wrong attempts and lock; whether there were any."""
    return connection.execute("DELETE FROM lockout WHERE msisdn = ? AND service = ?", (msisdn, service)).rowcount > 0


def locked_until(connection: sqlite3.Connection, msisdn: str, service: str, now: datetime.datetime) -> datetime.datetime | None:
    """The moment (UTC) at which the service's lock ends, None where it is not locked at `now`."""
    until = _read(connection, msisdn, service)[1]
    return until if until is not None and now < until else None


def _read(connection: sqlite3.Connection, msisdn: str, service: str) -> tuple[int, datetime.datetime | None]:
    row = connection.execute("SELECT wrong, until FROM lockout WHERE msisdn = ? AND service = ?", (msisdn, service)).fetchone()
    return (0, None) if row is None else (row[0], None if row[1] is None else datetime.datetime.fromisoformat(row[1]))
