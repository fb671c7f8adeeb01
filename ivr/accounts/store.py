"""The books' file: connections, reading, and operations that happen once for their key.

SQLite with WAL and synchronous=FULL: what was answered survives a power cut. SQLAlchemy keeps the pool and the schema;
the hot statements are plain SQL on the raw connection (6.5 times less CPU than Core).
"""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy
from sqlalchemy import event

from ivr.accounts.moments import moment_text
from ivr.accounts.port import Books, BooksBusy, KeyReused
from ivr.accounts.transaction import Refused, Transaction
from ivr.accounts.writer import SAVEPOINT, Writer
from ivr.engine.values import Answer, pack, unpack

Result = TypeVar("Result")
FAILURES = (sqlite3.Error, sqlalchemy.exc.SQLAlchemyError, OSError, BooksBusy)
"""What can be raised where the books cannot be read or written just now."""
CACHE = 65_536
"""KiB of pages that the writing connection keeps: with SQLite's own 2 MiB the pages of 100,000 lines would be read again and again."""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Store:
    """The books at `url` (`sqlite:////path/books.db`): implements `ivr.accounts.port.Books`, for any number of threads and processes.

    `busy_seconds` is how long a process waits for another's transaction before sqlite3.OperationalError is raised.
    The file must have been made ready by `ivr.accounts.books.open_books`. A method that may wait for the disk raises
    RuntimeError on the thread of a running asyncio event loop: it would hold up every caller.
    """

    def __init__(self, url: str, busy_seconds: float = 5.0, pool: int = 10) -> None:
        self.url = url
        # Whoever borrows a connection ends its transaction; a second rollback by the pool would only cost.
        self.engine = sqlalchemy.create_engine(url, pool_size=pool, max_overflow=10, pool_timeout=busy_seconds, pool_reset_on_return=None)
        if self.engine.dialect.name != "sqlite":
            raise ValueError("the books are kept in SQLite for now")
        self._busy = int(busy_seconds * 1000)
        self._writer: Writer | None = None
        self._process = os.getpid()
        self._starting = threading.Lock()
        event.listen(self.engine, "connect", self._configure)
        # For Core and migrations; raw connections begin by themselves. IMMEDIATE: never a deadlock between two that read first.
        event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))

    @property
    def path(self) -> Path:
        """The file itself."""
        return Path(self.engine.url.database or "")

    def _configure(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {self._busy}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA recursive_triggers = ON")  # else INSERT OR REPLACE would get around the postings' triggers

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection whose reads all see the books at one moment. Raises FAILURES, and RuntimeError on an event loop's thread."""
        _refuse_event_loop()
        self._after_fork()
        borrowed = self.engine.raw_connection()
        try:
            connection = borrowed.dbapi_connection
            assert isinstance(connection, sqlite3.Connection)
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()
        finally:
            borrowed.close()

    def operate(
        self, key: str, function: Callable[[Transaction], Answer], *, kind: str, msisdn: str | None, at: datetime.datetime
    ) -> Answer:
        """Do `function` once for `key` and return its answer when it is on the disk; later calls get that answer again.

        (An answer's `line` is not remembered: a later call has None there and reads the line as it is by then.)

        `kind` and `msisdn` say what the operation is and whose; `at` is the business moment (aware). A `Refused` is an
        answer too, remembered like any other. Raises KeyReused where the key stands for something else, FAILURES where
        the books cannot be written (nothing was done), and whatever `function` raises (undone, not remembered).
        """
        _refuse_event_loop()
        moment = moment_text(at)
        return self._writing().perform(
            lambda connection: _once(connection, key, function, kind, msisdn, moment),
            lambda connection: _known(connection, key, kind, msisdn),
        )

    def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` on the books' one writing thread and return its result when it is on the disk.

        For rows whose own key makes a second time harmless; what moves money is an operation. Raises FAILURES (nothing was done), and
        RuntimeError on an event loop's thread.
        """
        _refuse_event_loop()
        return self._writing().perform(work)

    def answered(self, key: str) -> Answer | None:
        """The answer remembered under `key`, None where nothing was done under it."""
        with self.reading() as connection:
            row = connection.execute("SELECT outcome FROM operation WHERE key = ?", (key,)).fetchone()
        return None if row is None else _unpacked(row[0])

    def close(self) -> None:
        """Finish what waits and let the file go."""
        if self._writer is not None and self._process == os.getpid():
            self._writer.close()
        self.engine.dispose()

    def _writing(self) -> Writer:
        self._after_fork()
        if self._writer is None:
            with self._starting:
                self._writer = self._writer or Writer(self._connect)
        return self._writer

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, check_same_thread=False)
        self._configure(connection, None)
        connection.execute("PRAGMA temp_store = MEMORY")  # what a savepoint would undo: else written to a file for a long group
        connection.execute(f"PRAGMA cache_size = -{CACHE}")
        return connection

    def _after_fork(self) -> None:
        """A child process has neither its parent's writer thread nor a right to its connections."""
        if self._process != os.getpid():
            self.engine.dispose(close=False)
            self._writer, self._process, self._starting = None, os.getpid(), threading.Lock()


def _known(connection: sqlite3.Connection, key: str, kind: str, msisdn: str | None) -> Answer | None:
    """What is remembered under `key`. Raises KeyReused where that was something else."""
    row = connection.execute("SELECT outcome, kind, msisdn FROM operation WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    if row[1:] != (kind, msisdn):
        raise KeyReused(f"a key of {row[1]} was used again for {kind}")
    return _unpacked(row[0])


def _once(
    connection: sqlite3.Connection, key: str, function: Callable[[Transaction], Answer], kind: str, msisdn: str | None, at: str
) -> Answer:
    if (known := _known(connection, key, kind, msisdn)) is not None:
        return known  # done since the look without a lock: by another process, or earlier in this group
    transaction = Transaction(connection)
    try:
        answer = function(transaction)
    except Refused as refusal:
        connection.execute(f"ROLLBACK TO {SAVEPOINT}")  # nothing was written in it before the function ran
        answer = refusal.answer
        transaction.undo()
    operation = connection.execute(
        "INSERT INTO operation (key, kind, msisdn, outcome, at) VALUES (?, ?, ?, ?, ?)",
        (key, kind, msisdn, _encode({"outcome": answer.outcome, "values": pack(answer.values)}), at),
    ).lastrowid
    assert operation is not None
    happened = transaction.write(operation, key, at)
    return replace(answer, happened=happened) if happened else answer


def _unpacked(text: str) -> Answer:
    stored = json.loads(text)
    values = unpack(stored["values"])
    assert isinstance(values, dict)
    return Answer(stored["outcome"], values)


def _refuse_event_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("the books were waited for on the event loop's own thread: call this from the runner's pool")


if TYPE_CHECKING:
    _implements: type[Books] = Store

__all__ = ["FAILURES", "KeyReused", "Store"]
