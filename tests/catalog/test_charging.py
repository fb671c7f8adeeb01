"""What operator.yaml says of charging: prices of tariffs, `rating`, `billing`; and what is told where it says it wrongly."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from ivr.catalog.compile import compile_operator
from ivr.engine.charging import Billing, Rating, TariffPrices
from ivr.engine.model import Operator
from ivr.engine.values import MICRO, Money
from tests.tools.trees import OPERATOR, PREPAID, SETTINGS, write

BILLING = 'billing: {runs: {days: "4-24", from: "23:00", until: "06:00"}, cycle: {day: 1, at: "00:00"}}\n'
TARIFFS = "tariffs: {SimSim: {line: prepaid}}"


def compiled(folder: Path, more: str = "", tariffs: str = TARIFFS) -> tuple[Operator | None, list[str]]:
    operator = OPERATOR.replace(TARIFFS, tariffs) + more
    home = write(folder, {"operator": operator, "prepaid": PREPAID, "settings": SETTINGS})
    found = compile_operator(home, folder / "locales")
    told = [f"{fault.code} {fault.message}" for fault in found.faults if not fault.warning]
    return None if found.model is None else found.model.operator, told


def test_what_is_not_said_is_as_the_services_have_it(tmp_path: Path) -> None:
    operator, told = compiled(tmp_path)
    assert operator is not None and told == []
    assert operator.rating == Rating(60, MICRO // 100, 3 * MICRO, True, True, 6)
    assert operator.billing is None and operator.tariffs == {"SimSim": TariffPrices(None, None, None)}


def test_everything_said(tmp_path: Path) -> None:
    rating = 'rating: {interval: 1s, round_to: "0.05", roaming_times: "2.5", short_numbers: rated, short_digits: 4, bonuses_first: false}\n'
    tariffs = 'tariffs: {SimSim: {line: prepaid, call: "0.0595", sms: free, mb: "2"}}'
    operator, told = compiled(tmp_path, rating + BILLING, tariffs)
    assert operator is not None and told == []
    assert operator.rating == Rating(1, 50_000, 2_500_000, False, False, 4)
    assert operator.tariffs == {"SimSim": TariffPrices(Money(59_500, "AZN"), Money(0, "AZN"), Money(2 * MICRO, "AZN"))}
    assert operator.billing == Billing(4, 24, datetime.time(23), datetime.time(6), 1, datetime.time(0))


@pytest.mark.parametrize(
    ("rating", "told"),
    [
        ("interval: 0s", "interval is a length of time"),
        ("interval: fast", "interval is a length of time"),
        ('round_to: "0"', "round_to is a decimal above zero"),
        ('round_to: "0.0000001"', "round_to is a decimal above zero"),
        ('round_to: "-0.01"', "round_to is a decimal above zero"),
        ('roaming_times: "0.00"', "roaming_times is a decimal above zero"),
        ("roaming_times: thrice", "roaming_times is a decimal above zero"),
        ("short_numbers: cheap", 'short numbers "cheap"'),
        ("short_digits: 0", "short_digits is a whole number from 1 to 15"),
        ("short_digits: 16", "short_digits is a whole number from 1 to 15"),
        ("bonuses_first: maybe", "bonuses_first is true or false"),
        ("bonus_first: true", "bonuses_first"),
    ],
)
def test_a_rating_that_cannot_be_is_told(tmp_path: Path, rating: str, told: str) -> None:
    (fault,) = compiled(tmp_path, f"rating: {{{rating}}}\n")[1]
    assert fault.startswith("E010 ") and told in fault


@pytest.mark.parametrize("price", ['"-0.10"', '"0.0000001"', '"1e3"', '"a lot"', '"NaN"', '"1,5"'])
def test_a_price_that_is_none_is_told(tmp_path: Path, price: str) -> None:
    (fault,) = compiled(tmp_path, tariffs=f"tariffs: {{SimSim: {{line: prepaid, call: {price}}}}}")[1]
    assert fault.startswith("E010 ") and "a price is free or a decimal in quotes" in fault


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('"4-24"', '"24-4"', "days are a span of a month"),
        ('"4-24"', '"0-24"', "days are a span of a month"),
        ('"4-24"', '"4-32"', "days are a span of a month"),
        ('"4-24"', '"4"', "days are a span of a month"),
        ('"23:00"', '"24:00"', "from is a time of day"),
        ('"06:00"', '"6"', "until is a time of day"),
        ('"00:00"', '"midnight"', "at is a time of day"),
        ("day: 1,", "day: 29,", "day is a whole number from 1 to 28"),
        ("day: 1,", "day: 0,", "day is a whole number from 1 to 28"),
    ],
)
def test_billing_that_cannot_be_is_told(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    faults = compiled(tmp_path, BILLING.replace(right, wrong))[1]
    assert len(faults) == 1 and faults[0].startswith("E010 ") and told in faults[0]
