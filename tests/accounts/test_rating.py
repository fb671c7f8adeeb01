"""Rating: the price list to the last micro-unit, and which bonus pays (services.md, A14, A15)."""

from __future__ import annotations

import datetime
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.accounts.rating import UNITS, Bonus, Kind, NoPrice, Rated, Rest, Usage, half_up, rate
from ivr.engine.charging import Rating, TariffPrices
from ivr.engine.values import MICRO, Money
from tests.accounts.terms import azn, prices

TODAY = datetime.date(2026, 11, 22)
CENT = MICRO // 100
USUAL = Rating()


def day(offset: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=offset)


def call(seconds: int, *bonuses: Bonus, price: str = "0.085", to: str = "", roaming: bool = False, rating: Rating = USUAL) -> Rated:
    return rate(Usage("call", seconds, to, roaming), prices(price), rating, bonuses, TODAY)


def data(megabytes: int, *bonuses: Bonus, price: str = "0.08") -> Rated:
    return rate(Usage("data", megabytes), prices(mb=price), USUAL, bonuses, TODAY)


def minutes(left: int, until: int = 1, number: int = 1) -> Bonus:
    return Bonus(number, "minute", left, day(until))


def charge(rated: Rated) -> str:
    return Money(rated.micro, "AZN").exact_text()


# -- calls


@pytest.mark.parametrize(
    ("seconds", "charged"),
    [(0, "0.00"), (1, "0.09"), (59, "0.09"), (60, "0.09"), (61, "0.17"), (120, "0.17"), (121, "0.26"), (3600, "5.10")],
)
def test_a_call_is_charged_by_started_minutes(seconds: int, charged: str) -> None:
    assert charge(call(seconds)) == charged


@pytest.mark.parametrize(("interval", "seconds", "charged"), [(1, 61, "5.19"), (30, 30, "0.09"), (30, 31, "0.17"), (10, 61, "0.60")])
def test_the_interval_is_the_operators(interval: int, seconds: int, charged: str) -> None:
    assert charge(call(seconds, rating=Rating(interval=interval))) == charged


@pytest.mark.parametrize(
    ("price", "charged"),
    [
        ("0.005", "0.01"),
        ("0.004999", "0.00"),
        ("0.015", "0.02"),
        ("0.025", "0.03"),
        ("0.0236", "0.02"),
        ("0.014999", "0.01"),
        ("0.00", "0.00"),
        ("0.059", "0.06"),
        ("2.675", "2.68"),  # a float would say 2.67
        ("1.005", "1.01"),
    ],
)
def test_half_a_hundredth_is_rounded_up(price: str, charged: str) -> None:
    assert charge(call(60, price=price)) == charged


def test_the_charge_is_rounded_once_and_not_each_interval() -> None:
    assert charge(call(180, price="0.004")) == "0.01"  # 0.012, not three times 0.00
    assert charge(call(180, price="0.005")) == "0.02"  # 0.015, not three times 0.01


@pytest.mark.parametrize(("step", "charged"), [("0.05", "0.10"), ("1", "0.00"), ("0.000001", "0.085"), ("0.0001", "0.085")])
def test_rounding_is_to_what_the_operator_says(step: str, charged: str) -> None:
    assert charge(call(60, rating=Rating(round_to=azn(step).micro))) == charged


@pytest.mark.parametrize(
    ("seconds", "price", "times", "charged"),
    [
        (1, "0.085", "3", "0.00"),  # 0.00425
        (2, "0.085", "3", "0.01"),  # 0.0085
        (60, "0.085", "3", "0.26"),  # 0.255
        (61, "0.085", "3", "0.26"),  # 0.25925: by the second, not by the minute
        (90, "0.059", "3", "0.27"),  # 0.2655
        (7, "0.10", "3", "0.04"),  # 0.035: rate/60 has no end, and is exact all the same
        (7, "0.10", "1.5", "0.02"),  # 0.0175
        (10, "0.01", "3", "0.01"),  # 0.005
        (3600, "0.00", "3", "0.00"),
    ],
)
def test_roaming_is_so_many_times_the_rate_by_the_second(seconds: int, price: str, times: str, charged: str) -> None:
    assert charge(call(seconds, price=price, roaming=True, rating=Rating(roaming_times=azn(times).micro))) == charged


@pytest.mark.parametrize(
    ("to", "free"),
    [("111", True), ("2112", True), ("123456", True), ("1234567", False), ("994501110001", False), ("0501110001", False), ("+111", True)],
)
def test_calls_to_short_numbers_are_free(to: str, free: bool) -> None:
    rated = call(61, minutes(5), to=to)
    assert rated == Rated(0) if free else rated.left == {1: 3}
    assert call(61, to=to, roaming=True).micro == (0 if free else azn("0.26").micro)


def test_what_is_a_short_number_is_the_operators_to_say() -> None:
    assert call(60, to="1234567", rating=Rating(short_digits=7)).micro == 0
    assert call(60, to="111", rating=Rating(short_digits=2)).micro == azn("0.09").micro
    assert call(60, to="111", rating=Rating(short_free=False)).micro == azn("0.09").micro
    assert rate(Usage("sms", 1, "111"), prices(sms="0.04"), USUAL, (), TODAY).micro == azn("0.04").micro, "calls only"


# -- messages and data


def test_messages_and_megabytes_cost_their_price_each() -> None:
    assert charge(rate(Usage("sms", 3), prices(sms="0.05"), USUAL, (), TODAY)) == "0.15"
    assert charge(rate(Usage("sms", 3, roaming=True), prices(sms="0.05"), USUAL, (), TODAY)) == "0.15"
    assert charge(data(150)) == "12.00"
    assert charge(rate(Usage("data", 3), prices(mb="0.0015"), USUAL, (), TODAY)) == "0.00"
    assert charge(rate(Usage("data", 4), prices(mb="0.0015"), USUAL, (), TODAY)) == "0.01"


def test_a_price_that_the_tariff_does_not_have_is_no_price_of_nothing() -> None:
    kinds: tuple[Kind, ...] = ("call", "sms", "data")
    for kind in kinds:
        with pytest.raises(NoPrice):
            rate(Usage(kind, 1), TariffPrices(), USUAL, (), TODAY)
    assert rate(Usage("sms", 2), TariffPrices(), USUAL, [Bonus(1, "message", 2, TODAY)], TODAY) == Rated(0, 2, {1: 0})
    assert rate(Usage("call", 0), TariffPrices(), USUAL, (), TODAY) == Rated(0)
    with pytest.raises(ValueError):
        rate(Usage("call", -1), prices("0.1"), USUAL, (), TODAY)


# -- bonuses


@pytest.mark.parametrize(
    ("seconds", "left", "from_bonus", "charged"),
    [(1, 4, 1, "0.00"), (60, 4, 1, "0.00"), (61, 3, 2, "0.00"), (300, 0, 5, "0.00"), (301, 0, 5, "0.09"), (421, 0, 5, "0.26")],
)
def test_minutes_are_used_before_money_and_partly(seconds: int, left: int, from_bonus: int, charged: str) -> None:
    rated = call(seconds, minutes(5))
    assert (rated.left, rated.from_bonus, charge(rated)) == ({1: left}, from_bonus, charged)


def test_the_bonus_that_expires_first_is_used_first() -> None:
    rated = call(240, minutes(5, 9, number=1), minutes(1, 2, number=2), minutes(2, 3, number=3))
    assert rated == Rated(0, 4, {2: 0, 3: 0, 1: 4})
    assert call(60, minutes(5, 9, number=1), minutes(1, 2, number=2)).left == {2: 0}, "the other one is left alone"


def test_a_bonus_that_expires_today_is_used_and_one_that_expired_yesterday_is_not() -> None:
    assert call(60, minutes(5, 0)) == Rated(0, 1, {1: 4})
    assert call(60, minutes(5, -1)) == Rated(azn("0.09").micro)


def test_bonuses_of_other_units_are_not_touched() -> None:
    others = [Bonus(1, "message", 9, TODAY), Bonus(2, "megabyte", 9, TODAY), Bonus(3, "day", 9, TODAY), Bonus(4, "minute", 0, TODAY)]
    assert call(60, *others) == Rated(azn("0.09").micro)


def test_what_is_free_uses_no_bonus() -> None:
    assert call(60, minutes(5), price="0.00") == Rated(0) and call(0, minutes(5)) == Rated(0)


def test_bonuses_serve_abroad_by_started_minutes_and_the_rest_is_by_the_second() -> None:
    assert call(61, minutes(5), roaming=True) == Rated(0, 2, {1: 3})
    rated = call(90, minutes(1), roaming=True)
    assert (rated.left, rated.from_bonus, charge(rated)) == ({1: 0}, 1, "0.13")  # 30 s at 0.255 a minute: 0.1275


def test_seconds_and_hours_serve_calls_too() -> None:
    assert call(61, Bonus(1, "second", 100, TODAY)) == Rated(0, 2, {1: 39})
    assert call(61, Bonus(1, "hour", 2, TODAY)) == Rated(0, 2, {1: 1}, (Rest("minute", 58, TODAY),))
    assert call(61, Bonus(1, "second", 30, TODAY), Bonus(2, "minute", 5, TODAY)).left == {1: 0, 2: 4}


def test_a_gigabyte_is_1024_megabytes_and_its_rest_is_counted_in_them() -> None:
    assert data(100, Bonus(1, "gigabyte", 30, day(30))) == Rated(0, 100, {1: 29}, (Rest("megabyte", 924, day(30)),))
    assert data(1024, Bonus(1, "gigabyte", 30, day(30))) == Rated(0, 1024, {1: 29})
    assert data(1025, Bonus(1, "gigabyte", 1, day(30))) == Rated(azn("0.08").micro, 1024, {1: 0})
    assert data(2048, Bonus(1, "gigabyte", 2, day(30))) == Rated(0, 2048, {1: 0})


def test_of_one_day_the_smaller_unit_is_used_first_so_that_no_gigabyte_is_broken_needlessly() -> None:
    rated = data(950, Bonus(1, "gigabyte", 29, day(30)), Bonus(2, "megabyte", 924, day(30)))
    assert rated == Rated(0, 950, {2: 0, 1: 28}, (Rest("megabyte", 998, day(30)),))
    assert data(900, Bonus(1, "gigabyte", 29, day(30)), Bonus(2, "megabyte", 924, day(30))).left == {2: 24}
    assert data(10, Bonus(1, "gigabyte", 29, day(3)), Bonus(2, "megabyte", 924, day(30))).left == {1: 28}, "the day comes first"


def test_one_usage_may_take_several_bonuses_and_then_money() -> None:
    rated = data(300, Bonus(1, "megabyte", 100, day(5)), Bonus(2, "megabyte", 50, day(1)), Bonus(3, "megabyte", 1, day(-1)))
    assert rated == Rated(azn("12.00").micro, 150, {2: 0, 1: 0})


# -- properties

MICROS = st.integers(0, 10**9)
STEPS = st.sampled_from([1, 100, CENT, 5 * CENT, MICRO, 7])


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9), STEPS)
def test_half_up_is_that_of_fractions(numerator: int, denominator: int, step: int) -> None:
    exact = Fraction(numerator, denominator) / step
    steps = math.floor(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)
    assert half_up(numerator, denominator, step) == steps * step


@given(st.integers(0, 100_000), MICROS, st.integers(1, 3600), st.integers(1, 10 * MICRO), STEPS, st.booleans())
def test_a_call_costs_what_fractions_say(seconds: int, micro: int, interval: int, times: int, step: int, roaming: bool) -> None:
    rated = rate(Usage("call", seconds, "", roaming), TariffPrices(call=Money(micro, "AZN")), Rating(interval, step, times), (), TODAY)
    if roaming:
        exact = Fraction(micro, MICRO) * Fraction(times, MICRO) / interval * seconds
    else:
        exact = Fraction(micro, MICRO) * math.ceil(Fraction(seconds, interval))
    in_steps = exact * MICRO / step
    assert rated.micro == math.floor(in_steps + Fraction(1, 2)) * step
    assert abs(Fraction(rated.micro) - exact * MICRO) <= Fraction(step, 2)


BONUSES = st.lists(
    st.builds(
        lambda number, unit, left, until: Bonus(number, unit, left, day(until)),
        st.integers(1, 10**6),
        st.sampled_from(["minute", "second", "hour", "message", "megabyte", "gigabyte", "month"]),
        st.integers(0, 40),
        st.integers(-2, 5),
    ),
    max_size=8,
    unique_by=lambda bonus: bonus.id,
)
USAGES = st.builds(
    Usage, st.sampled_from(["call", "sms", "data"]), st.integers(0, 20_000), st.sampled_from(["", "994501110001"]), st.booleans()
)


@given(USAGES, BONUSES)
def test_bonuses_pay_what_they_have_and_money_the_rest(usage: Usage, bonuses: list[Bonus]) -> None:
    """What is counted here: nothing is lost or made of a bonus, expired ones stay, and none is skipped for one that expires later."""
    each = prices("0.06", "0.04", "0.10")
    rated = rate(usage, each, USUAL, bonuses, TODAY)
    units = UNITS[usage.kind]
    before = sum(bonus.left * units.get(bonus.unit, 0) for bonus in bonuses)
    after = sum(rated.left.get(bonus.id, bonus.left) * units.get(bonus.unit, 0) for bonus in bonuses)
    after += sum(rest.number * units[rest.unit] for rest in rated.rests)
    taken = before - after
    assert taken >= 0
    for bonus in bonuses:
        if bonus.id in rated.left:
            assert bonus.until >= TODAY and bonus.unit in units and 0 <= rated.left[bonus.id] < bonus.left
            for other in bonuses:
                if other.unit in units and other.until >= TODAY and other.until < bonus.until and other.left:
                    assert rated.left.get(other.id) == 0, "one that expires earlier was left while a later one was used"
                    assert all(rest.until != other.until for rest in rated.rests)
    assert all(rest.number > 0 for rest in rated.rests)
    # a call takes started minutes of its last bonus; otherwise not one unit too many
    assert taken < usage.amount + (60 if usage.kind == "call" else 1)
    rest = max(0, usage.amount - taken)
    if rest == 0:
        assert rated.micro == 0
    else:
        assert all(rated.left.get(bonus.id) == 0 for bonus in bonuses if bonus.unit in units and bonus.until >= TODAY and bonus.left)
        assert rated.rests == ()
        assert rated.micro == rate(Usage(usage.kind, rest, usage.to, usage.roaming), each, USUAL, (), TODAY).micro
    assert rated.from_bonus == (math.ceil(min(taken, usage.amount) / 60) if usage.kind == "call" else taken)
