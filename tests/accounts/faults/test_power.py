"""The power goes at any moment: what had been answered is there after the next start, and the books add up.

Every write and fsync that SQLite makes is recorded as it happens, with a mark for each answer given. Then the disk is built anew as it may
be found after a cut at any of these events: what was synced is there; of what was written since, each write is there, lost, or torn.
"""

from __future__ import annotations

import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.ledger_books import copy_books, make_books, postings_of, transfer
from bench.ledger_disk import Disk, Platter, notes
from ivr.accounts.audit import audit
from ivr.accounts.store import Store

LINES, TRANSFERS, CUTS = 10, 600, 120


class Careless(Store):
    """What must not be: synchronous=NORMAL, which leaves what was committed unsynced until the next checkpoint."""

    def _configure(self, connection: sqlite3.Connection, _record: object) -> None:
        super()._configure(connection, _record)
        connection.execute("PRAGMA synchronous = NORMAL")


def recorded(folder: Path, kind: type[Store]) -> tuple[bytes, list[tuple[str, str, int, bytes]]]:
    """The file before, and what happened to the disk while money moved, with `KEY OUTCOME` where an answer was given."""
    url = copy_books(make_books(folder / "made", LINES, 3_000_000), folder / "before")
    before = (folder / "before" / "books.db").read_bytes()
    with Disk(record=True) as disk:
        store = kind(url)

        def one(number: int) -> None:
            chance = random.Random(number)
            source, target = chance.sample(range(LINES), 2)
            answer = transfer(store, f"key{number}", source, target, chance.randrange(1, 500_000))
            disk.note(f"key{number} {answer.outcome}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(TRANSFERS)))
        events = list(disk.events)
        store.close()
    return before, events


def cut_and_start(folder: Path, kind: type[Store]) -> int:
    """Cut the power `CUTS` times; how many answered transfers were missing after the starts, all in all."""
    before, events = recorded(folder, kind)
    chance, platter, done, missing = random.Random(7), Platter(), 0, 0
    platter.durable["books.db"] = bytearray(before)
    for number, cut in enumerate(sorted(chance.sample(range(len(events)), CUTS))):
        platter.apply(events[done:cut])
        done = cut
        found = folder / f"cut{number}"
        found.mkdir()
        platter.after_power_cut(found, chance)
        store = Store(f"sqlite:///{found / 'books.db'}")
        with store.reading() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert audit(store).differences == ()
        there = postings_of(store)
        answered = dict(note.split(" ") for note in notes(events[:cut]))
        missing += sum(there.get(key) != (2 if outcome == "ok" else 0) for key, outcome in answered.items())
        assert transfer(store, "after", 0, 1, 1).outcome in ("ok", "not_enough")  # and work goes on
        store.close()
    return missing


def test_what_was_answered_survives_a_power_cut(tmp_path: Path) -> None:
    assert cut_and_start(tmp_path, Store) == 0


def test_the_same_cuts_find_a_store_that_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    assert cut_and_start(tmp_path, Careless) > 0


def test_the_cuts_fall_into_checkpoints_too(tmp_path: Path) -> None:
    _, events = recorded(tmp_path, Store)
    happened = {(what, name) for what, name, _, _ in events}
    assert {("write", "books.db"), ("sync", "books.db"), ("write", "books.db-wal"), ("sync", "books.db-wal")} <= happened
    assert len(notes(events)) == TRANSFERS


def test_a_commit_whose_fsync_fails_answers_nobody_and_the_key_decides_later(tmp_path: Path) -> None:
    url = make_books(tmp_path, 2, 1_000_000)
    with Disk() as disk:
        store = Store(url)
        assert transfer(store, "first", 0, 1, 1).outcome == "ok"
        disk.broken_syncs = 1
        with pytest.raises(sqlite3.OperationalError):
            transfer(store, "second", 0, 1, 1)
        assert disk.broken_syncs == 0 and audit(store).differences == ()
        assert transfer(store, "second", 0, 1, 1).outcome == "ok"
        assert postings_of(store) == {"first": 2, "second": 2}
        store.close()
