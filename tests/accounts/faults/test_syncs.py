"""How often the books wait for the disk: once for everybody who waits, never for a request that is known. First, that the counting counts."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.ledger_books import AT, copy_books, make_books, postings_of, transfer
from bench.ledger_disk import Disk
from bench.ledger_transfers import Ledger, Plain, requests, rows_of
from ivr.accounts.audit import audit
from ivr.accounts.store import Store
from ivr.accounts.transaction import Transaction
from ivr.engine.values import Answer


@pytest.mark.parametrize(("synchronous", "expected"), [("FULL", 20), ("NORMAL", 0), ("OFF", 0)])
def test_every_fsync_is_counted(tmp_path: Path, synchronous: str, expected: int) -> None:
    with Disk() as disk:
        connection = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (0)")
        before, written = disk.syncs, disk.written
        for number in range(20):
            connection.execute("INSERT INTO t VALUES (?)", (number,))
        assert disk.syncs - before == expected and disk.written > written
        connection.close()
    later = disk.syncs
    connection = sqlite3.connect(tmp_path / "other.db")  # and afterwards nothing goes through it
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    assert disk.syncs == later


def test_those_who_wait_together_wait_for_the_disk_once(tmp_path: Path) -> None:
    url = make_books(tmp_path, 40, 1_000_000)
    with Disk() as disk:
        store = Store(url)
        assert transfer(store, "first", 0, 1, 1).outcome == "ok"
        gate, inside = threading.Event(), threading.Event()

        def slow(transaction: Transaction) -> Answer:
            inside.set()
            gate.wait(10)
            return Answer("ok", {})

        with ThreadPoolExecutor(64) as pool:
            held = pool.submit(store.operate, "slow", slow, kind="test", msisdn=None, at=AT)
            assert inside.wait(10)
            before = disk.syncs
            waiting = [pool.submit(transfer, store, f"k{number}", number % 40, (number + 1) % 40, 1) for number in range(60)]
            time.sleep(0.2)  # they all queue behind the slow one
            gate.set()
            assert {job.result().outcome for job in (held, *waiting)} == {"ok"}
        assert disk.syncs - before == 2  # the slow one's and the group's
        assert len(postings_of(store)) == 61
        store.close()


def test_256_in_flight_wait_for_a_tenth_of_an_fsync_each_at_the_most(tmp_path: Path) -> None:
    url = make_books(tmp_path, 100, 1_000_000_000)
    with Disk() as disk:
        ledger = Ledger(url, 256)
        ledger.run(requests(0, 2_560, 100))
        ledger.close()
    assert disk.syncs <= 256
    store = Store(url)
    assert len(postings_of(store)) == 2_560 and audit(store).differences == ()
    store.close()


def test_the_benchmark_compares_the_same_rows(tmp_path: Path) -> None:
    empty = make_books(tmp_path, 10, 1_000_000_000)
    sides = []
    for name, way in (("ours", lambda url: Ledger(url, 1)), ("plain", Plain)):
        url = copy_books(empty, tmp_path / name)
        writing = way(url)
        writing.run(requests(0, 40, 10))
        writing.close()
        sides.append(rows_of(url))
    assert sides[0] == sides[1] and len(sides[0]) == 2 + 40 + 20 + 80 + 11


def test_a_known_request_waits_for_nothing(tmp_path: Path) -> None:
    url = make_books(tmp_path, 4, 1_000_000)
    with Disk() as disk:
        store = Store(url)
        transfer(store, "ok", 0, 1, 5)
        transfer(store, "refused", 0, 1, 2_000_000)
        before = disk.syncs, disk.written
        for _ in range(5):
            assert transfer(store, "ok", 0, 1, 5).outcome == "ok"
            assert transfer(store, "refused", 0, 1, 2_000_000).outcome == "not_enough"
        assert (disk.syncs, disk.written) == before
        store.close()
