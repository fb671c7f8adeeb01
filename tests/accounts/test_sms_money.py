"""SMS-money, rule by rule with its edges (services.md, B1 to B12)."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ivr.accounts import lines
from ivr.accounts.audit import audit
from ivr.engine.values import Answer, Money, Msisdn, Secret, Value
from ivr.services.schema import services_text
from tests.accounts.help import dump
from tests.accounts.money_help import (
    ANNA,
    BARRED,
    BOB,
    EXACT,
    FOREIGN,
    HAMKOR,
    NEXT,
    NOON,
    PASSWORD,
    POOR,
    RICH,
    SHORT,
    Desk,
    minutes,
    terms,
    tjs,
)

DECLARED = yaml.safe_load(services_text())["services"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def anna(desk: Desk) -> Desk:
    """Anna has a password, whose fee is paid: 119.9388 are left."""
    assert desk.register().outcome == "ok"
    return desk


def outcome(answer: Answer) -> tuple[str, dict[str, Value]]:
    return answer.outcome, dict(answer.values)


# -- registering (B1), changing (B9)


def test_status_before_and_after(desk: Desk) -> None:
    before = desk.status()
    assert set(before) == set(DECLARED["sms_money.status"]["gives"])
    assert (before["registered"], before["locked"], before["until"]) == (False, False, None)
    assert (before["fee"], before["least"], before["most"], before["keep"]) == (tjs("0.0612"), tjs("1"), tjs("500"), tjs("5"))
    desk.register()
    assert desk.status()["registered"] is True and desk.status(BOB)["registered"] is False


def test_registering_takes_the_pin2_of_the_sim_and_its_fee(desk: Desk) -> None:
    assert outcome(desk.register(pin2="1112")) == ("wrong_pin2", {"left": 2})
    assert desk.balance() == tjs("120") and desk.status()["registered"] is False
    assert outcome(desk.register()) == ("ok", {})
    assert desk.balance() == tjs("119.9388")
    assert outcome(desk.register()) == ("already", {}) and desk.balance() == tjs("119.9388")


def test_a_second_registration_leaves_the_first_password(anna: Desk) -> None:
    anna.register(password="99999999")
    assert anna.send(password="99999999").outcome == "wrong_password"
    assert anna.send().outcome == "ok"


def test_the_pin2_of_another_line_is_wrong(desk: Desk) -> None:
    assert desk.register(BOB, pin2="1111").outcome == "wrong_pin2"


def test_a_line_whose_pin2_nobody_knows_cannot_register(desk: Desk) -> None:
    desk.execute("INSERT INTO line VALUES ('992931110099', 'tcell', 'prepaid', 'active', 'Salom', 'en', 0, 1, NULL)")
    desk.execute("INSERT INTO account (operator, msisdn, kind, currency, floor) VALUES ('tcell', '992931110099', 'main', 'TJS', 0)")
    answers = [desk.register("992931110099", pin2="0000", fee=None).outcome for _ in range(4)]
    assert answers == ["wrong_pin2", "wrong_pin2", "locked", "locked"]


@pytest.mark.parametrize("password", ["123", "1" * 21, "12a4", "１２３４", "1234\n", ""])
def test_a_password_that_no_menu_takes_is_not_registered(desk: Desk, password: str, caplog: pytest.LogCaptureFixture) -> None:
    before = dump(desk.store)
    assert outcome(desk.register(password=password)) == ("unavailable", {})
    assert dump(desk.store) == before and (not password.strip() or password.strip() not in caplog.text)


@pytest.mark.parametrize("password", ["1234", "1" * 20, "0000"])
def test_a_password_has_4_to_20_digits(desk: Desk, password: str) -> None:
    assert desk.register(password=password).outcome == "ok" and desk.send(password=password).outcome == "ok"


def test_changing_the_password(anna: Desk) -> None:
    assert outcome(anna.change("0000", "5555")) == ("wrong_password", {"left": 2})
    assert outcome(anna.change(PASSWORD, "5555")) == ("ok", {})
    assert anna.balance() == tjs("119.8776")
    assert anna.send().outcome == "wrong_password" and anna.send(password="5555").outcome == "ok"


def test_changing_needs_a_password(desk: Desk) -> None:
    assert outcome(desk.change("0000", "5555")) == ("not_registered", {})
    assert desk.rows("SELECT * FROM lockout") == []


def test_a_password_that_is_not_registered_says_so_before_anything_else(desk: Desk) -> None:
    for to in (ANNA, BOB, "992939999999"):
        assert outcome(desk.send(to=to)) == ("not_registered", {})


def test_neither_fee_nor_password_where_the_balance_is_below_the_fee(desk: Desk) -> None:
    assert outcome(desk.register(POOR)) == ("not_enough", {"balance": tjs("0.05")})
    assert desk.status(POOR)["registered"] is False and desk.balance(POOR) == tjs("0.05")
    assert desk.rows("SELECT * FROM lockout") == [], "its PIN2 was right"
    assert desk.register(POOR, fee=None).outcome == "ok", "over USSD it is free"
    assert outcome(desk.change(PASSWORD, "5555", POOR)) == ("not_enough", {"balance": tjs("0.05")})
    assert desk.change(PASSWORD, "5555", POOR, fee=None).outcome == "ok"


# -- sending (B2 to B8, B12)


def test_a_transfer_moves_money_takes_its_fee_and_tells_the_other(anna: Desk) -> None:
    done = anna.send("10.50")
    assert outcome(done) == ("ok", {"balance": tjs("109.3776"), "at": NOON})
    assert set(done.values) == set(DECLARED["sms_money.transfer"]["gives"])
    assert (anna.balance(), anna.balance(BOB)) == (tjs("109.3776"), tjs("18"))
    (told,) = done.happened
    assert (told.about, told.msisdn) == ("sms_money.received", BOB)
    assert told.values == {"amount": tjs("10.50"), "sender": Msisdn(ANNA), "balance": tjs("18"), "at": NOON}
    assert anna.rows("SELECT sender, recipient, amount, currency FROM transfer") == [(ANNA, BOB, 10_500_000, "TJS")]
    assert not audit(anna.store).differences


def test_both_statements_name_the_other_number(anna: Desk) -> None:
    anna.send("10.50")
    with anna.store.reading() as connection:
        sent, received = (lines.statement(connection, msisdn, 2) for msisdn in (ANNA, BOB))
    assert [(one.amount, one.kind, one.information) for one in sent] == [
        (tjs("-0.0612"), "fee", "money sms"),
        (tjs("-10.5"), "transfer", f"To {BOB}"),
    ]
    assert (received[0].amount, received[0].kind) == (tjs("10.5"), "transfer") and ANNA in received[0].information


def test_over_ussd_it_is_free(anna: Desk) -> None:
    assert anna.send("10", fee=None).values["balance"] == tjs("109.9388") == anna.balance()


@pytest.mark.parametrize("amount", ["0.99", "500.01", "12.345", "0", "-5", "1.000001"])
def test_an_amount_that_no_menu_takes_moves_nothing(anna: Desk, amount: str, caplog: pytest.LogCaptureFixture) -> None:
    before = dump(anna.store)
    assert outcome(anna.send(amount)) == ("unavailable", {})
    assert dump(anna.store) == before and "operator.yaml does not allow" in caplog.text


def test_another_currency_moves_nothing(anna: Desk) -> None:
    inputs: dict[str, Value] = {"phone": Msisdn(BOB), "amount": Money.parse("10", "AZN"), "password": Secret(PASSWORD)}
    assert anna.ask(ANNA, "sms_money.transfer", **inputs).outcome == "unavailable"  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["1", "1.01", "500"])
def test_the_least_and_the_most(desk: Desk, amount: str) -> None:
    assert desk.register(RICH).outcome == "ok" and desk.send(amount, msisdn=RICH).outcome == "ok"
    assert desk.balance(BOB) == Money(tjs("7.5").micro + tjs(amount).micro, "TJS")


def test_exactly_five_may_stay(desk: Desk) -> None:
    assert desk.register(EXACT).outcome == "ok"
    short = desk.send("1.01", msisdn=EXACT)
    assert outcome(short) == ("too_little_left", {"keep": tjs("5"), "balance": tjs("6.0612")})
    assert outcome(desk.send("1", msisdn=EXACT))[1]["balance"] == tjs("5") == desk.balance(EXACT)
    assert desk.send("1", RICH, msisdn=EXACT).outcome == "too_little_left"


def test_one_micro_step_below_five_is_refused(desk: Desk) -> None:
    assert desk.register(SHORT).outcome == "ok"
    assert outcome(desk.send("1", msisdn=SHORT)) == ("too_little_left", {"keep": tjs("5"), "balance": tjs("6.0611")})
    assert desk.send("1", msisdn=SHORT, fee=None).outcome == "ok", "without a fee 5.0611 stay"
    assert desk.balance(SHORT) == tjs("5.0611")


def test_the_floor_is_operator_yaml_s(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home", terms(transfer_keep=tjs("0"), transfer_min=tjs("0.01")))
    desk.register(EXACT)
    assert desk.send("6.01", msisdn=EXACT).outcome == "too_little_left"
    assert desk.send("6", msisdn=EXACT).values["balance"] == tjs("0")
    desk.close()


def test_the_same_recipient_again_after_exactly_thirty_minutes(anna: Desk) -> None:
    assert anna.send().outcome == "ok"
    last = minutes(30) - datetime.timedelta(microseconds=1)
    for now in (NOON, minutes(1), last):
        assert outcome(anna.send(now=now)) == ("too_soon", {"from": minutes(30)})
    assert anna.send(to=RICH, now=minutes(1)).outcome == "ok", "another recipient"
    assert anna.send(now=minutes(30)).outcome == "ok"
    assert outcome(anna.send(now=minutes(59.99))) == ("too_soon", {"from": minutes(60)})


def test_the_time_that_is_named_is_one_at_which_it_works(anna: Desk) -> None:
    first = NOON + datetime.timedelta(seconds=40, microseconds=5)
    assert anna.send(now=first).outcome == "ok"
    named = anna.send(now=minutes(30)).values["from"]
    assert named == minutes(31), "menus show no seconds"
    assert anna.send(now=first + datetime.timedelta(minutes=30) - datetime.timedelta(microseconds=1)).outcome == "too_soon"
    assert anna.send(now=first + datetime.timedelta(minutes=30)).outcome == "ok"


def test_a_clock_that_goes_back_lets_nothing_through_twice(anna: Desk) -> None:
    assert anna.send(now=minutes(60)).outcome == "ok"
    assert outcome(anna.send(now=NOON)) == ("too_soon", {"from": minutes(90)})
    assert anna.send(now=minutes(90)).outcome == "ok" and not audit(anna.store).differences


def test_sending_back_is_no_repetition(anna: Desk) -> None:
    anna.register(BOB)
    assert anna.send("5").outcome == "ok" and anna.send("1", ANNA, msisdn=BOB).outcome == "ok"


@pytest.mark.parametrize(
    ("to", "told"),
    [
        (ANNA, "own_number"),
        ("992939999999", "unknown_number"),
        (BARRED, "unknown_number"),
        (FOREIGN, "unknown_number"),
        ("994501110101", "unknown_number"),
    ],
)
def test_to_whom_it_cannot_be_sent(anna: Desk, to: str, told: str) -> None:
    balance = anna.balance()
    assert outcome(anna.send(to=to)) == (told, {})
    assert anna.balance() == balance and anna.rows("SELECT * FROM transfer") == []


def test_another_operators_line_is_foreign_in_the_same_currency_too(anna: Desk) -> None:
    anna.execute("UPDATE line SET operator = 'other' WHERE msisdn = ?", BOB)
    assert outcome(anna.send()) == ("unknown_number", {})


def test_to_an_expired_line_it_cannot_be_sent(anna: Desk) -> None:
    anna.execute("UPDATE line SET expires = '2026-11-21' WHERE msisdn = ?", BOB)
    assert anna.send().outcome == "unknown_number"
    anna.execute("UPDATE line SET expires = '2026-11-22' WHERE msisdn = ?", BOB)
    assert anna.send().outcome == "ok", "the day itself belongs to it"


@pytest.mark.parametrize("to", [ANNA, BOB, BARRED, FOREIGN, "992939999999"])
def test_who_does_not_know_the_password_learns_nothing_about_a_recipient(anna: Desk, to: str) -> None:
    assert outcome(anna.send("500", to=to, password="0000")) == ("wrong_password", {"left": 2})


@pytest.mark.parametrize("to", [HAMKOR, NEXT])
def test_tariffs_without_the_service_may_receive(anna: Desk, to: str) -> None:
    assert anna.send(to=to).outcome == "ok"


def test_a_line_that_may_not_use_anything_may_not_send(desk: Desk) -> None:
    assert desk.register().outcome == "ok"
    desk.execute("UPDATE line SET status = 'barred' WHERE msisdn = ?", ANNA)
    for answer in (desk.send(), desk.change(PASSWORD, "5555"), desk.register(BARRED)):
        assert answer.outcome == "unavailable"
    desk.execute("UPDATE line SET status = 'active', expires = '2026-11-21' WHERE msisdn = ?", ANNA)
    assert desk.send().outcome == "unavailable"
    assert desk.rows("SELECT * FROM lockout") == desk.rows("SELECT * FROM transfer") == []


# -- once for its key (B11)


def test_a_request_that_comes_again_gets_its_answer_and_nothing_is_done(anna: Desk) -> None:
    first = anna.send("10", key="sms:1")
    after = dump(anna.store)
    for now in (NOON, minutes(31), minutes(3000)):
        again = anna.send("10", key="sms:1", now=now)
        assert outcome(again) == outcome(first) and again.happened == ()
    assert dump(anna.store) == after
    restarted = anna.again()
    assert outcome(restarted.send("10", key="sms:1", now=minutes(31))) == outcome(first) and dump(restarted.store) == after
    restarted.close()


@pytest.mark.parametrize("to", [ANNA, "992939999999"])
def test_a_refusal_is_remembered_too(anna: Desk, to: str) -> None:
    first = anna.send(to=to, key="sms:1")
    assert first.outcome != "ok" and outcome(anna.send(to=to, key="sms:1", now=minutes(90))) == outcome(first)


def test_what_was_done_stays_the_answer_of_a_line_that_may_do_nothing_any_more(anna: Desk) -> None:
    first = anna.send(key="sms:1")
    anna.execute("UPDATE line SET status = 'barred' WHERE msisdn = ?", ANNA)
    assert outcome(anna.send(key="sms:1")) == outcome(first) and anna.send(key="sms:2").outcome == "unavailable"


def test_not_registered_stays_the_answer_of_its_key(desk: Desk) -> None:
    desk.send(key="sms:1")
    desk.register()
    assert desk.send(key="sms:1").outcome == "not_registered" and desk.send(key="sms:2").outcome == "ok"


def test_a_key_of_another_line_or_act_is_a_fault(anna: Desk, caplog: pytest.LogCaptureFixture) -> None:
    anna.register(BOB)
    anna.send(key="sms:1")
    assert anna.send("1", ANNA, msisdn=BOB, key="sms:1").outcome == "unavailable" and "KeyReused" in caplog.text
    assert anna.change(PASSWORD, "5555", key="sms:1").outcome == "unavailable"
    assert anna.rows("SELECT count(*) FROM transfer") == [(1,)]


# -- what the operator's file must say


@pytest.mark.parametrize("limit", ["transfer_min", "transfer_max", "transfer_keep", "same_recipient", "wrong_passwords"])
def test_without_its_limit_the_service_is_unavailable_and_the_log_names_it(
    tmp_path: Path, limit: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(tmp_path / "home")
    desk.register()
    desk.close()
    bare = Desk(tmp_path / "home", terms(**{limit: None}))
    with caplog.at_level(logging.ERROR):
        assert bare.send().outcome == "unavailable"
    assert limit in caplog.text and bare.rows("SELECT * FROM lockout") == []
    bare.close()


def test_other_numbers_are_other_rules(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home", terms(transfer_max=tjs("2"), same_recipient=terms().limits["same_recipient"]))
    desk.register()
    assert desk.send("2.01").outcome == "unavailable" and desk.send("2").outcome == "ok"
    desk.close()


def test_without_keys_what_a_password_opens_is_unavailable(desk: Desk) -> None:
    from ivr.engine.effects import Call
    from ivr.services.embedded import EmbeddedServices

    services = EmbeddedServices(desk.store, {"tcell": desk.terms})
    line = services.line(ANNA, NOON)
    assert line is not None
    for name in ("register", "change_password", "transfer"):
        assert services.call(line, Call(f"sms_money.{name}", {}, name, True), NOON).outcome == "unavailable"
    assert services.call(line, Call("sms_money.status", {}, "status"), NOON).outcome == "ok"


@pytest.mark.parametrize("answer", ["already", "wrong_pin2", "locked", "not_registered", "wrong_password", "too_soon", "too_little_left"])
def test_the_values_of_a_refusal_are_those_of_services_yaml(anna: Desk, answer: str) -> None:
    found: dict[str, tuple[str, Answer]] = {}
    anna.send(to=RICH)
    anna.register(SHORT)
    for service, given in (
        ("register", anna.register()),
        ("register", anna.register(BOB, pin2="0000")),
        ("change_password", anna.change("0", "1234", msisdn=BOB)),
        ("transfer", anna.send(to=RICH)),
        ("transfer", anna.send("1", msisdn=SHORT)),
        ("transfer", anna.send(password="0000")),
        ("transfer", anna.send(password="0001")),
        ("transfer", anna.send(password="0002")),
    ):
        found[given.outcome] = (service, given)
    service, given = found[answer]
    assert set(given.values) == set(DECLARED[f"sms_money.{service}"]["outcomes"][answer])
