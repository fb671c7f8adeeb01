"""What can happen to a session. Every event carries `now`, the operator's local time (aware): the engine has no clock."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.engine.state import State
from ivr.engine.values import Answer, Line


@dataclass(frozen=True, slots=True)
class Begin:
    """A dialled code, a called number or an SMS opens a session.

    `address` is the code as dialled (`*111*1*7#`), the number called (`2112`) or the short code; `text` an SMS's text.
    `line` is None where nobody knows `msisdn`. `language` overrides the line's for this session only. `dropped` is the line's last session
    where it was cut off lately: an entry with `resume` offers it again.
    """

    channel: str
    address: str
    msisdn: str
    line: Line | None
    now: datetime.datetime
    text: str = ""
    language: str | None = None
    switches: Mapping[str, bool] = field(default_factory=dict)
    dropped: State | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """What the subscriber typed: a USSD answer, or the keys of a call. `ended`: an end key finished it."""

    text: str
    now: datetime.datetime
    ended: bool = False
    switches: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoInput:
    """The caller pressed nothing in time."""

    now: datetime.datetime
    switches: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to the `Call` that the step before asked for."""

    answer: Answer
    now: datetime.datetime
    switches: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connected:
    """What became of handing the call to a person: `answered` (the conversation is over), `busy` or `no_answer`."""

    outcome: str
    now: datetime.datetime
    switches: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gone:
    """The subscriber is no longer there. `why` is `hung_up`, `aborted` (by the network), `timed_out` or `superseded`."""

    why: str
    now: datetime.datetime


Event = Begin | Input | NoInput | Answered | Connected | Gone
