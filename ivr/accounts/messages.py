"""Messages in the books: each SMS that leaves stands there once for its key, until a network has it.

What an SMS session answers travels with the reply itself. It is kept too (`answered`), so that the same SMS, delivered a second time even
after a restart, gets the same answer and nothing is done twice. In demo mode the network is here: what waits is delivered at once.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ivr.accounts.moments import moment_text
from ivr.accounts.port import Reader
from ivr.accounts.store import Store
from ivr.accounts.transaction import Transaction
from ivr.engine.effects import Sms
from ivr.engine.values import Answer

MOST = 1000
"""Messages of a line that are listed at the most, the newest ones."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that reached its line: the message and the moment (UTC) at which it left."""

    sms: Sms
    at: datetime.datetime


class BooksMessages:
    """Implements `ivr.sessions.requests.Messages` in the books. `at_once`: the demo network, which delivers in the same moment."""

    def __init__(self, store: Store, *, at_once: bool) -> None:
        self._store, self._at_once = store, at_once

    def send(self, messages: Sequence[Sms], operator: str, at: datetime.datetime, *, answered: bool = False) -> None:
        """See `Messages`. Raises FAILURES of the books (nothing was kept)."""
        state = "answered" if answered else "delivered" if self._at_once else "waiting"
        moment = moment_text(at)
        rows = [
            (sms.key, operator, sms.to, sms.sender, sms.text, sms.language, moment, int(sms.flash), state, moment)
            for sms in messages
            if sms.text
        ]
        if not rows:
            return
        sessions = {(sms.session, sms.to) for sms in messages} if answered else set()
        # of two processes that were given the same SMS at once, one has answered it: what the other would say is not said
        self._store.write(lambda connection: None if any(_answered(connection, *one) for one in sessions) else _insert(connection, rows))

    def answers(self, session: str, msisdn: str) -> tuple[Sms, ...]:
        """See `Messages`. Raises FAILURES of the books."""
        with self._store.reading() as connection:
            return tuple(_sms(row) for row in _answered(connection, session, msisdn))

    def allowed(self, limit: str, msisdn: str, key: str, most: int, per: datetime.timedelta, at: datetime.datetime) -> bool:
        """See `Messages`. Raises FAILURES of the books."""

        def take(transaction: Transaction) -> Answer:
            row = transaction.execute("SELECT since, used FROM allowance WHERE name = ? AND msisdn = ?", (limit, msisdn)).fetchone()
            if row is None or abs(at - datetime.datetime.fromisoformat(row[0])) >= per:
                row = (moment_text(at), 0)
                # made anew, so that rows stay in the order of their moments, as `retention` wants them
                transaction.execute("DELETE FROM allowance WHERE name = ? AND msisdn = ?", (limit, msisdn))
                transaction.execute("INSERT INTO allowance (name, msisdn, since, used) VALUES (?, ?, ?, 0)", (limit, msisdn, row[0]))
            if row[1] >= most:
                return Answer("used_up", {})
            transaction.execute("UPDATE allowance SET used = used + 1 WHERE name = ? AND msisdn = ?", (limit, msisdn))
            return Answer("ok", {})

        return self._store.operate(f"{limit}:{key}", take, kind=limit, msisdn=msisdn, at=at).outcome == "ok"

    def first(self, key: str, msisdn: str, at: datetime.datetime) -> bool:
        """See `Messages`. Raises FAILURES of the books."""
        done: list[bool] = []

        def mark(transaction: object) -> Answer:
            done.append(True)
            return Answer("ok", {})

        self._store.operate(f"told:{key}", mark, kind="notice", msisdn=msisdn, at=at)
        return bool(done)

    def told(self, key: str) -> bool:
        """See `Messages`. Raises FAILURES of the books."""
        return self._store.answered(f"told:{key}") is not None


def inbox(store: Store, msisdn: str) -> list[Delivered]:
    """What reached the line, SMS and flash, the oldest first; the newest `MOST`."""
    with store.reading() as connection:
        rows = connection.execute(
            f"SELECT * FROM (SELECT id, {_COLUMNS}, at FROM message WHERE recipient = ? AND state IN ('delivered', 'answered')"
            " ORDER BY id DESC LIMIT ?) ORDER BY id",
            (msisdn, MOST),
        ).fetchall()
    return [Delivered(_sms(row[1:-1]), datetime.datetime.fromisoformat(row[-1])) for row in rows]


_COLUMNS = "recipient, sender, text, language, key, flash"


def _sms(row: tuple[str, str, str, str, str, int]) -> Sms:
    return Sms(*row[:5], flash=bool(row[5]))


def _answered(connection: Reader, session: str, msisdn: str) -> list[tuple[str, str, str, str, str, int]]:
    # "0" follows "/": every key that begins with the session's name and a stroke
    return connection.execute(
        f"SELECT {_COLUMNS} FROM message WHERE key > ? AND key < ? AND recipient = ? AND state = 'answered' ORDER BY id",
        (f"{session}/", f"{session}0", msisdn),
    ).fetchall()


def _insert(connection: sqlite3.Connection, rows: Sequence[tuple[str | int, ...]]) -> None:
    connection.executemany(
        "INSERT INTO message (key, operator, recipient, sender, text, language, at, flash, state, due)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        rows,
    )
