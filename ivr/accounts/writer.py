"""Group commit: one thread writes the books for the whole process, and many operations share one COMMIT.

A COMMIT with synchronous=FULL waits for the disk; one for each operation would make that wait the speed of the product.
Each operation runs in a savepoint of its own, so a failed one takes nothing of the others with it, and nobody is answered
before the COMMIT. Other processes (the command line) take their turn by `BEGIN IMMEDIATE` and the busy time-out.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")
SAVEPOINT = "operation"
"""The savepoint that work runs in; work may roll back to it, to undo what it did and go on."""


class BooksBusy(Exception):
    """So many operations wait already that this one was not taken. Nothing was done."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], object]
    future: Future[object]


class Writer:
    """Runs work on the books, one after the other, committing at most `most` at a time; `waiting` bounds the queue.

    `connect` is called once, on the writer's thread; its connection must be in autocommit (`isolation_level=None`).
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], most: int = 64, waiting: int = 1024) -> None:
        self._connect = connect
        self._most = most
        self._queue: queue.Queue[_Job | None] = queue.Queue(waiting)
        self._thread = threading.Thread(target=self._run, name="books-writer", daemon=True)
        self._closing = threading.Lock()
        self._closed = False
        self._thread.start()

    def perform(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` and return its result once it is committed, or raise what it or the COMMIT raised. Raises BooksBusy."""
        future: Future[object] = Future()
        with self._closing:
            if self._closed:
                raise BooksBusy("the books are closed")
            try:
                self._queue.put_nowait(_Job(work, future))
            except queue.Full:
                raise BooksBusy("too many operations wait for the books") from None
        return future.result()  # type: ignore[return-value]

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            batch = self._next()
            if not batch:
                break
            try:
                connection = connection or self._connect()
                self._commit(connection, batch)
            except BaseException as error:
                # BEGIN or COMMIT failed (busy, disk full), so nothing of the batch is in the books.
                if connection is not None and connection.in_transaction:
                    connection.rollback()
                for job in batch:
                    if not job.future.done():
                        job.future.set_exception(error)
        if connection is not None:
            connection.close()

    def _next(self) -> list[_Job]:
        """The next jobs, waiting for the first; empty where the writer is to end."""
        first = self._queue.get()
        batch = [] if first is None else [first]
        while batch and len(batch) < self._most:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._queue.put(None)  # nothing is queued behind it: the closed flag was set before it
                break
            batch.append(job)
        return batch

    def _commit(self, connection: sqlite3.Connection, batch: list[_Job]) -> None:
        answers: list[tuple[_Job, object, BaseException | None]] = []
        connection.execute("BEGIN IMMEDIATE")
        for job in batch:
            connection.execute(f"SAVEPOINT {SAVEPOINT}")
            try:
                answers.append((job, job.work(connection), None))
            except BaseException as error:
                if not connection.in_transaction:
                    raise  # SQLite gave the whole transaction up (disk full, I/O error)
                connection.execute(f"ROLLBACK TO {SAVEPOINT}")
                answers.append((job, None, error))
            connection.execute(f"RELEASE {SAVEPOINT}")
        connection.execute("COMMIT")
        for job, result, failure in answers:
            if failure is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(failure)
