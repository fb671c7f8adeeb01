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
from typing import TypeVar

from ivr.accounts.port import BooksBusy

Result = TypeVar("Result")
SAVEPOINT = "operation"
"""The savepoint that work runs in; work may roll back to it, to undo what it did and go on."""


class Job:
    """Work that somebody waits for. `known`, where there is one, may answer it from a read: its answer, or None where it must be done."""

    __slots__ = ("answered", "failure", "known", "result", "work")

    def __init__(self, work: Callable[[sqlite3.Connection], object], known: Callable[[sqlite3.Connection], object] | None = None) -> None:
        self.work, self.known = work, known
        self.result: object = None
        self.failure: BaseException | None = None
        # A bare lock instead of a Future: a tenth of an operation's CPU.
        self.answered = threading.Lock()
        self.answered.acquire()


class Writer:
    """Runs work on the books, one after the other, committing at most `most` at a time; `waiting` bounds the queue.

    `connect` is called once, on the writer's thread; its connection must be in autocommit (`isolation_level=None`).
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], most: int = 128, waiting: int = 1024) -> None:
        self._connect = connect
        self._most = most
        self._waiting = waiting
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="books-writer", daemon=True)
        self._closing = threading.Lock()
        self._closed = False
        self._thread.start()

    def perform(
        self, work: Callable[[sqlite3.Connection], Result], known: Callable[[sqlite3.Connection], Result | None] | None = None
    ) -> Result:
        """Run `work` and return its result once it is committed, or raise what it or the COMMIT raised. Raises BooksBusy.

        `known` is asked first, by a read that takes no lock; where it answers (not None) or raises, `work` is not run. Raises RuntimeError
        inside other work, which would wait for itself.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("an operation on the books waited for another one inside it: do both in one, or one after the other")
        job = Job(work, known)
        with self._closing:
            if self._closed:
                raise BooksBusy("the books are closed")
            if self._queue.qsize() >= self._waiting:
                raise BooksBusy("too many operations wait for the books")
            self._queue.put(job)
        job.answered.acquire()
        if job.failure is not None:
            try:
                raise job.failure
            finally:
                del job  # else the error would hold this frame, and the frame the error
        return job.result  # type: ignore[return-value]

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
            left = batch
            try:
                connection = connection or self._connect()
                left = self._answer_known(connection, batch)
                if left:
                    self._commit(connection, left)
            except BaseException as error:
                # BEGIN or COMMIT failed (busy, disk full), so nothing of what was left is in the books.
                if connection is not None and connection.in_transaction:
                    connection.rollback()
                for job in left:
                    job.failure = error
            self._answer(batch)
            del batch, left  # what was answered is nobody's while this waits
        if connection is not None:
            connection.close()

    def _next(self) -> list[Job]:
        """The next jobs, waiting for the first; empty where the writer is to end."""
        first = self._queue.get()
        batch = [] if first is None else [first]
        while batch and len(batch) < self._most and not self._queue.empty():
            job = self._queue.get()
            if job is None:
                self._queue.put(None)  # nothing is queued behind it: the closed flag was set before it
                break
            batch.append(job)
        return batch

    def _answer_known(self, connection: sqlite3.Connection, batch: list[Job]) -> list[Job]:
        """The jobs that must be done. What was done before is answered while another process writes, and on a full disk."""
        if all(job.known is None for job in batch):
            return batch
        left: list[Job] = []
        connection.execute("BEGIN")
        for job in batch:
            try:
                if job.known is None or (known := job.known(connection)) is None:
                    left.append(job)
                else:
                    job.result = known
            except Exception as error:
                job.failure = error
        connection.execute("COMMIT")
        return left

    def _commit(self, connection: sqlite3.Connection, batch: list[Job]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for job in batch:
            connection.execute(f"SAVEPOINT {SAVEPOINT}")
            try:
                job.result = job.work(connection)
            except BaseException as error:
                if not connection.in_transaction:
                    raise  # SQLite gave the whole transaction up (disk full, I/O error)
                connection.execute(f"ROLLBACK TO {SAVEPOINT}")
                job.failure = error
            connection.execute(f"RELEASE {SAVEPOINT}")
        connection.execute("COMMIT")

    def _answer(self, batch: list[Job]) -> None:
        for job in batch:
            job.answered.release()
