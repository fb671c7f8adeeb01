"""The books with a million lines, and killed five hundred times: what `tests/accounts/faults` and the benchmark do, for longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bench_ledger import by_lines
from bench.ledger_books import make_books
from bench.run import table
from tests.accounts.faults import test_kill, worker

SIZES = (1_000, 100_000, 1_000_000)
FLAT = 3.0
"""A million lines may cost so many times what a thousand cost: pages of a hundred times more lines change with each group."""
ROUNDS = 500


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_transfer_costs_about_the_same_among_a_million_lines(tmp_path: Path) -> None:
    rows = by_lines(tmp_path, SIZES, "ledger-million.svg")
    print(table(rows))
    grown = rows[-1].ours
    assert grown is not None and grown < FLAT


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_five_hundred_kills(tmp_path: Path) -> None:
    test_kill.killed_again_and_again(make_books(tmp_path, worker.LINES, 2_000_000), ROUNDS, seed=50)
