"""Asterisk's FastAGI, the part that does no I/O: bytes in, events out; commands in, bytes out.

What goes over the wire is in Asterisk's documentation ("AGI Commands", "FastAGI") and in what Asterisk 22 was seen to do:

- It connects and sends an *environment*: lines `agi_name: value`, closed by an empty line.
- We send one command line at a time; it sends one reply: `200 result=49 endpos=8000`, `200 result=1 (value)`, `510 Invalid ...`,
  `511 ... dead channel ...`, or `520-...`, several lines of usage, closed by a line that begins with `520 `.
- A line `HANGUP` may come at any time: the caller is gone. It answers no command.

A second command sent while one runs cuts the first short and shifts every later reply, so a line break that slips into an argument
is an attack. Control characters are refused in both directions and every argument is quoted.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

ENVIRONMENT_LINES = 128
"""Most lines of an environment. Asterisk 22 sends about 25 and one for each argument."""
ENVIRONMENT_BYTES = 16_384
"""Most bytes of an environment."""
REPLY_BYTES = 16_384
"""Most bytes of one reply, its usage text included."""
COMMAND_BYTES = 2_000
"""Longest command line. Asterisk reads lines into 2,048 bytes (AGI_BUF_LEN) and would take the rest for another command."""

_REPLY = re.compile(r"(?P<code>\d{3})(?: result=(?P<result>-?\d*)(?P<rest>.*)|[ -]?(?P<text>.*))", re.DOTALL)
_DATA = re.compile(r" \((?P<data>.*)\)")
_ENDPOS = re.compile(r" endpos=(?P<endpos>-?\d+)$")
_NAME = re.compile(r"[A-Z]+(?: [A-Z]+)*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class AgiError(Exception):
    """Anything that goes wrong on an AGI connection. Messages never carry what a caller or the peer wrote."""


class AgiArgumentError(AgiError, ValueError):
    """A command that must not be sent: control characters, too long, or no command name."""


class AgiPeerError(AgiError):
    """The peer does not speak AGI, or speaks more of it than is good for us."""


class AgiRefused(AgiError):
    """Asterisk did not carry out a command: `code` 510 (unknown) or 520 (wrong use)."""

    def __init__(self, code: int, command: str) -> None:
        super().__init__(f"{command}: {code}")
        self.code = code


class PromptMissing(AgiError):
    """A prompt could not be played though the caller is there: no such file, no bytes in it, or a format Asterisk cannot read."""


class HungUp(AgiError):
    """The call is over for us. `why`: `hung_up` (the caller), `aborted` (the connection broke), `stopping` (our server stops)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Environment:
    """What Asterisk says about a call: `agi_...` names and values as sent."""

    values: Mapping[str, str]

    def get(self, name: str) -> str:
        """The value of `agi_<name>`, or empty where there is none or Asterisk wrote `unknown`."""
        value = self.values.get(f"agi_{name}", "")
        return "" if value == "unknown" else value

    def argument(self, number: int) -> str | None:
        """The dialplan's argument `number` (from 1), or None where the dialplan gave none: an empty one is not None."""
        return self.values.get(f"agi_arg_{number}")


@dataclass(frozen=True, slots=True)
class AgiReply:
    """The answer to a command. `result` is None where there was no number in it; `endpos` counts samples of 1/8000 s."""

    code: int
    result: int | None = None
    data: str = field(default="", repr=False)
    endpos: int | None = None


@dataclass(frozen=True, slots=True)
class HangUpNotice:
    """The line `HANGUP`: the caller has hung up."""


AgiEvent = Environment | AgiReply | HangUpNotice


class _State(enum.Enum):
    ENVIRONMENT = "environment"
    REPLIES = "replies"
    USAGE = "usage"


def decode(line: bytes) -> str:
    """A line as text: UTF-8, else Latin-1 (caller names of old telephones). Raises AgiPeerError where it holds control characters."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    if _CONTROL.search(text):
        raise AgiPeerError("control characters in a line")
    return text


def parse_reply(line: str) -> AgiReply:
    """A reply of one line. Raises AgiPeerError where it is none."""
    found = _REPLY.fullmatch(line)
    if found is None:
        raise AgiPeerError("a line that is no reply")
    code = int(found["code"])
    if found["result"] is None:
        if code == 200:
            raise AgiPeerError("a reply without a result")
        return AgiReply(code)
    rest = found["rest"]
    end = _ENDPOS.search(rest)
    data = _DATA.match(rest[: end.start()] if end else rest)
    number = found["result"]
    return AgiReply(
        code,
        result=int(number) if number not in ("", "-") else None,
        data=data["data"] if data else "",
        endpos=int(end["endpos"]) if end else None,
    )


def encode_command(name: str, *arguments: str | int) -> bytes:
    """The bytes of a command: `name` in capitals (`STREAM FILE`), each argument quoted, `"` and `\\` escaped.

    Raises AgiArgumentError for control characters, for a name that is none and for more than `COMMAND_BYTES`.
    """
    if not _NAME.fullmatch(name):
        raise AgiArgumentError("not a command's name")
    words = [name]
    for argument in arguments:
        text = str(argument)
        if _CONTROL.search(text):
            raise AgiArgumentError(f"{name}: control characters in an argument")
        words.append('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
    try:
        line = (" ".join(words) + "\n").encode()
    except UnicodeEncodeError:
        raise AgiArgumentError(f"{name}: an argument that is no text") from None
    if len(line) > COMMAND_BYTES:
        raise AgiArgumentError(f"{name}: longer than {COMMAND_BYTES} bytes")
    return line


class AgiParser:
    """Turns what Asterisk sends into events, however it is cut into packets.

    After an AgiPeerError the parser is of no more use: nothing that follows can be trusted to be where it seems to be.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._state = _State.ENVIRONMENT
        self._values: dict[str, str] = {}
        self._lines = 0
        self._bytes = 0

    def feed(self, data: bytes) -> list[AgiEvent]:
        """The events that `data` completes, in order. Raises AgiPeerError for rubbish and for more than the limits allow."""
        self._buffer += data
        events: list[AgiEvent] = []
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._bytes += end + 1
            self._limit(self._bytes)
            event = self._line(decode(line))
            if event is not None:
                events.append(event)
                self._bytes = 0
        self._limit(self._bytes + len(self._buffer))
        return events

    def _limit(self, count: int) -> None:
        if count > (ENVIRONMENT_BYTES if self._state is _State.ENVIRONMENT else REPLY_BYTES):
            raise AgiPeerError(f"too many bytes ({self._state.value})")

    def _line(self, line: str) -> AgiEvent | None:
        if self._state is _State.ENVIRONMENT:
            return self._environment(line)
        if line == "HANGUP":
            return HangUpNotice()
        if self._state is _State.USAGE:
            if line.startswith("520 "):
                self._state = _State.REPLIES
                return AgiReply(520)
            return None
        if line.startswith("520-"):
            self._state = _State.USAGE
            return None
        if line.startswith("1"):
            parse_reply(line)
            return None  # "100 Trying": the answer itself is still to come
        return parse_reply(line)

    def _environment(self, line: str) -> Environment | None:
        if not line:
            self._state = _State.REPLIES
            return Environment(self._values)
        self._lines += 1
        if self._lines > ENVIRONMENT_LINES:
            raise AgiPeerError("too many lines (environment)")
        name, colon, value = line.partition(":")
        if not colon or not name.startswith("agi_") or name in self._values:
            # A name twice would let one field speak for another, the caller's name for the line.
            raise AgiPeerError("not an AGI environment")
        self._values[name] = value.strip()
        return None
