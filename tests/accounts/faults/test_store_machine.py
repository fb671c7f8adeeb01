"""Any order of transfers, fees, refusals, broken operations, repeats and restarts: a plain model and the books agree after each step.

`test_services_machine.py` drives the rules of the services the same way; this machine drives the store underneath them.
"""

from __future__ import annotations

import datetime
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bench.ledger_books import AT, CURRENCY, balances, make_books, msisdn
from ivr.accounts.audit import audit
from ivr.accounts.store import Store
from ivr.accounts.transaction import Refused, Transaction
from ivr.engine.values import Answer, Money

LINES, EACH = 3, 1_000
NUMBERS = some.integers(0, LINES - 1)
AMOUNTS = some.integers(0, 700)
HOURS = some.integers(-30, 30)


class Broken(Exception):
    """A program's fault in the middle of an operation."""


class StoreMachine(RuleBasedStateMachine):
    """The model: what each line has, what the fees are, how many rows were noted, and what each key was answered."""

    @initialize()
    def fresh(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ivr-machine-"))
        self.url = make_books(self.folder, LINES, EACH)
        self.store, self.other = Store(self.url), Store(self.url)
        self.has = [EACH] * LINES
        self.fees = 0
        self.notes: set[str] = set()
        self.said: dict[str, Answer] = {}
        self.asked: list[tuple[str, int, int, int, int, str]] = []

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.other.close()
            shutil.rmtree(self.folder)

    # -- what is asked

    def operate(self, store: Store, key: str, source: int, target: int, micro: int, fee: int, how: str, hour: int) -> Answer:
        """A transfer with its fee and a row of its own; `how` it ends: well, refused after all that, or broken."""

        def function(transaction: Transaction) -> Answer:
            payer, payee = (transaction.account(msisdn(number), "main") for number in (source, target))
            fees = transaction.open("azercell", None, "fees", CURRENCY)
            assert payer is not None and payee is not None
            transaction.execute("INSERT INTO setting VALUES (?, 'note')", (key,))
            transaction.move(payer, payee, Money(micro, CURRENCY), "transfer")
            transaction.move(payer, fees, Money(fee, CURRENCY), "fee")
            if how == "broken":
                raise Broken
            if how == "refused":
                raise Refused("refused", {"after": Money(micro, CURRENCY)})
            return Answer("ok", {"balance": transaction.balance(payer)})

        return store.operate(key, function, kind="transfer", msisdn=msisdn(source), at=AT + datetime.timedelta(hours=hour))

    @rule(
        source=NUMBERS,
        step=some.integers(1, LINES - 1),
        micro=AMOUNTS,
        fee=AMOUNTS,
        how=some.sampled_from(["well", "well", "refused"]),
        hour=HOURS,
    )
    def transfer(self, source: int, step: int, micro: int, fee: int, how: str, hour: int) -> None:
        target, key = (source + step) % LINES, f"k{len(self.asked)}"
        answer = self.operate(self.store, key, source, target, micro, fee, how, hour)
        self.asked.append((key, source, target, micro, fee, how))
        self.said[key] = answer
        if self.has[source] < micro:
            assert answer == Answer("not_enough", {"balance": Money(self.has[source], CURRENCY)})
        elif self.has[source] < micro + fee:
            assert answer == Answer("not_enough", {"balance": Money(self.has[source] - micro, CURRENCY)})
        elif how == "refused":
            assert answer == Answer("refused", {"after": Money(micro, CURRENCY)})
        else:
            self.has[source] -= micro + fee
            self.has[target] += micro
            self.fees += fee
            self.notes.add(key)
            assert answer == Answer("ok", {"balance": Money(self.has[source], CURRENCY)})

    @rule(source=NUMBERS, micro=some.integers(0, 10))
    def broken(self, source: int, micro: int) -> None:
        with pytest.raises(Broken):
            self.operate(self.store, "broken", source, (source + 1) % LINES, min(micro, self.has[source]), 0, "broken", 0)

    @rule(which=some.integers(0, 10**6), hour=HOURS, elsewhere=some.booleans())
    def again(self, which: int, hour: int, elsewhere: bool) -> None:
        """A key that came before, asked in this process or another one, at whatever hour."""
        if self.asked:
            key, *rest = self.asked[which % len(self.asked)]
            source, target, micro, fee, how = rest
            assert self.operate(self.other if elsewhere else self.store, key, source, target, micro, fee, how, hour) == self.said[key]

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store(self.url)

    # -- what always holds

    @invariant()
    def the_books_are_as_the_model_has_it(self) -> None:
        if not hasattr(self, "store"):
            return
        assert balances(self.other) == {msisdn(number): amount for number, amount in enumerate(self.has)}
        assert sum(self.has) + self.fees == LINES * EACH and min(self.has) >= 0
        found = audit(self.other)
        assert found.differences == () and found.operations == 2 + len(self.said)
        with self.other.reading() as connection:
            totals = connection.execute("SELECT coalesce(sum(amount), 0), count(*) FROM posting").fetchone()
            fees = connection.execute("SELECT coalesce(sum(balance), 0) FROM account WHERE kind = 'fees'").fetchone()
            notes = {name for (name,) in connection.execute("SELECT name FROM setting WHERE value = 'note'")}
            remembered = connection.execute("SELECT count(*) FROM operation WHERE kind = 'transfer'").fetchone()
        assert totals[0] == 0 and fees == (self.fees,) and notes == self.notes and remembered == (len(self.said),)
        assert all(self.other.answered(key) == answer for key, answer in list(self.said.items())[-3:])


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
