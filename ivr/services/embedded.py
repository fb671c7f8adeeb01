"""The services over our own books: what a menu's `get` and `do` reach where no operator's back-end is plugged in.

A change is one operation of the books, kept under the call's key; the fee a `do` names is booked in that same operation.
Postpaid fees go to the line's account `bill_fees`: they are part of the running bill and stand in the statement, and the
figures of `accounts.bill` leave them out, so that asking for the bill never changes what the bill says.
"""

from __future__ import annotations

import dataclasses
import datetime
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivr.accounts import lines
from ivr.accounts.lines import LineRow
from ivr.accounts.masks import masked
from ivr.accounts.store import FAILURES, KeyReused, Store
from ivr.accounts.transaction import Refused, Transaction
from ivr.engine.effects import Call, Fee
from ivr.engine.values import Answer, Line, Money, Record, Tariff
from ivr.services.port import ServiceError

log = logging.getLogger(__name__)
UNAVAILABLE = Answer("unavailable", {})
OPENINGS = 4
"""Opening postings that a line may have, one an account."""
STATEMENT = 30
"""The most postings of `accounts.statement` (services.yaml: most)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the books need of an operator.yaml: whose midnight ends a day, and the languages a subscriber may choose."""

    time_zone: datetime.tzinfo
    languages: tuple[str, ...]


class EmbeddedServices:
    """Implements `ivr.services.port.Services` over `store`. `operators` gives the terms by the name a line has in the books.

    A line of an operator not named there takes the days of the clock it is asked with, and any language.
    """

    def __init__(self, store: Store, operators: Mapping[str, Terms]) -> None:
        self._store = store
        self._operators = operators
        self._reads: dict[str, _Read] = {
            "accounts.balance": _balance,
            "accounts.bill": _bill,
            "accounts.line": _line,
            "accounts.statement": _statement,
            "accounts.funds": _funds,
        }
        self._changes: dict[str, _Change] = {
            "accounts.set_language": self._set_language,
            "accounts.notices_on": lambda transaction, row, call: _notices(transaction, row, True),
            "accounts.notices_off": lambda transaction, row, call: _notices(transaction, row, False),
            "accounts.charge": _charged,
        }

    @property
    def names(self) -> frozenset[str]:
        """Every service answered here, the engine's own (`accounts.funds`, `accounts.charge`) included."""
        return frozenset(self._reads) | frozenset(self._changes)

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        """The line with that number as it stands at `now`; None for an unknown one. Raises ServiceError where the books fail."""
        try:
            with self._store.reading() as connection:
                row = lines.find(connection, msisdn)
        except FAILURES as error:
            log.error("line %s cannot be read: %s", masked(msisdn), type(error).__name__)
            raise ServiceError("the books cannot be read") from None
        return None if row is None else row.on(self._day(row, now))

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """Perform `call`; what fails in the books or in the call itself is `unavailable` and a line in the log."""
        try:
            if call.service in self._reads:
                with self._store.reading() as connection:
                    row = _known(connection, line)
                    return self._reads[call.service](_Asked(connection, row, call, self._zone(row, now), self._day(row, now)))
            if call.service in self._changes:
                return self._change(line, call, now)
            problem = "no such service"
        except FAILURES as error:
            problem = type(error).__name__
        except (KeyReused, LookupError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        log.error("%s for %s: %s", call.service, masked(line.msisdn), problem)
        return UNAVAILABLE

    def _change(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        change = self._changes[call.service]

        def operation(transaction: Transaction) -> Answer:
            row = _known(transaction.connection, line)
            answer, row = change(transaction, row, call)
            if call.fee is not None:
                paid = _book(transaction, row, call.fee)
                row = dataclasses.replace(row, balance=paid)
                if call.service == "accounts.charge" and paid is not None:
                    answer = Answer("ok", {"balance": paid})
            return dataclasses.replace(answer, line=row.on(self._day(row, now)))

        answer = self._store.operate(call.key, operation, kind=call.service, msisdn=line.msisdn, at=now)
        if answer.outcome != "ok" or answer.line is not None:
            return answer
        try:
            return dataclasses.replace(answer, line=self.line(line.msisdn, now))
        except ServiceError:
            return answer  # a repeated call: it was done, and only the look at the line as it is by now failed

    def _zone(self, row: LineRow, now: datetime.datetime) -> datetime.tzinfo | None:
        terms = self._operators.get(row.operator)
        return now.tzinfo if terms is None else terms.time_zone

    def _day(self, row: LineRow, now: datetime.datetime) -> datetime.date:
        return now.astimezone(self._zone(row, now)).date()

    def _set_language(self, transaction: Transaction, row: LineRow, call: Call) -> tuple[Answer, LineRow]:
        language = call.inputs["language"]
        terms = self._operators.get(row.operator)
        if not isinstance(language, str) or (terms is not None and language not in terms.languages):
            raise ValueError("a language this operator does not offer")
        transaction.execute("UPDATE line SET language = ? WHERE msisdn = ?", (language, row.msisdn))
        return Answer("ok", {}), dataclasses.replace(row, language=language)


@dataclass(frozen=True, slots=True)
class _Asked:
    connection: sqlite3.Connection
    row: LineRow
    call: Call
    zone: datetime.tzinfo | None
    today: datetime.date


_Read = Callable[[_Asked], Answer]
_Change = Callable[[Transaction, LineRow, Call], tuple[Answer, LineRow]]


def _known(connection: sqlite3.Connection, line: Line) -> LineRow:
    row = lines.find(connection, line.msisdn)
    if row is None:
        raise LookupError("the line is not in the books")
    return row


def _balance(asked: _Asked) -> Answer:
    row = asked.row
    if row.balance is None:
        raise LookupError("a postpaid line has no balance")
    bonuses: tuple[Record, ...] = tuple(
        {"left": left, "until": until} for left, until in lines.bonuses(asked.connection, row.msisdn, asked.today)
    )
    return Answer(
        "ok", {"main": row.balance, "expires": row.expires, "tariff": Tariff(row.tariff), "roaming": row.roaming, "bonuses": bonuses}
    )


def _bill(asked: _Asked) -> Answer:
    bill = lines.bill(asked.connection, asked.row.msisdn)
    if bill is None:
        raise LookupError("the line has no bill")
    overdue = bill.overdue(asked.today)
    return Answer("ok", {"billed": bill.billed, "current": bill.current, "advance": bill.advance, "due": bill.due, "overdue": overdue})


def _line(asked: _Asked) -> Answer:
    return Answer("ok", {"tariff": Tariff(asked.row.tariff), "roaming": asked.row.roaming, "notices": asked.row.notices})


def _statement(asked: _Asked) -> Answer:
    postings: tuple[Record, ...] = tuple(
        {"at": posting.at.astimezone(asked.zone).date(), "amount": posting.amount, "information": posting.information}
        for posting in lines.statement(asked.connection, asked.row.msisdn, STATEMENT + OPENINGS)
        # what the books began with is no event of the line's
        if posting.kind != "opening"
    )
    return Answer("ok", {"postings": postings[:STATEMENT]})


def _funds(asked: _Asked) -> Answer:
    amount, balance = asked.call.inputs["amount"], asked.row.balance
    if not isinstance(amount, Money):
        raise ValueError("accounts.funds needs an amount of money")
    if balance is None:  # postpaid: onto the bill, whatever it is (A18)
        return Answer("ok", {})
    if amount.currency != balance.currency:
        raise ValueError(f"a fee in {amount.currency} for a line in {balance.currency}")
    return Answer("ok" if amount.micro <= balance.micro else "not_enough", {"balance": balance})


def _notices(transaction: Transaction, row: LineRow, on: bool) -> tuple[Answer, LineRow]:
    if row.notices == on:
        raise Refused("already", {})
    transaction.execute("UPDATE line SET notices = ? WHERE msisdn = ?", (int(on), row.msisdn))
    return Answer("ok", {}), dataclasses.replace(row, notices=on)


def _charged(transaction: Transaction, row: LineRow, call: Call) -> tuple[Answer, LineRow]:
    """Nothing but the fee, which every change books; its answer brings what a prepaid line has after it."""
    if call.fee is None:
        raise ValueError("accounts.charge needs a fee")
    return Answer("ok", {}), row


def _book(transaction: Transaction, row: LineRow, fee: Fee) -> Money | None:
    """Take the fee from the line. A prepaid line's balance after it is the answer (None: postpaid); `Refused` where it has too little."""
    currency = fee.amount.currency
    prepaid = row.kind == "prepaid"
    payer = transaction.account(row.msisdn, "main") if prepaid else transaction.open(row.operator, row.msisdn, "bill_fees", currency)
    if payer is None:
        raise LookupError("the line has no account to pay from")
    transaction.move(payer, transaction.open(row.operator, None, "fees", currency), fee.amount, "fee", f"{fee.name} {fee.channel}")
    return transaction.balance(payer) if prepaid else None
