"""The stand-in caller: speaks FastAGI as Asterisk 22 does, over a real socket, for the command line, the phone page and the tests.

Time is media time: playing a file or waiting for a key moves a clock on without anybody sleeping (`pace="media"`), or takes as long as
a telephone would (`pace="real"`, for the page where a person listens and presses). What Asterisk does that surprises is done here too:
keys between two commands are lost unless StoreDTMF keeps them, a missing file is -1 and an empty one a success, `HANGUP` comes by itself,
and after it most commands are refused with 511.
"""

from __future__ import annotations

import asyncio
import heapq
import re
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from ivr.channels.standin_audio import RATE, Heard, prompt_samples, write_wav
from ivr.channels.standin_record import Act, Moment, Played, Row
from ivr.channels.standin_wire import DEAD, INVALID, NOT_PERMITTED, environment, parse_command, usage

MS = RATE // 1000
"""Samples in a millisecond."""
REACTION = 400
"""Milliseconds between the end of a prompt and the first key of a group."""
KEY_GAP = 200
"""Milliseconds between two keys of a group."""
DIAL_STATUS = {"answered": "ANSWER", "busy": "BUSY", "no_answer": "NOANSWER"}
"""What a person does who is called, and the DIALSTATUS that Asterisk gives for it."""
HIDDEN = "•"
"""What stands for a key in transcripts while the menus say that a secret is keyed (the channel variable IVRSECRET)."""


def _nothing(moment: Moment) -> None:
    """Watches nothing."""


class StandIn:
    """A caller with a telephone. `run()` makes the call; then `rows`, `transcript`, `wav()` tell what happened.

    `keys`: groups separated by spaces; each is typed where the call waits for a key after a prompt. When they run out the caller is
    silent. `acts`: what is done at a given time within a prompt. `describe(file)` gives the words and the language of a file played.
    `leaves`: hangs up instead of waiting once the keys have run out, where else it would stay silent.
    `language`: for this call only. `dial_status`: what handing the call to a person comes to (a value of `DIAL_STATUS`), and
    `conversation` for how many milliseconds they speak or it rings. Raises ValueError for keys that no telephone has.
    """

    def __init__(
        self,
        number: str,
        line: str,
        keys: str = "",
        *,
        describe: Callable[[str], tuple[str, str]] = lambda file: ("", ""),
        language: str = "",
        acts: Sequence[Act] = (),
        leaves: bool = False,
        pace: Literal["media", "real"] = "media",
        watch: Callable[[Moment], None] = _nothing,
        store_dtmf: bool = True,
        dial_status: str = "ANSWER",
        conversation: int = 0,
        unique_id: str = "1700000000.1",
    ) -> None:
        if re.search(r"[^0-9*# ]", keys):
            raise ValueError("keys are 0-9, * and #, in groups separated by spaces")
        self.number = number
        self.line = line
        self.clock = 0
        """Media time since the call began, in milliseconds."""
        self.transcript: list[tuple[str, str]] = []
        """Every command line and its reply, as they went over the socket. A line `HANGUP` stands as ("", "HANGUP")."""
        self.pieces: list[Heard] = []
        self.hung_up = False
        self._groups = deque(keys.split())
        self._acts = acts
        self._leaves = leaves
        self._describe = describe
        self._language = language
        self._real = pace == "real"
        self._watch = watch
        self._can_store = store_dtmf
        self._dial_status, self._conversation = dial_status, conversation
        self._unique_id = unique_id
        self._variables: dict[str, str] = {}
        self._stored_in = ""
        self._planned: list[tuple[int, int, str | None]] = []
        self._order = 0
        self._files = 0
        self._fresh = False
        self._played: list[Played] = []
        self._passing: asyncio.Queue[str | None] | None = None
        self._told = False
        self._writer: asyncio.StreamWriter | None = None

    # What the person does.

    def press(self, key: str) -> None:
        """Press `key` now. Raises ValueError where it is none of a telephone's."""
        if len(key) != 1 or key not in "0123456789*#":
            raise ValueError("a key is one of 0-9, * and #")
        if self._passing is not None:
            self._passing.put_nowait(key)
        elif not self.hung_up:
            self._pressed(key)

    def hang_up(self) -> None:
        """Hang up now."""
        if self._passing is not None:
            self._passing.put_nowait(None)
        else:
            self.hung_up = True
            self._tell()

    # What is known afterwards.

    @property
    def rows(self) -> list[Row]:
        """One row for everything played between two waits for a key. A key of a password or PIN is `HIDDEN`."""
        return [played.row(self._describe, self._language) for played in self._played]

    def wav(self, target: str | Path) -> None:
        """Write what was heard: 8 kHz, mono, 16 bit; waits are silence of their full length. Raises OSError."""
        write_wav(target, self.pieces)

    # The call.

    async def run(self, host: str = "127.0.0.1", port: int = 4573) -> None:
        """Call; returns when the call is over. Raises OSError where nobody listens."""
        reader, writer = await asyncio.open_connection(host, port)
        self._writer = writer
        try:
            writer.write(environment(f"agi://{host}:{port}/ivr", self.number, self.line, self._language, self._unique_id))
            while line := await reader.readline():
                text = line.decode().rstrip("\n")
                reply = await self._obey(text)
                self.transcript.append((text, reply))
                writer.write(f"{reply}\n".encode())
                if self.hung_up:
                    self._tell()
                await writer.drain()
        except ConnectionError:
            pass  # The server closed while we wrote: the call is over all the same.
        finally:
            self.hung_up = True
            writer.close()
            self._watch(Moment("end"))

    def _tell(self) -> None:
        if not self._told and self._writer is not None:
            self._told = True
            self.transcript.append(("", "HANGUP"))
            self._writer.write(b"HANGUP\n")

    async def _obey(self, line: str) -> str:
        name, arguments = parse_command(line)
        if not name:
            return INVALID
        if self.hung_up and name not in DEAD:
            return NOT_PERMITTED
        try:
            return await self._carry_out(name, arguments)
        except (IndexError, ValueError):
            return usage(name)

    async def _carry_out(self, name: str, arguments: list[str]) -> str:
        """The reply to a command. Raises IndexError or ValueError where its arguments are too few or no numbers."""
        if name == "STREAM FILE":
            return await self._stream(arguments[0], arguments[1], int(arguments[2]) if len(arguments) > 2 else 0)
        if name == "WAIT FOR DIGIT":
            key = await self._wait(int(arguments[0]))
            return f"200 result={-1 if self.hung_up else ord(key) if key else 0}"
        if name == "GET DATA":
            return await self._data(arguments[0], *(int(number) for number in arguments[1:3]))
        if name == "EXEC":
            return f"200 result={await self._execute(arguments[0].lower(), arguments[1] if len(arguments) > 1 else '')}"
        if name == "GET VARIABLE":
            return f"200 result=1 ({self._variables[arguments[0]]})" if arguments[0] in self._variables else "200 result=0"
        if name == "SET VARIABLE":
            self._variables[arguments[0]] = arguments[1]
        if name == "HANGUP":
            self.hung_up = True
        return f"200 result={ {'CHANNEL STATUS': 6, 'SET VARIABLE': 1, 'HANGUP': 1}.get(name, 0) }"

    async def _stream(self, path: str, escapes: str, offset: int) -> str:
        samples = prompt_samples(path)
        if samples is None:
            return f"200 result=-1 endpos={offset}"
        if not (offset and self._played and self._played[-1].files[-1:] == [path]):  # Else it goes on where a key cut it.
            if not self._played or self._played[-1].over:
                self._played.append(Played())
            self._played[-1].files.append(path)
        self._fresh = True
        for act in self._acts:
            if act.prompt == self._files and act.after * MS >= offset:
                self._plan(self.clock + act.after - offset // MS, act.key)
        self._files += 1
        length = max(samples - offset, 0) // MS
        self._watch(Moment("play", path, length))
        began = self.clock
        key = await self._pass(length, escapes)
        heard = min((self.clock - began) * MS, samples - offset) if key or self.hung_up else max(samples - offset, 0)
        self.pieces.append(Heard(path, offset, heard))
        return f"200 result={-1 if self.hung_up else ord(key) if key else 0} endpos={offset + heard}"

    async def _wait(self, milliseconds: int) -> str:
        if self._played:
            self._played[-1].over = True
        if self._fresh and self._groups and not self._planned:
            # A group is typed once for each prompt, however often the call waits after it.
            for number, key in enumerate(self._groups.popleft()):
                self._plan(self.clock + min(REACTION, milliseconds // 2) + number * KEY_GAP, key)
        elif self._fresh and self._leaves and not self._groups and not self._planned:
            self._plan(self.clock + min(REACTION, milliseconds // 2), None)
        self._fresh = False
        self._watch(Moment("wait", "", milliseconds))
        began = self.clock
        key = await self._pass(milliseconds, "0123456789*#")
        self.pieces.append(Heard(None, 0, (self.clock - began) * MS))
        return key

    async def _data(self, path: str, milliseconds: int = 6000, most: int = 1024) -> str:
        reply = await self._stream(path, "0123456789*#", 0)
        result = int(reply.split("=")[1].split()[0])
        if result < 0:
            return "200 result=-1"
        digits = chr(result) if result > 0 else ""
        while len(digits) < most and not digits.endswith("#") and not self.hung_up:
            key = await self._wait(milliseconds)
            if not key:
                return "200 result=-1" if self.hung_up else f"200 result={digits} (timeout)"
            digits += key
        return f"200 result={digits.removesuffix('#')}"

    async def _execute(self, application: str, data: str) -> int:
        if application == "storedtmf" and self._can_store:
            self._stored_in = self._stored_in or data.split(",")[1]
        elif application in ("background", "playback"):
            for file in data.split(",")[0].split("&"):
                reply = await self._stream(file, "0123456789*#" if application == "background" else "", 0)
                result = int(reply.split("=")[1].split()[0])
                if result > 0 or self.hung_up:
                    return result
        elif application == "wait":
            await self._pass(round(float(data) * 1000), "")
        elif application == "dial":
            if self._conversation:
                await self._pass(self._conversation, "")
            # who hangs up while it rings cancels it; in a conversation it was answered all the same
            cancelled = self.hung_up and self._dial_status != "ANSWER"
            self._variables["DIALSTATUS"] = "CANCEL" if cancelled else self._dial_status
            return -1 if self.hung_up else 0
        elif application not in ("noop", "verbose", "set"):
            return -2
        return 0

    # Time and keys.

    def _plan(self, at: int, key: str | None) -> None:
        self._order += 1
        heapq.heappush(self._planned, (at, self._order, key))

    async def _pass(self, milliseconds: int, escapes: str) -> str:
        """Let time go by, at most so long; the key of `escapes` that ended it, or ""."""
        began, end = self.clock, self.clock + milliseconds
        if self._real:
            self._passing = asyncio.Queue()
        key: str | None = ""
        while self.clock < end and not self.hung_up:
            due, key = await self._next(end)
            self.clock = max(self.clock, due)
            key = self._happens(key)
            if key and key in escapes:
                break
            key = ""
        if self.clock < end:
            self._watch(Moment("cut", "", self.clock - began))
        passing, self._passing = self._passing, None
        while passing is not None and not passing.empty():
            self._happens(passing.get_nowait())
        return key or ""

    def _happens(self, key: str | None) -> str:
        """The caller presses `key` or hangs up (None); returns the key."""
        if key is None:
            self.hung_up = True
        elif key and not self.hung_up:
            self._pressed(key)
        return key or ""

    async def _next(self, end: int) -> tuple[int, str | None]:
        """When and what the caller does next, at the latest at `end` (""); None: hangs up."""
        planned = self._planned[0][0] if self._planned else end + 1
        if self._passing is not None:
            loop = asyncio.get_running_loop()
            began = loop.time()
            try:
                key = await asyncio.wait_for(self._passing.get(), max(min(planned, end) - self.clock, 0) / 1000)
            except TimeoutError:
                pass
            else:
                return min(self.clock + round((loop.time() - began) * 1000), end), key
        if planned <= end:
            at, _, act = heapq.heappop(self._planned)
            return at, act
        return end, ""

    def _pressed(self, key: str) -> None:
        shown = HIDDEN if self._variables.get("IVRSECRET") and key != "#" else key
        self._watch(Moment("key", shown))
        if self._played:
            self._played[-1].keys += shown
            self._played[-1].over = True
        if self._stored_in:
            self._variables[self._stored_in] = self._variables.get(self._stored_in, "") + key
