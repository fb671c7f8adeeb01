"""SMS without an id: the same within ten minutes is one SMS; its text is kept nowhere."""

from __future__ import annotations

import datetime
import threading

import pytest

from ivr.accounts.incoming import LONGEST, IncomingSms, same_sms
from ivr.accounts.store import Store
from ivr.engine.values import Span
from tests.accounts.conftest import NOON
from tests.accounts.help import dump

SAME = datetime.timedelta(minutes=10)
LINE, OTHER = "994501110001", "994501110002"
TEXT = "1*8351*927001122*50"


@pytest.fixture
def incoming(store: Store) -> IncomingSms:
    return IncomingSms(store, b"key")


def later(seconds: float) -> datetime.datetime:
    return NOON + datetime.timedelta(seconds=seconds)


def test_the_same_within_ten_minutes_is_the_same(incoming: IncomingSms) -> None:
    first = incoming.identity(LINE, "202", TEXT, NOON, SAME)
    assert incoming.identity(LINE, "202", TEXT, later(599.999), SAME) == first
    second = incoming.identity(LINE, "202", TEXT, later(600), SAME)
    assert second != first
    assert incoming.identity(LINE, "202", TEXT, later(1199), SAME) == second, "counted from the first of them"
    assert incoming.identity(LINE, "202", TEXT, later(-3600), SAME) == second, "a clock that was set back"
    assert incoming.identity(LINE, "202", TEXT, NOON - LONGEST, SAME) != second


@pytest.mark.parametrize(
    "other", [(OTHER, "202", TEXT), (LINE, "203", TEXT), (LINE, "202", TEXT + " "), (LINE, "202", ""), (LINE, "20", "2 " + TEXT)]
)
def test_another_sender_code_or_text_is_another(incoming: IncomingSms, other: tuple[str, str, str]) -> None:
    assert incoming.identity(LINE, "202", TEXT, NOON, SAME) != incoming.identity(*other, NOON, SAME)


def test_after_a_restart_and_in_another_process(store: Store, incoming: IncomingSms) -> None:
    first = incoming.identity(LINE, "202", TEXT, NOON, SAME)
    other = Store(store.url)
    assert IncomingSms(other, b"key").identity(LINE, "202", TEXT, NOON, SAME) == first
    assert IncomingSms(other, b"another key").identity(LINE, "202", TEXT, NOON, SAME) != first
    other.close()


def test_of_many_at_once_all_get_the_same(store: Store) -> None:
    other, found = Store(store.url), []
    threads = [
        threading.Thread(target=lambda of=of: found.append(IncomingSms(of, b"key").identity(LINE, "202", TEXT, NOON, SAME)))
        for of in (store, other) * 8
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert len(found) == 16 and len(set(found)) == 1


def test_neither_text_nor_number_is_in_the_books(store: Store, incoming: IncomingSms) -> None:
    before = dump(store)
    incoming.identity("994519998877", "202", TEXT, NOON, SAME)
    after = dump(store)
    assert after != before and "8351" not in after and "994519998877" not in after


def test_how_long_is_operator_yaml_s() -> None:
    assert same_sms({}) is None, "no two are the same where nobody says so"
    assert same_sms({"same_sms": Span(90)}) == datetime.timedelta(seconds=90)
    assert same_sms({"same_sms": Span(10**9)}) == LONGEST, "retention forgets it after that"
