"""The page's caller over the real FastAGI server and call driver: what the page is told, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from ivr.channels.agi_server import AgiServer
from ivr.channels.call import CallDriver, Joined
from ivr.engine.effects import Collect, End, Speak, Spoken, Words
from ivr.sessions.requests import Left, Open, Reply, Request, Silence, Typed
from ivr.web import calls
from ivr.web.caller import Heard, NoSuchCall
from ivr.web.calls import StandInCaller

LONG, SHORT = "a second", "a moment"
MILLISECONDS = {LONG: 1000, SHORT: 100}


class Prompts:
    """Two prompts, silence both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for words, milliseconds in MILLISECONDS.items():
            (folder / f"{words.replace(' ', '_')}.alaw").write_bytes(b"\xd5" * 8 * milliseconds)

    def join(self, parts: Sequence[Spoken]) -> Joined:
        (words,) = (part.text for part in parts if isinstance(part, Words))
        return Joined(str(self.folder / words.replace(" ", "_")), MILLISECONDS[words])

    def apology(self, language: str) -> None:
        return None

    def farewell(self, language: str) -> None:
        return None


class Door:
    """A second of words, then whatever is pressed gets a moment of them; 0 ends the call."""

    def __init__(self) -> None:
        self.seen: list[Request] = []

    async def call(self, session: str, request: Request) -> Reply:
        self.seen.append(request)
        collect = Collect(most=1, first_digit=0.5, between_digits=0.5)
        match request:
            case Left():
                return Reply((), True, "en")
            case Typed("0"):
                return Reply((Speak((Words(SHORT, "en"),), "en", None), End("completed")), True, "en")
            case Open():
                return Reply((Speak((Words(LONG, "en"),), "en", collect),), False, "en")
        return Reply((Speak((Words(SHORT, "en"),), "en", collect),), False, "en")


async def until(caller: StandInCaller, call: str, rows: list[Heard], state: str) -> Heard:
    """Read on until a row of that state."""
    while True:
        after = rows[-1].ordinal if rows else 0
        for row in await asyncio.wait_for(caller.events(call, after), 6):
            rows.append(row)
            if row.state == state:
                return row


def test_a_call_in_real_time(tmp_path: Path) -> None:
    async def story() -> None:
        door = Door()
        server = AgiServer(CallDriver(door, Prompts(tmp_path)))
        await server.start("127.0.0.1", 0)
        caller = StandInCaller("127.0.0.1", lambda: server.port, tmp_path, lambda path: (Path(path).name.replace("_", " "), "en"))
        call = await caller.start("2112", "994501110001")
        rows: list[Heard] = []
        first = await until(caller, call, rows, "playing")
        assert (first.said, first.language, first.files, first.begin, first.seconds) == (LONG, "en", ("a_second",), 0.0, 1.0)
        await caller.press(call, "7")
        await until(caller, call, rows, "cut")
        again = await until(caller, call, rows, "playing")
        assert again.said == SHORT
        waiting = await until(caller, call, rows, "waiting")
        assert waiting.seconds == pytest.approx(0.5)
        assert (await until(caller, call, rows, "playing")).said == SHORT
        assert door.seen[1:] == [Typed("7"), Silence()]
        await caller.press(call, "0")
        await until(caller, call, rows, "ended")
        assert [row.ordinal for row in rows] == list(range(1, len(rows) + 1))
        with pytest.raises(NoSuchCall):
            await caller.events(call, rows[-1].ordinal)
        await caller.hang_up(call)
        await server.close()

    asyncio.run(story())


def test_hanging_up_and_an_abandoned_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        door = Door()
        server = AgiServer(CallDriver(door, Prompts(tmp_path)))
        await server.start("127.0.0.1", 0)
        caller = StandInCaller("127.0.0.1", server.port, tmp_path / "elsewhere", lambda path: ("", ""))
        call = await caller.start("2112", "994501110001")
        rows: list[Heard] = []
        assert (await until(caller, call, rows, "playing")).files == ()
        await caller.hang_up(call)
        await until(caller, call, rows, "ended")
        monkeypatch.setattr(calls, "POLL", 0.1)
        monkeypatch.setattr(calls, "ABANDONED", 0.2)
        call = await caller.start("2112", "994501110001")
        await asyncio.sleep(0.8)
        assert (await caller.events(call, 0))[-1].state == "ended"
        await server.close()
        assert [request for request in door.seen if isinstance(request, Left)] == [Left("hung_up"), Left("hung_up")]

    asyncio.run(story())


def test_nobody_listens_and_unknown_calls(tmp_path: Path) -> None:
    async def story() -> None:
        caller = StandInCaller("127.0.0.1", 1, tmp_path, lambda path: ("", ""))
        call = await caller.start("2112", "994501110001")
        rows: list[Heard] = []
        await until(caller, call, rows, "ended")
        assert len(rows) == 1
        with pytest.raises(NoSuchCall):
            await caller.press("no-such-call", "1")

    asyncio.run(story())
