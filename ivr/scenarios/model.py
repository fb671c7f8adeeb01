"""A scenario as read: what is done, what is expected, and where in the file each of it stands."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr.engine.values import Value
from ivr.services.faults import Planned

ACTS = ("wait", "event", "hang_up", "dial", "call", "sms", "press", "silence", "person")
"""What a step may do, in the order in which several of one step happen, whatever order they are written in."""

OPENINGS = ("dial", "call", "sms")
"""The acts that open a session; a step has at most one."""

EXPECTATIONS = ("see", "page", "hear", "heard", "get", "told", "hidden", "encoding", "charged", "ends")
"""What a step may expect, in the order in which it is checked."""

PEOPLE = ("answered", "busy", "no_answer")
"""What a transfer to a person can come to."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a subscriber or the world does.

    `argument`: the code, number, short code, keys, seconds of `wait`, times of `silence`, outcome of `person`, name of `event`. `text` is
    that of an SMS. `to` is the line an event is about, `values` what the event brings,
    and `ways` those in which the network can tell the line (none: the demo's).
    """

    kind: str
    argument: str
    place: str
    text: str = ""
    to: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One expectation: `kind` of `EXPECTATIONS`, the text, and for `told` the line that gets it."""

    kind: str
    text: str
    place: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `number` counts from 1; `line` is who acts."""

    number: int
    line: str
    place: str
    acts: tuple[Act, ...]
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. `path` is its file and `shown` that file's name in messages; `now` the business moment (aware) at which it begins.

    `language` is what every line has in its books, None for what the demo lines have. `services` are programmed answers by service: one of
    every call, or a tuple with one for each call in turn. `golden` is `seen`, `unseen`, or empty where nothing was written by a command.
    """

    name: str
    operator: str
    path: Path
    shown: str
    place: str
    line: str
    now: datetime.datetime
    language: str | None
    switches: Mapping[str, bool]
    services: Mapping[str, Planned | tuple[Planned, ...]]
    steps: tuple[Step, ...]
    golden: str = ""

    @property
    def counts(self) -> bool:
        """Whether a person vouches for what it expects, so that it counts for coverage."""
        return self.golden != "unseen" and any(step.wanted for step in self.steps)

    @property
    def title(self) -> str:
        """Its name among all files: `azercell/balance: not_enough`."""
        return f"{self.operator}/{self.path.stem}: {self.name}"
