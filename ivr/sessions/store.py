"""Where sessions wait between two requests: memory, written behind to SQLite so that a restart loses at most the last moments."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from ivr.engine.effects import Page
from ivr.engine.state import State, dump, load

log = logging.getLogger("ivr.sessions")
OLDEST = 600.0
"""Seconds after which a session that was last touched before a restart is not taken up again."""

_PAGE = tuple(item.name for item in fields(Page))
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(slots=True)
class Record:
    """A session as it is kept. `opened` and `touched` are monotonic seconds; `seen` is the length and digest of the gateway's
    accumulated text (never the text: it repeats passwords); `last` the page of the reply before, for a repeated request."""

    session: str
    operator: str
    release: str
    state: State
    opened: float
    touched: float
    seen: tuple[int, str] = (0, "")
    last: Page | None = None

    def pack(self) -> str:
        """The record as text."""
        plain = {
            "operator": self.operator,
            "release": self.release,
            "state": dump(self.state),
            "opened": self.opened,
            "touched": self.touched,
        }
        last = self.last and {name: getattr(self.last, name) for name in _PAGE}
        return _JSON.encode({**plain, "seen": list(self.seen), "last": last})

    @classmethod
    def unpack(cls, session: str, text: str) -> Record:
        """What `pack` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        plain = json.loads(text)
        seen = (int(plain["seen"][0]), str(plain["seen"][1]))
        last = plain["last"] and Page(**plain["last"])
        return cls(session, plain["operator"], plain["release"], load(plain["state"]), plain["opened"], plain["touched"], seen, last)


class MemoryStore:
    """Sessions in memory, found by id and by line. Safe under threads."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._by_line: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def get(self, session: str) -> Record | None:
        """The session with that id."""
        return self._records.get(session)

    def live_of(self, channel: str, msisdn: str) -> Record | None:
        """The session that a line has open on a channel."""
        session = self._by_line.get((channel, msisdn))
        record = None if session is None else self._records.get(session)
        return record if record is not None and not record.state.ended else None

    def put(self, record: Record) -> Record | None:
        """Keep a session as it is now. Returns the older of two that one line now has open on this channel, where there are two."""
        with self._lock:
            self._records[record.session] = record
            key = (record.state.channel, record.state.msisdn)
            before = self._records.get(self._by_line.get(key, ""))
            if record.state.ended:
                if before is not None and before.session == record.session:
                    del self._by_line[key]
                return None
            if before is None or before.state.ended or before.session == record.session:
                self._by_line[key] = record.session
                return None
            older, newer = sorted((before, record), key=lambda one: one.opened)
            self._by_line[key] = newer.session
            return older

    def remove(self, sessions: Iterable[str]) -> None:
        """Forget sessions."""
        with self._lock:
            for session in sessions:
                record = self._records.pop(session, None)
                if record is not None:
                    key = (record.state.channel, record.state.msisdn)
                    if self._by_line.get(key) == session:
                        del self._by_line[key]

    def all(self) -> list[Record]:
        """Every session that is kept."""
        return list(self._records.values())

    def close(self) -> None:
        """Nothing to do in memory."""


class WriteBehindStore(MemoryStore):
    """Memory in front, a SQLite file behind: changes are written together, `interval` seconds after the first of them.

    A session's page is never delayed for the disk: what a crash may lose is the place in a menu, and money is not kept here.
    """

    def __init__(self, path: Path, interval: float = 0.05, oldest: float = OLDEST, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._path, self._interval = path, interval
        self._dirty: dict[str, Record | None] = {}
        self._wake, self._stopping = threading.Event(), threading.Event()
        try:
            database = self._open()
        except sqlite3.DatabaseError as error:
            # sessions are worth less than a server that starts; the file is kept aside for whoever wants to know
            log.error("%s cannot be used (%s): it is set aside and sessions begin anew", path.name, error)
            path.replace(path.with_suffix(".unusable"))
            database = self._open()
        # the clock is the machine's, monotonic: after a boot it begins anew, and what was touched "later" is from before
        moment = now()
        database.execute("DELETE FROM session WHERE touched < ? OR touched > ?", (moment - oldest, moment))
        unreadable = []
        for session, body in database.execute("SELECT id, body FROM session"):
            try:
                super().put(Record.unpack(session, body))
            except (ValueError, KeyError, TypeError):
                unreadable.append((session,))
        database.executemany("DELETE FROM session WHERE id = ?", unreadable)
        database.commit()
        database.close()
        self._writer = threading.Thread(target=self._run, name="session-writer", daemon=True)
        self._writer.start()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=5, isolation_level="DEFERRED")
        self._path.chmod(0o600)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, touched REAL NOT NULL, body TEXT NOT NULL) STRICT")
        return database

    def put(self, record: Record) -> Record | None:
        """Keep a session as it is now, soon also on disk."""
        older = super().put(record)
        self._dirty[record.session] = record
        if not self._wake.is_set():
            self._wake.set()
        return older

    def remove(self, sessions: Iterable[str]) -> None:
        """Forget sessions, soon also on disk."""
        gone = list(sessions)
        super().remove(gone)
        for session in gone:
            self._dirty[session] = None
        self._wake.set()

    def close(self) -> None:
        """Write what is left and stop."""
        self._stopping.set()
        self._wake.set()
        self._writer.join(5)

    def _run(self) -> None:
        database = self._open()
        while not self._stopping.is_set():
            self._wake.wait()
            self._stopping.wait(self._interval)
            self._wake.clear()
            self._flush(database)
        self._flush(database)
        database.close()

    def _flush(self, database: sqlite3.Connection) -> None:
        batch: dict[str, Record | None] = {}
        while self._dirty:
            session, record = self._dirty.popitem()
            # taken later is newer: the session was put again meanwhile
            batch[session] = record
        try:
            with database:
                for session, record in batch.items():
                    if record is None:
                        database.execute("DELETE FROM session WHERE id = ?", (session,))
                    else:
                        database.execute("INSERT OR REPLACE INTO session VALUES (?, ?, ?)", (session, record.touched, record.pack()))
        except sqlite3.Error as error:
            # the disk may be full; sessions go on in memory, and the next change tries again
            log.error("sessions could not be written: %s", error)
            for session, record in batch.items():
                self._dirty.setdefault(session, record)
