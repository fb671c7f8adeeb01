"""Free answers to SMS that nobody asked for: one help reply, then silence; once however often an SMS comes, and in all processes together."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Sequence

import pytest

from ivr.accounts.messages import BooksMessages
from ivr.engine.effects import Sms
from ivr.sessions.messages import MemoryMessages
from ivr.sessions.requests import Reply, is_phone
from tests.sessions.desk import BARRED, LINE, NOON, POOR, RUSSIAN, UNKNOWN, Desk, Moving

Make = Callable[..., Desk]
HELP = "We did not understand. Send an empty SMS to 2112 (prepaid) or 650 (postpaid)."
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def desk(make: Make, clock: Moving) -> Desk:
    return make(clock=clock)


def texts(messages: Sequence[Sms]) -> list[str]:
    return [sms.text for sms in messages]


def test_one_is_sent_and_then_none_until_an_hour_has_passed(desk: Desk, clock: Moving) -> None:
    assert texts(desk.sms("1", "hello").messages) == [HELP]
    for number in range(2, 5):
        reply = desk.sms(str(number), f"hello {number}")
        assert reply.messages == () and reply.ended and reply.fee == "0"
    clock.go(3599)
    assert desk.sms("5", "hello").messages == ()
    clock.go(1)
    assert texts(desk.sms("6", "hello").messages) == [HELP]
    assert len(desk.inbox()) == 2 and desk.fees() == []


def test_each_line_has_its_own_and_what_is_understood_is_answered(desk: Desk) -> None:
    assert texts(desk.sms("1", "hello").messages) == texts(desk.sms("2", "hello", RUSSIAN).messages) == [HELP]
    assert texts(desk.sms("3").messages)[0].startswith("12.24 AZN")


def test_the_same_sms_again_gets_the_same_answer_and_uses_nothing(desk: Desk, make: Make, clock: Moving) -> None:
    first = desk.sms("1", "hello")
    assert desk.sms("1", "hello").messages == first.messages
    restarted = make(home=desk.home, clock=clock)
    assert restarted.sms("1", "hello").messages == first.messages
    clock.go(3600)
    assert texts(restarted.sms("2", "hello").messages) == [HELP], "the first one was counted once"


def test_one_that_got_no_answer_gets_none_later_either(desk: Desk, make: Make, clock: Moving) -> None:
    desk.sms("1", "hello")
    assert desk.sms("2", "again").messages == () and desk.sms("2", "again").messages == ()
    clock.go(3600)
    restarted = make(home=desk.home, clock=clock)
    assert restarted.sms("2", "again").messages == ()
    assert texts(restarted.sms("3", "again").messages) == [HELP]


def test_of_many_at_once_in_two_processes_one_is_answered(desk: Desk, make: Make) -> None:
    other = make(home=desk.home)
    replies: list[Reply] = []
    threads = [
        threading.Thread(target=lambda number=number: replies.append((desk, other)[number % 2].sms(str(number), "hello")))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 8 and sum(len(reply.messages) for reply in replies) == 1


def test_the_limit_is_operator_yaml_s(make: Make) -> None:
    clock = Moving()
    desk = make(files={}, changes={"help_replies: {most: 1, per: 1h}": "help_replies: {most: 2, per: 5m}"}, clock=clock)
    assert [len(desk.sms(str(number), "hello").messages) for number in range(4)] == [1, 1, 0, 0]
    clock.go(300)
    assert [len(desk.sms(str(number), "hello").messages) for number in range(4, 8)] == [1, 1, 0, 0]


@pytest.mark.parametrize("msisdn", [UNKNOWN, BARRED])
def test_who_may_not_come_in_is_told_so_and_not_for_ever(desk: Desk, msisdn: str) -> None:
    before = desk.sms("0", msisdn=msisdn)
    assert len(before.messages) == 1 and before.fee == "0"
    assert [len(desk.sms(str(number), "x", msisdn).messages) for number in range(1, 15)] == [1] * 9 + [0] * 5


@pytest.mark.parametrize("sender", ["2112", "111", "123456", "Azercell", "", "1" * 16, "٣٣٣٣٣٣٣"])
def test_a_sender_that_is_no_phone_number_gets_nothing(desk: Desk, sender: str) -> None:
    before = desk.dump()
    assert desk.sms("1", "hello", sender).messages == () and desk.sms("2", "", sender).messages == ()
    assert desk.dump() == before and not is_phone(sender)


def test_books_that_fail_are_told_as_such(make: Make) -> None:
    class Failing(BooksMessages):
        def allowed(self, *given: object) -> bool:
            raise OSError("the disk is gone")

    desk = make()
    desk.runner.messages = Failing(desk.books, at_once=True)
    assert texts(desk.sms("1", "hello").messages) == ["We cannot answer now. Please try again later. Nothing was charged."]
    desk.runner.messages = BooksMessages(desk.books, at_once=True)
    assert texts(desk.sms("1", "hello").messages) == [HELP]


def test_an_allowance_in_the_books_and_in_memory(desk: Desk) -> None:
    for port in (BooksMessages(desk.books, at_once=True), MemoryMessages()):
        ask = port.allowed
        assert [ask("l", LINE, key, 2, HOUR, NOON) for key in ("a", "b", "c", "a", "c")] == [True, True, False, True, False]
        assert ask("l", LINE, "d", 2, HOUR, NOON + HOUR) and not ask("l", LINE, "c", 2, HOUR, NOON + HOUR)
        assert ask("l", RUSSIAN, "e", 2, HOUR, NOON) and ask("other", LINE, "f", 2, HOUR, NOON)
        assert [ask("l", LINE, key, 2, HOUR, NOON + HOUR / 2) for key in ("g", "h")] == [True, False], "a clock set back gives no more"


def test_of_two_processes_with_one_sms_one_has_answered_it(desk: Desk, make: Make) -> None:
    other = make(home=desk.home)
    ours = Sms(LINE, "2112", "first", "en", "s/4@x")
    for port in (BooksMessages(desk.books, at_once=True), MemoryMessages()):
        port.send([ours], "azercell", NOON, answered=True)
        port.send([Sms(LINE, "2112", "second", "en", "s/2@x")], "azercell", NOON, answered=True)
        assert port.answers("s", LINE) == (ours,)
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda of=of: replies.append(of.sms("1"))) for of in (desk, other) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({texts(reply.messages)[0] for reply in replies}) == 1 and len(replies) == 8
    assert desk.fees() == [-100_000] and [sms.text for sms in desk.inbox()][1:] == texts(replies[0].messages)


def test_an_sms_whose_answer_was_lost_gets_it_although_its_fee_is_paid(desk: Desk, make: Make) -> None:
    class Lost(BooksMessages):
        def send(self, messages: Sequence[Sms], operator: str, at: datetime.datetime, *, answered: bool = False) -> None:
            raise OSError("the process ends here")

    first = desk.sms("1", msisdn=POOR, code="1005")
    assert first.fee == "0.02"
    dying = make(home=desk.home)
    dying.runner._outgoing.port = Lost(dying.books, at_once=True)
    lost = dying.sms("2", msisdn=POOR, code="1005")
    assert desk.fees(POOR) == [-20_000, -20_000], "a qepik is left"
    again = make(home=desk.home).sms("2", msisdn=POOR, code="1005")
    assert texts(again.messages) == texts(lost.messages) == texts(first.messages)
    assert "Nothing was charged" in desk.sms("3", msisdn=POOR, code="1005").messages[0].text
    assert len(desk.fees(POOR)) == 2


def test_who_comes_second_says_what_the_first_one_said(desk: Desk) -> None:
    class Overtaken(BooksMessages):
        def send(self, messages: Sequence[Sms], operator: str, at: datetime.datetime, *, answered: bool = False) -> None:
            first = [Sms(sms.to, sms.sender, "said first", "en", f"{sms.session}/2") for sms in messages]
            super().send(first, operator, at, answered=answered)
            super().send(messages, operator, at, answered=answered)

    port = Overtaken(desk.books, at_once=True)
    desk.runner.messages = desk.runner._outgoing.port = port
    assert texts(desk.sms("1").messages) == texts(desk.sms("1").messages) == texts(desk.inbox()) == ["said first"]
