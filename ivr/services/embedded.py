"""The services over our own books: what a menu's `get` and `do` reach where no operator's back-end is plugged in.

A change is one operation of the books, kept under the call's key; the fee of its answer is booked in that same operation.
Postpaid fees go to the line's account `bill_fees`: they are part of the running bill and stand in the statement, and the
figures of `accounts.bill` leave them out, so that asking for the bill never changes what the bill says.
"""

from __future__ import annotations

import dataclasses
import datetime
import logging
import sqlite3
from collections.abc import Mapping

from ivr.accounts import cards, enquiries, grants, lines, settings_of_line, sms_money
from ivr.accounts.guarded import Guard, Guarded, Keys
from ivr.accounts.lines import LineRow
from ivr.accounts.masks import masked
from ivr.accounts.port import KeyReused
from ivr.accounts.rules import Acting, Asked, Change, Read, Terms
from ivr.accounts.store import FAILURES, Store
from ivr.accounts.transaction import Transaction
from ivr.engine.effects import Call, Fee
from ivr.engine.values import Answer, Line, Money
from ivr.services.port import ServiceError

log = logging.getLogger(__name__)
UNAVAILABLE = Answer("unavailable", {})


class EmbeddedServices:
    """Implements `ivr.services.port.Services` over `store`. `operators` gives the terms by the name a line has in the books.

    A line of an operator not named there takes the days of the clock it is asked with, and any language. Without `keys` what a password
    opens is `unavailable`.
    """

    def __init__(self, store: Store, operators: Mapping[str, Terms], keys: Keys | None = None) -> None:
        self._store = store
        self._operators = operators
        self._reads: dict[str, Read] = {**enquiries.READS, **cards.READS, **grants.READS, **sms_money.READS}
        self._changes: dict[str, Change] = {**settings_of_line.CHANGES, **grants.CHANGES}
        self._guarded: dict[str, Guarded] = {**sms_money.GUARDED}
        self._guard = None if keys is None else Guard(store, keys, self)

    @property
    def names(self) -> frozenset[str]:
        """Every service answered here, the engine's own (`accounts.funds`, `accounts.charge`) included."""
        return frozenset(self._reads) | frozenset(self._changes) | frozenset(self._guarded)

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        """The line with that number as it stands at `now`; None for an unknown one. Raises ServiceError where the books fail."""
        try:
            with self._store.reading() as connection:
                row = lines.find(connection, msisdn)
        except FAILURES as error:
            log.error("line %s cannot be read: %s", masked(msisdn), type(error).__name__)
            raise ServiceError("the books cannot be read") from None
        return None if row is None else row.on(self._local(row, now).date())

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """Perform `call`; what fails in the books or in the call itself is `unavailable` and a line in the log."""
        try:
            if (guarded := self._guarded.get(call.service)) is not None:
                if self._guard is None:
                    raise LookupError("passwords are not kept here")
                return self._guard.do(guarded, line, call, now)
            if (read := self._reads.get(call.service)) is not None:
                with self._store.reading() as connection:
                    return read(self.asked(connection, line, call, now))
            if (change := self._changes.get(call.service)) is not None:
                return self.perform(line, call, now, change)
            problem = "no such service"
        except FAILURES as error:
            problem = type(error).__name__
        except (KeyReused, LookupError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        log.error("%s for %s: %s", call.service, masked(line.msisdn), problem)
        return UNAVAILABLE

    def asked(self, connection: sqlite3.Connection, line: Line, call: Call, now: datetime.datetime) -> Asked:
        """What a look-up is given: the line as the books have it. Raises LookupError where they do not know it."""
        row = _known(connection, line)
        return Asked(connection, row, call, self._terms(row, now), self._local(row, now))

    def perform(self, line: Line, call: Call, now: datetime.datetime, change: Change) -> Answer:
        """Do `change` once for the call's key, with the fee of its answer, in one operation.

        The answer has the line afterwards; where its values name a `balance` it is the one after the fee. Raises FAILURES, KeyReused, and
        what `change` raises: nothing was done then.
        """

        def operation(transaction: Transaction) -> Answer:
            row = _known(transaction.connection, line)
            acting = Acting(transaction, row, call, self._terms(row, now), self._local(row, now))
            answer = change(acting)
            if (fee := call.fee_for(answer.outcome)) is not None:
                _book(transaction, acting.row, fee)
            row, bare = acting.row, call.service == "accounts.charge"
            moved = bare or bool(transaction.postings)
            if row.kind == "prepaid" and moved and (main := transaction.account(row.msisdn, "main")) is not None:
                row = dataclasses.replace(row, balance=transaction.balance(main))
                if bare or "balance" in answer.values:
                    answer = dataclasses.replace(answer, values={**answer.values, "balance": row.balance})
            return dataclasses.replace(answer, line=row.on(acting.today))

        answer = self._store.operate(call.key, operation, kind=call.service, msisdn=line.msisdn, at=now)
        if answer.outcome != "ok" or answer.line is not None:
            return answer
        try:
            return dataclasses.replace(answer, line=self.line(line.msisdn, now))
        except ServiceError:
            return answer  # a repeated call: it was done, and only the look at the line as it is by now failed

    def _terms(self, row: LineRow, now: datetime.datetime) -> Terms:
        terms = self._operators.get(row.operator)
        return Terms(now.tzinfo or datetime.UTC, ()) if terms is None else terms

    def _local(self, row: LineRow, now: datetime.datetime) -> datetime.datetime:
        return now.astimezone(self._terms(row, now).time_zone)


def _known(connection: sqlite3.Connection, line: Line) -> LineRow:
    row = lines.find(connection, line.msisdn)
    if row is None:
        raise LookupError("the line is not in the books")
    return row


def _book(transaction: Transaction, row: LineRow, fee: Fee) -> None:
    """Take the fee from the line. `Refused` where a prepaid one has too little; a postpaid one has it on its bill (A18)."""
    currency: str = fee.amount.currency
    prepaid = row.kind == "prepaid"
    payer = transaction.account(row.msisdn, "main") if prepaid else transaction.open(row.operator, row.msisdn, "bill_fees", currency)
    if payer is None:
        raise LookupError("the line has no account to pay from")
    paid_to = transaction.open(row.operator, None, "fees", currency)
    transaction.move(payer, paid_to, Money(fee.amount.micro, currency), "fee", f"{fee.name} {fee.channel}")


__all__ = ["EmbeddedServices", "Terms"]
