"""Group commit: savepoints, failures of a whole batch, the bounded queue, careful connections."""

from __future__ import annotations

import functools
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr.accounts.port import BooksBusy
from ivr.accounts.store import Store
from ivr.accounts.transaction import Refused, Transaction
from ivr.accounts.writer import Writer
from ivr.engine.values import Answer, Money
from ivr.services.embedded import EmbeddedServices
from ivr.settings import Settings
from tests.accounts.conftest import NOON, OPERATORS
from tests.accounts.help import RICH, charge, line_of


def test_an_operation_that_breaks_takes_no_other_with_it(store: Store) -> None:
    gate = threading.Event()

    def wait(transaction: Transaction) -> Answer:
        gate.wait(5)
        return Answer("ok", {})

    def write(number: int) -> Answer:
        def function(transaction: Transaction) -> Answer:
            transaction.execute("INSERT INTO setting VALUES (?, 'x')", (f"n{number}",))
            if number % 2:
                raise ZeroDivisionError
            if number % 4 == 0:
                raise Refused("no", {"number": number})
            return Answer("ok", {"number": number})

        return store.operate(f"k{number}", function, kind="test", msisdn=None, at=NOON)

    with ThreadPoolExecutor(9) as pool:
        pool.submit(store.operate, "first", wait, kind="test", msisdn=None, at=NOON)
        time.sleep(0.05)
        jobs = [pool.submit(write, number) for number in range(8)]  # one batch: they queue behind the first
        time.sleep(0.05)
        gate.set()
        for number, job in enumerate(jobs):
            if number % 2:
                assert isinstance(job.exception(), ZeroDivisionError)
            else:
                assert job.result() == Answer("ok" if number % 4 else "no", {"number": number})
    with store.reading() as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM setting WHERE value = 'x' ORDER BY name")] == ["n2", "n6"]
        assert connection.execute("SELECT count(*) FROM operation WHERE kind = 'test'").fetchone() == (5,)


def test_a_failed_commit_fails_every_operation_of_its_batch() -> None:
    class Full(sqlite3.Connection):
        def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
            if sql == "COMMIT":
                raise sqlite3.OperationalError("disk full")
            return super().execute(sql, *parameters)  # type: ignore[arg-type]

    made = [Full(":memory:", isolation_level=None, check_same_thread=False)]
    writer = Writer(lambda: made[0])
    for _ in range(2):  # and it goes on afterwards
        with pytest.raises(sqlite3.OperationalError, match="disk full"):
            writer.perform(lambda connection: connection.execute("CREATE TABLE IF NOT EXISTS t (a)"))
    writer.close()


def test_a_full_queue_is_busy_and_a_closed_writer_takes_nothing() -> None:
    gate = threading.Event()
    writer = Writer(lambda: sqlite3.connect(":memory:", isolation_level=None), waiting=1)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(writer.perform, lambda connection: gate.wait(5))
        time.sleep(0.05)
        queued = pool.submit(writer.perform, lambda connection: 7)
        time.sleep(0.05)
        with pytest.raises(BooksBusy):
            writer.perform(lambda connection: 8)
        gate.set()
        assert queued.result() == 7
    writer.close()
    with pytest.raises(BooksBusy):
        writer.perform(lambda connection: 9)


def test_where_too_many_wait_a_service_is_unavailable_and_the_same_key_works_later(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.accounts.store.Writer", functools.partial(Writer, waiting=2))
    small = Store(store.url)
    services = EmbeddedServices(small, OPERATORS)
    gate, inside = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> Answer:
        inside.set()
        gate.wait(10)
        return Answer("ok", {})

    with ThreadPoolExecutor(3) as pool:
        pool.submit(small.operate, "slow", slow, kind="test", msisdn=None, at=NOON)
        assert inside.wait(10)
        queued = [pool.submit(charge, services, RICH, f"k{number}") for number in range(2)]
        time.sleep(0.1)
        assert charge(services, RICH, "k2") == Answer("unavailable", {})
        gate.set()
        assert [job.result().outcome for job in queued] == ["ok", "ok"]
    assert charge(services, RICH, "k2").outcome == "ok"
    assert line_of(services, RICH).balance == Money.parse("12.04", "AZN")
    small.close()


def test_every_connection_is_as_careful_as_money_needs(store: Store) -> None:
    """Full synchronisation, foreign keys and WAL: on the pool's connections and on the writer's."""

    def pragmas(connection: sqlite3.Connection) -> list[object]:
        return [
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "foreign_keys", "journal_mode", "busy_timeout")
        ]

    seen: list[list[object]] = []

    def look(transaction: Transaction) -> Answer:
        seen.append(pragmas(transaction.connection))
        return Answer("ok", {})

    store.operate("look", look, kind="test", msisdn=None, at=NOON)
    with store.reading() as connection:
        seen.append(pragmas(connection))
    assert seen == [[2, 1, "wal", 5000]] * 2
