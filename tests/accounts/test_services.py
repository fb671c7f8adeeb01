"""What the embedded services answer, line by line of services.md."""

from __future__ import annotations

import datetime
import logging
import time

import pytest
import yaml

from ivr.accounts.store import Store
from ivr.engine.effects import Call
from ivr.engine.values import Answer, Count, Money, Msisdn, Tariff, Value
from ivr.services.embedded import EmbeddedServices
from ivr.services.faults import Programmed, slowed
from ivr.services.port import ServiceError, Services
from ivr.services.schema import ENGINE_OWN, services_text
from ivr.settings import Settings
from tests.accounts.conftest import NOON
from tests.accounts.help import POOR, POSTPAID, RICH, ask, charge, dump, fee, line_of
from tests.accounts.terms import terms

DECLARED = yaml.safe_load(services_text())
TYPES = {"money": Money, "date": datetime.date, "tariff": Tariff, "flag": bool, "count": Count, "number": int, "msisdn": Msisdn}


def azn(text: str) -> Money:
    return Money.parse(text, "AZN")


def test_every_declared_service_is_answered_and_no_other(services: EmbeddedServices) -> None:
    port: Services = services
    assert port is services
    assert services.names == set(DECLARED["services"]) | set(ENGINE_OWN)


@pytest.mark.parametrize("service", [name for name in DECLARED["services"] if not name.startswith("sms_money.")])
def test_a_service_gives_exactly_its_declared_fields(store: Store, service: str) -> None:
    """(Those of SMS-money need a password first: test_sms_money.py.)"""
    services = EmbeddedServices(store, terms())
    declared = DECLARED["services"][service]
    gives = declared.get("gives", {})
    gives = DECLARED["records"][gives] if isinstance(gives, str) else gives
    line = POSTPAID if service in ("accounts.bill", "grants.list", "grants.give", "grants.take_back") else "994501110002"
    if service == "accounts.notices_on":
        line = "994501110003"
    if service in ("grants.list", "grants.read", "grants.take_back"):
        given = "994501110002" if service == "grants.read" else RICH
        ask(services, POSTPAID, "grants.give", "before", price=fee(), number=Msisdn(given))
    inputs: dict[str, Value] = {"language": "en", "serial": "2345678901", "number": Msisdn(RICH), "owner": Msisdn(POSTPAID)}
    answer = services.call(line_of(services, line), Call(service, inputs, "key", change=declared["kind"] == "change"), NOON)
    assert answer.outcome == "ok" and set(answer.values) == set(gives)
    if declared["kind"] == "read" or declared.get("changes") == "line":
        assert (answer.line is not None) == (declared.get("changes") == "line")
    for name, form in gives.items():
        if isinstance(form, str):
            assert isinstance(answer.values[name], TYPES[form])
        if isinstance(form, dict) and isinstance(form.get("list"), str):
            entries = answer.values[name]
            assert isinstance(entries, tuple) and (entries or service == "accounts.statement")
            for entry in entries:
                assert isinstance(entry, dict)
                record = DECLARED["records"][form["list"]]
                assert set(entry) == set(record)
                assert all(
                    entry[key] is None if service == "grants.list" and key == "from" else isinstance(entry[key], TYPES.get(kind, str))
                    for key, kind in record.items()
                    if isinstance(kind, str)
                )


def test_the_balance_with_bonuses_by_the_day_they_end(services: EmbeddedServices) -> None:
    values = ask(services, RICH, "accounts.balance").values
    assert values["main"] == azn("12.34") and values["expires"] == datetime.date(2027, 3, 5)
    assert values["tariff"] == Tariff("GəncOL") and values["roaming"] is False
    many = ask(services, "994501110008", "accounts.balance").values["bonuses"]
    assert isinstance(many, tuple) and len(many) == 9  # the tenth is expired
    days = [entry["until"] for entry in many]  # type: ignore[call-overload,index]
    assert days == sorted(days, key=str) and many[0] == {"left": Count(100, "megabyte"), "until": datetime.date(2026, 11, 23)}


def test_a_bonus_lasts_to_the_end_of_its_day_where_the_operator_is(services: EmbeddedServices, store: Store) -> None:
    def left(now: datetime.datetime) -> int:
        bonuses = ask(services, "994501110008", "accounts.balance", now=now).values["bonuses"]
        assert isinstance(bonuses, tuple)
        return len(bonuses)

    last_second = datetime.datetime(2026, 11, 23, 19, 59, 59, tzinfo=datetime.UTC)  # 23:59:59 in Baku
    assert left(last_second) == 9 and left(last_second + datetime.timedelta(seconds=1)) == 8
    with store.engine.begin() as connection:
        connection.exec_driver_sql("""UPDATE bonus SET "left" = 0 WHERE msisdn = '994501110008' AND until = '2026-11-24'""")
    assert left(last_second + datetime.timedelta(seconds=1)) == 7


def test_the_bill(services: EmbeddedServices) -> None:
    assert ask(services, POSTPAID, "accounts.bill").values == {
        "billed": azn("45.60"),
        "current": azn("12.07"),
        "advance": azn("20.00"),
        "due": datetime.date(2026, 12, 20),
        "overdue": False,
    }
    assert ask(services, "994501110104", "accounts.bill").values["overdue"] is True
    after_due = NOON + datetime.timedelta(days=29)
    assert ask(services, POSTPAID, "accounts.bill", now=after_due - datetime.timedelta(days=1)).values["overdue"] is False
    assert ask(services, POSTPAID, "accounts.bill", now=after_due).values["overdue"] is True
    for paid in ("994501110102", "994501110103"):  # nothing billed; the advance covers it
        assert ask(services, paid, "accounts.bill", now=after_due).values["overdue"] is False


def test_lines(services: EmbeddedServices) -> None:
    assert services.line("994501119999", NOON) is None
    assert line_of(services, "994501110007").language is None
    assert line_of(services, "994501110006").status == "barred"
    assert line_of(services, "994501110005").status == "expired"
    assert line_of(services, POSTPAID).balance is None and line_of(services, POSTPAID).expires is None
    assert line_of(services, "994501110003", NOON + datetime.timedelta(days=9)).status == "active"
    assert line_of(services, "994501110003", NOON + datetime.timedelta(days=10)).status == "expired"
    assert line_of(services, "992931110001").balance == Money.parse("120", "TJS")


def test_a_language_is_kept_and_the_new_line_comes_with_it(services: EmbeddedServices) -> None:
    answer = ask(services, RICH, "accounts.set_language", language="ru")
    assert answer.outcome == "ok" and answer.line is not None and answer.line.language == "ru"
    assert line_of(services, RICH).language == "ru"
    assert ask(services, RICH, "accounts.set_language", "another", language="tg").outcome == "unavailable"
    assert line_of(services, RICH).language == "ru"


def test_notices(services: EmbeddedServices) -> None:
    assert ask(services, RICH, "accounts.notices_on", "1").outcome == "already"
    off = ask(services, RICH, "accounts.notices_off", "2")
    assert off.outcome == "ok" and off.line is not None and off.line.notices is False
    assert ask(services, RICH, "accounts.notices_on", "1").outcome == "already"  # remembered, though it would be ok by now
    assert line_of(services, RICH).notices is False
    assert ask(services, RICH, "accounts.notices_on", "3").outcome == "ok"


def test_a_fee_is_taken_and_stands_in_the_statement(services: EmbeddedServices) -> None:
    answer = charge(services, RICH, "s:1", "0.0236")
    assert answer == Answer("ok", {"balance": azn("12.3164")}, answer.line)
    assert answer.line is not None and answer.line.balance == azn("12.3164")
    postings = ask(services, RICH, "accounts.statement").values["postings"]
    assert postings == ({"at": NOON.date(), "amount": azn("-0.0236"), "information": "balance ussd"},)


def test_to_the_last_micro_unit_and_not_below(services: EmbeddedServices, store: Store) -> None:
    assert charge(services, POOR, "all", "0.05").values == {"balance": azn("0")}
    before = dump(store, "operation")
    assert charge(services, POOR, "more", "0.000001").outcome == "not_enough"
    assert dump(store, "operation") == before


def test_a_statement_has_thirty_at_the_most_newest_first(services: EmbeddedServices) -> None:
    for number in range(35):
        assert charge(services, RICH, f"n{number}", f"0.{number + 1:04}").outcome == "ok"
    postings = ask(services, RICH, "accounts.statement").values["postings"]
    assert isinstance(postings, tuple) and len(postings) == 30
    assert [entry["amount"] for entry in postings[:2]] == [azn("-0.0035"), azn("-0.0034")]  # type: ignore[call-overload,index]


def test_a_postpaid_fee_goes_to_the_bill_and_not_into_its_figures(services: EmbeddedServices, store: Store) -> None:
    before = ask(services, POSTPAID, "accounts.bill")
    answer = ask(services, POSTPAID, "accounts.charge", "p", price=fee("0.0236", name="bill", channel="sms"))
    assert answer.outcome == "ok" and answer.values == {}
    assert ask(services, POSTPAID, "accounts.bill") == before
    postings = ask(services, POSTPAID, "accounts.statement").values["postings"]
    assert isinstance(postings, tuple) and postings[0] == {"at": NOON.date(), "amount": azn("-0.0236"), "information": "bill sms"}
    with store.reading() as connection:
        assert connection.execute("SELECT balance FROM account WHERE kind = 'bill_fees' AND msisdn = ?", (POSTPAID,)).fetchone() == (
            -23600,
        )


def test_funds(services: EmbeddedServices) -> None:
    assert ask(services, POOR, "accounts.funds", amount=azn("0.05")).outcome == "ok"
    short = ask(services, POOR, "accounts.funds", amount=azn("0.050001"))
    assert short == Answer("not_enough", {"balance": azn("0.05")})
    assert ask(services, POSTPAID, "accounts.funds", amount=azn("1000")).outcome == "ok"


def test_an_act_and_its_fee_are_one(services: EmbeddedServices, store: Store) -> None:
    done = ask(services, RICH, "accounts.set_language", "a", price=fee("0.10"), language="en")
    assert done.outcome == "ok" and done.line is not None and (done.line.language, done.line.balance) == ("en", azn("12.24"))
    before = dump(store, "operation")
    assert ask(services, POOR, "accounts.set_language", "b", price=fee("0.10"), language="en") == Answer(
        "not_enough", {"balance": azn("0.05")}
    )
    assert ask(services, RICH, "accounts.notices_on", "c", price=fee("0.10")) == Answer("already", {})
    assert dump(store, "operation") == before
    assert ask(services, RICH, "accounts.set_language", "a", price=fee("0.10"), language="en").values == done.values
    assert line_of(services, RICH).balance == azn("12.24")


@pytest.mark.parametrize(
    ("line", "service", "price"),
    [
        (POSTPAID, "accounts.balance", None),
        (RICH, "accounts.bill", None),
        (RICH, "accounts.teleport", None),
        (RICH, "accounts.charge", None),
        (RICH, "accounts.charge", fee("0.10", "TJS")),
        (RICH, "accounts.charge", fee("-0.10")),
        (RICH, "accounts.funds", None),
        (RICH, "accounts.set_language", None),
    ],
)
def test_what_makes_no_sense_is_unavailable_and_in_the_log(
    services: EmbeddedServices, store: Store, caplog: pytest.LogCaptureFixture, line: str, service: str, price: object
) -> None:
    before = dump(store)
    assert ask(services, line, service, price=price) == Answer("unavailable", {})  # type: ignore[arg-type]
    assert dump(store) == before
    assert service in caplog.text and line not in caplog.text


def test_a_key_used_for_something_else_does_nothing(services: EmbeddedServices, caplog: pytest.LogCaptureFixture) -> None:
    assert charge(services, RICH, "same").outcome == "ok"
    assert charge(services, POOR, "same").outcome == "unavailable"
    assert ask(services, RICH, "accounts.notices_off", "same").outcome == "unavailable"
    assert line_of(services, POOR).balance == azn("0.05") and line_of(services, RICH).notices is True
    assert "KeyReused" in caplog.text


def test_books_that_fail_are_unavailable_and_no_number_is_logged(
    services: EmbeddedServices, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    line = line_of(services, RICH)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE line RENAME TO elsewhere")
    with caplog.at_level(logging.DEBUG):
        assert services.call(line, Call("accounts.balance", {}, "k"), NOON) == Answer("unavailable", {})
        assert services.call(line, Call("accounts.charge", {}, "k", True, fee()), NOON) == Answer("unavailable", {})
        with pytest.raises(ServiceError):
            services.line(RICH, NOON)
    assert RICH not in caplog.text and "99450*****01" in caplog.text


def test_programmed_faults(services: EmbeddedServices) -> None:
    slept: list[float] = []
    line = line_of(services, RICH)
    slow = Programmed(services, {"accounts.bill": "unavailable", "line": "unavailable"}, {"accounts.balance": 2.0}, slept.append)
    assert slow.call(line, Call("accounts.balance", {}, "k"), NOON).outcome == "ok" and slept == [2.0]
    assert slow.call(line, Call("accounts.bill", {}, "k"), NOON) == Answer("unavailable", {}) and slept == [2.0]
    with pytest.raises(ServiceError):
        slow.line(RICH, NOON)
    always = Programmed(services, delay=0.5, sleep=slept.append)
    assert always.line(RICH, NOON) == line and slept == [2.0, 0.5]


def test_a_slow_look_up_is_tried_in_the_demo_only(services: EmbeddedServices) -> None:
    wanted = {"IVR_SLOW_LOOKUP": "accounts.balance=0.05"}
    assert slowed(services, Settings.from_environment({**wanted, "IVR_DEMO": "0"})) is services
    line, begun = line_of(services, RICH), time.monotonic()
    slow = slowed(services, Settings.from_environment(wanted))
    assert slow.call(line, Call("accounts.balance", {}, "k"), NOON).outcome == "ok" and time.monotonic() - begun >= 0.05


def test_a_repeated_change_brings_the_line_as_it_is_by_then(services: EmbeddedServices, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(services, RICH, "accounts.set_language", "1", language="ru").outcome == "ok"
    assert ask(services, RICH, "accounts.set_language", "2", language="en").outcome == "ok"
    again = ask(services, RICH, "accounts.set_language", "1", language="ru")
    assert again.outcome == "ok" and again.line == line_of(services, RICH) and again.line.language == "en"
    line = line_of(services, RICH)
    monkeypatch.setattr(services, "line", lambda msisdn, now: (_ for _ in ()).throw(ServiceError("gone")))
    assert services.call(line, Call("accounts.set_language", {"language": "ru"}, "1", True), NOON) == Answer("ok", {})


def test_the_line_a_change_brings_is_the_line_in_the_books(services: EmbeddedServices) -> None:
    for line in (RICH, POSTPAID):
        for number, service in enumerate(("accounts.set_language", "accounts.notices_off", "accounts.charge")):
            answer = ask(services, line, service, f"{line}:{number}", price=fee("0.01"), language="ru")
            assert answer.outcome == "ok" and answer.line == line_of(services, line)
