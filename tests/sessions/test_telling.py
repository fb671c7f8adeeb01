"""Events told through the runner: to whom, once for their key, and sessions that the network opens and the phone goes on with."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ivr.accounts.messages import BooksMessages
from ivr.engine.effects import End, Sms
from ivr.engine.values import Money, Msisdn
from ivr.sessions.store import WriteBehindStore
from ivr.sessions.switches import turn
from tests.sessions.desk import FOREIGN, LINE, POSTPAID, UNKNOWN, Desk, Seconds, text
from tests.sessions.menus import CHANGES, FILES
from tests.sessions.test_ussd_sessions import failing

Make = Callable[..., Desk]
AZN = "AZN"
CHARGED = {"charge": Money(23_600, AZN), "balance": Money(12_000_000, AZN), "from_bonus": False, "expires": datetime.date(2027, 3, 5)}
EVERYTHING = ("flash", "sms", "ussd_notice", "ussd_session")


@pytest.fixture
def desk(make: Make) -> Desk:
    return make(files=FILES, changes=CHANGES)


def texts(messages: Sequence[Sms]) -> list[str]:
    return [sms.text for sms in messages]


def test_a_line_is_told_once_for_an_event(desk: Desk) -> None:
    first = desk.runner.tell("usage.charged", LINE, CHARGED, "event-1")
    assert texts(first.messages) == ["Charged 0.02 AZN, left 12.00 AZN."] and first.messages[0].flash and first.ended and first.fee == "0"
    assert desk.runner.tell("usage.charged", LINE, CHARGED, "event-1").effects == ()
    assert texts(desk.inbox()) == texts(first.messages) and desk.fees() == []
    desk.runner.tell("usage.charged", LINE, CHARGED, "event-2")
    assert len(desk.inbox()) == 2
    desk.runner.tell("usage.charged", LINE, CHARGED)
    desk.runner.tell("usage.charged", LINE, CHARGED)
    assert len(desk.inbox()) == 4, "without a key it is another event each time"


def test_also_in_another_process(make: Make, desk: Desk) -> None:
    desk.runner.tell("usage.charged", LINE, CHARGED, "event-1")
    other = make(home=desk.home, files=FILES, changes=CHANGES)
    assert other.runner.tell("usage.charged", LINE, CHARGED, "event-1").effects == () and len(other.inbox()) == 1


@pytest.mark.parametrize("msisdn", [UNKNOWN, FOREIGN, "", "1" * 15])
def test_whom_nobody_knows_is_told_nothing(desk: Desk, msisdn: str) -> None:
    before = desk.dump()
    assert desk.runner.tell("usage.charged", msisdn, CHARGED, "event-1").effects == ()
    assert desk.dump() == before


def test_a_ussd_notice_is_shown_once_and_is_in_no_inbox(desk: Desk) -> None:
    first = desk.runner.tell("usage.charged", LINE, CHARGED, "event-1", EVERYTHING)
    assert [notice.text for notice in first.ussd_notices] == ["Charged 0.02 AZN, left 12.00 AZN."]
    assert desk.runner.tell("usage.charged", LINE, CHARGED, "event-1", EVERYTHING).effects == () and desk.inbox() == []


def test_a_phone_that_shows_a_session_gets_the_next_way(desk: Desk) -> None:
    desk.dial("a", "*700#")
    told = desk.runner.tell("usage.charged", LINE, CHARGED, "event-1", EVERYTHING)
    assert told.ussd_notices == () and len(told.messages) == 1
    assert text(desk.type("a", "3")).startswith("An offer."), "the session goes on"


def test_switches_as_they_are_now(desk: Desk) -> None:
    given = {"number": Msisdn("994501110002"), "given": True}
    turn(desk.home / "switches.json", "azercell", "offers", False)
    assert desk.runner.tell("grants.done", LINE, given, "event-1").effects == ()
    turn(desk.home / "switches.json", "azercell", "offers", True)
    desk.seconds.now += 0.3
    assert texts(desk.runner.tell("grants.done", LINE, given, "event-1").messages) == ["994501110002 may read your bill."]


def test_a_session_that_the_network_opens_goes_on_with_what_the_phone_answers(desk: Desk) -> None:
    opened = desk.runner.tell("bill.ready", POSTPAID, {}, "event-1", EVERYTHING)
    assert text(opened).startswith("Bill ") and not opened.ended and opened.opened == "notice:event-1/ready"
    due = desk.type(opened.opened, "1")
    assert text(due).startswith("Due ") and not due.ended
    assert text(desk.type(opened.opened, "00")).startswith("Bill ")
    assert desk.runner.tell("bill.ready", POSTPAID, {}, "event-1", EVERYTHING).effects == (), "it is opened once"
    desk.leave(opened.opened)
    record = desk.runner.store.get(opened.opened)
    assert record is not None and record.state.ended and desk.runner.store.dropped_of(POSTPAID) is None


def test_it_is_superseded_by_a_dial_and_over_when_nobody_answers(desk: Desk) -> None:
    opened = desk.runner.tell("bill.ready", POSTPAID, {}, "event-1", EVERYTHING).opened
    desk.dial("a", "*704#", POSTPAID)
    assert desk.type(opened, "1").ended
    desk.leave("a")
    second = desk.runner.tell("bill.ready", POSTPAID, {}, "event-2", EVERYTHING).opened
    desk.seconds.now += 61
    desk.runner.sweep()
    assert desk.type(second, "1").ended


def test_it_survives_a_restart(make: Make, tmp_path: Path) -> None:
    seconds = Seconds()
    first = make(files=FILES, changes=CHANGES, store=WriteBehindStore(tmp_path / "s.db", 0.01, now=seconds), seconds=seconds)
    opened = first.runner.tell("bill.ready", POSTPAID, {}, "event-1", EVERYTHING).opened
    first.close()
    second = make(files=FILES, changes=CHANGES, store=WriteBehindStore(tmp_path / "s.db", 0.01, now=seconds), seconds=seconds)
    assert text(second.type(opened, "1")).startswith("Due ")


def test_by_sms_it_carries_the_words_of_the_menu_and_costs_what_the_session_had(desk: Desk) -> None:
    told = desk.runner.tell("bill.ready", POSTPAID, {}, "event-1")
    assert len(told.messages) == 1 and told.messages[0].text.startswith("Your bill is ") and told.fee == "0" and told.ended
    assert texts(desk.inbox(POSTPAID)) == texts(told.messages)
    assert desk.runner.tell("bill.ready", POSTPAID, {}, "event-1").effects == () and len(desk.inbox(POSTPAID)) == 1


def test_where_the_figures_cannot_be_had_nothing_is_told_and_it_can_be_tried_again(make: Make) -> None:
    desk = make(files=FILES, changes=CHANGES, wrap=failing("accounts.bill"))
    for offered in (EVERYTHING, ("sms",)):
        assert desk.runner.tell("bill.ready", POSTPAID, {}, "event-1", offered).effects == (End("failed"),)
    assert desk.inbox(POSTPAID) == [] and not desk.runner.messages.told("event-1")
    lost = make(home=desk.home / "other", files=FILES, changes=CHANGES, wrap=failing("line"))
    assert lost.runner.tell("bill.ready", POSTPAID, {}, "event-1").effects == (End("failed"),)


def test_the_books_failing_is_no_traceback_and_it_can_be_tried_again(desk: Desk) -> None:
    class Failing(BooksMessages):
        broken = True

        def first(self, key: str, msisdn: str, at: datetime.datetime) -> bool:
            if self.broken:
                raise OSError("the disk is full")
            return super().first(key, msisdn, at)

    failing_port = Failing(desk.books, at_once=True)
    desk.runner._outgoing.port = failing_port
    assert desk.runner.tell("usage.charged", LINE, CHARGED, "event-1").effects == (End("failed"),)
    failing_port.broken = False
    desk.runner.tell("usage.charged", LINE, CHARGED, "event-1")
    assert len(desk.inbox()) == 1, "what had gone out already goes out once"


def test_an_event_that_lacks_a_value_is_no_traceback(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    assert desk.runner.tell("usage.charged", LINE, {}, "event-1").effects == (), "what is not there is not greater than nothing"
    assert desk.runner.tell("grants.done", LINE, {"given": True}, "event-2").effects == (End("failed"),)
    assert "the event grants.done could not be told: KeyError" in caplog.text and LINE not in caplog.text
    assert desk.inbox() == []


def test_whoever_watches_sees_all_that_leaves(desk: Desk) -> None:
    seen: list[Sms] = []
    desk.runner.watch(seen.append)
    desk.runner.tell("usage.charged", LINE, CHARGED, "event-1")
    desk.dial("a", "*700*2#")
    desk.sms("1", "pay 5", code="700")
    assert texts(seen) == ["Charged 0.02 AZN, left 12.00 AZN.", "A receipt.", "Paid 5.00 AZN."]
    desk.runner.tell("usage.charged", LINE, CHARGED, "event-1")
    assert len(seen) == 3
