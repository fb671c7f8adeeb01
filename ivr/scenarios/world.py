"""The world of one scenario: fresh books with the demo lines, clocks that move only when told to, the real runner and services.

Books are set up once for each moment and language and copied, so that a scenario costs a few milliseconds.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from ivr.accounts.books import open_books
from ivr.accounts.guarded import open_keys
from ivr.accounts.messages import BooksMessages
from ivr.accounts.passwords import LIGHT
from ivr.accounts.rules import Terms
from ivr.accounts.store import Store
from ivr.catalog.releases import Releases
from ivr.catalog.services import Service
from ivr.clock import StandingClock
from ivr.due import DueWork
from ivr.engine.effects import Sms
from ivr.engine.model import Operator
from ivr.engine.values import Money
from ivr.scenarios.late import PlayedLookUps, PlayedRunner
from ivr.scenarios.model import Scenario
from ivr.services.embedded import EmbeddedServices
from ivr.services.faults import Programmed
from ivr.services.guard import Checked
from ivr.services.port import Services
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
    """What the scenarios of one run share: menus as compiled, services, and the books to copy. `folder` is a temporary one of its own."""

    def __init__(self, releases: Releases, services: Mapping[str, Service], folder: Path) -> None:
        self.releases, self.services, self.folder = releases, services, folder
        self._templates: dict[tuple[datetime.datetime, str | None], Path] = {}
        self.terms = {name: Terms.of(model.operator) for name, model in releases.current.items()}

    def operator_of(self, msisdn: str) -> Operator | None:
        """The operator of a line."""
        model = self.releases.operator_of(msisdn)
        return None if model is None else model.operator

    def template(self, now: datetime.datetime, language: str | None) -> Path:
        """Books as a fresh installation has them at `now`, every line speaking `language` where one is given."""
        path = self._templates.get((now, language))
        if path is None:
            path = self.folder / f"template-{now.timestamp():.0f}-{language}.db"
            if language is None:
                self._set_up(path, now)
            else:
                shutil.copyfile(self.template(now, None), path)
                _speak(path, language)
            self._templates[now, language] = path
        return path

    def _set_up(self, path: Path, now: datetime.datetime) -> None:
        settings = Settings(self.folder, self.folder, f"sqlite:///{path}", standing_clock=now)
        books = open_books(settings, StandingClock(now))
        with books.reading() as connection:
            connection.rollback()  # a journal cannot be emptied inside a transaction
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        books.close()


class World:
    """One scenario's own parts. Use as a context: what the house logs meanwhile is kept in `log` and goes nowhere else."""

    def __init__(self, stage: Stage, scenario: Scenario) -> None:
        self.stage, self.scenario = stage, scenario
        self.clock = MovableClock(scenario.now)
        self.seconds = BEGINNING
        path = stage.folder / "scenario.db"
        for left in (path, path.with_name("scenario.db-wal"), path.with_name("scenario.db-shm")):
            left.unlink(missing_ok=True)
        shutil.copyfile(stage.template(scenario.now, scenario.language), path)
        self.books = ScratchStore(f"sqlite:///{path}", pool=2)
        keys = open_keys(self.books, stage.folder, self.clock, cost=LIGHT)
        ours: Services = EmbeddedServices(self.books, stage.terms, keys)
        # as the house puts them together: answers are held to services.yaml, programmed ones too
        services = Checked(Programmed(ours, scenario.services), stage.services, stage.operator_of)
        # the demo network: what leaves is delivered in the same moment
        self.runner = PlayedRunner(
            stage.releases,
            services,
            MemoryStore(),
            self.clock,
            preferred=scenario.operator,
            monotonic=lambda: self.seconds,
            secret=b"scenario",
            patient=False,
            messages=BooksMessages(self.books, at_once=True),
        )
        self.runner.switches = dict(scenario.switches)
        self.due_work = DueWork(self.books, self.runner.tell_event)
        self._look_ups = PlayedLookUps(services)
        self.runner.play(self._look_ups)
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

    def due(self) -> None:
        """Do the work that is due now, as the server and every command do."""
        self._look_ups.due(self.clock.now())
        self.runner.sweep()
        self.happen()

    def happen(self) -> None:
        """Do what the books have fallen due of: requests that waited, events to be told, messages."""
        self.due_work.run(self.clock.now())

    def sent(self, after: int) -> tuple[list[Sms], int]:
        """The messages that left since the one numbered `after`, to whomever, in order; and the number of the last."""
        with self.books.reading() as connection:
            rows = connection.execute(
                "SELECT id, recipient, sender, text, language, key, flash FROM message WHERE id > ? ORDER BY id", (after,)
            ).fetchall()
        messages = [Sms(to, sender, text, language, key, bool(flash)) for _, to, sender, text, language, key, flash in rows]
        return messages, rows[-1][0] if rows else after

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


def _speak(path: Path, language: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE line SET language = ?", (language,))
