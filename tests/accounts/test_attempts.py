"""Wrong passwords lock the service, once for each request, and the lock ends (services.md, B10)."""

from __future__ import annotations

import datetime
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.accounts.port import BooksBusy
from ivr.engine.values import Secret, Span
from tests.accounts.money_help import ANNA, BOB, NOON, PASSWORD, RICH, Desk, minutes, terms

STEP = datetime.timedelta(microseconds=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def anna(desk: Desk) -> Desk:
    assert desk.register().outcome == "ok"
    return desk


def wrong(desk: Desk, times: int, now: datetime.datetime = NOON) -> list[str]:
    return [desk.send(password=f"000{number}", now=now).outcome for number in range(times)]


def counted(desk: Desk, msisdn: str = ANNA) -> int:
    rows = desk.rows("SELECT wrong FROM lockout WHERE msisdn = ?", msisdn)
    return 0 if not rows else int(str(rows[0][0]))


def test_the_third_one_in_a_row_locks_and_the_right_one_is_not_even_looked_at(anna: Desk) -> None:
    assert [anna.send(password="0000").values["left"] for _ in range(2)] == [2, 1]
    third = anna.send(password="0000", now=minutes(5))
    assert (third.outcome, third.values) == ("locked", {"until": minutes(35)})
    for now in (minutes(5), minutes(34)):
        answer = anna.send(now=now)
        assert (answer.outcome, answer.values) == ("locked", {"until": minutes(35)})
    assert anna.change(PASSWORD, "5555", now=minutes(6)).outcome == "locked"
    status = anna.status(now=minutes(6))
    assert status["locked"] is True and status["until"] == minutes(35)


def test_the_lock_ends_at_exactly_thirty_minutes_and_three_more_are_allowed(anna: Desk) -> None:
    wrong(anna, 3)
    assert anna.send(now=minutes(30) - STEP).outcome == "locked" and anna.status(now=minutes(30) - STEP)["locked"] is True
    assert anna.status(now=minutes(30))["locked"] is False
    assert wrong(anna, 3, minutes(30)) == ["wrong_password", "wrong_password", "locked"]
    assert anna.send(now=minutes(60) - STEP).outcome == "locked" and anna.send(now=minutes(60)).outcome == "ok"


def test_the_named_time_is_a_whole_minute_at_which_it_works(anna: Desk) -> None:
    now = NOON + datetime.timedelta(seconds=20)
    wrong(anna, 2, now)
    named = anna.send(password="0000", now=now).values["until"]
    assert named == minutes(31) and anna.send(now=now + datetime.timedelta(minutes=30)).outcome == "ok"


def test_a_right_one_begins_the_row_anew(anna: Desk) -> None:
    for number, to in enumerate((BOB, RICH, BOB)):
        assert wrong(anna, 2, minutes(30 * number)) == ["wrong_password"] * 2
        assert anna.send(to=to, now=minutes(30 * number)).outcome == "ok" and counted(anna) == 0


@pytest.mark.parametrize("to", [ANNA, BOB, "992939999999"])
def test_a_right_password_counts_as_right_whatever_else_is_wrong(anna: Desk, to: str) -> None:
    anna.send()
    wrong(anna, 2)
    assert anna.send("500", to=to).outcome in ("own_number", "too_soon", "unknown_number", "too_little_left") and counted(anna) == 0


def test_pin2_and_password_count_together(desk: Desk) -> None:
    assert desk.register(pin2="0000").values == {"left": 2}
    assert desk.register().outcome == "ok" and counted(desk) == 0
    desk.register(BOB, pin2="0000")
    desk.register(BOB, pin2="0000")
    # between the wrong PIN2s and a wrong password the line was registered elsewhere: they are of one row
    desk.execute(
        "INSERT INTO password SELECT ?, service, hash, pepper, at FROM password WHERE msisdn = ? AND service = 'sms_money'", BOB, ANNA
    )
    assert desk.send(msisdn=BOB, password="0000").outcome == "locked"


def test_of_two_lines_each_has_its_own(anna: Desk) -> None:
    wrong(anna, 3)
    assert anna.register(BOB).outcome == "ok" and anna.send(to=ANNA, msisdn=BOB).outcome == "ok"


def test_the_count_and_the_lock_survive_a_restart(anna: Desk) -> None:
    wrong(anna, 2)
    second = anna.again()
    assert second.send(password="0000").outcome == "locked"
    third = second.again()
    assert third.send(now=minutes(29)).outcome == "locked" and third.send(now=minutes(30)).outcome == "ok"
    third.close()


def test_another_operators_numbers(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home", terms(wrong_passwords={"most": 1, "lock": Span(60)}))
    desk.register()
    assert desk.send(password="0000").values == {"until": minutes(1)} and desk.send(now=minutes(1)).outcome == "ok"
    desk.close()


def test_a_clock_that_goes_back_keeps_the_lock_and_one_that_goes_on_ends_it(anna: Desk) -> None:
    wrong(anna, 3, minutes(60))
    assert anna.send(now=NOON).outcome == "locked" and anna.send(now=minutes(120)).outcome == "ok"


# -- the same request again


def test_duplicates_of_one_request_count_once(anna: Desk) -> None:
    for _ in range(5):
        answer = anna.send(password="0000", key="sms:1")
        assert (answer.outcome, answer.values) == ("wrong_password", {"left": 2})
    assert counted(anna) == 1
    assert anna.send(password="0001", key="sms:2").values == {"left": 1} and anna.send(password="0000", key="sms:1").values == {"left": 2}


def test_what_was_locked_stays_the_answer_of_its_key(anna: Desk) -> None:
    wrong(anna, 3)
    for now in (minutes(1), minutes(31)):
        answer = anna.send(key="sms:1", now=now)
        assert (answer.outcome, answer.values) == ("locked", {"until": minutes(30)})
    assert anna.send(key="sms:2", now=minutes(31)).outcome == "ok"


def crash(desk: Desk, monkeypatch: pytest.MonkeyPatch, password: str, key: str) -> None:
    """A request whose process ends between the count and the answer: nothing is taken back."""
    with monkeypatch.context() as patch:

        def gone(*_: object) -> bool:
            raise KeyboardInterrupt

        patch.setattr(desk.keys.passwords, "verify", gone)
        with pytest.raises(KeyboardInterrupt):
            desk.send(password=password, key=key)


def test_a_crash_between_count_and_answer_counts_once(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    crash(anna, monkeypatch, "0000", "sms:1")
    assert counted(anna) == 1 and anna.rows("SELECT key FROM attempt") == [("sms:1",)]
    again = anna.again()
    assert again.send(password="0000", key="sms:1").values == {"left": 2} and counted(again) == 1
    assert again.rows("SELECT key FROM attempt") == [], "the operation remembers it now"
    again.close()


def test_a_crash_with_the_right_password_costs_nothing_in_the_end(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    crash(anna, monkeypatch, PASSWORD, "sms:1")
    assert anna.send(key="sms:1").outcome == "ok" and counted(anna) == 0
    assert anna.rows("SELECT count(*) FROM transfer") == [(1,)]


def test_a_crash_on_the_last_attempt_locks_and_its_repetition_is_looked_at(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(anna, 2)
    crash(anna, monkeypatch, "0000", "sms:1")
    assert anna.send(key="sms:2").outcome == "locked", "nobody gets a fourth"
    answer = anna.send(password="0000", key="sms:1")
    assert (answer.outcome, answer.values) == ("locked", {"until": minutes(30)})
    assert anna.send(now=minutes(30)).outcome == "ok"


def test_the_right_password_whose_last_attempt_crashed_unlocks(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(anna, 2)
    crash(anna, monkeypatch, PASSWORD, "sms:1")
    assert anna.send(key="sms:1").outcome == "ok" and anna.status()["locked"] is False


def test_a_crashed_attempt_that_comes_again_after_the_lock_counts_anew(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(anna, 2)
    crash(anna, monkeypatch, "0000", "sms:1")
    assert anna.send(password="0000", key="sms:1", now=minutes(30)).values == {"left": 2} and counted(anna) == 1


# -- what cannot be looked at does not count


class NoPins:
    """The SIMs' operator does not answer."""

    def check(self, msisdn: str, pin2: Secret) -> bool:
        raise OSError("no route")


def test_a_pin2_that_nobody_can_check_just_now_does_not_count(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home", pins=NoPins())
    assert [desk.register(fee=None).outcome for _ in range(5)] == ["unavailable"] * 5
    assert counted(desk) == 0 and desk.rows("SELECT * FROM attempt") == []
    desk.close()


def test_who_finds_no_place_to_hash_is_refused_before_anything_counts(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anna.keys.passwords, "_most", 0)
    assert [anna.send().outcome for _ in range(5)] == ["unavailable"] * 5
    assert counted(anna) == 0


def test_when_not_even_taking_back_works_the_log_says_that_it_stays_counted(
    anna: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bool:
        monkeypatch.setattr(anna.store, "write", busy)
        raise sqlite3.OperationalError("database is locked")

    def busy(*_: object) -> None:
        raise BooksBusy("too many")

    monkeypatch.setattr(anna.keys.passwords, "verify", broken)
    with caplog.at_level(logging.ERROR):
        assert anna.send().outcome == "unavailable"
    assert "stays counted as wrong" in caplog.text and ANNA not in caplog.text and counted(anna) == 1


def test_a_password_that_changed_meanwhile_is_not_taken_for_right(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(*_: object) -> bool:
        anna.execute("UPDATE password SET hash = 'another' WHERE msisdn = ? AND service = 'sms_money'", ANNA)
        return True

    with monkeypatch.context() as patch:
        patch.setattr(anna.keys.passwords, "verify", changed)
        assert anna.send().outcome == "unavailable"
    assert anna.rows("SELECT count(*) FROM transfer") == [(0,)]
