"""Any order of charges, usage, repeats, language and notice changes: a plain model of the lines and the books agree, and the sum is zero."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ivr.accounts import lines
from ivr.accounts.audit import audit
from ivr.accounts.books import open_books
from ivr.accounts.rating import Bonus, Usage, rate
from ivr.accounts.usage import use
from ivr.clock import StandingClock
from ivr.engine.values import Answer, Money
from ivr.services.embedded import EmbeddedServices
from ivr.settings import Settings
from tests.accounts.conftest import NOON, OPERATORS
from tests.accounts.help import ask, fee, line_of
from tests.accounts.terms import TARIFFS, terms

PREPAID = {"994501110003": 1_010_000, "994501110004": 50_000, "994501110008": 2_976_400}
LINES = some.sampled_from([*PREPAID, "994501110101"])
KEYS = some.integers(0, 12).map(str)
AMOUNTS = some.one_of(some.integers(0, 400), some.integers(0, 3000))
USAGES = some.builds(Usage, some.sampled_from(["call", "sms", "data"]), AMOUNTS, some.sampled_from(["", "111"]), some.booleans())
TERMS = terms()


class Ledger(RuleBasedStateMachine):
    """The model: what each line has, chose and was answered."""

    @initialize()
    def fresh(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.store = open_books(Settings.from_environment({"IVR_HOME": str(self.folder / "home")}), StandingClock(NOON))
        self.services = EmbeddedServices(self.store, OPERATORS)
        self.balances = dict(PREPAID)
        self.owed = 0
        self.languages: dict[str, str | None] = {line: line_of(self.services, line).language for line in [*PREPAID, "994501110101"]}
        self.notices = {line: line_of(self.services, line).notices for line in [*PREPAID, "994501110101"]}
        self.bonuses = {line: self.bonuses_of(line) for line in self.languages}
        self.tariffs = {line: TARIFFS[line_of(self.services, line).tariff] for line in self.languages}
        self.used = 0
        self.done: dict[str, Answer] = {}

    def bonuses_of(self, line: str) -> dict[tuple[str, datetime.date], int]:
        """What the line has left of each unit and day."""
        with self.store.reading() as connection:
            return {(left.unit, until): left.number for left, until in lines.bonuses(connection, line, NOON.date())}

    def remember(self, key: str, answer: Answer) -> bool:
        """Whether the answer is the first under its key; a later one must say the same."""
        first = key not in self.done
        if first:
            self.done[key] = answer
        else:
            assert (answer.outcome, answer.values) == (self.done[key].outcome, self.done[key].values)
        return first

    def pay(self, line: str, micro: int) -> None:
        if line in self.balances:
            self.balances[line] -= micro
        else:
            self.owed += micro

    def short(self, line: str, micro: int) -> bool:
        return line in self.balances and self.balances[line] < micro

    @rule(line=LINES, key=KEYS, micro=some.integers(0, 400_000))
    def charge(self, line: str, key: str, micro: int) -> None:
        price = fee(str(Money(micro, "AZN").decimal()))
        key = f"charge:{line}:{key}"
        answer = ask(self.services, line, "accounts.charge", key, price=price)
        if self.remember(key, answer):
            assert answer.outcome == ("not_enough" if self.short(line, micro) else "ok")
            if answer.outcome == "ok":
                self.pay(line, micro)
            if line in self.balances:
                assert answer.values["balance"] == Money(self.balances[line], "AZN")

    @rule(line=LINES, key=KEYS, what=USAGES)
    def use(self, line: str, key: str, what: Usage) -> None:
        key = f"usage:{line}:{what}:{key}"
        charged = use(self.store, TERMS, line, what, key, NOON)
        if not self.remember(key, Answer(charged.outcome, {"charge": charged.charge, "balance": charged.balance})):
            assert charged.happened == ()
            return
        has = [Bonus(number, unit, left, until) for number, ((unit, until), left) in enumerate(self.bonuses[line].items())]
        rated = rate(what, self.tariffs[line], TERMS["azercell"].rating, has, NOON.date())
        if self.short(line, rated.micro):
            assert charged.outcome == "not_enough" and charged.happened == ()
            return
        assert (charged.outcome, charged.charge.micro, charged.from_bonus) == ("ok", rated.micro, rated.from_bonus)
        assert len(charged.happened) == (line in self.balances and rated.micro > 0)
        for bonus in has:
            self.bonuses[line][bonus.unit, bonus.until] = rated.left.get(bonus.id, bonus.left)
        for rest in rated.rests:
            self.bonuses[line][rest.unit, rest.until] = self.bonuses[line].get((rest.unit, rest.until), 0) + rest.number
        if line in self.balances:
            self.balances[line] -= rated.micro
        else:
            self.used += rated.micro

    @rule(line=LINES, key=KEYS, language=some.sampled_from(["az", "en", "ru"]), micro=some.sampled_from([0, 100_000]))
    def set_language(self, line: str, key: str, language: str, micro: int) -> None:
        key = f"language:{line}:{key}"
        price = fee(str(Money(micro, "AZN").decimal())) if micro else None
        answer = ask(self.services, line, "accounts.set_language", key, price=price, language=language)
        if self.remember(key, answer):
            assert answer.outcome == ("not_enough" if self.short(line, micro) else "ok")
            if answer.outcome == "ok":
                self.languages[line] = language
                self.pay(line, micro)
                assert answer.line is not None and answer.line.language == language

    @rule(line=LINES, key=KEYS, on=some.booleans())
    def set_notices(self, line: str, key: str, on: bool) -> None:
        key = f"notices:{line}:{on}:{key}"
        answer = ask(self.services, line, "accounts.notices_on" if on else "accounts.notices_off", key)
        if self.remember(key, answer):
            assert answer.outcome == ("already" if self.notices[line] == on else "ok")
            self.notices[line] = on

    @invariant()
    def books_and_model_agree(self) -> None:
        if not hasattr(self, "store"):
            return
        for line, language in self.languages.items():
            found = line_of(self.services, line)
            assert (found.language, found.notices) == (language, self.notices[line])
            if line in self.balances:
                assert found.balance == Money(self.balances[line], "AZN")
            assert self.bonuses_of(line) == {bonus: left for bonus, left in self.bonuses[line].items() if left}
        with self.store.reading() as connection:
            bill = lines.bill(connection, "994501110101")
            assert bill is not None and bill.current.micro == 12_070_000 + self.used
            assert connection.execute("SELECT balance FROM account WHERE kind = 'bill_fees' AND msisdn = '994501110101'").fetchone() == (
                -self.owed,
            )
        found_by_audit = audit(self.store)
        assert found_by_audit.differences == () and found_by_audit.operations == 1 + len(self.done)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.folder)


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
