"""The phone page's `Caller`: a stand-in caller in real time for each call, over the same FastAGI bytes as Asterisk's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from ivr.channels.standin import MS, StandIn
from ivr.channels.standin_audio import prompt_samples
from ivr.channels.standin_record import Moment
from ivr.web.caller import Busy, Heard, NoSuchCall, State

log = logging.getLogger(__name__)

MOST = 20
"""Calls from the page at once."""

POLL = 5.0
"""Seconds that `events` waits for something new."""

ABANDONED = 30.0
"""Seconds without anybody asking for events until a call is hung up: its page is gone."""

KEPT = 60.0
"""Seconds that a call's last rows are kept for a page that lost its connection."""

Describe = Callable[[str], tuple[str, str]]


class _Live:
    """One call: its stand-in and what has happened."""

    def __init__(self, number: str, line: str, describe: Describe, prompts: Path) -> None:
        self.rows: list[Heard] = []
        self.heard_at = asyncio.get_running_loop().time()
        self._changed = asyncio.Event()
        self._describe = describe
        self._prompts = prompts.resolve()
        self.standin = StandIn(number, line, pace="real", watch=self._watch, unique_id=f"page.{secrets.token_hex(8)}")

    @property
    def over(self) -> bool:
        return bool(self.rows) and self.rows[-1].state == "ended"

    def _add(
        self, state: State, said: str = "", language: str = "", files: tuple[str, ...] = (), begin: float = 0.0, seconds: float = 0.0
    ) -> None:
        if self.over:
            return
        self.rows.append(Heard(len(self.rows) + 1, state, said, language, files, begin, seconds))
        # Whoever waits holds the event that is set now; the next waits for a fresh one.
        self._changed.set()
        self._changed = asyncio.Event()

    def _watch(self, moment: Moment) -> None:
        seconds = moment.milliseconds / 1000
        if moment.what == "play":
            said, language = self._describe(moment.text)
            whole = (prompt_samples(moment.text) or 0) / MS / 1000
            self._add("playing", said, language, self._name(moment.text), max(round(whole - seconds, 3), 0.0), seconds)
        elif moment.what == "wait":
            self._add("waiting", seconds=seconds)
        elif moment.what == "cut":
            self._add("cut")
        elif moment.what == "end":
            self._add("ended")

    def _name(self, path: str) -> tuple[str, ...]:
        """The file's name below the prompt folder; none where it lies elsewhere, so that the page shows the words alone."""
        try:
            return (Path(path).resolve().relative_to(self._prompts).as_posix(),)
        except ValueError:
            return ()

    async def news(self, after: int) -> Sequence[Heard]:
        """The rows after `after`, or none after a while. Raises NoSuchCall where none will ever come."""
        if self.over and after >= len(self.rows):
            raise NoSuchCall
        loop = asyncio.get_running_loop()
        self.heard_at = loop.time()
        changed = self._changed
        if len(self.rows) <= after:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), POLL)
            self.heard_at = loop.time()
        return self.rows[after:]

    async def run(self, host: str, port: int) -> None:
        """The whole call; hung up where nobody follows it any more."""
        calling = asyncio.create_task(self.standin.run(host, port))
        try:
            while not calling.done():
                await asyncio.wait({calling}, timeout=POLL)
                if asyncio.get_running_loop().time() - self.heard_at > ABANDONED:
                    self.standin.hang_up()
            if fault := calling.exception():
                log.error("call from the page: %s", type(fault).__name__)
        finally:
            calling.cancel()
            self._add("ended")


class StandInCaller:
    """Calls over FastAGI at `host` and `port`. `describe(path)` gives the words and the language of a prompt played.

    `prompts` is the folder from which the page gets its sounds (`Site.prompts_dir`). `port` may be a function, for a server
    that chooses its port when it starts.
    """

    def __init__(self, host: str, port: int | Callable[[], int], prompts: Path, describe: Describe) -> None:
        self._host = host
        self._port = port
        self._prompts = prompts
        self._describe = describe
        self._calls: dict[str, _Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, number: str, msisdn: str) -> str:
        """See `Caller`."""
        if sum(not live.over for live in self._calls.values()) >= MOST:
            raise Busy("All lines are busy: try again in a minute.")
        call = secrets.token_urlsafe(16)
        live = self._calls[call] = _Live(number, msisdn, self._describe, self._prompts)
        task = asyncio.create_task(self._run(call, live))
        # The loop itself keeps only a weak reference.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return call

    async def _run(self, call: str, live: _Live) -> None:
        await live.run(self._host, self._port if isinstance(self._port, int) else self._port())
        asyncio.get_running_loop().call_later(KEPT, self._calls.pop, call, None)

    def _live(self, call: str) -> _Live:
        try:
            return self._calls[call]
        except KeyError:
            raise NoSuchCall(call) from None

    async def events(self, call: str, after: int) -> Sequence[Heard]:
        """See `Caller`."""
        return await self._live(call).news(after)

    async def press(self, call: str, key: str) -> None:
        """See `Caller`."""
        self._live(call).standin.press(key)

    async def hang_up(self, call: str) -> None:
        """See `Caller`."""
        live = self._live(call)
        if not live.over:
            live.standin.hang_up()
