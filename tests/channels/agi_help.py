"""A scripted door, prompts in a folder and a peer that speaks AGI byte by byte: what the tests of the voice channel share."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from ivr.channels.agi_server import AgiServer
from ivr.channels.call import CallDriver, CallSettings, Joined
from ivr.engine.effects import Collect, End, Speak, Spoken, Words
from ivr.sessions.requests import Left, Reply, Request

T = TypeVar("T")
MENU = Collect(most=1, first_digit=6.0, between_digits=3.0)
NUMBER = Collect(most=9, first_digit=6.0, between_digits=3.0, end="#")
LINE = "994501110001"
ENVIRONMENT = f"agi_network: yes\nagi_uniqueid: 1.1\nagi_callerid: 994559999999\nagi_arg_1: 2112\nagi_arg_2: {LINE}\n\n".encode()


def run(test: Coroutine[Any, Any, T], seconds: float = 15.0) -> T:
    """Run a test on uvloop, as the server does."""

    async def limited() -> T:
        return await asyncio.wait_for(test, seconds)

    return uvloop.run(limited())


def say(text: str, collect: Collect | None = MENU, **more: Any) -> Reply:
    """A reply that speaks `text`; without `collect` the session has ended."""
    speak = Speak((Words(text, "en"),), "en", collect, **more)
    return Reply((speak,) if collect else (speak, End("completed")), ended=collect is None, language="en")


class FakeDoor:
    """Gives its replies in turn, the last one for ever; an exception among them is raised, a callable is awaited."""

    def __init__(self, *replies: Reply | Exception | Callable[[], Awaitable[Reply]]) -> None:
        self.replies = list(replies)
        self.requests: list[tuple[str, Request]] = []
        self.left = asyncio.Event()
        """Set once `leavers` callers have left."""
        self.leavers = 1

    async def call(self, session: str, request: Request) -> Reply:
        self.requests.append((session, request))
        if isinstance(request, Left):
            self.leavers -= 1
            if not self.leavers:
                self.left.set()
            return Reply((), ended=True, language="en")
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Reply) else await reply()

    @property
    def heard(self) -> list[Request]:
        """The requests without their sessions."""
        return [request for _, request in self.requests]


class FakePrompts:
    """One silent A-law file for each text, 100 ms a word."""

    def __init__(self, folder: Path, apologises: bool = True) -> None:
        self.folder = folder
        self.apologises = apologises
        self.broken = False
        self._ordinals = itertools.count()

    def file(self, text: str) -> Joined:
        """The file that says `text`; "nothing" has no file."""
        path = self.folder / text.replace(" ", "_")
        milliseconds = 100 * len(text.split())
        target = path.with_suffix(".alaw")
        if text != "nothing" and not target.exists():
            fresh = self.folder / f"{next(self._ordinals)}.new"
            fresh.write_bytes(b"\xd5" * 8 * milliseconds)
            fresh.rename(target)  # As the real ones: no call may hear half a file.
        return Joined(str(path), milliseconds)

    def join(self, parts: Sequence[Spoken]) -> Joined:
        if self.broken:
            raise OSError("the disk is full")
        return self.file(" ".join(part.text for part in parts if isinstance(part, Words)))

    def apology(self, language: str) -> Joined | None:
        return self.file("sorry") if self.apologises else None

    def farewell(self, language: str) -> Joined | None:
        return self.file("good bye") if self.apologises else None


def describe(file: str) -> tuple[str, str]:
    """What FakePrompts says in a file."""
    return Path(file).name.replace("_", " "), "en"


@asynccontextmanager
async def serving(
    door: FakeDoor, prompts: FakePrompts, limit: int = 500, environment_seconds: float = 5.0, **settings: Any
) -> AsyncIterator[AgiServer]:
    """A server for calls through `door`."""
    server = AgiServer(
        CallDriver(door, prompts, settings=replace(CallSettings(), **settings)), limit=limit, environment_seconds=environment_seconds
    )
    await server.start(port=0)
    try:
        yield server
    finally:
        await server.close(1.0)


class Peer:
    """Asterisk's side of a connection, written out line by line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, server: AgiServer, environment: bytes | None = None) -> Peer:
        peer = cls(*await asyncio.open_connection("127.0.0.1", server.port))
        peer.send(
            environment
            or f"agi_network: yes\nagi_uniqueid: 1.1\nagi_callerid: 994559999999\nagi_arg_1: 2112\nagi_arg_2: {LINE}\n\n".encode()
        )
        return peer

    def send(self, data: bytes | str) -> None:
        self.writer.write(data if isinstance(data, bytes) else data.encode() + b"\n")

    async def line(self) -> str:
        """The next command, "" where the connection is closed."""
        try:
            return (await self.reader.readline()).decode().rstrip("\n")
        except ConnectionError:
            return ""

    async def expect(self, beginning: str, reply: str | None = "200 result=0") -> str:
        """The next command, which begins so; answer it."""
        line = await self.line()
        assert line.startswith(beginning), f"{line!r} does not begin with {beginning!r}"
        if reply is not None:
            self.send(reply)
        return line

    async def answer(self) -> None:
        """The beginning of every call."""
        await self.expect("ANSWER")
        await self.expect('SET VARIABLE "IVRDIGITS" ""', "200 result=1")
        await self.expect('EXEC "StoreDTMF" "RX,IVRDIGITS"')

    async def closed(self) -> bool:
        """Wait until the server closes; whether it sent nothing before."""
        return await self.line() == ""
