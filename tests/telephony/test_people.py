"""A call handed to a person through a real Asterisk: a telephone that answers, is busy, does not answer, or is not there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.channels.agi_server import AgiServer
from ivr.channels.call import CallDriver
from ivr.engine.effects import End, Speak, Words
from ivr.sessions.requests import Connected, Left, Open, Reply
from tests.channels.agi_help import FakeDoor, FakePrompts, say
from tests.phones.fixtures import DESK, RealAsterisk
from tests.phones.person import Person

LINE = "994501110001"


class Menus:
    """The voice channel on Asterisk's port, with a scripted door: hands the call over, then says what the door has next."""

    def __init__(self, port: int, folder: Path, ring: float = 20.0) -> None:
        handed = Reply((Speak((Words("one moment", "en"),), "en", None, DESK, ring),), ended=False, language="en")
        self.door = FakeDoor(handed, say("nobody is free " * 2, None))
        self._loop = asyncio.new_event_loop()
        self._server = AgiServer(CallDriver(self.door, FakePrompts(folder)))
        self._thread = threading.Thread(target=self._run, args=(port,), daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        assert self._ready.wait(5)

    def _run(self, port: int) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.start(port=port))
        self._ready.set()
        self._loop.run_forever()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._server.close(1.0), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


@pytest.fixture
def menus(asterisk: RealAsterisk, tmp_path: Path) -> Iterator[Menus]:
    made = Menus(asterisk.agi_port, tmp_path)
    yield made
    made.close()


def person(asterisk: RealAsterisk, answer: str) -> Person:
    return Person(asterisk.server, DESK, asterisk.accounts[DESK].reveal(), answer)


def test_a_busy_person_leads_back_to_the_menu(asterisk: RealAsterisk, menus: Menus) -> None:
    with person(asterisk, "486 Busy Here") as desk, asterisk.phone(LINE) as phone:
        assert desk.register() == 200
        call = phone.dial("2112")
        assert call.wait_ended(10)
        assert desk.called.is_set()
        desk.register(0)
    assert menus.door.heard == [Open("call", "2112", LINE), Connected("busy")]


def test_nobody_is_registered(asterisk: RealAsterisk, menus: Menus) -> None:
    with asterisk.phone(LINE) as phone:
        assert phone.dial("2112").wait_ended(10)
    assert menus.door.heard[1:] == [Connected("no_answer")]


def test_a_person_who_does_not_answer_rings_for_as_long_as_the_menus_say(asterisk: RealAsterisk, tmp_path: Path) -> None:
    menus = Menus(asterisk.agi_port, tmp_path, ring=1.0)
    try:
        with person(asterisk, "180 Ringing") as desk, asterisk.phone(LINE) as phone:
            assert desk.register() == 200
            assert phone.dial("2112").wait_ended(15)
            assert desk.called.is_set() and desk.over.wait(5), "the ringing was given up"
            desk.register(0)
        assert menus.door.heard[1:] == [Connected("no_answer")]
    finally:
        menus.close()


def test_a_conversation_that_the_person_ends(asterisk: RealAsterisk, menus: Menus) -> None:
    menus.door.replies[1] = Reply((End("completed"),), ended=True, language="en")
    with person(asterisk, "200 OK") as desk, asterisk.phone(LINE) as phone:
        assert desk.register() == 200
        call = phone.dial("2112")
        assert desk.taken.wait(10)
        desk.hang_up()
        assert call.wait_ended(10)
        desk.register(0)
    assert menus.door.heard[1:] == [Connected("answered")]


def test_a_caller_who_hangs_up_in_the_conversation_was_answered(asterisk: RealAsterisk, menus: Menus) -> None:
    menus.door.replies[1] = Reply((End("completed"),), ended=True, language="en")
    with person(asterisk, "200 OK") as desk, asterisk.phone(LINE) as phone:
        assert desk.register() == 200
        call = phone.dial("2112")
        assert desk.taken.wait(10)
        call.hang_up()
        assert desk.over.wait(10)
        desk.register(0)
        assert _soon(lambda: len(menus.door.heard) > 1)
    assert menus.door.heard[1:] == [Connected("answered")]


def test_a_caller_who_hangs_up_while_it_rings_has_left(asterisk: RealAsterisk, menus: Menus) -> None:
    with person(asterisk, "180 Ringing") as desk, asterisk.phone(LINE) as phone:
        assert desk.register() == 200
        call = phone.dial("2112")
        assert desk.called.wait(10)
        call.hang_up()
        assert desk.over.wait(10)
        desk.register(0)
        assert _soon(lambda: len(menus.door.heard) > 1)
    assert menus.door.heard[1:] == [Left("hung_up")]


def _soon(holds: object) -> bool:
    pause = threading.Event()
    for _ in range(200):
        if holds():  # type: ignore[operator]
            return True
        pause.wait(0.05)
    return False
