"""Processes that move money: until they are killed, telling what they begin and what they were answered to a pipe outside; or in a race.

They are started from `CONTEXT`, a fork server that has imported this module once: a hundred rounds would import it hundreds of times.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import sqlite3
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import ivr.accounts.store
from bench.ledger_books import transfer
from ivr.accounts.store import Store
from ivr.accounts.writer import SAVEPOINT, Job, Writer
from tests.accounts.backends import BACKENDS

LINES = 12
CONTEXT: Any = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


class AnswersBeforeCommit(Writer):
    """What must not be: everybody is answered, and the COMMIT comes a moment later."""

    def _commit(self, connection: sqlite3.Connection, batch: list[Job]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for job in batch:
            connection.execute(f"SAVEPOINT {SAVEPOINT}")
            job.result = job.work(connection)
            connection.execute(f"RELEASE {SAVEPOINT}")
        super()._answer(batch)
        time.sleep(0.002)
        connection.execute("COMMIT")

    def _answer(self, batch: list[Job]) -> None:
        super()._answer([job for job in batch if job.answered.locked()])


def wanted(thread: str, number: int) -> tuple[int, int, int]:
    """What a thread asks for in its `number`th transfer: source, target, micro-units."""
    chance = random.Random(f"{thread}/{number}")
    source, target = chance.sample(range(LINES), 2)
    return source, target, chance.randrange(1, 200_000)


def run(url: str, told: Connection, name: str, threads: int, too_early: bool) -> None:
    """Move money in `threads` threads for ever. `told` gets a line `+KEY` before each transfer, `=KEY OUTCOME` after its answer."""
    if too_early:
        ivr.accounts.store.Writer = AnswersBeforeCommit  # type: ignore[misc]
    store = Store(url, busy_seconds=30)

    def work(thread: int) -> None:
        for number in itertools.count():
            key = f"{name}/{thread}/{number}"
            os.write(told.fileno(), f"+{key}\n".encode())
            answer = transfer(store, key, *wanted(f"{name}/{thread}", number))
            os.write(told.fileno(), f"={key} {answer.outcome}\n".encode())

    others = [threading.Thread(target=work, args=(thread,), daemon=True) for thread in range(threads)]
    for other in others:
        other.start()
    for other in others:
        other.join()


def race(backend: str, url: str, name: str, begin: Any, results: Any) -> None:
    """Ten transfers that others make too, then 25 of its own from one account that cannot pay for everybody's."""
    books = BACKENDS[backend].open(url)
    begin.wait(30)
    shared = [transfer(books, f"shared{number}", 2, 3, 1).outcome for number in range(10)]
    own = [transfer(books, f"{name}/{number}", 0, 1, 9_000).outcome for number in range(25)]
    books.close()
    results.put((shared, own.count("ok")))
