"""A call handed to a person: what is asked of Asterisk, what the menus are told, whose the keys are, who hangs up when."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.channels.standin import DIAL_STATUS, StandIn
from ivr.channels.standin_record import Act
from ivr.engine.effects import Speak, Words
from ivr.sessions.requests import Connected, Left, Open, Reply, Typed
from tests.channels.agi_help import LINE, FakeDoor, FakePrompts, Peer, describe, run, say, serving

PEOPLE = "Local/{number}@people"
ENDED = Reply((), ended=True, language="en")


def transfer(text: str = "one moment", number: str = "111") -> Reply:
    """What the engine says before it hands a call over; the session goes on."""
    return Reply((Speak((Words(text, "en"),), "en", None, number, 20.0),), ended=False, language="en")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("BUSY", "busy"), ("NOANSWER", "no_answer"), ("CHANUNAVAIL", "no_answer"), ("CONGESTION", "no_answer"), ("", "no_answer")],
)
def test_what_becomes_of_it_is_told_and_the_call_goes_on(tmp_path: Path, status: str, outcome: str) -> None:
    async def call() -> None:
        door = FakeDoor(transfer(), say("menu"), say("bye", None))
        async with serving(door, FakePrompts(tmp_path), people=PEOPLE) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            assert await peer.expect("EXEC") == 'EXEC "Dial" "Local/111@people,20,g"'
            await peer.expect('GET VARIABLE "DIALSTATUS"', f"200 result=1 ({status})" if status else "200 result=0")
            # pressed while it rang: the person's, not the menu's
            await peer.expect('GET VARIABLE "IVRDIGITS"', "200 result=1 (9)")
            await peer.expect('GET VARIABLE "IVRDIGITS"', "200 result=1 (9)")
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect('GET VARIABLE "IVRDIGITS"', "200 result=1 (9)")
            await peer.expect("WAIT FOR DIGIT", "200 result=50")
            await peer.expect('GET VARIABLE "IVRDIGITS"', "200 result=1 (92)")
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard == [Open("call", "2112", LINE), Connected(outcome), Typed("2")]

    run(call())


def test_a_conversation_ends_the_call(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(transfer(), ENDED)
        async with serving(door, FakePrompts(tmp_path), people=PEOPLE) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect('EXEC "Dial"')
            await peer.expect('GET VARIABLE "DIALSTATUS"', "200 result=1 (ANSWER)")
            await peer.expect("HANGUP")
            assert await peer.closed()
        assert door.heard[1:] == [Connected("answered")]

    run(call())


def test_a_caller_who_hangs_up_in_the_conversation_was_answered(tmp_path: Path) -> None:
    """Asterisk writes HANGUP as soon as it knows; what became of the call comes after it."""

    async def call() -> None:
        door = FakeDoor(transfer(), ENDED)
        async with serving(door, FakePrompts(tmp_path), people=PEOPLE) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect('EXEC "Dial"', None)
            peer.send("HANGUP")
            peer.send("200 result=-1")
            await peer.expect('GET VARIABLE "DIALSTATUS"', "200 result=1 (ANSWER)")
            assert await peer.closed()
        assert door.heard[1:] == [Connected("answered")], "and no Left: the session is over"

    run(call())


def test_a_caller_who_hangs_up_while_it_rings_has_left(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(transfer(), say("menu"))
        async with serving(door, FakePrompts(tmp_path), people=PEOPLE) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect('EXEC "Dial"', None)
            peer.send("200 result=-1")
            peer.send("HANGUP")
            await peer.expect('GET VARIABLE "DIALSTATUS"', "200 result=1 (CANCEL)")
            assert await peer.closed()
        assert door.heard[1:] == [Left("hung_up")]

    run(call())


def test_a_connection_that_breaks_in_the_conversation_leaves_once(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(transfer(), say("menu"))
        async with serving(door, FakePrompts(tmp_path), people=PEOPLE) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect('EXEC "Dial"', None)
            peer.writer.transport.abort()
            await door.left.wait()
        assert door.heard[1:] == [Left("aborted")]

    run(call())


@pytest.mark.parametrize(("people", "number"), [(None, "111"), (PEOPLE, "111,9&SIP/x")])
def test_without_people_nobody_answers(tmp_path: Path, people: str | None, number: str) -> None:
    async def call() -> None:
        door = FakeDoor(transfer(number=number), say("nobody is here", None))
        async with serving(door, FakePrompts(tmp_path), people=people) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1:] == [Connected("no_answer")]

    run(call())


@pytest.mark.parametrize("outcome", ["answered", "busy", "no_answer"])
def test_the_stand_in_meets_any_person(tmp_path: Path, outcome: str) -> None:
    async def call() -> StandIn:
        door = FakeDoor(transfer(), ENDED if outcome == "answered" else say("menu"), say("bye", None))
        async with serving(door, FakePrompts(tmp_path), people=PEOPLE) as server:
            caller = StandIn("2112", LINE, "1", describe=describe, dial_status=DIAL_STATUS[outcome])
            await caller.run(port=server.port)
        assert door.heard[1:] == [Connected(outcome)] + ([] if outcome == "answered" else [Typed("1")])
        return caller

    rows = run(call()).rows
    assert rows[0].said == ("one moment" if outcome == "answered" else "one moment menu")


@pytest.mark.parametrize(("outcome", "heard"), [("answered", [Connected("answered")]), ("no_answer", [Left("hung_up")])])
def test_the_stand_in_hangs_up_meanwhile(tmp_path: Path, outcome: str, heard: list[object]) -> None:
    async def call() -> None:
        door = FakeDoor(transfer(), ENDED if outcome == "answered" else say("menu"))
        async with serving(door, FakePrompts(tmp_path), people=PEOPLE) as server:
            # two words: 200 ms; he hangs up 300 ms into the ringing or the conversation
            caller = StandIn(
                "2112", LINE, acts=[Act(0, 500, None)], describe=describe, dial_status=DIAL_STATUS[outcome], conversation=60_000
            )
            await caller.run(port=server.port)
        assert door.heard[1:] == heard
        assert caller.clock == 500

    run(call())
