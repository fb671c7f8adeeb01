"""A session between two steps: small, frozen, and what JSON can carry, so that any process can go on with it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ivr.engine.values import Line, Money, Value, pack, unpack


@dataclass(frozen=True, slots=True)
class Frame:
    """A menu that the subscriber is in or can go back to, with all it has got: shown again, it looks up nothing.

    `then` is where it goes on once it is finished (`@entry`: the session's entry). `told` is the outcome it left with, where
    that was not `ok`. `page` counts from 0. `sent`: its `also_sms` has gone out.
    """

    menu: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    got: Mapping[str, Value] = field(default_factory=dict)
    then: str | None = None
    told: str = ""
    page: int = 0
    confirmed: bool = False
    acted: bool = False
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A sentence that stands before the page: `what` names it, so that it can be said again in whatever language the session has then.

    `menu`: the page of `frame`; `answer:NAME` the operator's; `otherwise:OUTCOME` of the frame's menu; `wrong:FIELD:CAUSE`; `no_match`;
    `no_input`; `not_served:ENTRY`. `extra` are names that only this sentence knows.
    """

    what: str
    frame: Frame
    extra: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """A session. `waiting` says what comes next:

    `menu` a key at the top frame's page; `field:NAME` a value; `again:NAME` the same value once more; `confirm` yes or no; `resume` yes or
    no to going on where a dropped session stood (`resuming` is what that one waited for); `call:STAGE` the answer of a service; `connect`
    what became of handing the call to a person; `ended` nothing. `service` is the number or the code's first part by which the session
    came in. `dial` holds parts of a direct-dial code not yet pressed; `inputs` counts what the subscriber sent; `effects` counts calls,
    which gives each its key; `paid` the fees charged once in this session. `by_sms`: a late answer, which goes out as an SMS.
    """

    session: str
    channel: str
    language: str
    msisdn: str
    line: Line | None
    entry: int = -1
    home: str = ""
    frames: tuple[Frame, ...] = ()
    heads: tuple[Head, ...] = ()
    waiting: str = "ended"
    dial: tuple[str, ...] = ()
    inputs: int = 0
    effects: int = 0
    silences: int = 0
    mistakes: int = 0
    paid: tuple[str, ...] = ()
    service: str = ""
    resuming: str = ""
    by_sms: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing can follow."""
        return self.waiting == "ended"


_PLAIN = tuple(item.name for item in dataclasses.fields(State) if item.name not in ("line", "frames", "heads"))
"""The fields of a state that JSON carries as they are."""


def dump(state: State) -> dict[str, Any]:
    """The state as JSON can carry it. Secrets are left out: a session that is loaded again asks for them anew."""
    line = state.line
    plain: dict[str, Any] = {name: getattr(state, name) for name in _PLAIN}
    plain["line"] = None if line is None else _dump_line(line)
    plain["frames"] = [_dump_frame(frame) for frame in state.frames]
    plain["heads"] = [{"what": head.what, "frame": _dump_frame(head.frame), "extra": pack(head.extra)} for head in state.heads]
    return plain


def load(plain: Mapping[str, Any]) -> State:
    """What `dump` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    known = {*_PLAIN, "line", "frames", "heads"}
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items() if name in known}
    values["line"] = None if plain["line"] is None else _load_line(plain["line"])
    values["frames"] = tuple(_load_frame(frame) for frame in plain["frames"])
    values["heads"] = tuple(_load_head(head) for head in plain["heads"])
    return State(**values)


def _dump_frame(frame: Frame) -> dict[str, Any]:
    return {
        "menu": frame.menu,
        "fields": pack(frame.fields),
        "got": pack(frame.got),
        "then": frame.then,
        "told": frame.told,
        "page": frame.page,
        "confirmed": frame.confirmed,
        "acted": frame.acted,
        "sent": frame.sent,
    }


def _load_head(plain: Mapping[str, Any]) -> Head:
    extra = unpack(plain["extra"])
    assert isinstance(extra, Mapping)
    return Head(plain["what"], _load_frame(plain["frame"]), extra)


def _load_frame(plain: Mapping[str, Any]) -> Frame:
    fields, got = unpack(plain["fields"]), unpack(plain["got"])
    assert isinstance(fields, Mapping) and isinstance(got, Mapping)
    told, page, confirmed, acted = plain["told"], plain["page"], plain["confirmed"], plain["acted"]
    return Frame(plain["menu"], fields, got, plain["then"], told, page, confirmed, acted, plain["sent"])


def _dump_line(line: Line) -> dict[str, Any]:
    return {
        "msisdn": line.msisdn,
        "kind": line.kind,
        "status": line.status,
        "tariff": line.tariff,
        "language": line.language,
        "roaming": line.roaming,
        "notices": line.notices,
        "expires": line.expires and line.expires.isoformat(),
        "balance": line.balance and [line.balance.micro, line.balance.currency],
    }


def _load_line(plain: Mapping[str, Any]) -> Line:
    expires, balance = plain["expires"], plain["balance"]
    values = dict(plain)
    values["expires"] = expires and datetime.date.fromisoformat(expires)
    values["balance"] = balance and Money(*balance)
    return Line(**values)
