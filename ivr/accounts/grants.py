"""Grants: who else may read a postpaid line's bill (services.md, A10), and changes that wait while billing runs (A11).

A change asked for while billing runs is a row of `reader_request` until the bill cycle opens that it waits for; then due work carries it
out. Of one owner and number only the last request waits: an older one is `replaced`, and one that asks for the same again is answered with
the day of the one that waits. From the moment its cycle opens a request counts as carried out for whoever asks, whether due work has come
to it yet or not.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.accounts import enquiries, lines
from ivr.accounts.moments import moment_text
from ivr.accounts.rules import Acting, Asked, Change, Read, msisdn_of
from ivr.accounts.store import Store
from ivr.accounts.transaction import Refused, Transaction
from ivr.engine.values import Answer, Msisdn, Record

LISTED = 20
"""The most numbers of `grants.list` (services.yaml: most)."""
MOST = 100
"""Requests that are carried out in one round of due work."""


@dataclass(frozen=True, slots=True)
class Request:
    """A change that waits: `reader` is given the right, or it is taken back, when `opens` comes (aware, UTC)."""

    id: int
    reader: str
    give: bool
    opens: datetime.datetime


@dataclass(frozen=True, slots=True)
class Grants:
    """Whose number may read the bill of a line at a moment: `readers`, the oldest grant first; and the requests that wait still."""

    readers: tuple[str, ...]
    waiting: tuple[Request, ...]

    @property
    def total(self) -> int:
        """How many read it or are going to. A number that is going to lose the right counts until then."""
        return len(self.readers) + sum(request.give for request in self.waiting)

    @property
    def in_the_end(self) -> frozenset[str]:
        """Who reads it once everything that waits is carried out."""
        changed = {request.reader for request in self.waiting}
        given = {request.reader for request in self.waiting if request.give}
        return frozenset(self.readers) - changed | given

    def waits_for(self, number: str) -> Request | None:
        """What waits for `number`."""
        return next((request for request in self.waiting if request.reader == number), None)


def grants_of(connection: sqlite3.Connection, owner: str, now: datetime.datetime) -> Grants:
    """The grants of the line `owner` as they are at `now` (aware), with those requests done whose cycle has opened."""
    known = connection.execute("SELECT reader FROM bill_reader WHERE owner = ? ORDER BY at, reader", (owner,))
    readers = {reader: None for (reader,) in known}
    waiting = []
    for request in _requests(connection, owner):
        if request.opens > now:
            waiting.append(request)
        elif request.give:
            readers[request.reader] = None
        else:
            readers.pop(request.reader, None)
    return Grants(tuple(readers), tuple(waiting))


def listed(asked: Asked) -> Answer:
    """`grants.list`: those who read the bill, then those who are going to, with the day from which.

    While a number waits to be removed and another for its place, there may be more than `LISTED`: then those who are going to lose the
    right are left out, the newest first, for nothing needs to be asked for them any more.
    """
    grants = grants_of(asked.connection, asked.row.msisdn, asked.now)
    leaving = [reader for reader in grants.readers if reader not in grants.in_the_end]
    left_out = leaving[max(0, len(leaving) - max(0, grants.total - LISTED)) :]
    numbers: list[Record] = [
        {"number": Msisdn(reader), "waiting": False, "from": None} for reader in grants.readers if reader not in left_out
    ]
    numbers += [
        {"number": Msisdn(request.reader), "waiting": True, "from": _day(request, asked.now)} for request in grants.waiting if request.give
    ]
    return Answer("ok", {"total": grants.total, "numbers": tuple(numbers[:LISTED])})


def read(asked: Asked) -> Answer:
    """`grants.read`: another line's bill, or one's own. Who was not given the right learns nothing of the number, not even whether it is
    somebody's."""
    owner = msisdn_of(asked.call, "owner")
    line = lines.find(asked.connection, owner)
    granted = owner == asked.row.msisdn or asked.row.msisdn in grants_of(asked.connection, owner, asked.now).readers
    # only a line of the same operator: another's books may stand in this file too
    if line is None or not granted or line.kind != "postpaid" or line.operator != asked.row.operator:
        return Answer("not_granted", {})
    figures = enquiries.bill_of(asked, owner)
    return Answer("not_granted", {}) if figures is None else Answer("ok", figures)


def give(acting: Acting) -> Answer:
    """`grants.give`. Raises Refused `own_number`, `already`, `too_many`; LookupError for a line that has no bill."""
    number = msisdn_of(acting.call, "number")
    grants = _carried_out(acting)
    if number == acting.row.msisdn:
        raise Refused("own_number", {})
    waits = grants.waits_for(number)
    if waits is not None and waits.give:
        return Answer("later", {"from": _day(waits, acting.now)})
    if number in grants.in_the_end:
        raise Refused("already", {})
    most = acting.terms.number("grants")
    # one that begins with the cycle may have the place of one that ends with it; one that begins now may not
    at_once = number not in grants.readers and not _billing_runs(acting)
    if len(grants.in_the_end) >= most or (at_once and grants.total >= most):
        raise Refused("too_many", {"most": most})
    return _change(acting, grants, number, True)


def take_back(acting: Acting) -> Answer:
    """`grants.take_back`. Raises Refused `not_given`; LookupError for a line that has no bill."""
    number = msisdn_of(acting.call, "number")
    grants = _carried_out(acting)
    waits = grants.waits_for(number)
    if waits is not None and not waits.give:
        return Answer("later", {"from": _day(waits, acting.now)})
    if number not in grants.in_the_end:
        raise Refused("not_given", {})
    return _change(acting, grants, number, False)


def carry_out(store: Store, now: datetime.datetime) -> int:
    """Carry out the requests whose cycle has opened by `now` (aware), each an operation of its own; how many. At most `MOST` in a round.

    Raises FAILURES of the books: what was not carried out waits on.
    """
    moment = moment_text(now)
    with store.reading() as connection:
        due = connection.execute(
            "SELECT id, owner FROM reader_request WHERE state = 'waiting' AND opens <= ? ORDER BY opens, id LIMIT ?", (moment, MOST)
        ).fetchall()
    done = 0
    for number, owner in due:

        def operation(transaction: Transaction, number: int = number, owner: str = owner) -> Answer:
            waits = next((request for request in _requests(transaction.connection, owner) if request.id == number), None)
            if waits is not None:  # else the owner has asked for something else meanwhile
                _do(transaction, owner, waits, now)
            return Answer("ok", {})

        answer = store.operate(f"grants:{number}", operation, kind="grants.carry_out", msisdn=owner, at=now)
        done += bool(answer.happened)  # it is remembered without: another process was first
    return done


READS: Mapping[str, Read] = {"grants.list": listed, "grants.read": read}
"""The look-ups by their names in services.yaml."""
CHANGES: Mapping[str, Change] = {"grants.give": give, "grants.take_back": take_back}
"""The acts by their names in services.yaml."""


# -- inside


def _carried_out(acting: Acting) -> Grants:
    """The grants of the acting line, with everything done that due work has not come to yet: what is asked now comes after it."""
    if acting.row.kind != "postpaid":
        raise LookupError("a prepaid line has no bill that another could read")
    for request in _requests(acting.transaction.connection, acting.row.msisdn):
        if request.opens <= acting.now:
            _do(acting.transaction, acting.row.msisdn, request, acting.now)
    return grants_of(acting.transaction.connection, acting.row.msisdn, acting.now)


def _billing_runs(acting: Acting) -> bool:
    return acting.terms.billing is not None and acting.terms.billing.running(acting.now)


def _change(acting: Acting, grants: Grants, number: str, give: bool) -> Answer:
    owner, transaction, billing = acting.row.msisdn, acting.transaction, acting.terms.billing
    transaction.execute(
        "UPDATE reader_request SET state = 'replaced' WHERE owner = ? AND reader = ? AND state = 'waiting'", (owner, number)
    )
    if (number in grants.readers) == give:
        pass  # it was to change and now stays as it is: nothing is left to be done, billing or not
    elif billing is not None and _billing_runs(acting):
        opens = billing.next_cycle(acting.now)
        transaction.execute(
            "INSERT INTO reader_request (owner, reader, give, opens, at, state) VALUES (?, ?, ?, ?, ?, 'waiting')",
            (owner, number, int(give), moment_text(opens), moment_text(acting.now)),
        )
        return Answer("later", {"from": opens.date()})
    else:
        _set(transaction, owner, number, give, acting.now)
    return Answer("ok", {"total": grants_of(transaction.connection, owner, acting.now).total} if give else {})


def _do(transaction: Transaction, owner: str, request: Request, now: datetime.datetime) -> None:
    _set(transaction, owner, request.reader, request.give, now)
    transaction.execute("UPDATE reader_request SET state = 'done' WHERE id = ?", (request.id,))
    transaction.tell("grants.done", owner, {"number": Msisdn(request.reader), "given": request.give})


def _set(transaction: Transaction, owner: str, number: str, give: bool, now: datetime.datetime) -> None:
    if give:
        transaction.execute(
            "INSERT INTO bill_reader (owner, reader, at) VALUES (?, ?, ?) ON CONFLICT (owner, reader) DO NOTHING",
            (owner, number, moment_text(now)),
        )
    else:
        transaction.execute("DELETE FROM bill_reader WHERE owner = ? AND reader = ?", (owner, number))


def _requests(connection: sqlite3.Connection, owner: str) -> list[Request]:
    rows = connection.execute(
        "SELECT id, reader, give, opens FROM reader_request WHERE owner = ? AND state = 'waiting' ORDER BY opens, id", (owner,)
    )
    return [Request(number, reader, bool(give), datetime.datetime.fromisoformat(opens)) for number, reader, give, opens in rows]


def _day(request: Request, now: datetime.datetime) -> datetime.date:
    """The operator's day on which the request is carried out; `now` is the operator's local time."""
    return request.opens.astimezone(now.tzinfo).date()
