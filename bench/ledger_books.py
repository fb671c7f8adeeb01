"""Books to move money in: so many prepaid lines, and a transfer between two of them. For the benchmark and for the tests of faults."""

from __future__ import annotations

import datetime
import functools
import shutil
import sqlite3
import tempfile
from pathlib import Path

from ivr.accounts.books import open_books
from ivr.accounts.port import Books
from ivr.accounts.transaction import Transaction
from ivr.clock import SystemClock
from ivr.engine.values import Answer, Money
from ivr.settings import Settings

AT = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)
CURRENCY = "AZN"


def msisdn(number: int) -> str:
    """The number of a made-up line."""
    return f"99450{number:07d}"


@functools.cache
def _empty() -> bytes:
    """Books at the present schema with nothing in them. Made once a process: the migrations take a third of a second."""
    with tempfile.TemporaryDirectory(prefix="ivr-books-") as folder:
        open_books(Settings.from_environment({"IVR_HOME": folder, "IVR_DEMO": "0"}), SystemClock()).close()
        return (Path(folder) / "books.db").read_bytes()


def make_books(folder: Path, lines: int, each: int) -> str:
    """Write `folder`/books.db with `lines` lines of `each` micro-units, posted as any opening balance; its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "books.db"
    path.write_bytes(_empty())
    connection = sqlite3.connect(path, isolation_level=None)
    # Money is posted here as a store posts it, but a hundred thousand lines in seconds.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    at = AT.isoformat(timespec="microseconds")
    opening = connection.execute(
        "INSERT INTO account (operator, msisdn, kind, currency) VALUES ('azercell', NULL, 'opening', ?)", (CURRENCY,)
    ).lastrowid
    operation = connection.execute("INSERT INTO operation (key, kind, outcome, at) VALUES ('lines', 'setup', '{}', ?)", (at,)).lastrowid
    for number in range(lines):
        connection.execute(
            "INSERT INTO line (msisdn, operator, kind, status, tariff, roaming, notices)"
            " VALUES (?, 'azercell', 'prepaid', 'active', 'SuperYou', 0, 1)",
            (msisdn(number),),
        )
        main = connection.execute(
            "INSERT INTO account (operator, msisdn, kind, currency, floor) VALUES ('azercell', ?, 'main', ?, 0)", (msisdn(number), CURRENCY)
        ).lastrowid
        for account, amount in ((opening, -each), (main, each)):
            if amount:
                connection.execute(
                    "INSERT INTO posting (operation_id, account_id, amount, currency, kind, at) VALUES (?, ?, ?, ?, 'opening', ?)",
                    (operation, account, amount, CURRENCY, at),
                )
    connection.execute("COMMIT")
    connection.close()
    return f"sqlite:///{path}"


def copy_books(url: str, folder: Path) -> str:
    """A copy of books that nobody has open, in `folder`; its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(url.removeprefix("sqlite:///"), folder / "books.db")
    return f"sqlite:///{folder / 'books.db'}"


def transfer(books: Books, key: str, source: int, target: int, micro: int, at: datetime.datetime = AT) -> Answer:
    """Move `micro` from one line to another: `ok` or `not_enough`, with what the source has then."""

    def function(transaction: Transaction) -> Answer:
        payer, payee = transaction.account(msisdn(source), "main"), transaction.account(msisdn(target), "main")
        assert payer is not None and payee is not None
        transaction.move(payer, payee, Money(micro, CURRENCY), "transfer", "To a friend", "From a friend")
        return Answer("ok", {"balance": transaction.balance(payer)})

    return books.operate(key, function, kind="transfer", msisdn=msisdn(source), at=at)


def balances(books: Books) -> dict[str, int]:
    """What each line has, in micro-units."""
    with books.reading() as connection:
        return dict(connection.execute("SELECT msisdn, balance FROM account WHERE kind = 'main'").fetchall())


def postings_of(books: Books) -> dict[str, int]:
    """How many postings each transfer has by its key; none where it was refused."""
    with books.reading() as connection:
        return dict(
            connection.execute(
                "SELECT key, (SELECT count(*) FROM posting WHERE operation_id = operation.id) FROM operation WHERE kind = 'transfer'"
            ).fetchall()
        )
