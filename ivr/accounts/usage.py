"""Usage: a call, messages or data that a line used, rated and charged in one operation of the books (services.md, A14, A15).

A prepaid line pays from its money, a postpaid one has it on its running bill. Where a prepaid balance changed, the event `usage.charged`
is noted in the same operation; the automatic message (A4) is told from it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.accounts import lines, rating
from ivr.accounts.lines import LineRow
from ivr.accounts.port import KeyReused
from ivr.accounts.rating import Bonus, NoPrice, Rated, Usage
from ivr.accounts.rules import Terms
from ivr.accounts.store import Store
from ivr.accounts.transaction import Account, Refused, Transaction
from ivr.engine.charging import TariffPrices
from ivr.engine.values import Answer, Happened, Money, Value

MOST = 10_000_000
"""The most seconds, messages or megabytes of one usage: more is a slip."""
LARGEST = 2**62
"""Micro-units that a charge stays below, so that no sum leaves 64 bits."""


@dataclass(frozen=True, slots=True)
class Charged:
    """What usage came to. `outcome` is `ok` or the rule that said no: `unknown_line`, `barred`, `expired`, `no_price`, `not_enough`.

    `from_bonus` is how many minutes, messages or megabytes bonuses covered. `balance` is what a prepaid line has after it, None for a
    postpaid one. `happened` is to be told; usage that was charged before has none.
    """

    outcome: str
    charge: Money
    from_bonus: int
    balance: Money | None
    happened: tuple[Happened, ...] = ()


def use(books: Store, operators: Mapping[str, Terms], msisdn: str, usage: Usage, key: str, now: datetime.datetime) -> Charged:
    """Rate and charge `usage` of the line `msisdn` at `now` (aware), once for `key`: again, the same answer and nothing done.

    Raises ValueError for an amount that cannot be, LookupError where the line's operator is not among `operators`, KeyReused where `key`
    stands for another usage, and what `Store.operate` raises: nothing was done then.
    """
    if not 0 <= usage.amount <= MOST:
        raise ValueError(f"usage is 0 to {MOST}")
    with books.reading() as connection:
        row = lines.find(connection, msisdn)
    if row is None:
        return Charged("unknown_line", Money(0, ""), 0, None)  # nothing is created for a number that nobody has
    terms = operators.get(row.operator)
    if terms is None:
        raise LookupError(f"the operator {row.operator!r} of this line has no operator.yaml here")
    local = now.astimezone(terms.time_zone)
    asked = f"{usage.amount} {usage.to} {usage.roaming}"

    def operation(transaction: Transaction) -> Answer:
        return _charged(transaction, msisdn, usage, terms, local, asked)

    answer = books.operate(key, operation, kind=f"usage.{usage.kind}", msisdn=msisdn, at=now)
    values = answer.values
    if values.get("asked") != asked:
        raise KeyReused("the key of one usage was given again with another")
    charge, from_bonus, balance = values["charge"], values["from_bonus"], values["balance"]
    assert isinstance(charge, Money) and isinstance(from_bonus, int) and isinstance(balance, Money | None)
    return Charged(answer.outcome, charge, from_bonus, balance, answer.happened)


# -- inside


def _charged(transaction: Transaction, msisdn: str, usage: Usage, terms: Terms, local: datetime.datetime, asked: str) -> Answer:
    row, today = lines.find(transaction.connection, msisdn), local.date()
    assert row is not None, "lines are not deleted"
    account = _account(transaction, row, terms)
    has = transaction.balance(account) if row.kind == "prepaid" else None
    same: dict[str, Value] = {"asked": asked}

    def refused(outcome: str) -> Refused:
        return Refused(outcome, {**same, "charge": Money(0, terms.currency), "from_bonus": 0, "balance": has})

    status = row.on(today).status
    if status != "active":
        raise refused(status)
    bonuses = _bonuses(transaction, msisdn)
    prices = terms.tariffs.get(row.tariff, TariffPrices())
    try:
        rated = _rated(usage, prices, terms, bonuses, today, has)
    except NoPrice:
        raise refused("no_price") from None
    if rated.micro >= LARGEST:
        raise ValueError(f"a charge of {rated.micro} micro-units is larger than the books keep")
    if has is not None and rated.micro > has.micro:
        raise refused("not_enough")
    _use_bonuses(transaction, msisdn, rated)
    charge = Money(rated.micro, terms.currency)
    income = transaction.open(row.operator, None, "usage", terms.currency)
    transaction.move(account, income, charge, usage.kind, information(usage))
    balance = None if has is None else transaction.balance(account)
    if balance is not None and rated.micro:
        told: dict[str, Value] = {"charge": charge, "balance": balance, "from_bonus": rated.from_bonus > 0, "expires": row.expires}
        transaction.tell("usage.charged", msisdn, told)
    return Answer("ok", {**same, "charge": charge, "from_bonus": rated.from_bonus, "balance": balance})


def _rated(usage: Usage, prices: TariffPrices, terms: Terms, bonuses: tuple[Bonus, ...], today: datetime.date, has: Money | None) -> Rated:
    """Bonuses before money, or, where operator.yaml wants it so, only where the money is not enough."""
    if not terms.rating.bonuses_first:
        try:
            paid = rating.rate(usage, prices, terms.rating, (), today)
        except NoPrice:
            paid = None
        if paid is not None and (has is None or paid.micro <= has.micro):
            return paid
    return rating.rate(usage, prices, terms.rating, bonuses, today)


def _account(transaction: Transaction, row: LineRow, terms: Terms) -> Account:
    if row.kind == "postpaid":
        return transaction.open(row.operator, row.msisdn, "bill", terms.currency)
    account = transaction.account(row.msisdn, "main")
    if account is None:
        raise LookupError("the line has no account to pay from")
    return account


def _bonuses(transaction: Transaction, msisdn: str) -> tuple[Bonus, ...]:
    rows = transaction.execute('SELECT id, unit, "left", until FROM bonus WHERE msisdn = ? AND "left" > 0', (msisdn,))
    return tuple(Bonus(number, unit, left, datetime.date.fromisoformat(until)) for number, unit, left, until in rows)


def _use_bonuses(transaction: Transaction, msisdn: str, rated: Rated) -> None:
    for number, left in rated.left.items():
        transaction.execute('UPDATE bonus SET "left" = ? WHERE id = ?', (left, number))
    for rest in rated.rests:
        # the same unit and day is the same bonus to the subscriber: a line does not gather rows
        added = transaction.execute(
            'UPDATE bonus SET "left" = "left" + ? WHERE id = (SELECT min(id) FROM bonus WHERE msisdn = ? AND unit = ? AND until = ?)',
            (rest.number, msisdn, rest.unit, rest.until.isoformat()),
        )
        if not added.rowcount:
            transaction.execute(
                'INSERT INTO bonus (msisdn, unit, "left", until) VALUES (?, ?, ?, ?)',
                (msisdn, rest.unit, rest.number, rest.until.isoformat()),
            )


def information(usage: Usage) -> str:
    """What the statement says of it, in at most 24 characters: `994501110002 61 s`, `3 SMS 994501110002`, `150 MB roaming`."""
    if usage.kind == "call":
        if usage.roaming and usage.to:
            return f"roaming {usage.to}"
        return f"{usage.to} {usage.amount} s".strip() + (" roaming" if usage.roaming else "")
    if usage.kind == "sms":
        return f"{usage.amount} SMS {usage.to}".strip() if usage.amount > 1 else f"SMS {usage.to}".strip()
    return f"{usage.amount} MB" + (" roaming" if usage.roaming else "")
