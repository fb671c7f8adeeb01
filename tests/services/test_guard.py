"""Whatever a back-end answers: nothing larger than services.yaml allows reaches a page, and nobody is told a lie about an act."""

from __future__ import annotations

import dataclasses
import datetime
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.catalog.faults import Faults
from ivr.catalog.services import ListType, Service, Sized, load_services
from ivr.engine.effects import Call, Fee
from ivr.engine.model import Operator
from ivr.engine.values import Answer, Count, Line, Money, Msisdn, Record, Span, Tariff
from ivr.services.bounds import tidy
from ivr.services.guard import Checked, checked
from ivr.services.schema import SERVICES_FILE
from tests.engine.fake import NOW, azn, day, prepaid, shipped

GIVES: Mapping[str, Any] = {
    "main": "money",
    "until": "date",
    "at": "time",
    "plan": "tariff",
    "on": "flag",
    "left": Sized("count", 500),
    "total": Sized("number", 20),
    "took": "span",
    "to": "msisdn",
    "information": Sized("text", 10),
    "rows": ListType({"amount": "money", "note": Sized("text", 5)}, 3),
}
GOOD: Record = {
    "main": azn("12.34"),
    "until": day("2027-03-05"),
    "at": NOW,
    "plan": Tariff("GəncOL"),
    "on": True,
    "left": Count(500, "minute"),
    "total": 20,
    "took": Span(60),
    "to": Msisdn("994501110002"),
    "information": "ten signs!",
    "rows": ({"amount": azn("-1.00"), "note": "five!"}, {"amount": azn("99999.99"), "note": ""}),
}
SCHEMAS = {
    "back.look": Service("back.look", "read", {}, GIVES, {"unknown": {"left": "number"}}),
    "back.act": Service("back.act", "change", {}, GIVES, {"wrong": {"left": Sized("number", 3)}}),
}


class Back:
    """A back-end that answers what it is told to."""

    def __init__(self, answer: Answer, line: Line | None = None) -> None:
        self.answer, self.found = answer, line

    def line(self, msisdn: str, now: datetime.datetime) -> Line | None:
        return self.found

    def call(self, line: Line, call: Call, now: datetime.datetime) -> Answer:
        return self.answer


def operator() -> Operator:
    return shipped().operator


def answered(answer: Answer, service: str = "back.look", fee: Fee | None = None) -> Answer:
    call = Call(service, {}, "s/1", change=service.endswith("act"), fee=fee)
    return Checked(Back(answer), SCHEMAS, lambda msisdn: operator()).call(prepaid(), call, NOW)


def test_an_answer_that_fits_is_handed_on_as_it_is() -> None:
    for service in SCHEMAS:
        answer = Answer("ok", GOOD, prepaid())
        assert answered(answer, service) is answer


BAD = {
    "main": [azn("100000.00"), azn("-100000.00"), Money(1, "TJS"), Money(1, "AZN\n1. Free"), "12.34", 12, None],
    "until": [NOW, "2027-03-05", 3],
    "at": [day("2027-03-05"), "12:00"],
    "plan": [Tariff("A name that nobody has measured"), Tariff("Пакет"), "GəncOL", None],
    "on": [1, "true", None],
    "left": [Count(501, "minute"), Count(-1, "minute"), Count(1, "parsec"), 5, None],
    "total": [21, -1, True, "3", None],
    "took": [Span(-1), Span(10**9), 60],
    "to": [Msisdn("9" * 16), Msisdn("12a"), Msisdn(""), "994501110002", None],
    "information": ["eleven sign", "\U0001f600" * 6, 5, None],
    "rows": [({"amount": azn("1"), "note": ""},) * 4, ({"amount": azn("1")},), ({"amount": 1, "note": ""},), ["a list"], "text", None],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_look_up_that_does_not_fit_is_unavailable_and_logged_without_its_value(
    name: str, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert answered(Answer("ok", {**GOOD, name: value})) == Answer("unavailable", {})
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"back.look: its answer does not fit services.yaml, {name}: ")
    assert "994501" not in line and "eleven" not in line and "Free" not in line and "nobody has measured" not in line


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_an_act_was_done_so_its_page_is_shown_without_the_figure_that_does_not_fit(name: str, value: Any) -> None:
    found = answered(Answer("ok", {**GOOD, name: value}, prepaid()), "back.act")
    assert found.outcome == "ok" and found.line == prepaid()
    rest = {key: kept for key, kept in found.values.items() if key != name}
    assert rest == {key: kept for key, kept in GOOD.items() if key != name}
    left = found.values[name]
    if name == "information" and isinstance(value, str):
        assert isinstance(left, str) and value.startswith(left) and len(left.encode("utf-16-be")) // 2 == 10
    elif name == "rows":
        assert isinstance(left, tuple) and len(left) <= 3
        assert all(set(item) == {"amount", "note"} for item in left if isinstance(item, Mapping))
    else:
        assert left is None


def test_what_is_missing_is_not_made_up() -> None:
    without = {name: value for name, value in GOOD.items() if name != "main"}
    assert answered(Answer("ok", without)) == Answer("unavailable", {})
    assert answered(Answer("ok", without), "back.act").values == {**GOOD, "main": None}


def test_a_date_may_be_missing() -> None:
    answer = Answer("ok", {**GOOD, "until": None, "at": None})
    assert answered(answer) is answer


def test_values_that_services_yaml_does_not_name_are_dropped() -> None:
    assert answered(Answer("ok", {**GOOD, "pin": "1234"})).values == GOOD
    rows = ({"amount": azn("1.00"), "note": "", "pin": "1234"},)
    assert answered(Answer("ok", {**GOOD, "rows": rows})).values["rows"] == ({"amount": azn("1.00"), "note": ""},)


@pytest.mark.parametrize("service", SCHEMAS)
def test_an_outcome_that_nobody_knows_is_a_refusal(service: str) -> None:
    assert answered(Answer("brewing", {}), service) == Answer("unavailable", {})


def test_other_outcomes_bring_what_services_yaml_says_of_them() -> None:
    assert answered(Answer("unknown", {"left": 2})) == Answer("unknown", {"left": 2})
    assert answered(Answer("unknown", {})) == Answer("unavailable", {})
    assert answered(Answer("wrong", {"left": 4}), "back.act") == Answer("wrong", {"left": None})
    assert answered(Answer("late", {"left": 4})) == Answer("late", {})
    assert answered(Answer("unavailable", {})) == Answer("unavailable", {})


def test_a_fee_that_could_not_be_paid_brings_a_balance_that_fits() -> None:
    fee = Fee("balance", "ussd", azn("0.10"))
    for balance in (azn("0.05"), None):
        answer = Answer("not_enough", {"balance": balance})
        assert answered(answer, "back.act", fee) is answer
    assert answered(Answer("not_enough", {"balance": azn("100000")}), "back.act", fee) == Answer("not_enough", {})


@pytest.mark.parametrize("service", ["accounts.funds", "accounts.charge"])
def test_the_engines_own_services_pass(service: str) -> None:
    for answer in (Answer("ok", {"balance": azn("1.00")}, prepaid()), Answer("ok", {}), Answer("unavailable", {})):
        assert answered(answer, service) is answer
    assert answered(Answer("ok", {"balance": azn("100000")}, prepaid()), service) == Answer("ok", {}, prepaid())


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\nb", "a b"),
        ("a\r\n\t b", "a b"),
        ("line\u2028break\u2029\x85\x0b\x0c", "line break"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\u202etxt.exe\u202c", "txt.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("no\u00a0break", "no break"),
        ("\ud800half", "half"),
        ("Ödəniş 5.00", "Ödəniş 5.00"),
        ("", ""),
    ],
)
def test_a_text_cannot_break_a_page_or_forge_a_line(given: str, shown: str) -> None:
    assert tidy(given) == shown
    text = given + "\n1. X" if len(shown) < 5 else given
    for service in SCHEMAS:
        found = answered(Answer("ok", {**GOOD, "information": text}), service)
        assert found.outcome == "unavailable" or "\n" not in str(found.values["information"])


@given(st.text(max_size=40))
def test_any_text_comes_out_on_one_line_and_within_its_size(text: str) -> None:
    shown = answered(Answer("ok", {**GOOD, "information": text}), "back.act").values["information"]
    assert isinstance(shown, str) and shown.isprintable() and len(shown.encode("utf-16-be", "surrogatepass")) <= 20


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(azn("1")),
        lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.sampled_from(sorted(GIVES)), inner),
    )
)
def test_nothing_that_a_back_end_answers_raises(values: Any) -> None:
    for service in SCHEMAS:
        for outcome in ("ok", "unknown", "wrong", "late", "?"):
            found = answered(Answer(outcome, values), service)
            assert found.outcome in ("ok", "unknown", "wrong", "late", "unavailable")
            assert set(found.values) <= set(GIVES)


def test_a_tariff_newer_than_operator_yaml_may_be_as_long_as_those_in_it() -> None:
    plain = dataclasses.replace(operator(), spoken={"SimSim": {}, "Biznes 30": {}})
    guard = Checked(Back(Answer("ok", {**GOOD, "plan": Tariff("Nine sign")})), SCHEMAS, lambda msisdn: plain)
    assert guard.call(prepaid(), Call("back.look", {}, "s/1"), NOW).outcome == "ok"
    guard = Checked(Back(Answer("ok", {**GOOD, "plan": Tariff("Gənc")})), SCHEMAS, lambda msisdn: plain)
    assert guard.call(prepaid(), Call("back.look", {}, "s/1"), NOW).outcome == "unavailable"


def test_the_tariff_of_a_line_is_cut_to_what_was_measured() -> None:
    line = prepaid(tariff="A name\nthat nobody has measured")
    found = Checked(Back(Answer("ok", {}), line), SCHEMAS, lambda msisdn: operator()).line(line.msisdn, NOW)
    assert found is not None and found.tariff == "A name th"
    foreign = dataclasses.replace(line, msisdn="992900000001")
    assert Checked(Back(Answer("ok", {}), foreign), SCHEMAS, lambda msisdn: operator()).line("992900000001", NOW) is foreign
    assert Checked(Back(Answer("ok", {})), SCHEMAS, lambda msisdn: operator()).line("994501110001", NOW) is None


def test_the_largest_amount_is_the_operators_and_the_default_99999_99() -> None:
    small = dataclasses.replace(operator(), limits={"largest_money": azn("50.00")})
    for amount, house, outcome in (
        ("50.01", small, "unavailable"),
        ("50.00", small, "ok"),
        ("99999.99", dataclasses.replace(small, limits={}), "ok"),
    ):
        values = {**GOOD, "main": azn(amount), "rows": ()}
        guard = Checked(Back(Answer("ok", values)), SCHEMAS, lambda msisdn, house=house: house)  # type: ignore[misc]
        assert guard.call(prepaid(), Call("back.look", {}, "s/1"), NOW).outcome == outcome


def test_a_release_with_another_limit_counts_from_its_first_answer_on() -> None:
    houses = [operator(), dataclasses.replace(operator(), limits={"largest_money": azn("5.00")})]
    guard = Checked(Back(Answer("ok", {**GOOD, "rows": ()})), SCHEMAS, lambda msisdn: houses[0])
    call = Call("back.look", {}, "s/1")
    assert guard.call(prepaid(), call, NOW).outcome == "ok"
    houses.reverse()
    assert guard.call(prepaid(), call, NOW).outcome == "unavailable"


def schema(tmp_path: Path, gives: str) -> tuple[Mapping[str, Any], list[str]]:
    path = tmp_path / "services.yaml"
    path.write_text(f"services:\n  x.y: {{kind: read, gives: {{v: {gives}}}}}\n", "utf-8")
    faults = Faults()
    services = load_services(path, faults)
    return services["x.y"].gives if services else {}, [str(fault) for fault in faults.found]


@pytest.mark.parametrize(
    ("gives", "kind", "most"),
    [
        ("{text: 12}", "text", 12),
        ("text", "text", 24),
        ("{number: 20}", "number", 20),
        ("number", "number", 999_999),
        ("{count: 500}", "count", 500),
        ("count", "count", 99_999),
        ("{span: 60}", "span", 60),
    ],
)
def test_services_yaml_names_the_largest_value(tmp_path: Path, gives: str, kind: str, most: int) -> None:
    from ivr.catalog.services import most_of

    found, faults = schema(tmp_path, gives)
    assert faults == [] and found["v"] == kind and isinstance(found["v"], str) and most_of(found["v"]) == most


@pytest.mark.parametrize("gives", ["{text: 0}", "{text: 161}", "{text: many}", "{txt: 5}", "{text: 5, number: 3}", "{money: 5}", "{}"])
def test_a_size_that_cannot_be_is_a_fault(tmp_path: Path, gives: str) -> None:
    _, faults = schema(tmp_path, gives)
    assert len(faults) == 1 and " E010 " in faults[0]


def test_every_service_that_is_shipped_has_a_size_for_all_it_gives() -> None:
    faults = Faults()
    services = load_services(SERVICES_FILE, faults)
    assert services and not faults.found


def test_a_back_end_of_ones_own_is_held_to_its_own_services_yaml(tmp_path: Path) -> None:
    (tmp_path / "services.yaml").write_text("services:\n  loans.list: {kind: read, gives: {offer: {text: 5}}}\n", "utf-8")
    call = Call("loans.list", {}, "s/1")
    for offer, outcome in (("five!", "ok"), ("longer", "unavailable")):
        found = checked(Back(Answer("ok", {"offer": offer})), lambda msisdn: operator(), tmp_path).call(prepaid(), call, NOW)
        assert found.outcome == outcome
    found = checked(Back(Answer("ok", {"main": 5})), lambda msisdn: operator(), tmp_path / "none").call(
        prepaid(), Call("accounts.balance", {}, "s/1"), NOW
    )
    assert found.outcome == "unavailable"
