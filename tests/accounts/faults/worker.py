"""A process that moves money until it is killed, telling what it begins and what it was answered to a pipe outside.

Started by multiprocessing's fork server, which imports this module once.
"""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
import threading
import time
from multiprocessing.connection import Connection

import ivr.accounts.store
from bench.ledger_books import transfer
from ivr.accounts.store import Store
from ivr.accounts.writer import SAVEPOINT, Job, Writer

LINES = 12


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
