"""SMS-money as its back-end does it: passwords, wrong ones counted, and transfers in the books."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.accounts.store import Store
from ivr.accounts.transaction import Transaction
from ivr.engine.effects import Call
from ivr.engine.model import Operator
from ivr.engine.values import Answer, Line, Money, Msisdn, Secret, Span, Value


@dataclass(slots=True)
class Customer:
    """What the service knows of a line: its password, wrong ones in a row, until when it is locked, and to whom it sent when."""

    password: Secret | None = None
    wrong: int = 0
    locked: datetime.datetime | None = None


class Desk:
    """The service for every line of an operator. `pins` are the PIN2s of the SIMs; `happened` takes the events to be told."""

    def __init__(self, books: Store, pins: Mapping[str, str], happened: list[tuple[str, str, Mapping[str, Value], str]]) -> None:
        self._books, self._pins, self._happened = books, pins, happened
        self._customers: dict[str, Customer] = {}
        self._sent: dict[tuple[str, str], datetime.datetime] = {}

    def status(self, operator: Operator, line: Line, now: datetime.datetime) -> Answer:
        """`sms_money.status`."""
        customer = self._customer(line)
        locked = self._locked(customer, now)
        limits = operator.limits
        return Answer(
            "ok",
            {
                **{"registered": customer.password is not None, "locked": locked, "until": customer.locked if locked else None},
                **{"fee": operator.fees["money"].prices["sms"], "least": limits["transfer_min"]},
                **{"most": limits["transfer_max"], "keep": limits["transfer_keep"]},
            },
        )

    def register(self, operator: Operator, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """`sms_money.register` (B1): once; PIN2 must be the SIM's."""
        customer = self._customer(line)
        if customer.password is not None:
            return Answer("already", {})
        refused = self._refused(operator, customer, Secret(self._pins.get(line.msisdn, "")), call.inputs["pin2"], "wrong_pin2", now)
        if refused is None:
            customer.password = _secret(call.inputs["password"])
        return refused or Answer("ok", {})

    def change_password(self, operator: Operator, line: Line, call: Call, now: datetime.datetime) -> Answer:
        """`sms_money.change_password` (B9)."""
        customer = self._customer(line)
        if customer.password is None:
            return Answer("not_registered", {})
        refused = self._refused(operator, customer, customer.password, call.inputs["old_password"], "wrong_password", now)
        if refused is None:
            customer.password = _secret(call.inputs["new_password"])
        return refused or Answer("ok", {})

    def transfer(self, operator: Operator, line: Line, to: Line | None, call: Call, now: datetime.datetime) -> Answer:
        """`sms_money.transfer` (B2 to B5, B8, B12). Nothing about a recipient is told to who does not know the password."""
        customer, amount, phone = self._customer(line), call.inputs["amount"], call.inputs["phone"]
        assert isinstance(amount, Money) and isinstance(phone, Msisdn) and line.balance is not None
        if customer.password is None:
            return Answer("not_registered", {})
        refused = self._refused(operator, customer, customer.password, call.inputs["password"], "wrong_password", now)
        if refused is not None:
            return refused
        if phone.digits == line.msisdn:
            return Answer("own_number", {})
        if to is None or to.status != "active" or not to.msisdn.startswith(operator.country):
            return Answer("unknown_number", {})
        again = self._sent.get((line.msisdn, to.msisdn))
        least = operator.limits["same_recipient"]
        assert isinstance(least, Span)
        if again is not None and now < (possible := again + datetime.timedelta(seconds=least.seconds)):
            return Answer("too_soon", {"from": possible})
        keep, fee = operator.limits["transfer_keep"], 0 if call.fee is None else call.fee.amount.micro
        assert isinstance(keep, Money)
        if line.balance.micro - amount.micro - fee < keep.micro:
            return Answer("too_little_left", {"keep": keep, "balance": line.balance})
        moved = self._move(line, to, amount, call.key, now)
        self._sent[line.msisdn, to.msisdn] = now
        received: dict[str, Value] = {"amount": amount, "sender": Msisdn(line.msisdn), "balance": moved.values["received"], "at": now}
        self._happened.append(("sms_money.received", to.msisdn, received, f"money:{call.key}"))
        return Answer("ok", {"balance": moved.values["balance"], "at": now})

    # -- inside

    def _customer(self, line: Line) -> Customer:
        return self._customers.setdefault(line.msisdn, Customer())

    def _locked(self, customer: Customer, now: datetime.datetime) -> bool:
        return customer.locked is not None and now < customer.locked

    def _refused(
        self, operator: Operator, customer: Customer, right: Secret, typed: Value, outcome: str, now: datetime.datetime
    ) -> Answer | None:
        """Why a password or PIN2 does not open the service (B10); None where it does."""
        if self._locked(customer, now):
            return Answer("locked", {"until": customer.locked})
        if right == typed:
            customer.wrong = 0
            return None
        rule = operator.limits["wrong_passwords"]
        assert isinstance(rule, Mapping)
        most, lock = rule["most"], rule["lock"]
        assert isinstance(most, int) and isinstance(lock, Span)
        customer.wrong += 1
        if customer.wrong < most:
            return Answer(outcome, {"left": most - customer.wrong})
        customer.wrong, customer.locked = 0, now + datetime.timedelta(seconds=lock.seconds)
        return Answer("locked", {"until": customer.locked})

    def _move(self, line: Line, to: Line, amount: Money, key: str, now: datetime.datetime) -> Answer:
        def operation(transaction: Transaction) -> Answer:
            source, target = transaction.account(line.msisdn, "main"), transaction.account(to.msisdn, "main")
            assert source is not None and target is not None
            transaction.move(source, target, amount, "transfer", f"To {to.msisdn}", f"From {line.msisdn}")
            return Answer("ok", {"balance": transaction.balance(source), "received": transaction.balance(target)})

        return self._books.operate(f"{key}/money", operation, kind="sms_money.transfer", msisdn=line.msisdn, at=now)


def _secret(value: Value) -> Secret:
    assert isinstance(value, Secret)
    return value
