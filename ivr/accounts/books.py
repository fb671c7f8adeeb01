"""Opening the books: the data folder, the migrations, the demo lines. The one door for the server and for every command."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.accounts import demo, migrations
from ivr.accounts.store import Store
from ivr.accounts.transaction import Transaction
from ivr.clock import Clock
from ivr.engine.values import Answer
from ivr.settings import Settings

log = logging.getLogger(__name__)


def open_books(settings: Settings, clock: Clock) -> Store:
    """The books that `settings` name, at the present schema, filled with the demo lines where they are new and demo mode is on.

    Safe where several processes start at once. Makes the data folder readable by its owner alone (mode 700). Raises
    OSError where the folder cannot be made, SQLAlchemy's errors where the file is none of ours or cannot be brought up to date.
    """
    make_home(settings.home)
    store = Store(settings.database_url)
    store.path.parent.mkdir(parents=True, exist_ok=True)
    if not _ready(store):
        with _alone(store.path):
            _prepare(store, settings, clock)
    return store


def make_home(home: Path) -> None:
    """Make the data folder, for its owner alone: it holds subscribers' data and SIP passwords.

    A folder that has something in it is left as it is: it may be anybody's.
    """
    if not home.is_dir() or not any(home.iterdir()):
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)


def _ready(store: Store) -> bool:
    """Whether the file is at the present schema and was set up, by a look that locks nothing."""
    if not store.path.exists():
        return False
    with store.reading() as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"alembic_version", "setting"} <= tables:
            return False
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        chosen = connection.execute("SELECT 1 FROM setting WHERE name = 'lines'").fetchone()
    return version == (migrations.HEAD,) and chosen is not None


def _prepare(store: Store, settings: Settings, clock: Clock) -> None:
    store.path.touch(mode=0o600)
    with store.reading() as connection:
        connection.rollback()  # the mode cannot be changed inside a transaction
        connection.execute("PRAGMA journal_mode = WAL")
    migrations.upgrade(store.engine)
    store.operate("setup", lambda transaction: _first_lines(transaction, settings.demo, clock), kind="setup", msisdn=None, at=clock.now())


def _first_lines(transaction: Transaction, demo_lines: bool, clock: Clock) -> Answer:
    """Fill new books, once in their life: turning demo mode on later must not mix demo lines into an operator's own."""
    transaction.execute("INSERT INTO setting VALUES ('lines', ?)", ("demo" if demo_lines else "plain",))
    answer = demo.write(transaction, clock) if demo_lines else Answer("ok", {"lines": 0})
    log.info("books set up with %s lines", answer.values["lines"])
    return answer


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the set-up lock: two first starts migrate one after the other, and neither meets the other's half-made file."""
    with open(path.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
