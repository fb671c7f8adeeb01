"""Reading the books: lines, bonuses, bills, statements. Plain SQL on a connection that `Store.reading` or an operation gives."""

from __future__ import annotations

import datetime
import sqlite3
from dataclasses import dataclass

from ivr.engine.values import Count, Line, Money


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as the books have it; `balance` is of its `main` account, None where it has none (postpaid)."""

    msisdn: str
    operator: str
    kind: str
    status: str
    tariff: str
    language: str | None
    roaming: bool
    notices: bool
    expires: datetime.date | None
    balance: Money | None

    def on(self, today: datetime.date) -> Line:
        """The line as it stands on the operator's day `today`: an active one is expired on the days after `expires`."""
        run_out = self.status == "active" and self.expires is not None and self.expires < today
        return Line(
            msisdn=self.msisdn,
            kind=self.kind,
            status="expired" if run_out else self.status,
            tariff=self.tariff,
            language=self.language,
            roaming=self.roaming,
            notices=self.notices,
            expires=self.expires,
            balance=self.balance,
        )


@dataclass(frozen=True, slots=True)
class Bill:
    """A postpaid line's figures. `current` is the running bill without the fees for requests (`fees`)."""

    billed: Money
    current: Money
    advance: Money
    fees: Money
    due: datetime.date

    def overdue(self, today: datetime.date) -> bool:
        """Whether the due date is past and the advance does not cover what was billed."""
        return self.due < today and self.billed.micro > self.advance.micro


@dataclass(frozen=True, slots=True)
class Posting:
    """A line of a statement: negative amounts were taken from the subscriber. `at` is the moment, in UTC."""

    amount: Money
    kind: str
    information: str
    at: datetime.datetime


_LINE = """
    SELECT line.operator, line.kind, line.status, line.tariff, line.language, line.roaming, line.notices, line.expires,
        account.balance, account.currency
    FROM line LEFT JOIN account ON account.msisdn = line.msisdn AND account.kind = 'main'
    WHERE line.msisdn = ?
"""


def find(connection: sqlite3.Connection, msisdn: str) -> LineRow | None:
    """The line with that number, None where the books do not know it."""
    row = connection.execute(_LINE, (msisdn,)).fetchone()
    if row is None:
        return None
    operator, kind, status, tariff, language, roaming, notices, expires, balance, currency = row
    return LineRow(
        *(msisdn, operator, kind, status, tariff, language, bool(roaming), bool(notices)),
        expires=None if expires is None else datetime.date.fromisoformat(expires),
        balance=None if currency is None else Money(balance, currency),
    )


def bonuses(connection: sqlite3.Connection, msisdn: str, today: datetime.date) -> tuple[tuple[Count, datetime.date], ...]:
    """What is left and until when (that day included), the soonest to expire first; expired and used-up ones are not there."""
    rows = connection.execute(
        'SELECT "left", unit, until FROM bonus WHERE msisdn = ? AND until >= ? AND "left" > 0 ORDER BY until, id',
        (msisdn, today.isoformat()),
    )
    return tuple((Count(left, unit), datetime.date.fromisoformat(until)) for left, unit, until in rows)


def bill(connection: sqlite3.Connection, msisdn: str) -> Bill | None:
    """The postpaid figures of the line, None where it has none."""
    row = connection.execute("SELECT currency, billed, advance, due FROM bill WHERE msisdn = ?", (msisdn,)).fetchone()
    if row is None:
        return None
    currency, billed, advance, due = row
    owed = dict(
        connection.execute("SELECT kind, -balance FROM account WHERE msisdn = ? AND kind IN ('bill', 'bill_fees')", (msisdn,)).fetchall()
    )
    return Bill(
        billed=Money(billed, currency),
        current=Money(owed.get("bill", 0), currency),
        advance=Money(advance, currency),
        fees=Money(owed.get("bill_fees", 0), currency),
        due=datetime.date.fromisoformat(due),
    )


def statement(connection: sqlite3.Connection, msisdn: str, most: int = 30) -> tuple[Posting, ...]:
    """The postings on the line's accounts, the newest first, `most` at the most."""
    rows = connection.execute(
        """
        SELECT amount, currency, kind, information, at FROM posting
        WHERE account_id IN (SELECT id FROM account WHERE msisdn = ?) ORDER BY id DESC LIMIT ?
        """,
        (msisdn, most),
    )
    return tuple(
        Posting(Money(amount, currency), kind, text, datetime.datetime.fromisoformat(at)) for amount, currency, kind, text, at in rows
    )
