"""What an operation on the books may do: look at lines and accounts, move money, refuse.

An operation's function gets a `Transaction`, reads with `execute`, changes rows of its own tables with `execute`, moves
money with `move` alone, and returns the `Answer`. A refusal is raised as `Refused`: everything the function did is undone
and the refusal is remembered under the key like any other answer.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.engine.values import Answer, Happened, Money, Record, Value, pack

INFORMATION = 24
"""The most characters of a posting's information: what fits beside a date and an amount on a USSD page."""


class Refused(Exception):
    """A rule says no. `answer` is what the subscriber is told; nothing the operation did stays."""

    def __init__(self, outcome: str, values: dict[str, Value]) -> None:
        super().__init__(outcome)
        self.answer = Answer(outcome, values)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it was read: `balance` and `floor` in micro-units of `currency`; `floor` None where it has none."""

    id: int
    kind: str
    currency: str
    balance: int
    floor: int | None


@dataclass(frozen=True, slots=True)
class _Posting:
    account: int
    amount: int
    currency: str
    kind: str
    information: str


@dataclass(slots=True)
class Transaction:
    """One operation in the making. Used by its own function only, and only while that runs."""

    connection: sqlite3.Connection
    postings: list[_Posting] = field(default_factory=list)
    events: list[tuple[str, str, Record]] = field(default_factory=list)
    _moved: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def execute(self, sql: str, parameters: Sequence[str | int | None] = ()) -> sqlite3.Cursor:
        """Run one statement of plain SQL inside the operation's savepoint. Postings are made by `move` only."""
        return self.connection.execute(sql, parameters)

    def account(self, msisdn: str, kind: str) -> Account | None:
        """The line's account of that kind, None where it has none."""
        row = self.execute(
            "SELECT id, kind, currency, balance, floor FROM account WHERE msisdn = ? AND kind = ?", (msisdn, kind)
        ).fetchone()
        return None if row is None else Account(*row)

    def open(self, operator: str, msisdn: str | None, kind: str, currency: str, floor: int | None = None) -> Account:
        """The account of that kind, opened with a balance of nothing where there is none; `msisdn` None: the operator's own."""
        where = "msisdn = ? AND kind = ?" if msisdn else "msisdn IS NULL AND operator = ? AND kind = ? AND currency = ?"
        of = (msisdn, kind) if msisdn else (operator, kind, currency)
        row = self.execute(f"SELECT id, kind, currency, balance, floor FROM account WHERE {where}", of).fetchone()
        if row is None:
            row = self.execute(
                "INSERT INTO account (operator, msisdn, kind, currency, floor) VALUES (?, ?, ?, ?, ?)"
                " RETURNING id, kind, currency, balance, floor",
                (operator, msisdn, kind, currency, floor),
            ).fetchone()
        return Account(*row)

    def balance(self, account: Account) -> Money:
        """What the account has, with what this operation has moved so far."""
        return Money(account.balance + self._moved[account.id], account.currency)

    def move(self, source: Account, target: Account, amount: Money, kind: str, information: str = "", to_target: str | None = None) -> None:
        """Move `amount` (not negative) from `source` to `target`: two postings, equal and opposite, in that amount's currency.

        `kind` is what it is to the subscriber (`fee`). `information` stands on the source's posting, `to_target` (the same
        by default) on the target's; both are cut to `INFORMATION` characters. Raises Refused("not_enough", balance) where
        `source` would fall below its floor, and ValueError for a negative amount or another currency than the accounts'.
        """
        if amount.micro < 0 or not amount.currency == source.currency == target.currency:
            raise ValueError(f"{amount.micro} {amount.currency} cannot move from {source.currency} to {target.currency}")
        if amount.micro == 0:
            return
        before = self.balance(source)
        if source.floor is not None and before.micro - amount.micro < source.floor:
            raise Refused("not_enough", {"balance": before})
        for account, change, text in (
            (source, -amount.micro, information),
            (target, amount.micro, information if to_target is None else to_target),
        ):
            self.postings.append(_Posting(account.id, change, amount.currency, kind, text[:INFORMATION]))
            self._moved[account.id] += change

    def tell(self, about: str, msisdn: str, values: Record) -> None:
        """Note that the event `about` (services.yaml) happened to the line: it is written with the operation and told after it."""
        self.events.append((about, msisdn, values))

    def undo(self) -> None:
        """Forget what was moved and noted: a rule refused. The rows are the store's to take back."""
        self.postings.clear()
        self.events.clear()
        self._moved.clear()

    def write(self, operation: int, key: str, at: str) -> tuple[Happened, ...]:
        """Write postings and events under `operation`; the books' own trigger keeps the balances. Called once, by the store.

        Returns the events as they are to be told.
        """
        if self.postings:
            self._write_postings(operation, at)
        happened = tuple(Happened(f"event:{key}/{number}", *event) for number, event in enumerate(self.events))
        for one in happened:
            self.connection.execute(
                "INSERT INTO event (key, about, msisdn, content, at, state, due) VALUES (?, ?, ?, ?, ?, 'waiting', ?)",
                (one.key, one.about, one.msisdn, json.dumps(pack(one.values), ensure_ascii=False), at, at),
            )
        return happened

    def _write_postings(self, operation: int, at: str) -> None:
        self.connection.executemany(
            "INSERT INTO posting (operation_id, account_id, amount, currency, kind, information, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (operation, posting.account, posting.amount, posting.currency, posting.kind, posting.information, at)
                for posting in self.postings
            ],
        )
