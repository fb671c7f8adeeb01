"""Look-ups that are late: waited for, or answered by SMS when nobody waits any more."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable

import pytest

from ivr.engine.effects import Call, Speak, Words
from ivr.engine.values import Answer, Line
from ivr.services.port import Services
from ivr.sessions import look_ups
from ivr.sessions.late_answers import LONGEST
from ivr.sessions.requests import Left, Open, Reply
from tests.sessions.desk import LINE, POSTPAID, Desk, text
from tests.sessions.menus import CHANGES, FILES

FOLLOWS = "It takes a little longer: the answer will come by SMS."
Make = Callable[..., Desk]


def hurry(desk: Desk) -> Desk:
    """Look-ups of a tenth of a second are late already: nobody shall wait for whole ones here."""
    object.__setattr__(desk.releases.current["azercell"].operator, "late", 0.1)
    return desk


class Stalling:
    """Services whose look-up `accounts.line` waits until it is let go; `fails` makes it raise then."""

    def __init__(self, inner: Services) -> None:
        self.inner = inner
        self.reached, self.go = threading.Event(), threading.Event()
        self.fails = False
        self.keys: list[str] = []

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        return self.inner.line(msisdn, now)

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        self.keys.append(call.key)
        if call.service == "accounts.line":
            self.reached.set()
            assert self.go.wait(20)
            if self.fails:
                raise RuntimeError("the back-end's own words")
        return self.inner.call(line, call, now)


class Slow:
    """A desk whose look-ups stall."""

    def __init__(self, make: Make) -> None:
        self.services: Stalling | None = None

        def wrap(services: Services) -> Services:
            self.services = Stalling(services)
            return self.services

        self.desk = hurry(make(files=FILES, changes=CHANGES, wrap=wrap, patient=True))
        assert self.services is not None
        self.stalling = self.services

    def let_go(self) -> None:
        self.stalling.go.set()
        self.desk.runner.settle(20)


@pytest.fixture
def slow(make: Make) -> Slow:
    return Slow(make)


def test_the_answer_comes_by_sms_at_the_price_of_the_channel_that_asked(slow: Slow) -> None:
    desk = slow.desk
    reply = desk.dial("a", "*702#")
    assert text(reply) == FOLLOWS and reply.ended and reply.fee == "0" and desk.fees() == []
    assert desk.inbox() == []
    slow.let_go()
    assert [(sms.to, sms.sender, sms.text) for sms in desk.inbox()] == [(LINE, "702", "Slow GencOL.")]
    assert desk.fees() == [-100_000], "charged once, when the answer was ready"
    desk.runner.sweep()
    assert len(desk.inbox()) == 1 and len(slow.stalling.keys) == len(set(slow.stalling.keys))


def test_one_that_is_in_time_is_a_page(slow: Slow) -> None:
    slow.stalling.go.set()
    assert text(slow.desk.dial("a", "*702#")).startswith("Slow GencOL.")
    assert slow.desk.inbox() == []


def test_a_look_up_that_fails_in_the_end_is_told_too(slow: Slow) -> None:
    slow.stalling.fails = True
    assert text(slow.desk.dial("a", "*702#")) == FOLLOWS
    slow.let_go()
    assert [sms.text for sms in slow.desk.inbox()] == ["We cannot answer now. Please try again later. Nothing was charged."]
    assert slow.desk.fees() == []


def test_after_ten_minutes_it_is_given_up_and_what_comes_then_is_nothing(slow: Slow) -> None:
    desk = slow.desk
    desk.dial("a", "*702#")
    desk.seconds.now += LONGEST - 1
    desk.runner.sweep()
    assert desk.inbox() == []
    desk.seconds.now += 2
    desk.runner.sweep()
    assert [sms.text for sms in desk.inbox()] == ["We cannot answer now. Please try again later. Nothing was charged."]
    slow.let_go()
    assert len(desk.inbox()) == 1 and desk.fees() == []


def test_a_stop_does_not_leave_a_promise_open(slow: Slow) -> None:
    slow.desk.dial("a", "*702#")
    slow.desk.runner.close()
    assert [sms.text for sms in slow.desk.inbox()] == ["We cannot answer now. Please try again later. Nothing was charged."]
    slow.stalling.go.set()


def test_in_the_language_of_the_line(slow: Slow) -> None:
    slow.desk.dial("a", "*702#", language=None)
    slow.stalling.fails = True
    slow.let_go()
    assert [(sms.language, sms.text[:28]) for sms in slow.desk.inbox()] == [("az", "Hazirda cavab vermek mumkun ")]


def test_an_sms_that_is_late_gets_two(slow: Slow) -> None:
    desk = slow.desk
    first = desk.sms("1", code="702")
    assert [sms.text for sms in first.messages] == [FOLLOWS]
    slow.let_go()
    assert [sms.text for sms in desk.inbox()] == [FOLLOWS, "Slow GencOL."]
    assert [sms.text for sms in desk.sms("1", code="702").messages] == [FOLLOWS], "the same SMS again gets the same answer"
    assert len(desk.inbox()) == 2 and desk.fees() == [-100_000]


def test_a_call_goes_on_meanwhile(slow: Slow) -> None:
    desk = slow.desk
    reply = desk.runner.call("c", Open("call", "702", POSTPAID, language="en"))
    said = [part.text for part in reply.speak.parts if isinstance(part, Words)] if isinstance(reply.speak, Speak) else []
    assert said[:2] == [FOLLOWS, "Start"]
    assert not reply.ended
    slow.let_go()
    assert [sms.text for sms in desk.inbox(POSTPAID)] == ["Slow Premium."]


def test_who_left_meanwhile_is_sent_nothing(slow: Slow) -> None:
    done: list[Reply] = []
    thread = threading.Thread(target=lambda: done.append(slow.desk.dial("a", "*702#")))
    thread.start()
    assert slow.stalling.reached.wait(10)
    slow.desk.runner.call("a", Left("aborted"))
    thread.join(10)
    slow.let_go()
    assert slow.desk.inbox() == [] and slow.desk.fees() == []


def test_wait_waits_longer_than_late(slow: Slow) -> None:
    done: list[Reply] = []
    thread = threading.Thread(target=lambda: done.append(slow.desk.dial("a", "*703#")))
    thread.start()
    assert slow.stalling.reached.wait(10)
    threading.Timer(0.4, slow.stalling.go.set).start()
    thread.join(20)
    assert text(done[0]).startswith("Patient GencOL.")


def test_wait_has_an_end(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_ups, "LONGEST_WAIT", 0.05)
    assert text(slow.desk.dial("a", "*703#")) == "It takes longer than usual. Please try again later. Nothing was charged."
    slow.stalling.go.set()


def test_a_service_that_times_out_itself_is_unavailable_and_not_late(make: Make) -> None:
    class Broken(Stalling):
        def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
            if call.service == "accounts.line":
                raise TimeoutError("a socket's")
            return self.inner.call(line, call, now)

    desk = hurry(make(files=FILES, changes=CHANGES, wrap=Broken, patient=True))
    assert text(desk.dial("a", "*702#")) == "We cannot answer now. Please try again later. Nothing was charged."
    assert desk.inbox() == []
