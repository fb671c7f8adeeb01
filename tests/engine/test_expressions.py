"""Conditions: the grammar, what binds tighter, how deep, and where an error is."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.engine.expressions import DEEPEST, LONGEST, Constant, ExpressionError, Name, Operation, evaluate, names, parse
from ivr.engine.values import Count, Money, Msisdn, Span, Tariff, Value

VALUES: dict[tuple[str, ...], Value] = {
    ("account", "advance"): Money(20_000_000, "AZN"),
    ("account", "none"): Money(0, "AZN"),
    ("account", "tiny"): Money(1, "AZN"),
    ("line", "roaming"): True,
    ("line", "notices"): False,
    ("line", "kind"): "prepaid",
    ("line", "tariff"): Tariff("SimSim"),
    ("line", "number"): Msisdn("994501110001"),
    ("line", "language"): None,
    ("line", "expires"): datetime.date(2026, 12, 31),
    ("n",): 3,
    ("left",): Count(50, "message"),
    ("lock",): Span(1800),
}


def lookup(path: tuple[str, ...]) -> Value:
    return VALUES[path]


def holds(text: str) -> bool:
    return evaluate(parse(text), lookup)


@pytest.mark.parametrize(
    "text",
    [
        "account.advance > 0 and not line.roaming or line.kind == prepaid",
        "account.advance == 20",
        "account.advance == 20.00",
        "account.advance >= 20 and account.advance <= 20",
        "account.tiny > 0",
        "account.tiny == 0.000001",
        "account.advance - account.advance == 0",
        "account.advance * 2 == 40",
        "account.advance > account.none",
        "line.roaming",
        "not line.notices",
        "not not line.roaming",
        "line.roaming == true",
        "line.notices == false",
        "line.kind == prepaid",
        "line.kind == 'prepaid'",
        "line.kind != postpaid",
        "line.tariff == 'SimSim'",
        "line.number == '994501110001'",
        "line.language != az",
        "n == 3 and left == 50 and lock == 1800",
        "n + 2 * 3 == 9",
        "(n + 2) * 3 == 15",
        "n - 2 - 1 == 0",
        "-n < 0",
        "- - n == 3",
        "n*-1 == -3",
        "1<2 and 2<=2 and 3>2 and 3>=3 and 1!=2",
        "false or true and true",
        "not false and true",
        "not (true and false)",
        "true or false and false",
    ],
)
def test_holds(text: str) -> None:
    assert holds(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "account.none > 0",
        "account.advance != 20",
        "not line.roaming",
        "line.kind == postpaid",
        "line.language == az",
        "line.language > 3",
        "line.kind > 3",
        "line.kind < postpaid",
        "line.roaming == 1",
        "line.expires > 0",
        "nobody.here",
        "nobody.here > 0",
        "nobody.here == 0",
        "(true or false) and false",
        "not true or false",
        "-line.kind == 0",
        "line.kind + 1 == 1",
    ],
)
def test_does_not_hold(text: str) -> None:
    assert holds(text) is False


def test_what_binds_tighter() -> None:
    a, b, c, d, e, f = (Name((name,)) for name in "abcdef")
    total = Operation("+", (d, Operation("*", (e, Operation("negative", (f,))))))
    denied = Operation("not", (Operation("==", (c, total)),))
    assert parse("a or b and not c == d + e * -f") == Operation("or", (a, Operation("and", (b, denied))))


def test_equals_go_from_left_to_right() -> None:
    one, two, three = (Constant(Decimal(number)) for number in (1, 2, 3))
    assert parse("1 - 2 - 3") == Operation("-", (Operation("-", (one, two)), three))


def test_names_in_written_order() -> None:
    assert names(parse("a.b > 0 and (c or not d.e) or a.b == x")) == (("a", "b"), ("c",), ("d", "e"), ("a", "b"), ("x",))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("   ", 3),
        ("a >", 3),
        ("> 3", 0),
        ("a > 1 > 0", 6),
        ("a == 1 == 1", 7),
        ("a b", 2),
        ("(a", 2),
        ("a)", 1),
        ("a and", 5),
        ("and a", 0),
        ("a & b", 2),
        ("a = 1", 2),
        ("f(1)", 1),
        ("a[0]", 1),
        ("a / 2", 2),
        ("'open", 0),
        ("1.2.3", 3),
        ("Line.kind", 0),
        ("a.", 1),
        ("__import__('os')", 10),
        ("a;b", 1),
        ("ə == 1", 0),
        ("a == \x00", 5),
        ("not", 3),
        ("a not b", 2),
    ],
)
def test_faults_say_where(text: str, at: int) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert error.value.at == at


def test_length_is_bounded() -> None:
    assert evaluate(parse("1 == 1".ljust(LONGEST)), lookup)
    with pytest.raises(ExpressionError, match="200"):
        parse("1 == 1".ljust(LONGEST + 1))


def test_depth_is_bounded() -> None:
    assert evaluate(parse("(" * DEEPEST + "true" + ")" * DEEPEST), lookup)
    for text in ("(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1), "not " * (DEEPEST + 1) + "true", "(" * 199, "-" * 200, "-(" * 99):
        with pytest.raises(ExpressionError):
            parse(text)


@settings(max_examples=300)
@given(st.text(max_size=220) | st.text("abn.()'0123456789<>=!+-* \tandornotruefals_", max_size=220))
def test_never_crashes(text: str) -> None:
    try:
        tree = parse(text)
    except ExpressionError as error:
        assert 0 <= error.at <= len(text)
        return
    assert evaluate(tree, lookup) in (True, False)


def arithmetic() -> st.SearchStrategy[str]:
    number = st.integers(0, 999).map(str)
    return st.recursive(
        number,
        lambda inner: (
            st.builds(lambda left, sign, right: f"({left} {sign} {right})", inner, st.sampled_from("+-*"), inner)
            | st.builds(lambda value: f"-{value}", inner)
            | st.builds(lambda left, sign, right: f"{left} {sign} {right}", inner, st.sampled_from("+-*"), inner)
        ),
        max_leaves=5,
    )


def comparison() -> st.SearchStrategy[str]:
    simple = st.builds(
        lambda left, sign, right: f"{left} {sign} {right}", arithmetic(), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), arithmetic()
    )
    return st.recursive(
        simple,
        lambda inner: (
            st.builds(lambda left, word, right: f"{left} {word} {right}", inner, st.sampled_from(["and", "or"]), inner)
            | st.builds(lambda value: f"not ({value})", inner)
        ),
        max_leaves=3,
    )


@settings(max_examples=300)
@given(comparison().filter(lambda text: len(text) <= LONGEST))
def test_means_what_python_means(text: str) -> None:
    assert holds(text) == eval(text)  # the grammar of these texts is Python's
