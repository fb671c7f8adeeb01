"""The disk is full: everybody hears so, nothing is half done, and when there is room again work goes on where it stood."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bench.ledger_books import balances, make_books, postings_of, transfer
from bench.ledger_disk import Disk
from ivr.accounts.audit import audit
from ivr.accounts.store import FAILURES, Store
from ivr.engine.values import Answer
from ivr.services.embedded import EmbeddedServices
from tests.accounts.conftest import OPERATORS
from tests.accounts.help import RICH, ask, charge

LINES = 6


def used(url: str) -> int:
    """Bytes that the books have on the disk by now."""
    path = Path(url.removeprefix("sqlite:///"))
    return sum(file.stat().st_size for file in (path, path.with_name("books.db-wal")) if file.exists())


def attempts(store: Store, name: str, times: int, threads: int = 1) -> dict[str, Answer | BaseException]:
    """What so many transfers brought: an answer, or what was raised."""

    def one(number: int) -> Answer | BaseException:
        try:
            return transfer(store, f"{name}{number}", number % LINES, (number + 1) % LINES, 1)
        except FAILURES as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return dict(zip([f"{name}{number}" for number in range(times)], pool.map(one, range(times)), strict=True))


@pytest.mark.parametrize("threads", [1, 8])
def test_a_full_disk_refuses_and_keeps_the_books_whole(tmp_path: Path, threads: int) -> None:
    url = make_books(tmp_path, LINES, 1_000_000)
    with Disk() as disk:
        store = Store(url)
        assert transfer(store, "before", 0, 1, 1).outcome == "ok"
        disk.size = disk.written + 300_000
        tried = attempts(store, "tight", 300, threads)
        done = {key for key, answer in tried.items() if isinstance(answer, Answer)}
        refused = tried.keys() - done
        assert done and len(refused) > 50
        assert all(isinstance(tried[key], sqlite3.OperationalError) for key in refused)
        assert postings_of(store) == dict.fromkeys(done | {"before"}, 2)
        assert audit(store).differences == () and sum(balances(store).values()) == LINES * 1_000_000
        # What was done is answered from a read, and reading goes on.
        assert transfer(store, "before", 0, 1, 1).outcome == "ok"
        key = next(iter(done))
        assert transfer(store, key, int(key[5:]) % LINES, (int(key[5:]) + 1) % LINES, 1) == tried[key]
        disk.size = None
        again = attempts(store, "tight", 300, threads)
        assert all(isinstance(answer, Answer) for answer in again.values())
        assert postings_of(store) == dict.fromkeys(tried.keys() | {"before"}, 2)
        assert audit(store).differences == ()
        store.close()


def test_a_service_is_unavailable_meanwhile(store: Store, services: EmbeddedServices) -> None:
    url = store.url
    store.close()
    with Disk() as disk:
        store = Store(url)
        services = EmbeddedServices(store, OPERATORS)
        assert charge(services, RICH, "before").outcome == "ok"
        disk.size = 0
        assert charge(services, RICH, "meanwhile") == Answer("unavailable", {})
        assert ask(services, RICH, "accounts.balance").outcome == "ok"
        disk.size = None
        assert charge(services, RICH, "meanwhile").outcome == "ok"
        assert audit(store).differences == ()
        store.close()


def _until_no_room(url: str, results: multiprocessing.SimpleQueue[tuple[list[str], list[str]]]) -> None:
    """With a real limit of the kernel on the size of a file: a write behind it fails with EFBIG."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    store = Store(url)
    transfer(store, "before", 0, 1, 1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (used(url) + 200_000, hard))
    tight = attempts(store, "tight", 200)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    later = attempts(store, "tight", 200)
    differences = list(audit(store).differences)
    store.close()
    results.put(([key for key, answer in tight.items() if isinstance(answer, Answer)], differences))
    results.put(([key for key, answer in later.items() if isinstance(answer, Answer)], differences))


def test_a_limit_of_the_kernel_on_the_file(tmp_path: Path) -> None:
    url = make_books(tmp_path, LINES, 1_000_000)
    context: Any = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    process = context.Process(target=_until_no_room, args=(url, results))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    (tight, differences), (later, _) = results.get(), results.get()
    assert 0 < len(tight) < 150 and len(later) == 200 and differences == []
    store = Store(url)
    assert len(postings_of(store)) == 201 and audit(store).differences == ()
    store.close()


def test_books_that_may_not_grow(tmp_path: Path) -> None:
    """PRAGMA max_page_count: SQLite itself says that the file is full, in the middle of a statement."""

    class Small(Store):
        def _configure(self, connection: sqlite3.Connection, _record: object) -> None:
            super()._configure(connection, _record)
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages + 6}")

    url = make_books(tmp_path, LINES, 1_000_000)
    store = Small(url)
    tried = attempts(store, "tight", 200, threads=4)
    done = {key for key, answer in tried.items() if isinstance(answer, Answer)}
    assert 0 < len(done) < 200 and postings_of(store) == dict.fromkeys(done, 2)
    assert audit(store).differences == ()
    store.close()
    store = Store(url)
    assert all(isinstance(answer, Answer) for answer in attempts(store, "tight", 200).values())
    assert len(postings_of(store)) == 200 and audit(store).differences == ()
    store.close()
