"""The databases that the books can be kept in: what the contract suite opens them by. PostgreSQL's line is to stand here beside SQLite's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.ledger_books import make_books
from ivr.accounts.port import Books
from ivr.accounts.store import Store


@dataclass(frozen=True, slots=True)
class Backend:
    """`make(folder, lines, each)` makes books of so many lines with so many micro-units and returns their URL; `open(url)` opens them."""

    make: Callable[[Path, int, int], str]
    open: Callable[[str], Books]


BACKENDS = {"sqlite": Backend(make_books, Store)}
