"""The world of one scenario: fresh books with the demo lines, clocks that move only when told to, the real runner and services.

Books are set up once for each moment and language and copied, so that a scenario costs a few milliseconds.
"""

from __future__ import annotations

import datetime
import logging
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.accounts.books import open_books
from ivr.accounts.store import Store
from ivr.catalog.releases import Releases
from ivr.clock import StandingClock
from ivr.engine.values import Money
from ivr.scenarios.model import Scenario
from ivr.services.embedded import EmbeddedServices, Terms
from ivr.services.faults import Programmed
from ivr.sessions.runner import Runner
from ivr.sessions.store import MemoryStore
from ivr.settings import Settings

BEGINNING = 1_000_000.0
"""Seconds that the monotonic clock shows when a scenario begins."""


class MovableClock:
    """A business clock that moves only when told to."""

    def __init__(self, moment: datetime.datetime) -> None:
        self.moment = moment

    def now(self, zone: datetime.tzinfo | None = None) -> datetime.datetime:
        """The moment, in `zone` where one is given."""
        return self.moment.astimezone(zone) if zone else self.moment


class ScratchStore(Store):
    """Books that nobody misses: written without waiting for the disk."""

    def _configure(self, connection: sqlite3.Connection, _record: object) -> None:
        super()._configure(connection, _record)
        connection.execute("PRAGMA synchronous = OFF")


class Notebook(logging.Handler):
    """Keeps what is logged, as text."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        self.lines.append(f"{record.levelname} {record.name} {record.getMessage()}")


class Stage:
    """What the scenarios of one run share: the compiled menus, and the books to copy. `folder` is a temporary one of its own."""

    def __init__(self, releases: Releases, folder: Path) -> None:
        self.releases, self.folder = releases, folder
        self._templates: dict[datetime.datetime, Path] = {}
        self.terms = {name: Terms(ZoneInfo(model.operator.time_zone), model.operator.languages) for name, model in releases.current.items()}

    def template(self, now: datetime.datetime) -> Path:
        """Books as a fresh installation has them at `now`."""
        path = self._templates.get(now)
        if path is None:
            path = self.folder / f"template-{len(self._templates)}.db"
            settings = Settings(self.folder, self.folder, f"sqlite:///{path}", standing_clock=now)
            books = open_books(settings, StandingClock(now))
            with books.reading() as connection:
                connection.rollback()  # a journal cannot be emptied inside a transaction
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            books.close()
            self._templates[now] = path
        return path


class World:
    """One scenario's own parts. Use as a context: what the house logs meanwhile is kept in `log` and goes nowhere else."""

    def __init__(self, stage: Stage, scenario: Scenario) -> None:
        self.scenario = scenario
        self.clock = MovableClock(scenario.now)
        self.seconds = BEGINNING
        path = stage.folder / "scenario.db"
        for left in (path, path.with_name("scenario.db-wal"), path.with_name("scenario.db-shm")):
            left.unlink(missing_ok=True)
        shutil.copyfile(stage.template(scenario.now), path)
        if scenario.language is not None:
            _speak_all(path, scenario.language)
        self.books = ScratchStore(f"sqlite:///{path}", pool=2)
        self.runner = Runner(
            stage.releases,
            Programmed(EmbeddedServices(self.books, stage.terms), scenario.services),
            MemoryStore(),
            self.clock,
            preferred=scenario.operator,
            monotonic=lambda: self.seconds,
            secret=b"scenario",
            patient=False,
        )
        self.runner.switches = dict(scenario.switches)
        hides = any(want.kind == "hidden" for step in scenario.steps for want in step.wanted)
        self.log = Notebook(logging.DEBUG if hides else logging.WARNING)

    def __enter__(self) -> World:
        house = logging.getLogger("ivr")
        self._before = (house.level, house.propagate)
        house.setLevel(self.log.level)
        house.propagate = False
        house.addHandler(self.log)
        return self

    def __exit__(self, *raised: object) -> None:
        house = logging.getLogger("ivr")
        house.removeHandler(self.log)
        level, house.propagate = self._before
        house.setLevel(level)
        self.runner.close()
        self.books.close()

    def pass_time(self, seconds: float) -> None:
        """Let business time and the clock of time-outs go on."""
        self.clock.moment += datetime.timedelta(seconds=seconds)
        self.seconds += seconds

    def knows(self, msisdn: str) -> bool:
        """Whether the books have such a line."""
        with self.books.reading() as connection:
            return connection.execute("SELECT 1 FROM line WHERE msisdn = ?", (msisdn,)).fetchone() is not None

    def fees(self) -> Mapping[str, int]:
        """What was taken for requests so far, by line, in micro-units."""
        with self.books.reading() as connection:
            rows = connection.execute(
                "SELECT account.msisdn, -SUM(posting.amount) FROM posting JOIN account ON account.id = posting.account_id"
                " WHERE posting.kind = 'fee' AND account.msisdn IS NOT NULL GROUP BY account.msisdn"
            ).fetchall()
        return dict(rows)


def decimal(micro: int) -> str:
    """An amount as `charged` writes it: `0`, `0.10`."""
    return Money(micro, "").exact_text() if micro else "0"


def _speak_all(path: Path, language: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE line SET language = ?", (language,))
    database.close()
