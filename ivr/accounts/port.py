"""The port of the books: what the rules and services ask of a store, whatever database is behind it.

`Store` keeps the books in SQLite. Another store (PostgreSQL, docs/decisions/0006) does the same by the same names and passes the same
suite, `tests/accounts/test_contract.py`, which says point by point what is promised here. Nothing here is SQLite's but the way
parameters are written (`?`), and what `FAILURES` of `ivr.accounts.store` lists.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from ivr.accounts.transaction import Transaction
from ivr.engine.values import Answer

Result = TypeVar("Result")
Parameter = str | int | None
"""What a statement may be given and what comes back: text, whole numbers of 64 bits, nothing. No float ever."""


class BooksBusy(Exception):
    """So many operations wait already that this one was not taken, or the books are closed. Nothing was done."""


class KeyReused(Exception):
    """A key that names another operation already: a fault of the program that made the key. Nothing was done."""


class Rows(Protocol):
    """What a statement found: tuples of `Parameter`."""

    @property
    def rowcount(self) -> int:
        """How many rows a change touched."""

    def fetchone(self) -> Any:
        """The next row, None after the last."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Reader(Protocol):
    """Plain SQL over one moment of the books, parameters as `?`."""

    def execute(self, sql: str, parameters: Sequence[Parameter] = ..., /) -> Rows:
        """Run one statement."""


class Books(Protocol):
    """The books, shared by any number of threads and processes. Every method may block: none may be called on an event loop's thread."""

    def operate(
        self, key: str, function: Callable[[Transaction], Answer], *, kind: str, msisdn: str | None, at: datetime.datetime
    ) -> Answer:
        """Do `function` once for `key` and return its answer after the COMMIT; ever after, the same answer and nothing done.

        Key, rules, postings and answer are one transaction, alone in the books while it runs. A `Refused` is an answer too: undone
        and remembered. Raises KeyReused where `key` stands for another `kind` or `msisdn`, BooksBusy or the database's own errors where
        nothing was done, and what `function` raises (undone, not remembered). `function` asks for no other operation (RuntimeError).
        """

    def write(self, work: Callable[[Any], Result]) -> Result:
        """Run `work` on a connection that writes and return its result after the COMMIT.

        For rows whose own key makes a second time harmless; what moves money is an operation.
        """

    def reading(self) -> AbstractContextManager[Reader]:
        """Reads that all see the books at one moment, and wait for no writer."""

    def answered(self, key: str) -> Answer | None:
        """The answer remembered under `key`, None where nothing was done under it."""

    def close(self) -> None:
        """Finish what waits, answer it, and let the books go. What comes later is BooksBusy."""
