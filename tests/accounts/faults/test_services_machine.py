"""Every operation of the services in any order, with repeats, jumps of the clock, due work and restarts in between.

What is held after each step: the audit is clean (sums of nothing, floors kept); every balance is what the model has; a call whose key came
before is answered the same, and not one row of the books differs afterwards. `test_store_machine.py` does the same to the bare store.
"""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ivr.accounts import grants, guarded, usage
from ivr.accounts.audit import audit
from ivr.accounts.passwords import LIGHT
from ivr.accounts.rating import Kind, Usage
from ivr.accounts.store import Store
from ivr.accounts.usage import Charged
from ivr.clock import StandingClock
from ivr.engine.effects import Call, Fee
from ivr.engine.values import Answer, Money, Msisdn, Secret, Value
from ivr.scenarios.world import ScratchStore
from ivr.services.embedded import EmbeddedServices
from tests.accounts import money_help
from tests.accounts.help import dump
from tests.accounts.money_help import ANNA, BARRED, BOB, EXACT, FOREIGN, HAMKOR, NOON, PASSWORD, PINS, POOR, RICH
from tests.accounts.terms import terms

PREPAID = ("994501110001", "994501110004", "994501110008")
POSTPAID = ("994501110101", "994501110102")
SENDERS = (ANNA, BOB, RICH, EXACT, POOR)
WRONG = "00000000"
HALF_HOUR = datetime.timedelta(minutes=30)
OPERATORS = {**terms(most=2), "tcell": money_help.terms()}
MINUTES = some.sampled_from([0, 0, 1, 10, 29, 30, 31, 60, -60, -10, 60 * 24, 60 * 24 * 10])


@dataclass
class Locking:
    """Wrong passwords of a line in a row, as B10 has it."""

    wrong: int = 0
    until: datetime.datetime | None = None


@dataclass
class Process:
    """A process of its own on the books: services with keys."""

    store: Store
    home: Path
    services: EmbeddedServices = field(init=False)

    def __post_init__(self) -> None:
        keys = guarded.open_keys(self.store, self.home, StandingClock(NOON), cost=LIGHT)
        self.services = EmbeddedServices(self.store, OPERATORS, keys)


class ServicesMachine(RuleBasedStateMachine):
    """The model: balances, what is owed, grants, passwords, locks; and every call with its answer."""

    @initialize()
    def fresh(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ivr-machine-"))
        shutil.copyfile(money_help.template(), self.home / "books.db")
        self.one, self.other = self.process(), self.process()
        self.now = NOON
        self.calls: list[tuple[Callable[[Process, datetime.datetime], Answer | Charged], Answer | Charged]] = []
        with self.one.store.reading() as connection:
            rows = connection.execute("SELECT msisdn, kind, balance FROM account WHERE msisdn IS NOT NULL").fetchall()
        self.has: dict[tuple[str, str], int] = {(msisdn, kind): balance for msisdn, kind, balance in rows}
        self.readers: dict[str, set[str]] = {line: set() for line in POSTPAID}
        self.passwords: dict[str, str] = {}
        self.locking = {line: Locking() for line in SENDERS}
        self.sent: dict[tuple[str, str], datetime.datetime] = {}
        self.events = {"sms_money.received": 0, "usage.charged": 0}
        for line in (ANNA, RICH, EXACT):
            self.registered(line, True, 0)

    def process(self) -> Process:
        return Process(ScratchStore(f"sqlite:///{self.home / 'books.db'}"), self.home)

    def teardown(self) -> None:
        if hasattr(self, "one"):
            self.one.store.close()
            self.other.store.close()
            shutil.rmtree(self.home)

    # -- asking

    def ask(self, line: str, service: str, price: Fee | None = None, **inputs: Value) -> Answer:
        """A call with a key of its own, noted so that it can be repeated."""
        call = Call(service, inputs, f"call{len(self.calls)}", True, price)

        def make(process: Process, now: datetime.datetime) -> Answer:
            found = process.services.line(line, now)
            assert found is not None
            return process.services.call(found, call, now)

        answer = make(self.one, self.now)
        assert answer.outcome != "unavailable"
        self.calls.append((make, answer))
        return answer

    def pay(self, line: str, micro: int) -> None:
        account = (line, "main") if (line, "main") in self.has else (line, "bill_fees")
        self.has[account] -= micro

    def enough(self, line: str, micro: int) -> bool:
        return self.has.get((line, "main"), micro) >= micro

    # -- the operations

    @rule(line=some.sampled_from(PREPAID + POSTPAID), micro=some.integers(0, 900_000))
    def charge(self, line: str, micro: int) -> None:
        answer = self.ask(line, "accounts.charge", Fee("balance", "ussd", Money(micro, "AZN")))
        assert answer.outcome == ("ok" if self.enough(line, micro) else "not_enough")
        if answer.outcome == "ok":
            self.pay(line, micro)

    @rule(line=some.sampled_from(PREPAID + POSTPAID), language=some.sampled_from(["az", "en", "ru"]), micro=some.sampled_from([0, 100_000]))
    def set_language(self, line: str, language: str, micro: int) -> None:
        answer = self.ask(line, "accounts.set_language", Fee("x", "sms", Money(micro, "AZN")), language=language)
        assert answer.outcome == ("ok" if self.enough(line, micro) else "not_enough")
        if answer.outcome == "ok":
            self.pay(line, micro)
            assert answer.line is not None and answer.line.language == language

    @rule(line=some.sampled_from(PREPAID + POSTPAID), on=some.booleans())
    def set_notices(self, line: str, on: bool) -> None:
        found = self.one.services.line(line, self.now)
        assert found is not None
        answer = self.ask(line, "accounts.notices_on" if on else "accounts.notices_off")
        assert answer.outcome == ("already" if found.notices == on else "ok")

    @rule(
        line=some.sampled_from(PREPAID + POSTPAID),
        kind=some.sampled_from(["call", "sms", "data"]),
        amount=some.sampled_from([0, 1, 59, 61, 200, 1_600, 40_000]),
        roaming=some.booleans(),
    )
    def use(self, line: str, kind: Kind, amount: int, roaming: bool) -> None:
        used, key = Usage(kind, amount, "994501110002" if kind != "data" else "", roaming), f"call{len(self.calls)}"

        def make(process: Process, now: datetime.datetime) -> Charged:
            return usage.use(process.store, OPERATORS, line, used, key, now)

        charged = make(self.one, self.now)
        self.calls.append((make, charged))
        if charged.outcome == "ok":
            account = (line, "main") if line in PREPAID else (line, "bill")
            self.has[account] -= charged.charge.micro
            assert charged.charge.micro >= 0 and charged.charge.micro % 10_000 == 0
            self.events["usage.charged"] += line in PREPAID and charged.charge.micro > 0
        else:
            assert charged.outcome == "not_enough" and line in PREPAID or charged.outcome == "expired"

    @rule(reader=some.sampled_from(PREPAID + POSTPAID), give=some.sampled_from([True, True, False]), night=some.booleans())
    def grant(self, reader: str, give: bool, night: bool) -> None:
        owner = POSTPAID[0]
        if night:  # billing runs: the change waits
            self.now = self.now.replace(hour=3, minute=0)
        waiting = self.waiting(owner)
        readers = (self.readers[owner] | {number for number, gives in waiting.items() if gives}) - {
            number for number, gives in waiting.items() if not gives
        }
        answer = self.ask(owner, "grants.give" if give else "grants.take_back", number=Msisdn(reader))
        if waiting.get(reader) == give:
            assert answer.outcome == "later"
        elif not give:
            assert (answer.outcome == "not_given") == (reader not in readers)
        elif owner == reader:
            assert answer.outcome == "own_number"
        elif reader in readers:
            assert answer.outcome == "already"
        else:
            assert answer.outcome in ("ok", "later", "too_many")
        self.read_grants(owner)
        if answer.outcome == "ok":
            assert (reader in self.readers[owner]) == give
        assert len(self.readers[owner]) <= 2

    def waiting(self, owner: str) -> dict[str, bool]:
        self.read_grants(owner)
        with self.one.store.reading() as connection:
            return {one.reader: one.give for one in grants.grants_of(connection, owner, self.now).waiting}

    def read_grants(self, owner: str) -> None:
        with self.one.store.reading() as connection:
            self.readers[owner] = set(grants.grants_of(connection, owner, self.now).readers)

    @rule(line=some.sampled_from([BOB, POOR, ANNA]), right=some.booleans(), fee=some.sampled_from([0, 61_200]))
    def register(self, line: str, right: bool, fee: int) -> None:
        self.registered(line, right, fee)

    def registered(self, line: str, right: bool, fee: int) -> None:
        answer = self.ask(
            line,
            "sms_money.register",
            Fee("money", "sms", Money(fee, "TJS")),
            pin2=Secret(PINS[line] if right else "0001"),
            password=Secret(PASSWORD),
        )
        if line in self.passwords:
            assert answer.outcome == "already"
            return
        expected = self.attempted(line, right, "wrong_pin2")
        if expected == "ok" and not self.enough(line, fee):
            expected = "not_enough"
        assert answer.outcome == expected
        if answer.outcome == "ok":
            self.passwords[line] = PASSWORD
            self.pay(line, fee)

    @rule(line=some.sampled_from(SENDERS), right=some.booleans(), new=some.sampled_from(["4321", "87654321"]))
    def change_password(self, line: str, right: bool, new: str) -> None:
        old = self.passwords.get(line, PASSWORD) if right else WRONG
        answer = self.ask(line, "sms_money.change_password", old_password=Secret(old), new_password=Secret(new))
        if line not in self.passwords:
            assert answer.outcome == "not_registered"
            return
        assert answer.outcome == self.attempted(line, right, "wrong_password")
        if answer.outcome == "ok":
            self.passwords[line] = new

    @rule(
        line=some.sampled_from([ANNA, ANNA, RICH, EXACT, BOB]),
        to=some.sampled_from([BOB, BOB, ANNA, HAMKOR, BARRED, FOREIGN]),
        micro=some.sampled_from([1_000_000, 1_000_000, 2_500_000, 110_000_000, 500_000_000]),
        right=some.sampled_from([True, True, False]),
        fee=some.sampled_from([0, 61_200]),
    )
    def send(self, line: str, to: str, micro: int, right: bool, fee: int) -> None:
        answer = self.ask(
            line,
            "sms_money.transfer",
            Fee("money", "sms", Money(fee, "TJS")),
            phone=Msisdn(to),
            amount=Money(micro, "TJS"),
            password=Secret(self.passwords.get(line, PASSWORD) if right else WRONG),
        )
        if line not in self.passwords:
            assert answer.outcome == "not_registered"
            return
        expected = self.attempted(line, right, "wrong_password")
        if expected == "ok":
            last = self.sent.get((line, to))
            if to == line:
                expected = "own_number"
            elif to in (BARRED, FOREIGN):
                expected = "unknown_number"
            elif last is not None and self.now < last + HALF_HOUR:
                expected = "too_soon"
            elif self.has[line, "main"] - micro - fee < 5_000_000:
                expected = "too_little_left"
        assert answer.outcome == expected
        if answer.outcome == "ok":
            self.pay(line, micro + fee)
            self.has[to, "main"] += micro
            self.sent[line, to] = max(self.now, self.sent.get((line, to), self.now))
            self.events["sms_money.received"] += 1

    def attempted(self, line: str, right: bool, wrong: str) -> str:
        """What an attempt with a password comes to, before anything else is looked at."""
        locking = self.locking[line]
        if locking.until is not None:
            if self.now < locking.until:
                return "locked"
            locking.wrong, locking.until = 0, None
        if right:
            locking.wrong = 0
            return "ok"
        locking.wrong += 1
        if locking.wrong < 3:
            return wrong
        locking.until = self.now + HALF_HOUR
        return "locked"

    # -- what happens around them

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        self.now += datetime.timedelta(minutes=minutes)

    @rule()
    def due_work(self) -> None:
        with self.one.store.reading() as connection:
            due = connection.execute("SELECT count(*) FROM reader_request WHERE state = 'waiting'").fetchone()[0]
        assert grants.carry_out(self.one.store, self.now) <= due
        assert grants.carry_out(self.other.store, self.now) == 0

    @rule()
    def restart(self) -> None:
        self.one.store.close()
        self.one = self.process()

    @precondition(lambda self: bool(getattr(self, "calls", ())))
    @rule(which=some.integers(0, 10**6), minutes=MINUTES, elsewhere=some.booleans())
    def again(self, which: int, minutes: int, elsewhere: bool) -> None:
        """A call that came before, at another hour, in this process or another one: the same answer, and not one row differs."""
        make, answer = self.calls[which % len(self.calls)]
        before = dump(self.one.store)
        repeated = make(self.other if elsewhere else self.one, self.now + datetime.timedelta(minutes=minutes))
        if isinstance(answer, Answer) and isinstance(repeated, Answer):
            assert (repeated.outcome, repeated.values, repeated.happened) == (answer.outcome, answer.values, ())
        elif isinstance(answer, Charged) and isinstance(repeated, Charged):
            assert (repeated.outcome, repeated.charge, repeated.from_bonus) == (answer.outcome, answer.charge, answer.from_bonus)
        assert dump(self.one.store) == before

    # -- what always holds

    @invariant()
    def the_books_are_as_the_model_has_it(self) -> None:
        if not hasattr(self, "one"):
            return
        with self.other.store.reading() as connection:
            rows = connection.execute("SELECT msisdn, kind, balance FROM account WHERE msisdn IS NOT NULL").fetchall()
            sums = connection.execute("SELECT currency, sum(amount) FROM posting GROUP BY currency").fetchall()
            told = dict(connection.execute("SELECT about, count(*) FROM event GROUP BY about").fetchall())
            bonuses = connection.execute('SELECT min("left") FROM bonus').fetchone()[0]
        assert {(msisdn, kind): balance for msisdn, kind, balance in rows if balance or (msisdn, kind) in self.has} == {
            key: balance for key, balance in self.has.items() if balance or key in {(msisdn, kind) for msisdn, kind, _ in rows}
        }
        assert sums == [("AZN", 0), ("TJS", 0)] and bonuses >= 0
        assert all(balance >= 0 for (_, kind), balance in self.has.items() if kind == "main")
        assert {about: told.get(about, 0) for about in self.events} == self.events
        assert audit(self.other.store).differences == ()


TestServicesMachine = ServicesMachine.TestCase
TestServicesMachine.settings = settings(max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
