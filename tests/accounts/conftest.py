"""Books in a real SQLite file, with the demo lines, at noon of 2026-11-22 in Baku."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.accounts.books import open_books
from ivr.accounts.store import Store
from ivr.clock import StandingClock
from ivr.services.embedded import EmbeddedServices, Terms
from ivr.settings import Settings

NOON = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Asia/Baku"))
OPERATORS = {
    "azercell": Terms(ZoneInfo("Asia/Baku"), ("az", "en", "ru")),
    "tcell": Terms(ZoneInfo("Asia/Dushanbe"), ("ru", "en")),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"IVR_HOME": str(tmp_path / "home")})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_books(settings, StandingClock(NOON))
    yield opened
    opened.close()


@pytest.fixture
def services(store: Store) -> EmbeddedServices:
    return EmbeddedServices(store, OPERATORS)
