"""kill -9 at any moment: whoever was answered finds his transfer in the books, once, and the books add up."""

from __future__ import annotations

import os
import random
import select
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from bench.ledger_books import make_books, postings_of, transfer
from ivr.accounts.audit import audit
from ivr.accounts.store import Store
from ivr.engine.values import Answer
from tests.accounts.faults import worker

ROUNDS = 100
IN_FLIGHT = 0.8
"""The share of rounds in which, at least, somebody must have been waiting for an answer when the processes were killed."""
PROCESSES, THREADS = 2, 2


@dataclass
class Told:
    """What the workers told until they were killed: keys begun, and the outcome of those answered."""

    begun: set[str] = field(default_factory=set)
    answered: dict[str, str] = field(default_factory=dict)

    def hear(self, text: str) -> None:
        for line in text.splitlines():
            if line.startswith("+"):
                self.begun.add(line[1:])
            else:
                key, outcome = line[1:].split(" ")
                self.answered[key] = outcome

    @property
    def waiting(self) -> set[str]:
        return self.begun - self.answered.keys()


def kill_round(url: str, name: str, chance: random.Random, too_early: bool = False) -> Told:
    """Let the workers move money for a random moment, then kill them all."""
    told, pipes, processes = Told(), [], []
    for number in range(PROCESSES):
        here, there = worker.CONTEXT.Pipe(duplex=False)
        process = worker.CONTEXT.Process(target=worker.run, args=(url, there, f"{name}/{number}", THREADS, too_early), daemon=True)
        process.start()
        there.close()
        pipes.append(here)
        processes.append(process)
    heard: dict[Connection, bytes] = {pipe: os.read(pipe.fileno(), 65536) for pipe in pipes}  # each has begun
    end = time.monotonic() + chance.uniform(0, 0.1)
    while (left := end - time.monotonic()) > 0:
        for pipe in select.select(pipes, [], [], left)[0]:
            heard[pipe] += os.read(pipe.fileno(), 65536)
    for process in processes:
        process.kill()
    for pipe, process in zip(pipes, processes, strict=True):
        while piece := os.read(pipe.fileno(), 65536):
            heard[pipe] += piece
        process.join(30)
        assert process.exitcode == -9, heard[pipe][-200:]
        pipe.close()
        told.hear(heard[pipe].decode())
    return told


def lost(store: Store, told: Told) -> list[str]:
    """The transfers that were answered and are not in the books as they were answered."""
    found = postings_of(store)
    return [key for key, outcome in told.answered.items() if found.get(key) != (2 if outcome == "ok" else 0)]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield make_books(tmp_path, worker.LINES, 2_000_000)


def killed_again_and_again(url: str, rounds: int, seed: int) -> None:
    """So many rounds on the same books, each looked at and its unanswered requests made again."""
    chance = random.Random(seed)
    everything, in_flight = Told(), 0
    for number in range(rounds):
        # In every other round nobody has the file open any more, and the next one to open it recovers the log.
        bystander = Store(url) if number % 2 else None
        if bystander is not None:
            assert audit(bystander).differences == ()
        told = kill_round(url, f"round{number}", chance)
        in_flight += bool(told.waiting)
        store = bystander or Store(url)
        known = postings_of(store)
        assert lost(store, told) == [] and known.keys() <= everything.begun | told.begun
        assert audit(store).differences == ()
        for key in told.waiting:  # whoever got no answer asks again, with the same key
            told.answered[key] = asked_again(store, key).outcome
            assert key not in known or known[key] == (2 if told.answered[key] == "ok" else 0)
        assert lost(store, told) == []
        store.close()
        everything.begun |= told.begun
        everything.answered |= told.answered
    last = Store(url)
    assert lost(last, everything) == [] and everything.waiting == set()
    assert postings_of(last).keys() == everything.begun and audit(last).differences == ()
    last.close()
    print(f"{len(everything.answered)} transfers, {in_flight} of {rounds} rounds with somebody waiting")
    assert in_flight >= IN_FLIGHT * rounds


def test_what_was_answered_survives_kill_9(url: str) -> None:
    killed_again_and_again(url, ROUNDS, seed=5)


def asked_again(store: Store, key: str) -> Answer:
    """What the worker asked for under `key`, once more."""
    name, number = key.rsplit("/", 1)
    return transfer(store, key, *worker.wanted(name, int(number)))


def test_the_same_rounds_find_a_store_that_answers_before_its_commit(url: str) -> None:
    chance = random.Random(6)
    for number in range(ROUNDS):
        told = kill_round(url, f"early{number}", chance, too_early=True)
        store = Store(url)
        missing = lost(store, told)
        store.close()
        if missing:
            return
    pytest.fail(f"nothing was lost in {ROUNDS} rounds: this test would not see a lost answer")
