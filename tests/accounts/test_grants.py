"""Who may read whose bill, now and with the next cycle (services.md, A10, A11)."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings as quick
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ivr.accounts.audit import audit
from ivr.accounts.books import open_books
from ivr.accounts.grants import MOST, carry_out, grants_of
from ivr.accounts.store import Store
from ivr.clock import StandingClock
from ivr.engine.effects import Call
from ivr.engine.values import Answer, Msisdn, Value
from ivr.services.embedded import EmbeddedServices
from ivr.settings import Settings
from tests.accounts.help import POSTPAID, RICH, dump, fee, line_of
from tests.accounts.terms import BAKU, azn, terms

OTHER = "994501110102"
ABROAD = "447700900123"
FEE = fee("0.0236", name="grants", channel="sms")


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=BAKU)


NOON, NIGHT, CYCLE = at("2026-11-22 12:00"), at("2026-11-22 23:30"), at("2026-12-01 00:00")


@pytest.fixture
def services(store: Store) -> EmbeddedServices:
    return EmbeddedServices(store, terms())


class Desk:
    """Asks for grants, each time under a key of its own."""

    def __init__(self, services: EmbeddedServices, owner: str = POSTPAID) -> None:
        self.services, self.owner, self._keys = services, owner, 0

    def _change(self, service: str, number: str, now: datetime.datetime, key: str | None) -> Answer:
        self._keys += 1
        call = Call(
            service, {"number": Msisdn(number)}, key or f"{self.owner}:{self._keys}", change=True, fee=FEE, outcome_fees={"later": FEE}
        )
        return self.services.call(line_of(self.services, self.owner), call, now)

    def give(self, number: str, now: datetime.datetime = NOON, key: str | None = None) -> Answer:
        return self._change("grants.give", number, now, key)

    def take_back(self, number: str, now: datetime.datetime = NOON, key: str | None = None) -> Answer:
        return self._change("grants.take_back", number, now, key)

    def listed(self, now: datetime.datetime = NOON) -> list[tuple[Value, ...]]:
        """Number, whether it waits, from which day."""
        answer = self.services.call(line_of(self.services, self.owner), Call("grants.list", {}, "list"), now)
        numbers = answer.values["numbers"]
        found: list[tuple[Value, ...]] = []
        assert answer.outcome == "ok" and isinstance(numbers, tuple) and answer.values["total"] == len(numbers)
        for entry in numbers:
            assert isinstance(entry, dict) and isinstance(entry["number"], Msisdn)
            found.append((entry["number"].digits, entry["waiting"], entry["from"]))
        return found

    def read_by(self, reader: str, now: datetime.datetime = NOON, owner: str | None = None) -> Answer:
        call = Call("grants.read", {"owner": Msisdn(owner or self.owner)}, "read")
        return self.services.call(line_of(self.services, reader), call, now)

    def fees(self) -> int:
        """What the owner was charged so far, in micro-units."""
        with self.services._store.reading() as connection:
            [(owed,)] = connection.execute("SELECT -balance FROM account WHERE msisdn = ? AND kind = 'bill_fees'", (self.owner,))
        return int(owed)


@pytest.fixture
def desk(services: EmbeddedServices) -> Desk:
    return Desk(services)


def told(store: Store) -> list[tuple[str, str]]:
    with store.reading() as connection:
        return connection.execute("SELECT about, content FROM event ORDER BY id").fetchall()


# -- at once


def test_given_read_listed_and_taken_back(desk: Desk) -> None:
    assert desk.read_by(RICH).outcome == "not_granted"
    assert desk.give(RICH) == Answer("ok", {"total": 1}, line_of(desk.services, POSTPAID))
    assert desk.give(ABROAD, NOON + datetime.timedelta(seconds=1)).values == {"total": 2}, "a number that is not ours may read it too"
    assert desk.listed() == [(RICH, False, None), (ABROAD, False, None)]
    bill = desk.read_by(RICH)
    assert bill.values == desk.services.call(line_of(desk.services, POSTPAID), Call("accounts.bill", {}, "bill"), NOON).values
    assert bill.values["billed"] == azn("45.60")
    assert desk.take_back(RICH).outcome == "ok"
    assert desk.listed() == [(ABROAD, False, None)] and desk.read_by(RICH).outcome == "not_granted"
    assert desk.fees() == 3 * FEE.amount.micro


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (lambda desk: desk.give(POSTPAID), "own_number"),
        (lambda desk: desk.take_back(RICH), "not_given"),
        (lambda desk: desk.take_back(POSTPAID), "not_given"),
    ],
)
def test_what_cannot_be_is_refused_and_free(desk: Desk, act: Callable[[Desk], Answer], outcome: str) -> None:
    assert act(desk).outcome == outcome
    assert desk.fees() == 0 and desk.listed() == []


def test_twice_given_is_given_already_and_free(desk: Desk) -> None:
    desk.give(RICH)
    assert desk.give(RICH).outcome == "already"
    assert desk.fees() == FEE.amount.micro and desk.listed() == [(RICH, False, None)]


def test_not_more_than_so_many(store: Store) -> None:
    desk = Desk(EmbeddedServices(store, terms(most=2)))
    desk.give(RICH)
    assert desk.give(OTHER, NIGHT).outcome == "later", "one that waits counts"
    for now in (NOON, NIGHT):
        refused = desk.give(ABROAD, now)
        assert (refused.outcome, refused.values) == ("too_many", {"most": 2})
    desk.take_back(RICH, NIGHT)
    assert desk.give(ABROAD).outcome == "too_many", "until the cycle opens the one that is taken back still reads"
    assert desk.give(RICH, NIGHT).outcome == "ok", "but may itself have it again"
    desk.take_back(OTHER)
    assert desk.give(ABROAD).values == {"total": 2}


def test_while_billing_runs_those_count_who_will_read(store: Store) -> None:
    """What is asked for takes effect together with the removal that waits."""
    desk = Desk(EmbeddedServices(store, terms(most=2)))
    desk.give(RICH)
    desk.give(OTHER, NOON + datetime.timedelta(seconds=1))
    assert desk.give(ABROAD, NIGHT).outcome == "too_many"
    assert desk.take_back(RICH, NIGHT).outcome == "later"
    assert desk.give(ABROAD).outcome == "too_many", "by day it would be one too many until the cycle opens"
    assert desk.give(ABROAD, NIGHT).outcome == "later", "it has the place of the one that leaves"
    for now in (NOON, NIGHT):
        assert desk.give(RICH, now).outcome == "too_many", "the place is taken"
    assert desk.give("994501110009", NIGHT).outcome == "too_many"
    assert carry_out(store, CYCLE) == 2
    assert {entry[0] for entry in desk.listed(CYCLE)} == {OTHER, ABROAD}


def test_a_full_list_leaves_out_those_that_leave(desk: Desk) -> None:
    numbers = [f"9945011102{number:02}" for number in range(20)]
    for second, number in enumerate(numbers):
        desk.give(number, NOON + datetime.timedelta(seconds=second))
    desk.take_back(numbers[4], NIGHT)
    assert [entry[0] for entry in desk.listed(NIGHT)] == numbers, "it reads still"
    desk.take_back(numbers[7], NIGHT)
    desk.give(RICH, NIGHT)
    call = Call("grants.list", {}, "list")
    answer = desk.services.call(line_of(desk.services, POSTPAID), call, NIGHT)
    entries = answer.values["numbers"]
    assert isinstance(entries, tuple) and answer.values["total"] == 21
    listed = [entry["number"].digits for entry in entries if isinstance(entry, dict) and isinstance(entry["number"], Msisdn)]
    assert listed == [number for number in numbers if number != numbers[7]] + [RICH]


def test_one_key_is_one_grant_and_one_fee(desk: Desk) -> None:
    first = desk.give(RICH, key="same")
    assert desk.give(RICH, key="same").outcome == first.outcome == "ok"
    later = desk.give(OTHER, NIGHT, key="night")
    assert desk.give(OTHER, NIGHT + datetime.timedelta(days=1), key="night").values == later.values
    assert desk.fees() == 2 * FEE.amount.micro and len(desk.listed(NIGHT)) == 2


# -- who reads


def test_whatever_cannot_be_read_is_told_alike(desk: Desk, store: Store) -> None:
    prepaid, others, was_postpaid = "994501110007", "992931110101", "994501110003"
    with store.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO line VALUES (?, 'tcell', 'postpaid', 'active', 'Salom', 'en', 0, 1, NULL)", (others,))
        for owner in (others, was_postpaid):
            connection.exec_driver_sql("INSERT INTO bill VALUES (?, 'AZN', 1, 1, '2026-12-01')", (owner,))
        for owner in (prepaid, others, was_postpaid):
            connection.exec_driver_sql("INSERT INTO bill_reader VALUES (?, ?, '2026-11-01T00:00:00.000000+00:00')", (owner, RICH))
    for owner in (OTHER, "994599999999", ABROAD, prepaid, was_postpaid, others, RICH):
        answer = desk.read_by(RICH, owner=owner)
        assert (answer.outcome, answer.values) == ("not_granted", {}), (
            "not granted, unknown, foreign, prepaid, another operator's, a prepaid line's own"
        )
    assert desk.read_by(OTHER).outcome == "not_granted"


def test_a_postpaid_line_reads_its_own_bill(desk: Desk) -> None:
    own = desk.services.call(line_of(desk.services, POSTPAID), Call("accounts.bill", {}, "bill"), NOON)
    assert desk.read_by(POSTPAID).outcome == "ok" and desk.read_by(POSTPAID).values == own.values


def test_any_line_reads_whatever_its_kind(desk: Desk) -> None:
    for reader in (RICH, OTHER):
        desk.give(reader)
        assert desk.read_by(reader).outcome == "ok"


def test_a_prepaid_line_has_no_bill_to_be_read(services: EmbeddedServices, store: Store) -> None:
    before = dump(store)
    for service in ("grants.give", "grants.take_back"):
        call = Call(service, {"number": Msisdn(OTHER)}, "a", change=True)
        assert services.call(line_of(services, RICH), call, NOON).outcome == "unavailable"
    assert dump(store) == before


# -- while billing runs


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        ("2026-11-04 22:59:59", "ok"),
        ("2026-11-04 23:00", "later"),
        ("2026-11-05 05:59:59", "later"),
        ("2026-11-05 06:00", "ok"),
        ("2026-11-24 23:00", "later"),
        ("2026-11-25 05:59", "later"),
        ("2026-11-25 06:00", "ok"),
        ("2026-11-25 23:30", "ok"),
        ("2026-12-31 23:30", "ok"),
    ],
)
def test_a_change_while_billing_runs_is_paid_now_and_done_later(desk: Desk, now: str, outcome: str) -> None:
    answer = desk.give(RICH, at(now))
    assert answer.outcome == outcome
    assert desk.fees() == FEE.amount.micro
    if outcome == "later":
        assert answer.values == {"from": datetime.date(2026, 12, 1)}
        assert desk.listed(at(now)) == [(RICH, True, datetime.date(2026, 12, 1))]
        assert desk.read_by(RICH, at(now)).outcome == "not_granted"


def test_the_day_is_the_operators_wherever_the_clock_stands(desk: Desk) -> None:
    answer = desk.give(RICH, at("2026-11-22 23:00").astimezone(datetime.UTC))
    assert answer.values == {"from": datetime.date(2026, 12, 1)}
    # 20:00 UTC on the 30th is the 1st in Baku
    assert desk.read_by(RICH, datetime.datetime(2026, 11, 30, 19, 59, 59, tzinfo=datetime.UTC)).outcome == "not_granted"
    assert desk.read_by(RICH, datetime.datetime(2026, 11, 30, 20, 0, tzinfo=datetime.UTC)).outcome == "ok"


def test_a_request_is_carried_out_when_its_cycle_opens_once(desk: Desk, store: Store) -> None:
    desk.give(RICH, NIGHT)
    assert carry_out(store, CYCLE - datetime.timedelta(microseconds=1)) == 0
    assert desk.read_by(RICH, CYCLE - datetime.timedelta(microseconds=1)).outcome == "not_granted"
    assert carry_out(store, CYCLE) == 1
    assert desk.read_by(RICH, CYCLE).outcome == "ok" and desk.listed(CYCLE) == [(RICH, False, None)]
    assert [about for about, _ in told(store)] == ["grants.done"]
    assert RICH in told(store)[0][1] and '"given": true' in told(store)[0][1]
    # the clock goes on, back an hour, and on
    for now in (CYCLE + datetime.timedelta(hours=1), CYCLE - datetime.timedelta(hours=1), CYCLE + datetime.timedelta(days=40)):
        assert carry_out(store, now) == 0
    assert len(told(store)) == 1 and desk.fees() == FEE.amount.micro, "nothing more is charged for it"
    assert desk.read_by(RICH, CYCLE - datetime.timedelta(hours=1)).outcome == "ok", "what was done stays done"


def test_from_its_moment_on_a_request_counts_as_carried_out(desk: Desk, store: Store) -> None:
    """Due work runs when it runs; nobody who asks at midnight is told otherwise."""
    desk.give(RICH, at("2026-11-21 12:00"))
    desk.give(OTHER, NIGHT)
    desk.take_back(RICH, NIGHT)
    assert desk.read_by(OTHER, CYCLE).outcome == "ok" and desk.read_by(RICH, CYCLE).outcome == "not_granted"
    assert desk.listed(CYCLE) == [(OTHER, False, None)]
    assert desk.give(OTHER, CYCLE).outcome == "already" and desk.take_back(RICH, CYCLE).outcome == "not_given"
    assert told(store) == [], "what was refused has undone what it began"
    assert desk.take_back(OTHER, CYCLE).outcome == "ok"
    assert carry_out(store, CYCLE) == 0, "the owner's next request carried them out"
    assert len(told(store)) == 2 and desk.listed(CYCLE) == []


def test_the_last_request_for_a_number_wins(desk: Desk, store: Store) -> None:
    assert desk.give(RICH, NIGHT).outcome == "later"
    assert desk.give(OTHER, NIGHT).outcome == "later"
    assert desk.take_back(RICH, NIGHT).outcome == "ok", "nothing holds, nothing is going to: done"
    assert desk.listed(NIGHT) == [(OTHER, True, datetime.date(2026, 12, 1))]
    assert desk.take_back(RICH, NIGHT).outcome == "not_given"
    assert carry_out(store, CYCLE) == 1
    assert desk.listed(CYCLE) == [(OTHER, False, None)]
    assert desk.fees() == 3 * FEE.amount.micro


def test_taken_back_and_given_again_while_billing_runs_stays_as_it_was(desk: Desk, store: Store) -> None:
    desk.give(RICH)
    assert desk.take_back(RICH, NIGHT).outcome == "later"
    assert desk.read_by(RICH, NIGHT).outcome == "ok" and desk.listed(NIGHT) == [(RICH, False, None)]
    assert desk.give(RICH, NIGHT).values == {"total": 1}
    assert carry_out(store, CYCLE) == 0 and told(store) == []
    assert desk.read_by(RICH, CYCLE).outcome == "ok"


@pytest.mark.parametrize("again", [NIGHT, at("2026-11-23 12:00")])
def test_the_same_request_again_is_answered_with_its_day_and_paid(desk: Desk, store: Store, again: datetime.datetime) -> None:
    desk.give(OTHER)
    later = {"from": datetime.date(2026, 12, 1)}
    for now in (NIGHT, again):
        given, taken_back = desk.give(RICH, now), desk.take_back(OTHER, now)
        assert (given.outcome, given.values) == (taken_back.outcome, taken_back.values) == ("later", later)
    assert desk.listed(again) == [(OTHER, False, None), (RICH, True, later["from"])]
    assert desk.fees() == 5 * FEE.amount.micro
    assert carry_out(store, CYCLE) == 2 and len(told(store)) == 2
    assert desk.listed(CYCLE) == [(RICH, False, None)]


def test_a_request_by_day_replaces_one_that_waits(desk: Desk, store: Store) -> None:
    desk.give(RICH, NIGHT)
    morning = at("2026-11-23 06:00")
    assert desk.take_back(RICH, morning).outcome == "ok" and desk.give(RICH, morning).outcome == "ok"
    assert carry_out(store, CYCLE) == 0 and desk.read_by(RICH, morning).outcome == "ok"
    with store.reading() as connection:
        assert connection.execute("SELECT state FROM reader_request").fetchall() == [("replaced",)]


def test_two_requests_of_one_night_for_two_numbers_wait_each(desk: Desk, store: Store) -> None:
    numbers = [f"9945011102{number:02}" for number in range(20)]
    for number in numbers:
        assert desk.give(number, NIGHT).outcome == "later"
    assert [entry[0] for entry in desk.listed(NIGHT)] == numbers
    assert desk.give(RICH, NIGHT).outcome == "too_many"
    assert carry_out(store, CYCLE) == 20
    assert {entry[0] for entry in desk.listed(CYCLE)} == set(numbers) and len(told(store)) == 20


def test_a_request_that_its_owner_overtakes_is_left_alone(desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Due work has just read what waits, and then the owner asks."""
    desk.give(RICH, NIGHT)
    operate = store.operate

    def overtaken(*given: object, **named: object) -> Answer:
        monkeypatch.setattr(store, "operate", operate)
        assert desk.take_back(RICH, CYCLE).outcome == "ok"
        return operate(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "operate", overtaken)
    assert carry_out(store, CYCLE) == 0
    assert desk.listed(CYCLE) == [] and len(told(store)) == 1
    assert carry_out(store, CYCLE) == 0


def test_more_than_one_round_of_requests_is_carried_out_in_rounds(store: Store) -> None:
    desk = Desk(EmbeddedServices(store, terms(most=MOST + 20)))
    for number in range(MOST + 5):
        assert desk.give(f"9945011{number:05}", NIGHT).outcome == "later"
    assert carry_out(store, CYCLE) == MOST and carry_out(store, CYCLE) == 5 and carry_out(store, CYCLE) == 0


def test_a_restart_forgets_nothing(settings: Settings) -> None:
    first = open_books(settings, StandingClock(NOON))
    Desk(EmbeddedServices(first, terms())).give(RICH, NIGHT)
    first.close()
    again = open_books(settings, StandingClock(CYCLE))
    try:
        desk = Desk(EmbeddedServices(again, terms()))
        assert desk.listed(NIGHT) == [(RICH, True, datetime.date(2026, 12, 1))]
        assert carry_out(again, CYCLE) == 1 and desk.read_by(RICH, CYCLE).outcome == "ok"
    finally:
        again.close()


def test_an_operator_without_billing_does_everything_at_once(store: Store) -> None:
    desk = Desk(EmbeddedServices(store, terms(billing=None)))
    assert desk.give(RICH, NIGHT).outcome == "ok" and desk.read_by(RICH, NIGHT).outcome == "ok"


def test_several_workers_carry_each_request_out_once(settings: Settings) -> None:
    stores = [open_books(settings, StandingClock(NOON)) for _ in range(4)]
    try:
        desk = Desk(EmbeddedServices(stores[0], terms()))
        for number in range(20):
            desk.give(f"9945011102{number:02}", NIGHT)
        counted: list[int] = []
        begin = threading.Barrier(8)

        def work(store: Store) -> None:
            begin.wait()
            counted.append(carry_out(store, CYCLE))

        workers = [threading.Thread(target=work, args=(stores[number % 4],)) for number in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sum(counted) == 20 and len(told(stores[0])) == 20 and len(desk.listed(CYCLE)) == 20
        assert audit(stores[0]).differences == ()
    finally:
        for store in stores:
            store.close()


def test_eight_at_once_ask_for_the_last_place(settings: Settings) -> None:
    stores = [open_books(settings, StandingClock(NOON)) for _ in range(4)]
    try:
        outcomes: list[str] = []
        begin = threading.Barrier(8)

        def ask(number: int) -> None:
            desk = Desk(EmbeddedServices(stores[number % 4], terms(most=3)))
            begin.wait()
            outcomes.append(desk.give(f"99450111020{number}", key=f"race:{number}").outcome)

        workers = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(outcomes) == ["ok"] * 3 + ["too_many"] * 5
        assert Desk(EmbeddedServices(stores[0], terms())).fees() == 3 * FEE.amount.micro
    finally:
        for store in stores:
            store.close()


# -- any order


class AnyOrder(RuleBasedStateMachine):
    """Requests by day and by night, due work, and the clock, in any order, beside a model that keeps two sets."""

    folder: Path
    NUMBERS = (RICH, OTHER, ABROAD)

    def __init__(self) -> None:
        super().__init__()
        AnyOrder.made += 1
        home = AnyOrder.folder / str(AnyOrder.made)
        self.now = at("2026-11-03 12:00")
        self.store = open_books(Settings.from_environment({"IVR_HOME": str(home)}), StandingClock(self.now))
        self.desk = Desk(EmbeddedServices(self.store, terms()))
        self.reads: set[str] = set()
        self.waits: dict[str, tuple[bool, datetime.datetime]] = {}
        self.paid = 0

    made = 0

    def teardown(self) -> None:
        self.store.close()

    def _settle(self) -> None:
        for number, (give, opens) in list(self.waits.items()):
            if opens <= self.now:
                del self.waits[number]
                (self.reads.add if give else self.reads.discard)(number)

    @rule(number=st.sampled_from(NUMBERS), give=st.booleans())
    def ask(self, number: str, give: bool) -> None:
        answer = (self.desk.give if give else self.desk.take_back)(number, self.now)
        if number in self.waits and self.waits[number][0] == give:
            self.paid += 1
            assert answer.outcome == "later" and answer.values == {"from": self.waits[number][1].date()}
            return
        if number not in self.waits and (number in self.reads) == give:
            assert answer.outcome == ("already" if give else "not_given")
            return
        self.paid += 1
        self.waits.pop(number, None)
        night = self.now.hour == 23 or self.now.hour < 6
        billing = 4 <= (self.now - datetime.timedelta(hours=6)).day <= 24 and night
        if (number in self.reads) != give and billing:
            opens = (self.now.replace(day=1, hour=0) + datetime.timedelta(days=32)).replace(day=1)
            self.waits[number] = (give, opens)
            assert answer.outcome == "later" and answer.values == {"from": opens.date()}
        else:
            (self.reads.add if give else self.reads.discard)(number)
            assert answer.outcome == "ok"

    @rule(hours=st.sampled_from([1, 5, 11, 24 * 7, 24 * 30]))
    def wait(self, hours: int) -> None:
        self.now += datetime.timedelta(hours=hours)
        self._settle()

    @precondition(lambda self: not self.waits)
    @rule()
    def the_clock_goes_back(self) -> None:
        self.now -= datetime.timedelta(hours=1)

    @rule()
    def due(self) -> None:
        carry_out(self.store, self.now)

    @rule()
    def restart(self) -> None:
        url = self.store.url
        self.store.close()
        self.store = Store(url)
        keys = self.desk._keys
        self.desk = Desk(EmbeddedServices(self.store, terms()))
        self.desk._keys = keys

    @invariant()
    def the_books_say_the_same(self) -> None:
        with self.store.reading() as connection:
            known = grants_of(connection, POSTPAID, self.now)
        assert set(known.readers) == self.reads
        assert {one.reader: (one.give, one.opens) for one in known.waiting} == self.waits
        assert self.desk.fees() == self.paid * FEE.amount.micro


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[type[RuleBasedStateMachine]]:
    AnyOrder.folder = tmp_path
    yield AnyOrder


def test_in_any_order(machine: type[RuleBasedStateMachine]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(machine, settings=quick(max_examples=25, stateful_step_count=25, deadline=None))
