"""Settings, clock, migrations, the demo's first set-up."""

from __future__ import annotations

import datetime
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ivr.accounts import demo, migrations
from ivr.accounts.audit import audit
from ivr.accounts.books import open_books
from ivr.accounts.schema import metadata
from ivr.accounts.store import Store
from ivr.clock import StandingClock, SystemClock, clock_of, zone_of
from ivr.engine.values import Money
from ivr.settings import Settings, SettingsError
from tests.accounts.conftest import NOON
from tests.accounts.help import dump


def test_defaults_are_the_project_folders() -> None:
    settings = Settings.from_environment({})
    assert settings.demo and settings.home.name == "var" and settings.menus.name == "menus"
    assert settings.database_url == f"sqlite:///{settings.home}/books.db"
    assert isinstance(clock_of(settings), SystemClock)


def test_every_fault_of_the_environment_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment(
            {
                "IVR_DEMO": "perhaps",
                "IVR_DATABASE_URL": "postgresql://books:hidden@server/ivr",
            }
        )
    assert "IVR_DEMO" in str(raised.value) and "IVR_DATABASE_URL" in str(raised.value) and "hidden" not in str(raised.value)


@pytest.mark.parametrize(
    "environment",
    [
        {"IVR_CLOCK": "2026-11-22T12:00:00"},
        {"IVR_CLOCK": "noon"},
        {"IVR_SLOW_LOOKUP": "accounts.balance"},
        {"IVR_SLOW_LOOKUP": "a=-1"},
        {"IVR_DATABASE_URL": "sqlite:///:memory:"},
    ],
)
def test_a_value_that_means_nothing_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(environment))):
        Settings.from_environment(environment)


def test_the_clock_stands_in_demo_mode_only() -> None:
    standing = Settings.from_environment({"IVR_CLOCK": "2026-11-22T12:00:00+04:00", "IVR_SLOW_LOOKUP": "accounts.balance=2.0"})
    assert clock_of(standing).now() == NOON and standing.slow_lookups == {"accounts.balance": 2.0}
    real = Settings.from_environment({"IVR_DEMO": "0", "IVR_CLOCK": "2026-11-22T12:00:00+04:00", "IVR_SLOW_LOOKUP": "accounts.balance=2.0"})
    assert isinstance(clock_of(real), SystemClock) and not real.slow_lookups and real.ignored == ("IVR_CLOCK", "IVR_SLOW_LOOKUP")


def test_zones() -> None:
    assert StandingClock(NOON).now(zone_of("Asia/Dushanbe")).hour == 13
    assert SystemClock().now().tzinfo is not None
    with pytest.raises(ValueError, match="Mars"):
        zone_of("Asia/Mars")
    with pytest.raises(ValueError, match="offset"):
        StandingClock(datetime.datetime(2026, 1, 1))


def test_migrations_make_what_the_schema_says(store: Store) -> None:
    with store.engine.connect() as connection:
        assert migrations.current(connection) == migrations.HEAD
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        strict = connection.exec_driver_sql(
            "SELECT name FROM pragma_table_list WHERE strict = 0 AND schema = 'main' AND name NOT LIKE 'sqlite%'"
        )
        assert strict.scalars().all() == ["alembic_version"]
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head() == migrations.HEAD


def test_migrating_an_up_to_date_file_changes_nothing(store: Store) -> None:
    before = dump(store)
    migrations.upgrade(store.engine)
    assert dump(store) == before


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/books.db")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE posting (mine TEXT)")
    with pytest.raises(Exception, match="posting"):
        migrations.upgrade(store.engine)
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all() == ["posting"]
    store.close()


def test_the_demo_has_every_line_with_its_balance(store: Store) -> None:
    text = Path(demo.__file__).with_name("demo_subscribers.yaml").read_text("utf-8")
    with store.reading() as connection:
        for operator, book in yaml.safe_load(text).items():
            for row in book.get("prepaid", []) + book.get("lines", []):
                found = connection.execute(
                    "SELECT line.operator, balance, currency FROM line JOIN account USING (msisdn) WHERE msisdn = ?", (row["msisdn"],)
                ).fetchone()
                assert found == (operator, Money.parse(row["balance"], book["currency"]).micro, book["currency"])
        assert connection.execute("SELECT count(*) FROM line").fetchone() == (23,)
        assert connection.execute("SELECT until FROM bonus WHERE msisdn = '994501110002'").fetchone() == ("2026-12-25",)
        assert connection.execute("SELECT sum(amount) FROM posting GROUP BY currency").fetchall() == [(0,), (0,)]
    assert audit(store).differences == ()


def test_opening_again_sets_nothing_up_again(store: Store, settings: Settings) -> None:
    before = dump(store)
    later = StandingClock(NOON + datetime.timedelta(days=5))
    open_books(settings, later).close()
    assert dump(store) == before


def test_without_demo_the_books_are_empty_and_stay_so(tmp_path: Path) -> None:
    plain = Settings.from_environment({"IVR_HOME": str(tmp_path / "home"), "IVR_DEMO": "0"})
    open_books(plain, SystemClock()).close()
    again = open_books(Settings.from_environment({"IVR_HOME": str(tmp_path / "home")}), SystemClock())
    with again.reading() as connection:
        assert connection.execute("SELECT count(*) FROM line").fetchone() == (0,)
    again.close()


def test_only_the_owner_reads_the_data_folder(store: Store, settings: Settings, tmp_path: Path) -> None:
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((settings.home / "books.db").stat().st_mode) == 0o600
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    shared.chmod(0o755)
    (shared / "somebody's").touch()
    open_books(Settings.from_environment({"IVR_HOME": str(shared)}), SystemClock()).close()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "books.db").write_text("hello, I am a letter" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        open_books(Settings.from_environment({"IVR_HOME": str(tmp_path)}), SystemClock())


def test_processes_that_start_at_once_set_up_once(tmp_path: Path) -> None:
    program = (
        "from ivr.settings import Settings; from ivr.clock import clock_of; from ivr.accounts.books import open_books\n"
        "import sys; sys.stdin.readline(); s = Settings.from_environment(); open_books(s, clock_of(s)).close()"
    )
    environment = {**os.environ, "IVR_HOME": str(tmp_path / "home"), "IVR_CLOCK": NOON.isoformat()}
    started = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [(process.communicate()[1], process.returncode) for process in started] == [("", 0)] * 3
    books = Store(f"sqlite:///{tmp_path}/home/books.db")
    found = audit(books)
    assert (found.accounts, found.operations, found.postings, found.differences) == (29, 1, 46, ())
    books.close()
