"""A desk for each test; the books are made once and copied."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sessions.desk import Desk


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("template"))
    desk.close()
    with sqlite3.connect(desk.home / "books.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return desk.home / "books.db"


@pytest.fixture
def make(tmp_path: Path, template: Path) -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def made(**options: Any) -> Desk:
        desks.append(Desk(options.pop("home", tmp_path / "home"), template, **options))
        return desks[-1]

    yield made
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(make: Callable[..., Desk]) -> Desk:
    return make()
