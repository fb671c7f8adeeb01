"""Was a scratch card used, and when (services.md, A12)."""

from __future__ import annotations

import datetime

import pytest

from ivr.accounts.store import Store
from ivr.engine.values import Answer
from ivr.services.embedded import EmbeddedServices
from tests.accounts.conftest import NOON
from tests.accounts.help import POSTPAID, RICH, ask, dump, fee
from tests.accounts.terms import terms


def look_up(services: EmbeddedServices, serial: str, line: str = RICH, now: datetime.datetime = NOON) -> Answer:
    return ask(services, line, "cards.look_up", now=now, serial=serial)


@pytest.mark.parametrize("line", [RICH, POSTPAID])
def test_the_demo_cards(services: EmbeddedServices, line: str) -> None:
    assert look_up(services, "1234567890", line) == Answer("ok", {"used": False, "used_on": None})
    assert look_up(services, "2345678901", line) == Answer("ok", {"used": True, "used_on": datetime.date(2026, 11, 2)})


@pytest.mark.parametrize("serial", ["0000000000", "", "123456789", "١٢٣٤٥٦٧٨٩٠", "1234567890'", "%"])
def test_a_card_that_was_never_sold_is_unknown(services: EmbeddedServices, serial: str) -> None:
    assert look_up(services, serial) == Answer("unknown", {})


def test_another_operators_line_does_not_know_the_card(services: EmbeddedServices) -> None:
    assert look_up(services, "1234567890", "992931110001") == Answer("unknown", {})


def test_a_look_up_changes_nothing(services: EmbeddedServices, store: Store) -> None:
    before = dump(store)
    look_up(services, "2345678901")
    look_up(services, "2345678901")
    assert dump(store) == before


def test_without_a_serial_there_is_nothing_to_look_up(services: EmbeddedServices) -> None:
    assert ask(services, RICH, "cards.look_up", price=fee()).outcome == "unavailable"


def test_the_day_of_use_is_the_operators_wherever_the_clock_stands(store: Store) -> None:
    services = EmbeddedServices(store, terms())
    with store.engine.begin() as connection:  # 20:30 UTC is half past midnight in Baku
        connection.exec_driver_sql("UPDATE scratch_card SET used_at = '2026-11-10T20:30:00.000000+00:00' WHERE serial = '2345678901'")
    assert look_up(services, "2345678901", now=NOON.astimezone(datetime.UTC)).values["used_on"] == datetime.date(2026, 11, 11)
