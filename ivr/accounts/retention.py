"""What the books forget: things told, delivered, tried and answered so long ago that nobody will ask again. Postings are kept for good.

Each round deletes a bounded portion of each table, the oldest first, so that years of them go without anybody waiting for it. Rows are in
the order in which they came, so a round looks at no more than it may delete.
"""

from __future__ import annotations

import datetime
import logging
from dataclasses import dataclass
from typing import Any

from ivr.accounts.moments import moment_text
from ivr.accounts.port import Books

log = logging.getLogger(__name__)
DAYS = 90
"""Days after which rows are forgotten, by default: a subscriber who complains of a message does so within three months."""
SHORT = datetime.timedelta(days=1)
"""For so long attempts, SMS that came without an id and allowances are kept at least: their rules speak of minutes and hours."""
PORTION = 500
"""Rows of one table that one round deletes."""
PAUSE = datetime.timedelta(minutes=10)
"""How long after a round that left nothing the next one looks again."""
_CURSOR = "retention.operation"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table of which rows whose `moment` is older than `kept` go."""

    table: str
    moment: str
    short: bool
    waits: bool = False


_KINDS = (
    _Kind("event", "at", False, waits=True),
    _Kind("message", "at", False, waits=True),
    _Kind("attempt", "at", True),
    _Kind("incoming_sms", "at", True),
    _Kind("allowance", "since", False),
)


class Retention:
    """Forgets what is older than `days` in `store`."""

    def __init__(self, store: Books, days: int = DAYS) -> None:
        self._store, self._kept = store, datetime.timedelta(days=days)
        self._next: datetime.datetime | None = None

    def run(self, now: datetime.datetime) -> int:
        """Delete one portion of each table of what is too old at `now` (aware); how many rows. Raises FAILURES of the books.

        A message or event that still waits after so long is given up with them: nobody wants it any more.
        """
        if self._next is not None and self._next - PAUSE <= now < self._next:
            return 0
        deleted, more = 0, False
        for kind in _KINDS:
            rows = self._old(kind, now)
            if rows:
                self._store.write(lambda connection, kind=kind, rows=rows: _delete(connection, kind.table, rows))  # type: ignore[misc]
                if kind.waits and (waited := sum(state == "waiting" for _, state in rows)):
                    log.error("%d rows of %s waited for more than %d days and were given up", waited, kind.table, self._kept.days)
            deleted, more = deleted + len(rows), more or len(rows) == PORTION
        operations, rest = self._operations(now)
        # a command deletes one portion and ends; a server goes on at its next round while there is more
        self._next = None if more or rest else now + PAUSE
        return deleted + operations

    def _old(self, kind: _Kind, now: datetime.datetime) -> list[tuple[int, str]]:
        before = moment_text(now - (min(SHORT, self._kept) if kind.short else self._kept))
        state = "state" if kind.waits else "''"
        with self._store.reading() as connection:
            rows = connection.execute(
                f"SELECT place, state, moment FROM (SELECT rowid AS place, {state} AS state, {kind.moment} AS moment FROM {kind.table}"
                " ORDER BY rowid LIMIT ?) WHERE moment < ?",
                (PORTION, before),
            ).fetchall()
        return [(place, found) for place, found, _ in rows]

    def _operations(self, now: datetime.datetime) -> tuple[int, bool]:
        """Operations that moved nothing. Those that did stay for good, so the books remember up to where they were looked through."""
        with self._store.reading() as connection:
            found = connection.execute("SELECT value FROM setting WHERE name = ?", (_CURSOR,)).fetchone()
            begin = 0 if found is None else int(found[0])
            rows = connection.execute(
                "SELECT id, at, EXISTS (SELECT 1 FROM posting WHERE operation_id = operation.id) FROM operation"
                " WHERE id > ? ORDER BY id LIMIT ?",
                (begin, PORTION),
            ).fetchall()
        before = moment_text(now - self._kept)
        passed: list[tuple[int, bool]] = []
        for number, at, moved in rows:
            if at >= before:
                break
            passed.append((number, bool(moved)))
        if not passed:
            return 0, False
        idle = [(number, "") for number, moved in passed if not moved]

        def work(connection: Any) -> None:
            _delete(connection, "operation", idle)
            # the ids of the last rows are given again where they are deleted: what comes next must not stand below
            last = connection.execute("SELECT max(id) FROM operation").fetchone()[0] or 0
            connection.execute(
                "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (_CURSOR, str(min(last, passed[-1][0]))),
            )

        self._store.write(work)
        return len(idle), len(passed) == PORTION


def _delete(connection: Any, table: str, rows: list[tuple[int, str]]) -> None:
    connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", [(place,) for place, _ in rows])
