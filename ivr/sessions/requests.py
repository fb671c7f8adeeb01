"""What channels hand to the runner and what they get back: the only door between a network and the engine."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ivr.engine.effects import Effect, Page, Sms, Speak, Traced, UssdNotice


@dataclass(frozen=True, slots=True)
class Open:
    """A session begins: `channel` is `ussd`, `call`, `sms` or `web`; `address` the code dialled, number called or short code.

    `language` is for this session only. `text` is an SMS's text. `operator` where a number alone does not decide.
    """

    channel: str
    address: str
    msisdn: str
    text: str = ""
    language: str | None = None


SHORTEST_NUMBER = 7
"""Digits of the shortest international numbers there are (+683 and four); what is shorter is a service, not a subscriber."""


def is_phone(sender: str) -> bool:
    """Whether an SMS from `sender` came from a phone: an international number (E.164: at most 15 digits), no short number and no name."""
    return sender.isascii() and sender.isdigit() and SHORTEST_NUMBER <= len(sender) <= 15


@dataclass(frozen=True, slots=True)
class Typed:
    """What the subscriber typed now. `ended`: an end key finished the input of a call."""

    text: str
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Accumulated:
    """A gateway's request that repeats all that was typed, `1*7` (Africa's Talking form); opens the session where there is none.

    The runner finds what is new in it. The text itself is never kept: it repeats passwords.
    """

    opening: Open
    text: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was pressed in time."""


@dataclass(frozen=True, slots=True)
class Connected:
    """What became of handing the call to a person: `answered` (the conversation is over), `busy` or `no_answer`."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Left:
    """The subscriber is gone: `hung_up`, `aborted`, `timed_out`."""

    why: str


Request = Open | Typed | Accumulated | Silence | Connected | Left


@dataclass(frozen=True, slots=True)
class Reply:
    """What the subscriber gets: effects in order (Page or Speak, Sms, UssdNotice; never a Call), and `ended`.

    `fee` is what was charged since the request before, decimal text (`"0"` where nothing); `language` the session's. `opened` is the id of
    the session that the network is to open with the page (a notice by `ussd_session`); what the phone answers belongs to it. `told` are the
    messages that went out because of what this request did: notices, to whomever (the recipient of a transfer). A repeated request tells
    nobody again.
    """

    effects: tuple[Effect, ...]
    ended: bool
    language: str
    fee: str = "0"
    trace: tuple[Traced, ...] = ()
    release: str = ""
    opened: str = ""
    told: tuple[Sms, ...] = ()

    @property
    def page(self) -> Page | None:
        """The USSD page, where there is one."""
        return next((effect for effect in self.effects if isinstance(effect, Page)), None)

    @property
    def speak(self) -> Speak | None:
        """What a call plays next, where it is a call."""
        return next((effect for effect in self.effects if isinstance(effect, Speak)), None)

    @property
    def messages(self) -> tuple[Sms, ...]:
        """SMS that leave with the reply."""
        return tuple(effect for effect in self.effects if isinstance(effect, Sms))

    @property
    def ussd_notices(self) -> tuple[UssdNotice, ...]:
        """USSD notifications that leave with the reply."""
        return tuple(effect for effect in self.effects if isinstance(effect, UssdNotice))


class Door(Protocol):
    """How channels reach the runner from the event loop. Never raises for anything a subscriber or back-end does."""

    def call(self, session: str, request: Request) -> Awaitable[Reply]:
        """Hand over one request of `session` (an id unique to the channel's session); requests of one session run in turn."""


class Messages(Protocol):
    """Where messages go that leave for good. Blocking calls; the runner makes them from its pool, never from the event loop's thread.

    Any of them may raise where the books cannot be read or written just now; nothing was done then.
    """

    def send(self, messages: Sequence[Sms], operator: str, at: datetime.datetime, *, answered: bool = False) -> None:
        """Take messages over for delivery, each once for its `key`. `answered`: they travel with an SMS's reply and are only noted; where
        the SMS session has been answered already, that answer stays and these are not kept."""

    def answers(self, session: str, msisdn: str) -> tuple[Sms, ...]:
        """What the SMS session `session` (the name in its keys) of that line was answered with; empty where nothing is known of it."""

    def allowed(self, limit: str, msisdn: str, key: str, most: int, per: datetime.timedelta, at: datetime.datetime) -> bool:
        """Whether one more of what `limit` counts may go to that line: `most` in `per`, from the first of them on. It is taken for `key`
        for good: the same key gets the same answer and takes nothing."""

    def first(self, key: str, msisdn: str, at: datetime.datetime) -> bool:
        """Whether nobody has said `key` before: it is said now, for good."""

    def told(self, key: str) -> bool:
        """Whether `key` was said before, by `first`."""
