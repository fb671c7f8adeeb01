"""What the books forget, what they never forget, and that it is done in portions."""

from __future__ import annotations

import datetime
import logging

import pytest

from ivr.accounts.audit import audit
from ivr.accounts.incoming import IncomingSms
from ivr.accounts.messages import BooksMessages
from ivr.accounts.retention import PAUSE, PORTION, Retention
from ivr.accounts.store import Store
from ivr.accounts.transaction import Transaction
from ivr.engine.effects import Sms
from ivr.engine.values import Answer
from ivr.services.embedded import EmbeddedServices
from tests.accounts.conftest import NOON
from tests.accounts.help import RICH, charge

DAY = datetime.timedelta(days=1)
TABLES = ("event", "message", "attempt", "incoming_sms", "allowance", "operation", "posting")


def counts(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def fill(store: Store, number: int, at: datetime.datetime = NOON) -> None:
    """A row of each kind, made at `at`."""
    messages = BooksMessages(store, at_once=True)
    messages.send([Sms(RICH, "2112", "words", "en", f"m{number}/1")], "azercell", at)
    messages.send([Sms(RICH, "2112", "words", "en", f"a{number}/1")], "azercell", at, answered=True)
    messages.allowed("help_replies", f"9945011{number:05d}", f"h{number}", 1, DAY, at)
    IncomingSms(store, b"key").identity(RICH, "2112", str(number), at, DAY)

    def tells(transaction: Transaction) -> Answer:
        transaction.tell("usage.charged", RICH, {})
        moment = at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
        transaction.execute("INSERT INTO attempt (key, msisdn, at) VALUES (?, ?, ?)", (f"t{number}", RICH, moment))
        return Answer("ok", {})

    store.operate(f"o{number}", tells, kind="test", msisdn=RICH, at=at)
    store.write(lambda connection: connection.execute("UPDATE event SET state = 'told'") and None)


def test_what_is_old_goes_and_postings_stay(store: Store, services: EmbeddedServices) -> None:
    charge(services, RICH, "paid")
    before = counts(store)
    fill(store, 1)
    fill(store, 2, NOON + DAY * 50)
    assert Retention(store).run(NOON + DAY / 2) == 0
    assert Retention(store).run(NOON + DAY * 2) == 2, "an attempt and a text without an id: their rules speak of minutes"
    assert Retention(store, 60).run(NOON + DAY * 61) == 6 + 2, "and now also what the second one left"
    after = counts(store)
    assert after == {**before, "event": 1, "message": 2, "allowance": 1, "operation": before["operation"] + 2}
    assert not audit(store).differences
    Retention(store, 60).run(NOON + DAY * 400)
    assert counts(store) == before
    assert store.answered("paid") is not None, "what moved money is remembered for good"


def test_a_limit_that_is_used_up_and_an_answer_that_was_given_are_kept_as_long_as_the_setting_says(store: Store) -> None:
    fill(store, 1)
    Retention(store, 90).run(NOON + DAY * 89)
    messages = BooksMessages(store, at_once=True)
    assert messages.answers("a1", RICH) and messages.allowed("help_replies", "994501100001", "h1", 1, DAY, NOON + DAY * 89)


def test_years_of_them_go_in_portions(store: Store) -> None:
    many = [(f"k{number}", NOON.astimezone(datetime.UTC).isoformat(timespec="microseconds")) for number in range(PORTION * 2 + 10)]
    store.write(
        lambda connection: (
            connection.executemany("INSERT INTO operation (key, kind, outcome, at) VALUES (?, 'test', '{}', ?)", many)
            and connection.executemany(
                "INSERT INTO message (key, operator, recipient, sender, text, language, at, flash, state, due)"
                " VALUES (?, 'azercell', '', '', '', 'en', ?, 0, 'delivered', '')",
                many,
            )
            and None
        )
    )
    before = counts(store)
    retention, now = Retention(store, 1), NOON + DAY * 3
    rounds = [retention.run(now) for _ in range(5)]
    assert sum(rounds) == 2 * len(many) and max(rounds) <= 2 * PORTION and rounds[-1] == 0
    after = counts(store)
    assert (after["operation"], after["message"]) == (before["operation"] - len(many), 0)
    assert after["posting"] == before["posting"] > 0


def test_it_looks_only_now_and_then_and_not_at_what_it_has_seen(store: Store) -> None:
    retention = Retention(store, 1)
    now = NOON + DAY * 3
    assert retention.run(now) == 0
    fill(store, 1)
    assert retention.run(now + PAUSE / 2) == 0, "it looked just now"
    assert retention.run(now + PAUSE) == 8
    fill(store, 2)
    assert retention.run(now - DAY / 2) == 8, "a clock that was set back keeps nothing from being done"
    with store.reading() as connection:
        seen = int(connection.execute("SELECT value FROM setting WHERE name = 'retention.operation'").fetchone()[0])
        assert seen >= connection.execute("SELECT max(id) FROM operation").fetchone()[0] - 1


def test_what_waited_for_so_long_is_given_up_and_that_is_told(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    BooksMessages(store, at_once=False).send([Sms(RICH, "2112", "words", "en", "k")], "azercell", NOON)
    with caplog.at_level(logging.ERROR):
        assert Retention(store, 5).run(NOON + DAY * 6) == 1
    assert "1 rows of message waited for more than 5 days and were given up" in caplog.text
    assert counts(store)["message"] == 0
