"""Where sessions wait between two requests: memory, written behind to SQLite so that a restart loses at most the last moments."""

from __future__ import annotations

import datetime
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from ivr.engine.effects import Page, Sms
from ivr.engine.state import Frame, State, dump, load
from ivr.engine.values import Secret, Value

log = logging.getLogger("ivr.sessions")
OLDEST = 600.0
"""Seconds after which a session that was last touched before a restart is not taken up again."""

_PAGE = tuple(item.name for item in fields(Page))
_SMS = tuple(item.name for item in fields(Sms))
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(slots=True)
class Record:
    """A session as it is kept. `opened` and `touched` are monotonic seconds; `seen` is the length and digest of the gateway's
    accumulated text, or of an SMS (never the text: it repeats passwords); `last` is the page of the reply before, or `messages` what an SMS
    was answered with, for a repeated request."""

    session: str
    operator: str
    release: str
    state: State
    opened: float
    touched: float
    seen: tuple[int, str] = (0, "")
    last: Page | None = None
    messages: tuple[Sms, ...] = ()

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
        messages = [{name: getattr(sms, name) for name in _SMS} for sms in self.messages]
        return _JSON.encode({**plain, "seen": list(self.seen), "last": last, "messages": messages})

    @classmethod
    def unpack(cls, session: str, text: str) -> Record:
        """What `pack` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        plain = json.loads(text)
        seen = (int(plain["seen"][0]), str(plain["seen"][1]))
        last = plain["last"] and Page(**plain["last"])
        messages = tuple(Sms(**sms) for sms in plain.get("messages", ()))
        operator, release, state = plain["operator"], plain["release"], load(plain["state"])
        return cls(session, operator, release, state, plain["opened"], plain["touched"], seen, last, messages)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A session that was cut off and may be offered again: where it stood, without its secrets, and the business moment of the cut."""

    operator: str
    release: str
    state: State
    at: datetime.datetime

    def pack(self) -> str:
        """The same as text."""
        return _JSON.encode({"operator": self.operator, "release": self.release, "state": dump(self.state), "at": self.at.isoformat()})

    @classmethod
    def unpack(cls, text: str) -> Dropped:
        """What `pack` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        plain = json.loads(text)
        return cls(plain["operator"], plain["release"], load(plain["state"]), datetime.datetime.fromisoformat(plain["at"]))


def without_secrets(state: State) -> State:
    """`state` without the passwords that were typed: whoever goes on from it asks for them anew."""
    if not any(isinstance(value, Secret) for frame in state.frames for value in frame.fields.values()):
        return state
    return replace(state, frames=tuple(_without_secrets(frame) for frame in state.frames))


def _without_secrets(frame: Frame) -> Frame:
    kept: Mapping[str, Value] = {name: value for name, value in frame.fields.items() if not isinstance(value, Secret)}
    return replace(frame, fields=kept)


class MemoryStore:
    """Sessions in memory, found by id and by line. Safe under threads."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._by_line: dict[tuple[str, str], str] = {}
        self._dropped: dict[str, Dropped] = {}
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

    def drop(self, dropped: Dropped) -> None:
        """Keep a session that was cut off, the last one of its line."""
        self._dropped[dropped.state.msisdn] = dropped

    def dropped_of(self, msisdn: str) -> Dropped | None:
        """The session of a line that was cut off last."""
        return self._dropped.get(msisdn)

    def forget_dropped(self, msisdn: str) -> None:
        """Offer that line's session no more."""
        self._dropped.pop(msisdn, None)

    def all_dropped(self) -> list[Dropped]:
        """Every session that may be offered again."""
        return list(self._dropped.values())

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
        self._dirty_dropped: set[str] = set()
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
        for msisdn, body in database.execute("SELECT msisdn, body FROM dropped").fetchall():
            try:
                self._dropped[msisdn] = Dropped.unpack(body)
            except (ValueError, KeyError, TypeError):
                database.execute("DELETE FROM dropped WHERE msisdn = ?", (msisdn,))
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
        database.execute("CREATE TABLE IF NOT EXISTS dropped (msisdn TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT")
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

    def drop(self, dropped: Dropped) -> None:
        """Keep a session that was cut off, soon also on disk."""
        super().drop(dropped)
        self._dirty_dropped.add(dropped.state.msisdn)
        self._wake.set()

    def forget_dropped(self, msisdn: str) -> None:
        """Offer it no more; soon also gone from disk."""
        super().forget_dropped(msisdn)
        self._dirty_dropped.add(msisdn)
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
        cut_off: set[str] = set()
        while self._dirty_dropped:
            cut_off.add(self._dirty_dropped.pop())
        try:
            with database:
                for msisdn in cut_off:
                    dropped = self._dropped.get(msisdn)
                    if dropped is None:
                        database.execute("DELETE FROM dropped WHERE msisdn = ?", (msisdn,))
                    else:
                        database.execute("INSERT OR REPLACE INTO dropped VALUES (?, ?)", (msisdn, dropped.pack()))
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
            self._dirty_dropped.update(cut_off)
