"""The caller's keys: none is lost, whenever it is pressed, and each is used once.

Asterisk forgets a key pressed between two commands, which is when a look-up runs. Its application `StoreDTMF` appends every key to a
channel variable, so that variable is the truth and what the commands return only says that it is time to read it. Where the
application is missing (no app_dtmfstore.so), what the commands return is all there is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ivr.channels.agi_protocol import AgiRefused
from ivr.channels.agi_server import AgiConnection
from ivr.engine.effects import Collect
from ivr.sessions.requests import Silence, Typed

ALL_KEYS = "0123456789*#"
"""Every key of a telephone, as Asterisk writes them."""
VARIABLE = "IVRDIGITS"
"""The channel variable that collects the keys."""
WIPE_AFTER = 200
"""Keys after which the variable is emptied: StoreDTMF stops at 510."""
LATE_END = 1500
"""Milliseconds of the next prompt in which an end key still belongs to the full input before it."""


class CallKeys:
    """The keys of one call, in the order in which they were pressed."""

    def __init__(self, connection: AgiConnection) -> None:
        self._connection = connection
        self._stored = False
        self._read = 0
        self._late_end = ""
        self._waiting: deque[str] = deque()

    async def start(self) -> None:
        """Begin to keep keys. Raises HungUp."""
        # A call that comes here a second time still has its old keys in the variable.
        await self._connection.command("SET VARIABLE", VARIABLE, "")
        try:
            reply = await self._connection.command("EXEC", "StoreDTMF", f"RX,{VARIABLE}")
        except AgiRefused:
            return
        self._stored = reply.result == 0

    async def fetch(self) -> bool:
        """Read what was pressed since the last time; whether any key waits to be used. Raises HungUp."""
        if self._stored:
            pressed = await self._connection.get_variable(VARIABLE)
            self._waiting.extend(key for key in pressed[self._read :] if key in ALL_KEYS)
            self._read = max(self._read, len(pressed))
        return bool(self._waiting)

    async def play(self, path: str, milliseconds: int, collect: Collect | None) -> None:
        """Play a prompt before `collect`; a key cuts it short, or skips it when it waits already, where `collect` allows.

        Raises PromptMissing, HungUp.
        """
        interrupt = collect is not None and collect.interrupt
        start = 0
        if interrupt:
            await self.fetch()
            self._drop_late_end(0)
            if self._waiting:
                return
        while True:
            key, reached = await self._connection.stream_file(path, ALL_KEYS if interrupt else "", milliseconds, start)
            if not key:
                if self._late_end and not interrupt and await self.fetch():
                    self._drop_late_end(0)
                return
            await self._heard(key)
            if not self._drop_late_end(reached) or self._waiting:
                return
            start = reached  # Go on as if nothing had been pressed.

    async def gather(self, collect: Collect, seconds_left: Callable[[], float]) -> Typed | Silence:
        """The input that `collect` asks for, or Silence; `seconds_left` bounds every wait. Raises HungUp."""
        self._late_end = ""
        typed = ""
        result: Typed | None = None
        just_read = False
        while result is None:
            if not self._waiting and not just_read:
                await self.fetch()
            if not self._waiting:
                wait = min(collect.between_digits if typed else collect.first_digit, max(seconds_left(), 0.0))
                key = await self._connection.wait_for_digit(round(wait * 1000))
                if key:
                    await self._heard(key)
                elif not await self.fetch():
                    break
                just_read = True
            while self._waiting and result is None:
                key = self._waiting.popleft()
                if key in collect.end:
                    result = Typed(typed, ended=True)
                else:
                    typed += key
                    if len(typed) >= collect.most:
                        result = Typed(typed)
                        # People end a number with # even where its last digit ended it: not meant for what comes next.
                        self._late_end = collect.end if collect.most > 1 else ""
        if collect.secret or self._read > WIPE_AFTER:
            await self._wipe()
        if result is not None:
            return result
        return Typed(typed) if typed else Silence()

    async def forget(self) -> None:
        """Drop what was pressed and not used: it was meant for somebody else. Raises HungUp."""
        await self.fetch()
        self._waiting.clear()
        self._late_end = ""

    async def _heard(self, key: str) -> None:
        """A command returned `key`: take it from the variable, with whatever was pressed just before it."""
        read = self._read
        await self.fetch()
        if self._read == read:
            self._waiting.extend(key if key in ALL_KEYS else "")
            self._read += self._stored

    def _drop_late_end(self, reached: int) -> bool:
        """Drop an end key that is still about the input before; whether there was one."""
        late = self._late_end
        if not self._waiting:
            return False
        self._late_end = ""
        if self._waiting[0] in late and reached < LATE_END:
            self._waiting.popleft()
            return True
        return False

    async def _wipe(self) -> None:
        """Empty the variable, so that no password stays where `core show channel` shows it. What it held waits here."""
        if self._stored:
            await self.fetch()
            await self._connection.command("SET VARIABLE", VARIABLE, "")
            self._read = 0
