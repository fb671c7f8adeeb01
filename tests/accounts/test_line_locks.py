"""One request of a line at a time, in threads and in processes; a process that is killed lets go."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from ivr.accounts.line_locks import LineLocks
from ivr.accounts.port import BooksBusy

ANNA, BOB = "992931110001", "992931110002"
FORK = multiprocessing.get_context("fork")


def _hold(path: Path, held: Event, let_go: Event) -> None:
    with LineLocks(path).hold(ANNA):
        held.set()
        let_go.wait(60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "books.lines"


def test_a_line_held_in_another_process_is_waited_for_and_others_are_free(path: Path) -> None:
    held, let_go = FORK.Event(), FORK.Event()
    other = FORK.Process(target=_hold, args=(path, held, let_go))
    other.start()
    assert held.wait(30)
    with pytest.raises(BooksBusy, match="another process"), LineLocks(path, patience=0.05).hold(ANNA):
        pass
    with LineLocks(path, patience=0.05).hold(BOB):
        pass
    let_go.set()
    with LineLocks(path, patience=30).hold(ANNA):
        pass
    other.join(30)


def test_a_killed_process_lets_go(path: Path) -> None:
    held, let_go = FORK.Event(), FORK.Event()
    other = FORK.Process(target=_hold, args=(path, held, let_go))
    other.start()
    assert held.wait(30) and other.pid is not None
    os.kill(other.pid, signal.SIGKILL)
    with LineLocks(path, patience=30).hold(ANNA):
        pass
    other.join(30)


def test_a_child_that_was_forked_meanwhile_holds_nothing(path: Path) -> None:
    locks, let_go = LineLocks(path, patience=0.05), FORK.Event()
    with locks.hold(ANNA):
        child = FORK.Process(target=let_go.wait, args=(60,))
        child.start()
    with LineLocks(path, patience=0.05).hold(ANNA):
        pass
    let_go.set()
    child.join(30)


@pytest.mark.parametrize("shared", [True, False], ids=["one object", "an object each"])
def test_threads_come_one_after_the_other(path: Path, shared: bool) -> None:
    one = LineLocks(path, patience=30)
    inside, most = [0], [0]

    def work() -> None:
        with (one if shared else LineLocks(path, patience=30)).hold(ANNA):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            threading.Event().wait(0.002)
            inside[0] -= 1

    workers = [threading.Thread(target=work) for _ in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert most[0] == 1 and one._here == {}, "nothing of a line is left behind"


def test_who_waits_too_long_in_one_process_is_told(path: Path) -> None:
    locks = LineLocks(path, patience=0.05)
    refused: list[BooksBusy] = []

    def second() -> None:
        try:
            with locks.hold(ANNA):
                pass
        except BooksBusy as busy:
            refused.append(busy)

    with locks.hold(ANNA):
        worker = threading.Thread(target=second)
        worker.start()
        worker.join(30)
    assert len(refused) == 1 and ANNA not in str(refused[0])


def test_what_fails_inside_lets_go(path: Path) -> None:
    locks = LineLocks(path, patience=0.05)
    with pytest.raises(ValueError, match="inside"), locks.hold(ANNA):
        raise ValueError("inside")
    with locks.hold(ANNA):
        pass


def test_the_file_is_its_owner_s_and_stays_empty(path: Path) -> None:
    with LineLocks(path).hold(ANNA):
        pass
    assert path.stat().st_size == 0 and path.stat().st_mode & 0o077 == 0
