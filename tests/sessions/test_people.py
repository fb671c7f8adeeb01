"""A call handed to a person, as the menus see it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from ivr.engine.effects import End, Words
from ivr.sessions.requests import Connected, Left, Open, Reply, Typed
from tests.sessions.desk import LINE, Desk, Moving, text
from tests.sessions.menus import CHANGES, FILES

Make = Callable[..., Desk]
OPEN = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Asia/Baku"))
NIGHT = OPEN.replace(hour=23)


def said(reply: Reply) -> list[str]:
    assert reply.speak is not None, reply
    return [part.text for part in reply.speak.parts if isinstance(part, Words)]


def calling(make: Make, moment: datetime.datetime = OPEN) -> Desk:
    desk = make(files=FILES, changes=CHANGES, clock=Moving(moment))
    desk.runner.call("c", Open("call", "700", LINE, language="en"))
    return desk


def test_the_call_is_handed_over(make: Make) -> None:
    reply = calling(make).runner.call("c", Typed("5"))
    assert said(reply) == ["One moment."] and reply.speak is not None
    assert (reply.speak.connect, reply.speak.ring, reply.speak.collect, reply.ended) == ("111", 45.0, None, False)


@pytest.mark.parametrize(("outcome", "words"), [("busy", "All are busy."), ("no_answer", "Nobody answered.")])
def test_what_is_said_when_nobody_speaks(make: Make, outcome: str, words: str) -> None:
    desk = calling(make)
    desk.runner.call("c", Typed("5"))
    reply = desk.runner.call("c", Connected(outcome))
    assert said(reply)[0] == words and "Start" in said(reply) and not reply.ended
    assert desk.runner.call("c", Typed("5")).speak is not None, "and the menu goes on"


def test_a_conversation_is_a_call_that_was_completed(make: Make) -> None:
    desk = calling(make)
    desk.runner.call("c", Typed("5"))
    reply = desk.runner.call("c", Connected("answered"))
    assert reply.ended and reply.speak is None and reply.effects == (End("completed"),)
    assert desk.leave("c", "hung_up").effects == ()


def test_at_night_nobody_is_rung(make: Make) -> None:
    reply = calling(make, NIGHT).runner.call("c", Typed("5"))
    assert said(reply)[0] == "Closed now." and reply.speak is not None and reply.speak.connect is None


def test_keys_and_silence_while_it_rings_are_nobodys(make: Make) -> None:
    desk = calling(make)
    desk.runner.call("c", Typed("5"))
    assert desk.runner.call("c", Typed("1")).speak is None
    assert "Start" in said(desk.runner.call("c", Connected("busy")))


def test_who_hangs_up_while_it_rings_has_left(make: Make) -> None:
    desk = calling(make)
    desk.runner.call("c", Typed("5"))
    assert desk.runner.call("c", Left("hung_up")).effects == (End("hung_up"),)
    assert desk.runner.call("c", Connected("busy")).ended


def test_an_outcome_that_nobody_waits_for_changes_nothing(make: Make) -> None:
    desk = calling(make)
    desk.runner.call("c", Connected("busy"))
    assert said(desk.runner.call("c", Typed("5"))) == ["One moment."]
    assert desk.runner.call("x", Connected("busy")).ended
    assert text(desk.dial("u", "*700*5#")).startswith("Call 111.")
