"""Plans say what the speller says, with units from the stock, under ids that never change."""

from __future__ import annotations

import datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.engine.effects import Pause, Slot, Words
from ivr.engine.values import MICRO, UNITS, Count, Money, Msisdn, Span, Tariff
from ivr.speech import spell
from ivr.speech.inventory import fixed, inventory
from ivr.speech.parts import SpeechError
from ivr.speech.units import FINAL, Unit, plan, slug, unit

LANGUAGES = sorted(spell.LANGUAGES)
CURRENCIES = ("AZN", "TJS")


@cache
def stock(language: str) -> frozenset[str]:
    return frozenset(one.id for one in inventory([language], CURRENCIES))


def spoken(planned: tuple[Unit | Pause, ...]) -> str:
    return " ".join(one.words for one in planned if isinstance(one, Unit))


covered = st.one_of(
    st.builds(Money, st.integers(0, 99_999_999).map(lambda hundredths: hundredths * MICRO // 100), st.sampled_from(CURRENCIES)),
    st.builds(Count, st.integers(0, 999_999), st.sampled_from(UNITS)),
    st.dates(datetime.date(2020, 1, 1), datetime.date(2045, 12, 31)),
    st.datetimes(datetime.datetime(2020, 1, 1), datetime.datetime(2045, 12, 31)),
    st.from_regex(r"(994|992)[0-9]{9}", fullmatch=True).map(Msisdn),
    st.from_regex(r"[0-9]{1,15}", fullmatch=True).map(Msisdn),
    st.integers(0, 10**8).map(Span),
    st.integers(-999_999, 999_999),
    st.from_regex(r"[0-9]{1,20}", fullmatch=True),
)


@settings(deadline=None)  # the first example waits for the stock
@given(st.sampled_from(LANGUAGES), covered, st.sampled_from(["", "until", "grouped"]))
def test_plan_says_what_is_spelled_and_the_stock_has_it(language: str, value: object, form: str) -> None:
    planned = plan((Slot(value, form, language),))
    assert spoken(planned) == spell.words(value, form, language).replace(",", "")
    assert {one.id.removesuffix(FINAL) for one in planned if isinstance(one, Unit)} <= stock(language)


@settings(deadline=None)
@given(st.sampled_from(LANGUAGES), st.integers(0, 9999), st.integers(0, 99), st.sampled_from(CURRENCIES))
def test_fees_with_four_decimals_are_in_the_stock(language: str, decimals: int, major: int, currency: str) -> None:
    fee = Money(major * MICRO + decimals * 100, currency)
    planned = plan((Slot(fee, "exact", language),))
    assert spoken(planned) == spell.words(fee, "exact", language)
    assert {one.id.removesuffix(FINAL) for one in planned if isinstance(one, Unit)} <= stock(language)


@given(st.sampled_from(LANGUAGES), st.text(max_size=80))
def test_fixed_words_are_one_unit_or_none(language: str, text: str) -> None:
    planned = plan((Words(text, language),))
    assert len(planned) <= 1
    for one in planned:
        assert isinstance(one, Unit) and one == unit(one.words, language, one.final), "normalising twice changes nothing"
        assert slug(text).isascii() and len(one.id) <= 39 + len(FINAL) and set(one.id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_ids_stay_as_they_are() -> None:
    """Recordings carry these names: a change here orphans them."""
    assert unit("Sizin balansınız", "az").id == "sizin-balansiniz-38d5a2"
    assert unit("ваш баланс", "ru").id == "vash-balans-e1b4b5"
    assert unit("four hundred", "en").id == "four-hundred-952046"


def test_ids_depend_on_language_and_words_only() -> None:
    assert unit("SimSim", "az").id != unit("SimSim", "en").id
    assert unit("one", "en").id != unit("two", "en").id
    assert unit("  Your   balance is, ", "en") == unit("Your balance is", "en")
    assert unit("Sure?", "en").id != unit("Sure", "en").id


def test_plan_keeps_order_and_pauses() -> None:
    planned = plan(
        (
            Words("Balans:", "az"),
            Slot(Money(12_340_000, "AZN"), "", "az"),
            Pause(300),
            Words(".", "az"),
            Slot(Tariff("SimSim"), "", "az", spoken="sim sim"),
        )
    )
    assert [one.words if isinstance(one, Unit) else one.milliseconds for one in planned] == [
        "Balans",
        "on iki manat",
        "otuz dörd qəpik",
        300,
        "sim sim",
    ]


def test_a_telephone_number_has_pauses_between_its_groups() -> None:
    planned = plan((Slot(Msisdn("994501110001"), "", "en"),))
    assert sum(isinstance(one, Pause) for one in planned) == 4
    assert not isinstance(planned[-1], Pause)


@pytest.mark.parametrize("language", LANGUAGES)
def test_stock_is_compact_and_ids_are_unique(language: str) -> None:
    units = inventory([language], CURRENCIES)
    medial = [one for one in units if not one.final]
    assert 1000 <= len(medial) <= 2500 and 500 <= len(units) - len(medial) <= 1200
    assert len({one.id for one in units}) == len({(one.words, one.final) for one in units}) == len(units)
    assert {one.other for one in units if one.final} <= {one.id for one in medial}, "what ends sentences is there inside them as well"
    assert not any(any(letter.isdigit() for letter in one.words) for one in units)


def test_stock_refuses_what_it_does_not_know() -> None:
    with pytest.raises(SpeechError, match="XYZ"):
        inventory(["az"], ["XYZ"])
    with pytest.raises(SpeechError, match="'de'"):
        inventory(["de"], ["AZN"])


def test_fixed_texts_become_units_once() -> None:
    units = fixed([("en", "Goodbye."), ("en", "Goodbye"), ("ru", "До свидания."), ("en", " - ")])
    assert [(one.language, one.words) for one in units] == [("en", "Goodbye."), ("en", "Goodbye"), ("ru", "До свидания.")]


def test_unknown_language_is_refused() -> None:
    with pytest.raises(SpeechError, match="'de'"):
        plan((Words("Hallo", "de"),))
