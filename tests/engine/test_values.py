"""Values, fields and their packed form."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.engine.fields import WrongValue, msisdn, read
from ivr.engine.model import FieldType
from ivr.engine.values import UNITS, Count, Money, Msisdn, Span, Tariff, Value, pack, unpack
from tests.engine.fake import shipped

HOUSE = shipped().operator


# -- money


@pytest.mark.parametrize(
    ("text", "micro"),
    [("0.10", 100_000), ("12.34", 12_340_000), ("0.0236", 23_600), ("5", 5_000_000), ("-1.5", -1_500_000), ("0.000001", 1)],
)
def test_amounts_are_read_exactly(text: str, micro: int) -> None:
    assert Money.parse(text, "AZN") == Money(micro, "AZN")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1,5",
        "0.0000001",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1e2",
        "1e999999",
        "1_000",
        "٣",
        " 1",
        "1 ",
        "+-1",
        ".",
        "0x1",
        "123456789012345678901234567890",
    ],
)
def test_what_is_no_plain_amount(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        Money.parse(text, "AZN")


@pytest.mark.parametrize(
    ("micro", "shown"),
    [(12_349_999, "12.34"), (2_976_400, "2.97"), (100_000, "0.10"), (9_999, "0.00"), (0, "0.00"), (1_000_000_000, "1000.00")],
)
def test_a_balance_is_never_shown_larger_than_it_is(micro: int, shown: str) -> None:
    assert str(Money(micro, "AZN").rounded_down()) == shown


@pytest.mark.parametrize(
    ("micro", "shown"),
    [(100_000, "0.10"), (23_600, "0.0236"), (10_000_000, "10.00"), (1_000_000_000_000, "1000000.00"), (1, "0.000001"), (61_200, "0.0612")],
)
def test_a_fee_has_all_its_decimals(micro: int, shown: str) -> None:
    assert Money(micro, "AZN").exact_text() == shown


@given(st.integers(-(2**62), 2**62))
def test_an_amount_survives_its_own_text(micro: int) -> None:
    money = Money(micro, "AZN")
    assert Money.parse(f"{money.decimal():f}", "AZN") == money
    if micro >= 0:
        assert 0 <= money.decimal() - money.rounded_down() < Decimal("0.01")


# -- packed


def values() -> st.SearchStrategy[Value]:
    flat: st.SearchStrategy[Value] = (
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.text(max_size=20)
        | st.builds(Money, st.integers(-(2**62), 2**62), st.sampled_from(["AZN", "TJS"]))
        | st.builds(Count, st.integers(0, 10**9), st.sampled_from(UNITS))
        | st.builds(Tariff, st.text(max_size=10))
        | st.builds(Msisdn, st.text("0123456789", min_size=9, max_size=12))
        | st.builds(Span, st.integers(0, 10**7))
        | st.dates()
        | st.datetimes(timezones=st.sampled_from([datetime.UTC, datetime.timezone(datetime.timedelta(hours=4))]))
    )
    return st.recursive(
        flat, lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12
    )


@given(values())
def test_packed_values_come_back_through_json(value: Value) -> None:
    back = unpack(json.loads(json.dumps(pack(value))))
    assert back == value
    assert type(back) is type(value)


def test_a_record_whose_names_look_like_a_mark_comes_back() -> None:
    value: Value = {"$": "money", "v": (1, "AZN")}
    assert unpack(json.loads(json.dumps(pack(value)))) == value


@pytest.mark.parametrize("packed", [1.5, {"a": 1}, {"$": "nothing", "v": 1}, {"$": "money"}, object()])
def test_what_pack_never_wrote(packed: object) -> None:
    with pytest.raises(ValueError, match="packed"):
        unpack(packed)


def test_floats_are_no_values() -> None:
    with pytest.raises(TypeError):
        pack(0.1)  # type: ignore[arg-type]


# -- fields


def cause(text: str, kind: FieldType) -> str:
    with pytest.raises(WrongValue) as wrong:
        read(text, kind, HOUSE)
    return wrong.value.cause


DIGITS = FieldType("digits", 4, 20)
AMOUNT = FieldType("money", 1_000_000, 500_000_000)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("123", "too_short"),
        ("1" * 21, "too_long"),
        ("12a4", "other"),
        ("", "other"),
        ("١٢٣٤", "other"),
        ("12 34", "other"),
        ("1" * 183, "too_long"),
        ("1" * 10_000, "too_long"),
        ("1234\n", "other"),
    ],
)
def test_digits_refused(text: str, wrong: str) -> None:
    assert cause(text, DIGITS) == wrong


@pytest.mark.parametrize("text", ["1234", " 1234 ", "1" * 20])
def test_digits_taken(text: str) -> None:
    assert read(text, DIGITS, HOUSE) == text.strip()


@pytest.mark.parametrize(
    ("text", "micro"), [("1", 1_000_000), ("1.5", 1_500_000), ("1,50", 1_500_000), ("500", 500_000_000), ("007", 7_000_000)]
)
def test_amounts_taken(text: str, micro: int) -> None:
    assert read(text, AMOUNT, HOUSE) == Money(micro, "AZN")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0.99", "too_small"),
        ("500.01", "too_large"),
        ("1.005", "other"),
        ("-1", "other"),
        ("1e2", "other"),
        ("1.", "other"),
        (".5", "other"),
        ("1.2.3", "other"),
        ("NaN", "other"),
        ("", "other"),
        ("9" * 13, "other"),
        ("1 000", "other"),
    ],
)
def test_amounts_refused(text: str, wrong: str) -> None:
    assert cause(text, AMOUNT) == wrong


@pytest.mark.parametrize("text", ["994501110001", "+994501110001", "0501110001", "501110001"])
def test_a_number_in_every_form_that_is_written(text: str) -> None:
    assert msisdn(text, HOUSE) == Msisdn("994501110001")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("994701110001", "foreign"),
        ("0701110001", "foreign"),
        ("99450111000", "other"),
        ("9945011100011", "other"),
        ("00994501110001", "other"),
        ("", "other"),
        ("50111000a", "other"),
        ("50111000²", "other"),
        ("992931110001", "other"),
    ],
)
def test_numbers_refused(text: str, wrong: str) -> None:
    assert cause(text, FieldType("msisdn")) == wrong


def test_words_in_any_case() -> None:
    kind = FieldType("one_of", words=("az", "en", "ru"))
    assert [read(text, kind, HOUSE) for text in ("az", "AZ", " Ru ")] == ["az", "az", "ru"]
    assert cause("de", kind) == "other"
    assert cause("azz", kind) == "other"


def test_numbers_and_texts() -> None:
    assert read("12", FieldType("number", 1, 12), HOUSE) == 12
    assert cause("13", FieldType("number", 1, 12)) == "too_large"
    assert cause("0", FieldType("number", 1, 12)) == "too_small"
    assert cause("1.0", FieldType("number")) == "other"
    assert cause("9" * 19, FieldType("number")) == "other"
    assert read("söz", FieldType("text"), HOUSE) == "söz"
    assert cause("a\x07b", FieldType("text")) == "other"


@given(
    st.text(max_size=200),
    st.sampled_from(
        [DIGITS, AMOUNT, FieldType("msisdn"), FieldType("number"), FieldType("text"), FieldType("one_of", words=("az", "İstanbul"))]
    ),
)
def test_any_input_is_a_value_or_a_named_fault(text: str, kind: FieldType) -> None:
    try:
        value = read(text, kind, HOUSE)
    except WrongValue as wrong:
        assert wrong.cause in ("too_small", "too_large", "too_short", "too_long", "foreign", "other")
    else:
        assert unpack(pack(value)) == value
