"""Messages that leave: an SMS and its answer, receipts beside pages, each once; and what happens when the books are busy."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Sequence

import pytest

from ivr.accounts.messages import BooksMessages, inbox
from ivr.engine.effects import Sms
from ivr.sessions.door import AsyncDoor
from ivr.sessions.messages import MemoryMessages, Outgoing
from ivr.sessions.requests import Open, Typed
from tests.sessions.desk import LINE, NOON, POOR, UNKNOWN, Desk, text
from tests.sessions.menus import CHANGES, FILES

Make = Callable[..., Desk]
A1 = "12.24 AZN till 05.03.2027. GencOL"


@pytest.fixture
def desk(make: Make) -> Desk:
    return make(files=FILES, changes=CHANGES)


def texts(messages: Sequence[Sms]) -> list[str]:
    return [sms.text for sms in messages]


def test_an_sms_is_answered_and_charged(desk: Desk) -> None:
    reply = desk.sms("1")
    assert reply.ended and reply.fee == "0.10" and desk.fees() == [-100_000]
    assert texts(reply.messages)[0].startswith(A1)
    assert (reply.messages[0].to, reply.messages[0].sender, reply.messages[0].language) == (LINE, "2112", "en")
    assert desk.inbox() == list(reply.messages)


def test_the_same_sms_again_gets_the_same_answer(desk: Desk) -> None:
    first = desk.sms("1")
    again = desk.sms("1")
    assert again.messages == first.messages and again.fee == "0"
    assert desk.fees() == [-100_000] and len(desk.inbox()) == 1


def test_also_in_a_process_that_knows_nothing_of_it(make: Make, desk: Desk) -> None:
    first = desk.sms("1")
    other = make(home=desk.home, files=FILES, changes=CHANGES)
    assert texts(other.sms("1").messages) == texts(first.messages)
    assert other.fees() == [-100_000] and len(other.inbox()) == 1


def test_another_text_or_another_line_under_one_id_is_another_sms(desk: Desk) -> None:
    first = desk.sms("1", "pay 5", code="700")
    assert texts(first.messages) == ["Paid 5.00 AZN."]
    assert texts(desk.sms("1", "pay 6", code="700").messages) == ["Paid 6.00 AZN."]
    assert texts(desk.sms("1", "pay 6", "994501110002", "700").messages) == ["Paid 6.00 AZN."]
    assert texts(desk.sms("1", "pay 5", code="700").messages) == ["Paid 5.00 AZN."]
    assert len(desk.inbox()) == 2 and len(desk.inbox("994501110002")) == 1


def test_the_text_of_an_sms_is_kept_nowhere(desk: Desk) -> None:
    assert texts(desk.sms("1", "pin 73519482").messages)[0].startswith("We did not understand.")
    record = desk.runner.store.get("sms:1")
    assert record is not None and "73519482" not in record.pack() and record.messages
    assert "73519482" not in desk.dump()
    assert type(record).unpack("sms:1", record.pack()) == record


def test_who_may_not_gets_an_sms_too(desk: Desk) -> None:
    assert texts(desk.sms("1", msisdn=UNKNOWN).messages) == ["This number is not served by Azercell."]
    assert texts(desk.sms("2", msisdn=POOR).messages) == ["The fee is 0.10 AZN and your balance is 0.05 AZN. Nothing was charged."]
    assert desk.fees(POOR) == []


def test_the_books_failing_is_an_sms_and_the_same_one_later_is_answered(make: Make) -> None:
    class Failing(BooksMessages):
        broken = True

        def answers(self, session: str, msisdn: str) -> tuple[Sms, ...]:
            if self.broken:
                raise OSError("the disk is gone")
            return super().answers(session, msisdn)

    desk = make(files=FILES, changes=CHANGES)
    failing = Failing(desk.books, at_once=True)
    desk.runner.messages = failing
    assert texts(desk.sms("1").messages) == ["We cannot answer now. Please try again later. Nothing was charged."]
    failing.broken = False
    assert texts(desk.sms("1").messages)[0].startswith(A1)


def test_a_receipt_goes_out_once_however_often_the_page_is_shown(desk: Desk) -> None:
    desk.dial("a", "*700#")
    reply = desk.type("a", "2")
    assert texts(reply.messages) == ["A receipt."] and text(reply).startswith("A receipt.")
    assert desk.runner.call("a", Open("ussd", "*700#", LINE)).page is not None
    desk.type("a", "5")
    assert texts(desk.inbox()) == ["A receipt."]
    desk.type("a", "0")
    desk.type("a", "2")
    assert texts(desk.inbox()) == ["A receipt.", "A receipt."], "chosen anew it goes out anew"
    assert len({sms.key for sms in desk.inbox()}) == 2


def test_a_receipt_is_handed_over_from_the_pool_and_not_from_the_event_loop(desk: Desk) -> None:
    async def press() -> None:
        door = AsyncDoor(desk.runner)
        await door.call("a", Open("ussd", "*700#", LINE, language="en"))
        reply = await door.call("a", Typed("2"))
        assert texts(reply.messages) == ["A receipt."]
        await asyncio.to_thread(door.close)

    asyncio.run(press())
    assert texts(desk.inbox()) == ["A receipt."], "the books refuse to be written on the loop's own thread"


def test_a_session_id_that_is_used_again_sends_its_own(desk: Desk) -> None:
    for _ in range(2):
        desk.dial("a", "*700*2#")
        desk.leave("a", "hung_up")
    assert texts(desk.inbox()) == ["A receipt.", "A receipt."]


def test_messages_wait_while_the_books_are_busy_and_go_out_once() -> None:
    class Busy(MemoryMessages):
        busy = True

        def send(self, messages: Sequence[Sms], operator: str, at: datetime.datetime, *, answered: bool = False) -> None:
            if self.busy:
                raise OSError("busy")
            super().send(messages, operator, at, answered=answered)

    port = Busy()
    outgoing = Outgoing(port)
    outgoing.send([Sms("1", "2", "one", "en", "k1")], "azercell", NOON)
    outgoing.send([Sms("1", "2", "two", "en", "k2")], "azercell", NOON)
    outgoing.again()
    assert port.sent == {}
    port.busy = False
    outgoing.again()
    assert texts(list(port.sent.values())) == ["one", "two"]
    outgoing.again()
    assert len(port.sent) == 2


def test_the_demo_network_delivers_at_once_and_a_real_one_later(desk: Desk) -> None:
    sms = Sms(LINE, "Azercell", "hello", "en", "k", flash=True)
    BooksMessages(desk.books, at_once=False).send([sms], "azercell", NOON)
    assert desk.inbox() == []
    with desk.books.reading() as connection:
        assert connection.execute("SELECT state, operator, flash, at FROM message").fetchall() == [
            ("waiting", "azercell", 1, "2026-11-22T08:00:00.000000+00:00")
        ]
    demo = BooksMessages(desk.books, at_once=True)
    demo.send([sms, Sms(LINE, "Azercell", "again", "en", "k2")], "azercell", NOON)
    assert texts(desk.inbox()) == ["again"], "a key that is there already changes nothing"
    assert inbox(desk.books, LINE)[0].at == NOON


def test_an_event_is_first_once(desk: Desk) -> None:
    for port in (BooksMessages(desk.books, at_once=True), MemoryMessages()):
        assert not port.told("event")
        assert port.first("event", LINE, NOON) and not port.first("event", LINE, NOON)
        assert port.told("event") and not port.told("other")
