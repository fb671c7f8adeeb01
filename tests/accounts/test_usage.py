"""Usage in the books: bonuses, money, bill, the event of it, once for its key (services.md, A4, A14, A15)."""

from __future__ import annotations

import datetime
import json
import random
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from ivr.accounts import lines, usage
from ivr.accounts.audit import audit
from ivr.accounts.books import open_books
from ivr.accounts.port import KeyReused
from ivr.accounts.rating import Usage
from ivr.accounts.store import Store
from ivr.accounts.usage import MOST, Charged, information, use
from ivr.clock import StandingClock
from ivr.engine.charging import Rating
from ivr.engine.values import Money
from ivr.settings import Settings
from tests.accounts.conftest import NOON
from tests.accounts.help import dump
from tests.accounts.terms import TARIFFS, azn, prices, terms

TODAY = NOON.date()
RICH, ROAMER, PLAIN, POOR, MANY, POSTPAID = (f"994501110{number}" for number in ("001", "002", "003", "004", "008", "101"))
TERMS = terms()


def used(store: Store, line: str, what: Usage, key: str = "usage:1", now: datetime.datetime = NOON) -> Charged:
    return use(store, TERMS, line, what, key, now)


def call(seconds: int, to: str = "", roaming: bool = False) -> Usage:
    return Usage("call", seconds, to, roaming)


def bonuses(store: Store, line: str, today: datetime.date = TODAY) -> list[tuple[str, int]]:
    with store.reading() as connection:
        return [(left.unit, left.number) for left, _ in lines.bonuses(connection, line, today)]


def statement(store: Store, line: str) -> list[tuple[str, str, str]]:
    with store.reading() as connection:
        found = lines.statement(connection, line)
    return [(posting.amount.exact_text(), posting.kind, posting.information) for posting in found if posting.kind != "opening"]


def events(store: Store) -> list[dict[str, object]]:
    with store.reading() as connection:
        rows = connection.execute("SELECT about, msisdn, content FROM event ORDER BY id").fetchall()
    return [{"about": about, "msisdn": msisdn, **json.loads(content)["v"]} for about, msisdn, content in rows]


# -- prepaid


def test_a_call_is_paid_from_the_balance_and_told(store: Store) -> None:
    charged = used(store, PLAIN, call(61, "994501110001"))
    assert replace(charged, happened=()) == Charged("ok", azn("0.17"), 0, azn("0.84"))
    assert statement(store, PLAIN) == [("-0.17", "call", "994501110001 61 s")]
    [happened] = charged.happened
    assert (happened.about, happened.msisdn) == ("usage.charged", PLAIN)
    assert happened.values == {
        **{"charge": azn("0.17"), "balance": azn("0.84"), "from_bonus": False, "expires": datetime.date(2026, 12, 1)}
    }
    assert [event["about"] for event in events(store)] == ["usage.charged"]
    assert audit(store).differences == ()


def test_bonuses_pay_first_and_nobody_is_told_where_the_balance_stays(store: Store) -> None:
    charged = used(store, RICH, call(121))
    assert charged == Charged("ok", azn("0"), 3, azn("12.34")) and charged.charge.currency == "AZN"
    assert bonuses(store, RICH) == [("megabyte", 1500), ("minute", 118), ("message", 50)]
    assert used(store, RICH, Usage("sms", 50), "b").from_bonus == 50 and used(store, RICH, Usage("data", 100), "c").from_bonus == 100
    assert bonuses(store, RICH) == [("megabyte", 1400), ("minute", 118)]
    assert events(store) == [] and statement(store, RICH) == []


def test_several_bonuses_and_then_money(store: Store) -> None:
    charged = used(store, MANY, call(10 * 60))
    assert (charged.from_bonus, charged.charge, charged.balance) == (8, azn("0.12"), azn("2.8564"))  # two minutes at 0.059: 0.118
    assert charged.happened[0].values["from_bonus"] is True
    assert ("minute", 40) not in bonuses(store, MANY) and not [unit for unit, _ in bonuses(store, MANY) if unit == "minute"]
    with store.reading() as connection:
        expired = connection.execute("SELECT \"left\" FROM bonus WHERE msisdn = ? AND until < '2026-11-22'", (MANY,)).fetchall()
    assert expired == [(40,)], "the one that expired yesterday is as it was"


def test_a_bonus_lasts_to_the_end_of_the_operators_day(store: Store) -> None:
    last = datetime.datetime(2026, 11, 25, 19, 59, 59, tzinfo=datetime.UTC)  # 23:59:59 in Baku, the last day of one minute
    assert used(store, MANY, call(60), "a", last).from_bonus == 1
    assert ("minute", 1) not in bonuses(store, MANY, datetime.date(2026, 11, 25))
    later = used(store, MANY, call(60 * 10), "b", last + datetime.timedelta(seconds=1))
    assert later.from_bonus == 7


def test_a_gigabyte_used_partly_leaves_megabytes_of_the_same_day(store: Store) -> None:
    assert used(store, MANY, Usage("data", 100 + 2048 + 100)).from_bonus == 2248
    assert [one for one in bonuses(store, MANY) if "byte" in one[0]] == [("gigabyte", 29), ("megabyte", 924)]
    assert used(store, MANY, Usage("data", 1000), "b").from_bonus == 1000
    assert [one for one in bonuses(store, MANY) if "byte" in one[0]] == [("gigabyte", 28), ("megabyte", 948)]
    with store.reading() as connection:
        [(rows,)] = connection.execute("SELECT count(*) FROM bonus WHERE msisdn = ? AND until = '2026-12-22'", (MANY,))
    assert rows == 2, "a line does not gather rows"


def test_not_enough_uses_and_charges_nothing(store: Store) -> None:
    before = dump(store, "operation")
    refused = used(store, POOR, call(60))
    assert refused == Charged("not_enough", azn("0.00"), 0, azn("0.05"))
    assert used(store, MANY, call(3600), "b").outcome == "not_enough", "also where bonuses would have paid a part"
    assert dump(store, "operation") == before
    assert used(store, POOR, Usage("sms", 1), "c").balance == azn("0.01"), "what it can pay it may use"


def test_the_last_of_the_balance_can_be_spent(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE line SET tariff = 'GəncOL' WHERE msisdn = ?", (POOR,))
    charged = used(store, POOR, Usage("sms", 1))
    assert (charged.outcome, charged.balance) == ("ok", azn("0.00"))
    assert used(store, POOR, Usage("sms", 1), "b").outcome == "not_enough"


def test_money_first_where_the_operator_wants_it_so(store: Store) -> None:
    money_first = terms(Rating(bonuses_first=False))
    paid = use(store, money_first, RICH, call(61), "a", NOON)
    assert (paid.from_bonus, paid.charge) == (0, azn("0.12"))
    dear = use(store, money_first, RICH, call(121 * 60), "b", NOON)
    assert (dear.from_bonus, dear.charge, dear.balance) == (0, azn("7.14"), azn("5.08"))
    # 100 minutes are 5.90: the balance is too small for them, the bonus is not
    assert use(store, money_first, RICH, call(100 * 60), "c", NOON).from_bonus == 100


def test_abroad(store: Store) -> None:
    charged = used(store, ROAMER, call(22 * 60 + 61, "994501110001", roaming=True))
    assert (charged.from_bonus, charged.charge) == (22, azn("0.26"))  # 61 s at 0.255 a minute: 0.25925
    assert statement(store, ROAMER) == [("-0.26", "call", "roaming 994501110001")]


def test_what_is_free_is_booked_nowhere(store: Store) -> None:
    for number, what in enumerate((call(0), call(600, "111"), call(600, "2112", roaming=True), Usage("sms", 0), Usage("data", 0))):
        assert used(store, RICH, what, str(number)) == Charged("ok", azn("0.00"), 0, azn("12.34"))
    assert statement(store, RICH) == [] and events(store) == [] and ("minute", 121) in bonuses(store, RICH)


# -- postpaid


def test_a_postpaid_line_has_it_on_its_running_bill(store: Store) -> None:
    charged = used(store, POSTPAID, call(61))
    assert charged == Charged("ok", azn("0.07"), 0, None), "nobody is told of a balance that is none"
    with store.reading() as connection:
        bill = lines.bill(connection, POSTPAID)
    assert bill is not None and (bill.current, bill.fees, bill.billed) == (azn("12.14"), azn("0"), azn("45.60"))
    assert statement(store, POSTPAID) == [("-0.07", "call", "61 s")] and events(store) == []
    assert audit(store).differences == ()


def test_a_tariff_with_calls_for_nothing(store: Store) -> None:
    assert used(store, "994501110103", call(3600)) == Charged("ok", azn("0.00"), 0, None)
    assert used(store, "994501110103", Usage("data", 3), "b").charge == azn("0.06")


# -- refused


@pytest.mark.parametrize(
    ("line", "outcome", "balance"),
    [
        ("994501110005", "expired", azn("3.00")),
        ("994501110006", "barred", azn("9.99")),
        ("994501110104", "barred", None),
        ("994599999999", "unknown_line", None),
    ],
)
def test_a_line_that_is_not_served_uses_nothing(store: Store, line: str, outcome: str, balance: Money | None) -> None:
    before = dump(store, "operation")
    refused = used(store, line, call(60))
    assert (refused.outcome, refused.charge.micro, refused.from_bonus, refused.balance) == (outcome, 0, 0, balance)
    assert dump(store, "operation") == before
    if outcome == "unknown_line":
        assert store.answered("usage:1") is None, "nothing is created for a number that nobody has"


def test_a_line_is_expired_on_the_day_after_its_last(store: Store) -> None:
    last = datetime.datetime(2026, 12, 1, 23, 59, 59, tzinfo=NOON.tzinfo)
    assert used(store, PLAIN, call(1), "a", last).outcome == "ok"
    assert used(store, PLAIN, call(1), "b", last + datetime.timedelta(seconds=1)).outcome == "expired"


def test_a_tariff_without_a_price(store: Store) -> None:
    bare = {"azercell": replace(TERMS["azercell"], tariffs={**TARIFFS, "SimSim": prices(sms="0.04")})}
    assert use(store, bare, PLAIN, call(60), "a", NOON).outcome == "no_price"
    assert use(store, bare, ROAMER, call(60), "b", NOON).from_bonus == 1, "its bonuses pay all the same"
    assert use(store, {"azercell": replace(TERMS["azercell"], tariffs={})}, PLAIN, Usage("sms", 1), "c", NOON).outcome == "no_price"


def test_a_line_of_an_operator_that_is_not_here(store: Store) -> None:
    with pytest.raises(LookupError, match="tcell"):
        used(store, "992931110001", call(60))


@pytest.mark.parametrize("amount", [-1, MOST + 1, 10**30])
def test_amounts_that_cannot_be(store: Store, amount: int) -> None:
    with pytest.raises(ValueError, match=str(MOST)):
        used(store, RICH, call(amount))


def test_the_largest_charge_fits_the_books_or_is_refused(store: Store) -> None:
    dear = {"azercell": replace(TERMS["azercell"], tariffs={"Biznes 30": prices(mb="999999999999999.999999")})}
    with pytest.raises(ValueError, match="larger than the books keep"):
        use(store, dear, POSTPAID, Usage("data", MOST), "a", NOON)
    assert audit(store).differences == ()


# -- once


def test_the_same_key_again_is_the_same_answer_and_nothing_is_done(store: Store) -> None:
    first = used(store, MANY, call(600))
    before = dump(store)
    for now in (NOON, NOON + datetime.timedelta(days=60), NOON - datetime.timedelta(hours=1)):
        assert used(store, MANY, call(600), now=now) == replace(first, happened=())
    assert dump(store) == before


def test_a_refusal_is_remembered_too(store: Store) -> None:
    refused = used(store, POOR, call(60))
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE line SET tariff = 'Premium' WHERE msisdn = ?", (POOR,))
    assert used(store, POOR, call(60)) == refused and used(store, POOR, call(60), "new").outcome == "ok"


@pytest.mark.parametrize(
    ("line", "other"),
    [(RICH, call(62)), (RICH, call(61, "111")), (RICH, call(61, roaming=True)), (RICH, Usage("sms", 61)), (MANY, call(61))],
)
def test_a_key_of_another_usage_is_refused(store: Store, line: str, other: Usage) -> None:
    used(store, RICH, call(61))
    before = dump(store)
    with pytest.raises(KeyReused):
        used(store, line, other)
    assert dump(store) == before


def test_a_crash_inside_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump(store)
    monkeypatch.setattr(usage, "information", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        used(store, MANY, call(600))
    assert dump(store) == before, "the bonuses neither"


def test_one_usage_reported_from_eight_sides_is_charged_once(settings: Settings) -> None:
    stores = [open_books(settings, StandingClock(NOON)) for _ in range(4)]
    try:
        answers: list[Charged] = []
        begin = threading.Barrier(8)

        def report(number: int) -> None:
            begin.wait()
            answers.append(used(stores[number % 4], MANY, call(600), "cdr-1"))

        in_parallel(report, 8)
        assert len({replace(answer, happened=()) for answer in answers}) == 1
        assert sum(len(answer.happened) for answer in answers) == 1 and len(events(stores[0])) == 1
        assert len(statement(stores[0], MANY)) == 1 and audit(stores[0]).differences == ()
    finally:
        for store in stores:
            store.close()


def test_usages_in_parallel_never_take_more_than_there_is(settings: Settings) -> None:
    """24 usages of a line with 22 minutes and some money, replayed up to three times in any order."""
    stores = [open_books(settings, StandingClock(NOON)) for _ in range(3)]
    try:
        jobs = [(f"cdr-{number}", call(60 * (number % 4 + 1))) for number in range(24)]
        again = [job for job in jobs for _ in range(random.Random(5).randint(1, 3))]
        random.Random(7).shuffle(again)
        answers: dict[str, set[Charged]] = {}
        lock = threading.Lock()

        def work(number: int) -> None:
            for key, what in again[number::6]:
                charged = replace(used(stores[number % 3], ROAMER, what, key), happened=())
                with lock:
                    answers.setdefault(key, set()).add(charged)

        in_parallel(work, 6)
        assert len(answers) == 24 and all(len(same) == 1 for same in answers.values())
        done = [next(iter(same)) for same in answers.values()]
        assert sum(one.from_bonus for one in done) == 22 and all(one.outcome == "ok" for one in done)
        with stores[0].reading() as connection:
            row = lines.find(connection, ROAMER)
        assert row is not None and row.balance is not None
        assert row.balance.micro == azn("21.21").micro - sum(one.charge.micro for one in done)
        assert bonuses(stores[0], ROAMER) == [] and audit(stores[0]).differences == ()
    finally:
        for store in stores:
            store.close()


def in_parallel(work: Callable[[int], None], workers: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# -- what stands in the statement


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (call(61), "61 s"),
        (call(61, "994501110001"), "994501110001 61 s"),
        (call(61, "994501110001", True), "roaming 994501110001"),
        (call(61, roaming=True), "61 s roaming"),
        (Usage("sms", 1), "SMS"),
        (Usage("sms", 1, "994501110001"), "SMS 994501110001"),
        (Usage("sms", 3, "994501110001"), "3 SMS 994501110001"),
        (Usage("data", 150), "150 MB"),
        (Usage("data", 150, roaming=True), "150 MB roaming"),
    ],
)
def test_the_statement_says_what_it_was(what: Usage, words: str) -> None:
    assert information(what) == words and len(words) <= 24


def test_the_books_keep_no_bonus_below_nothing(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.write(lambda connection: connection.execute('UPDATE bonus SET "left" = -1 WHERE id = 1'))
