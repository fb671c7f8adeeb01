"""Events that operations leave behind: told with the reply, told by due work after a crash, once in either case, given up in the end."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable

import pytest

from ivr.accounts import events
from ivr.accounts.events import TRIES, EventBook, pause
from ivr.accounts.rules import Acting
from ivr.due import DueWork, anything_due
from ivr.engine.effects import Call
from ivr.engine.values import Answer, Happened, Line, Money, Record
from ivr.services.embedded import EmbeddedServices
from ivr.services.port import Services
from ivr.sessions.requests import Reply
from tests.sessions.desk import LINE, NOON, RUSSIAN, Desk
from tests.sessions.menus import CHANGES, FILES

Make = Callable[..., Desk]
CHARGED: Record = {
    "charge": Money(23_600, "AZN"),
    "balance": Money(12_000_000, "AZN"),
    "from_bonus": False,
    "expires": datetime.date(2027, 3, 5),
}


class Noting:
    """The embedded services, but that turning messages off is told to another line as if it had been charged."""

    def __init__(self, ours: Services) -> None:
        assert isinstance(ours, EmbeddedServices)
        self.ours = ours
        self.line = ours.line

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        return self.ours.perform(line, call, now, _noted) if call.service == "accounts.notices_off" else self.ours.call(line, call, now)


def _noted(acting: Acting) -> Answer:
    acting.transaction.tell("usage.charged", RUSSIAN, CHARGED)
    return Answer("ok", {})


@pytest.fixture
def desk(make: Make) -> Desk:
    return make(files=FILES, changes=CHANGES, wrap=Noting)


def happen(desk: Desk, key: str) -> Answer:
    """An operation with an event that nobody is told of: the process ended right behind it."""
    line = desk.runner.services.line(LINE, NOON)
    assert line is not None
    return desk.runner.services.call(line, Call("accounts.notices_off", {}, key, change=True), NOON)


def states(desk: Desk) -> list[tuple[str, int]]:
    with desk.books.reading() as connection:
        return connection.execute("SELECT state, attempts FROM event ORDER BY id").fetchall()


def at(seconds: float) -> datetime.datetime:
    return NOON + datetime.timedelta(seconds=seconds)


def test_it_is_told_with_the_reply_and_not_again(desk: Desk) -> None:
    desk.gateway("a")
    desk.gateway("a", "6")
    first, again = desk.gateway("a", "6*2"), desk.gateway("a", "6*2")
    assert [sms.to for sms in first.told] == [RUSSIAN] and again.page == first.page and again.told == ()
    assert len(desk.inbox(RUSSIAN)) == 1 and first.messages == ()
    assert DueWork(desk.books, desk.runner.tell_event).run(NOON).told == 1, "due work only notes that it was told"
    assert len(desk.inbox(RUSSIAN)) == 1 and states(desk) == [("told", 1)]


def test_an_answer_that_is_given_again_tells_nothing(desk: Desk) -> None:
    assert len(happen(desk, "a").happened) == 1 and happen(desk, "a").happened == () and len(states(desk)) == 1


def test_what_a_crash_left_is_told_once_by_due_work(desk: Desk, make: Make) -> None:
    happen(desk, "a")
    happen(desk, "b")
    assert anything_due(desk.books, NOON) and desk.inbox(RUSSIAN) == []
    other = make(home=desk.home, files=FILES, changes=CHANGES)
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda one=one: done.append(DueWork(one.books, one.runner.tell_event).run(NOON).told))
        for one in (desk, other) * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.inbox(RUSSIAN)) == 2 and states(desk) == [("told", 1)] * 2 and not anything_due(desk.books, at(1e6))


def test_an_event_is_written_with_its_operation_or_not_at_all(desk: Desk) -> None:
    def broken(acting: Acting) -> Answer:
        acting.transaction.tell("usage.charged", RUSSIAN, CHARGED)
        raise ValueError("a fault behind it")

    ours = desk.runner.services.ours  # type: ignore[attr-defined]
    line = ours.line(LINE, NOON)
    with pytest.raises(ValueError):
        ours.perform(line, Call("accounts.notices_off", {}, "k", change=True), NOON, broken)
    assert states(desk) == []


def test_what_cannot_be_told_is_tried_later_and_later_and_given_up(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    happen(desk, "a")
    book, tried, seconds = EventBook(desk.books), 0, 0.0

    def fails(happened: Happened) -> bool:
        nonlocal tried
        tried += 1
        return False

    for number in range(1, TRIES + 1):
        assert book.tell_waiting(at(seconds), fails) == (0, int(number == TRIES))
        assert book.tell_waiting(at(seconds), fails) == (0, 0), "not again before its time"
        seconds += pause(number).total_seconds()
    assert tried == TRIES and states(desk) == [("dead", TRIES)] and not anything_due(desk.books, at(1e9))
    assert "given up" in caplog.text and RUSSIAN not in caplog.text
    assert pause(1).total_seconds() == 2 and pause(50).total_seconds() == 3600


def test_books_that_fail_leave_the_event_due(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    happen(desk, "a")

    def down(*_: object, **__: object) -> Reply:
        raise OSError("no disk")

    monkeypatch.setattr(desk.runner.messages, "send", down)
    assert DueWork(desk.books, desk.runner.tell_event).run(NOON).told == 0 and states(desk) == [("waiting", 1)]
    monkeypatch.undo()
    assert DueWork(desk.books, desk.runner.tell_event).run(at(2)).told == 1 and len(desk.inbox(RUSSIAN)) == 1


def test_a_round_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST", 3)
    for number in range(5):
        happen(desk, str(number))
    work = DueWork(desk.books, desk.runner.tell_event)
    assert [work.run(NOON).told for _ in range(3)] == [3, 2, 0]
