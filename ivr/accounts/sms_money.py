"""SMS-money: money sent from line to line, opened by a password (services.md, B1 to B13). Every number comes from operator.yaml.

A wrong PIN2 and a wrong password count together: the lock is the service's, and to lock one way in while the other can still be tried would
give a thief twice the guesses.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from ivr.accounts import attempts, lines, passwords
from ivr.accounts.guarded import Guarded, whole_minute
from ivr.accounts.moments import moment_text
from ivr.accounts.passwords import Hashed
from ivr.accounts.rules import Acting, Asked, Read, money_of, msisdn_of, secret_of
from ivr.engine.values import Answer, Money, Msisdn, Value

SERVICE = "sms_money"
FEE = "money"
"""The fee of operator.yaml whose SMS price `sms_money.status` names."""
CENT = 10_000
"""Micro-units of the smallest amount that can be sent: two decimals (B3)."""
_PASSWORD = re.compile("[0-9]{4,20}")


def status(asked: Asked) -> Answer:
    """`sms_money.status`: whether the line has a password, whether the service is locked for it, and the limits."""
    terms, msisdn = asked.terms, asked.row.msisdn
    until = attempts.locked_until(asked.connection, msisdn, SERVICE, asked.now)
    fee = terms.fees[FEE].prices.get("sms") if FEE in terms.fees else None
    values: dict[str, Value] = {
        "registered": passwords.find(asked.connection, msisdn, SERVICE) is not None,
        "locked": until is not None,
        "until": None if until is None else whole_minute(until, asked.now),
        "fee": fee or Money(0, terms.currency),
        "least": terms.amount("transfer_min"),
        "most": terms.amount("transfer_max"),
        "keep": terms.amount("transfer_keep"),
    }
    return Answer("ok", values)


READS: Mapping[str, Read] = {"sms_money.status": status}
"""The look-ups by their names in services.yaml."""


def _open(asked: Asked) -> None:
    """Refuse what the engine refuses before us. Raises LookupError."""
    if asked.row.on(asked.today).status != "active":
        raise LookupError("the line is barred or expired")
    if asked.row.balance is None:
        raise LookupError("SMS-money is for prepaid lines")


def _password(asked: Asked, name: str) -> None:
    """Hold a new password to its form (B1). Raises ValueError; the message never has it."""
    if not _PASSWORD.fullmatch(secret_of(asked.call, name).reveal()):
        raise ValueError(f"{name} is not of 4 to 20 digits")


def _may_register(asked: Asked) -> Answer | None:
    _open(asked)
    _password(asked, "password")
    return None if passwords.find(asked.connection, asked.row.msisdn, SERVICE) is None else Answer("already", {})


def _may_change(asked: Asked) -> Answer | None:
    _open(asked)
    _password(asked, "new_password")
    return None if passwords.find(asked.connection, asked.row.msisdn, SERVICE) is not None else Answer("not_registered", {})


def _may_transfer(asked: Asked) -> Answer | None:
    _open(asked)
    amount, terms = money_of(asked.call, "amount"), asked.terms
    msisdn_of(asked.call, "phone")
    # menus hold amounts to this already (services.yaml), so there is no outcome for it
    least, most, _ = terms.amount("transfer_min"), terms.amount("transfer_max"), terms.amount("transfer_keep")
    if amount.currency != least.currency or not least.micro <= amount.micro <= most.micro or amount.micro % CENT:
        raise ValueError("an amount that operator.yaml does not allow")
    terms.span("same_recipient")
    return None if passwords.find(asked.connection, asked.row.msisdn, SERVICE) is not None else Answer("not_registered", {})


def _register(acting: Acting, made: Hashed | None) -> Answer:
    """`sms_money.register` (B1), also `sms_money.change_password` (B9): the new password is the line's from here on."""
    assert made is not None
    balance, fee = acting.row.balance, acting.call.fee
    if balance is not None and fee is not None and balance.micro < fee.amount.micro:
        return Answer("not_enough", {"balance": balance})
    passwords.keep(acting.transaction.connection, acting.row.msisdn, SERVICE, made, acting.now)
    return Answer("ok", {})


def _transfer(acting: Acting, made: Hashed | None) -> Answer:
    """`sms_money.transfer` (B2 to B5, B7, B8, B12), after the password: who does not know it learns nothing about a recipient."""
    row, transaction, terms = acting.row, acting.transaction, acting.terms
    amount, phone = money_of(acting.call, "amount"), msisdn_of(acting.call, "phone")
    if phone == row.msisdn:
        return Answer("own_number", {})
    to = lines.find(transaction.connection, phone)
    if to is None or to.operator != row.operator or to.on(acting.today).status != "active":
        return Answer("unknown_number", {})
    source, target = transaction.account(row.msisdn, "main"), transaction.account(phone, "main")
    if source is None or target is None or target.currency != source.currency:
        return Answer("unknown_number", {})
    if (possible := _possible(acting, phone)) is not None:
        return Answer("too_soon", {"from": whole_minute(possible, acting.now)})
    keep, fee = terms.amount("transfer_keep"), 0 if acting.call.fee is None else acting.call.fee.amount.micro
    balance = transaction.balance(source)
    if balance.micro - amount.micro - fee < keep.micro:
        return Answer("too_little_left", {"keep": keep, "balance": balance})
    transaction.move(source, target, amount, "transfer", f"To {phone}", row.msisdn)
    transaction.execute(
        "INSERT INTO transfer (sender, recipient, amount, currency, at) VALUES (?, ?, ?, ?, ?)",
        (row.msisdn, phone, amount.micro, amount.currency, moment_text(acting.now)),
    )
    received: dict[str, Value] = {
        "amount": amount,
        "sender": Msisdn(row.msisdn),
        "balance": transaction.balance(target),
        "at": acting.now,
    }
    transaction.tell("sms_money.received", phone, received)
    return Answer("ok", {"balance": transaction.balance(source), "at": acting.now})


def _possible(acting: Acting, phone: str) -> datetime.datetime | None:
    """The moment (UTC) from which the line may send to `phone` again (B5), None where it may now.

    By the latest of the earlier transfers, also one that a clock which went back takes for a later one.
    """
    last = acting.transaction.execute(
        "SELECT max(at) FROM transfer WHERE sender = ? AND recipient = ?", (acting.row.msisdn, phone)
    ).fetchone()[0]
    possible = None if last is None else datetime.datetime.fromisoformat(last) + acting.terms.span("same_recipient")
    return possible if possible is not None and acting.now < possible else None


GUARDED: Mapping[str, Guarded] = {
    "sms_money.register": Guarded(SERVICE, "pin2", "wrong_pin2", _may_register, _register, pin2=True, new="password"),
    "sms_money.change_password": Guarded(SERVICE, "old_password", "wrong_password", _may_change, _register, new="new_password"),
    "sms_money.transfer": Guarded(SERVICE, "password", "wrong_password", _may_transfer, _transfer),
}
"""The acts by their names in services.yaml."""
