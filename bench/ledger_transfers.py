"""The two ways of writing the same transfers: through the ledger with so many in flight, and by plain sqlite3."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass

from bench.ledger_books import AT, CURRENCY, msisdn, transfer
from bench.load import LoadError
from ivr.accounts.store import Store

OPERATION = "INSERT INTO operation (key, kind, msisdn, outcome, at) VALUES (?, ?, ?, ?, ?)"
POSTING = "INSERT INTO posting (operation_id, account_id, amount, currency, kind, information, at) VALUES (?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A request: its key, from which line to which, how many micro-units."""

    key: str
    source: int
    target: int
    micro: int


def requests(first: int, count: int, lines: int) -> list[Transfer]:
    """The transfers from number `first` on: lines all over the books, no line to itself."""
    wanted = []
    for number in range(first, first + count):
        source = number * 7_919 % lines
        wanted.append(Transfer(f"key{number}", source, (source + 1 + number * 104_729 % (lines - 1)) % lines, 10_000 + number % 1_000))
    return wanted


class Ledger:
    """Books that `threads` threads ask, each with one transfer waiting for its answer at a time."""

    def __init__(self, url: str, threads: int) -> None:
        self._store, self._threads = Store(url), threads

    def run(self, wanted: list[Transfer]) -> None:
        """Make the transfers. Raises LoadError where one was not answered `ok`."""
        wrong: list[object] = []

        def some(mine: list[Transfer]) -> None:
            for one in mine:
                answer = transfer(self._store, one.key, one.source, one.target, one.micro)
                if answer.outcome != "ok":
                    wrong.append(answer)

        workers = [threading.Thread(target=some, args=(wanted[number :: self._threads],)) for number in range(self._threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if wrong:
            raise LoadError(f"{len(wrong)} transfers were not done, the first: {wrong[0]}")

    def close(self) -> None:
        """Let the books go."""
        self._store.close()


class Plain:
    """BEGIN IMMEDIATE, the same three rows, COMMIT, as carefully as the books (WAL, synchronous=FULL, foreign keys).

    It looks nothing up: which account is whose, and what each has, it was told before. It checks no key and no floor but as the tables do.
    """

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        rows = self._connection.execute("SELECT msisdn, id, balance FROM account WHERE kind = 'main'").fetchall()
        self._accounts, self._has = {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}

    def run(self, wanted: list[Transfer]) -> None:
        """Make the transfers."""
        execute, accounts, has = self._connection.execute, self._accounts, self._has
        at = AT.isoformat(timespec="microseconds")
        for one in wanted:
            source, target = msisdn(one.source), msisdn(one.target)
            has[source] -= one.micro
            has[target] += one.micro
            money = f'{{"$":"money","v":[{has[source]},"{CURRENCY}"]}}'
            outcome = f'{{"outcome":"ok","values":{{"$":"record","v":{{"balance":{money}}}}}}}'
            execute("BEGIN IMMEDIATE")
            operation = execute(OPERATION, (one.key, "transfer", source, outcome, at)).lastrowid
            execute(POSTING, (operation, accounts[source], -one.micro, CURRENCY, "transfer", "To a friend", at))
            execute(POSTING, (operation, accounts[target], one.micro, CURRENCY, "transfer", "From a friend", at))
            execute("COMMIT")

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()


def rows_of(url: str) -> list[tuple[object, ...]]:
    """Every operation, posting and balance."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return [
            row
            for query in ("SELECT * FROM operation", "SELECT * FROM posting", "SELECT * FROM account")
            for row in connection.execute(f"{query} ORDER BY id")
        ]
    finally:
        connection.close()
