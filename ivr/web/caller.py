"""The port through which the phone page makes a voice call: what it needs of a stand-in caller, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["playing", "waiting", "cut", "ended"]


class NoSuchCall(LookupError):
    """The call is over and forgotten, or never was."""


class Busy(Exception):
    """No further call can be made now."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that happens in a call, at the moment it happens.

    `ordinal` counts from 1 within the call. `state`: `playing` (`files` begin to play, one after another, names below the
    prompt folder without an ending, from `begin` seconds on; `said` are their words), `waiting` (for a key, `seconds` long),
    `cut` (what plays or waits is over early: a key or the end), `ended` (the call is over).
    """

    ordinal: int
    state: State
    said: str = ""
    language: str = ""
    files: tuple[str, ...] = ()
    begin: float = 0.0
    seconds: float = 0.0


class Caller(Protocol):
    """A telephone without a network, in real time. Methods run on the event loop and raise NoSuchCall for an unknown call.

    Silence needs no method: a wait that nobody ends runs out by itself.
    """

    async def start(self, number: str, msisdn: str) -> str:
        """Call `number` from the line `msisdn`; gives the call's id, unguessable. Raises Busy."""

    async def events(self, call: str, after: int) -> Sequence[Heard]:
        """What happened after the row `after` (0: all of it). Waits for some seconds where there is nothing yet, then gives none.

        Raises NoSuchCall where nothing will ever follow, too.
        """

    async def press(self, call: str, key: str) -> None:
        """One key, `0` to `9`, `*` or `#`, now; it interrupts what plays where the menu allows that."""

    async def hang_up(self, call: str) -> None:
        """The caller puts the receiver down. Harmless where the call is over."""
