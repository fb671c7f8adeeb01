"""The spoken cases of native readers, and what no example shows: limits, refusals, the shape of every number."""

from __future__ import annotations

import datetime
import json
import math
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.engine.values import Count, Money, Msisdn, Span, Tariff
from ivr.speech import spell
from ivr.speech.parts import LARGEST, SpeechError

CASES = json.loads((Path(__file__).parent.parent / "data" / "spoken_cases.json").read_text(encoding="utf-8"))
NAMES = st.sampled_from(["n", "unit", "amount", "currency", "form", "date", "time", "seconds", "digits", "groups", "gender"])
LANGUAGES = st.sampled_from(sorted(spell.LANGUAGES))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_spoken_case(case: dict) -> None:
    assert spell.say(case["lang"], case["kind"], case["input"]) in [case["expected"], *case["alternates"]]


def test_there_are_cases() -> None:
    assert len(CASES) >= 359 and {case["lang"] for case in CASES} == set(spell.LANGUAGES)


@pytest.mark.parametrize(
    ("language", "value", "form", "expected"),
    [
        ("az", Money(23_600, "AZN"), "exact", "iki tam yüzdə otuz altı qəpik"),
        ("en", Money(23_600, "AZN"), "exact", "two point three six gapiks"),
        ("ru", Money(23_600, "AZN"), "exact", "две целых тридцать шесть сотых гяпика"),
        ("ru", Money(61_200, "TJS"), "exact", "шесть целых двенадцать сотых дирама"),
        ("ru", Money(11_100, "TJS"), "exact", "одна целая одиннадцать сотых дирама"),
        ("ru", Money(10_100, "TJS"), "exact", "одна целая одна сотая дирама"),
        ("en", Money(1_023_600, "AZN"), "exact", "one manat and two point three six gapiks"),
        ("en", Money(100_000, "AZN"), "exact", "ten gapiks"),
        ("az", Money(23_600, "AZN"), "", "iki qəpik"),
        ("az", Money(-9_999, "AZN"), "", "sıfır manat"),
        ("ru", Money(1_999_999, "AZN"), "", "один манат девяносто девять гяпиков"),
        ("az", Msisdn("994501110001"), "", "doqquz yüz doxsan dörd, əlli, yüz on bir, sıfır sıfır, sıfır bir"),
        ("en", Msisdn("994501110001"), "grouped", "nine hundred ninety-four, fifty, one hundred eleven, zero zero, zero one"),
        ("ru", Msisdn("992"), "digits", "девять девять два"),
        ("en", Msisdn("2112"), "", "twenty-one, twelve"),
        ("az", Span(1800), "", "otuz dəqiqə"),
        ("ru", Span(90_061), "", "один день один час одна минута одна секунда"),
        ("en", Span(0), "", "zero seconds"),
        ("ru", Count(21, "month"), "", "двадцать один месяц"),
        ("az", Tariff("SimSim"), "", "SimSim"),
        ("az", Tariff("Biznes 30"), "", "Biznes otuz"),
        ("en", datetime.date(2027, 3, 5), "until", "the fifth of March twenty twenty-seven"),
        ("en", datetime.datetime(2026, 11, 22, 14, 5), "", "two oh five PM"),
        ("ru", datetime.datetime(2026, 11, 22, 14, 0), "", "четырнадцать часов"),
        ("az", datetime.datetime(2026, 11, 22, 9, 5), "", "saat doqquz sıfır beş"),
        ("en", 7, "", "seven"),
        ("en", "0123", "", "zero one two three"),
        ("ru", "*", "", "звёздочку"),
        ("az", "", "", ""),
    ],
)
def test_values_of_the_engine(language: str, value: object, form: str, expected: str) -> None:
    assert spell.words(value, form, language) == expected


@pytest.mark.parametrize(
    ("language", "n", "gender", "expected"),
    [
        ("ru", 3, "f", "третья"),
        ("ru", 40, "m", "сороковой"),
        ("ru", 1999, "m", "тысяча девятьсот девяносто девятый"),
        ("ru", 5000, "m", "пятитысячный"),
        ("ru", 2300, "n", "две тысячи трёхсотое"),
        ("ru", 21_000, "m", "двадцатиоднотысячный"),
        ("ru", 10_001, "f", "десять тысяч первая"),
        ("ru", 10**12, "n", "триллионное"),
        ("en", 10**12, "m", "one trillionth"),
        ("az", 10**12, "m", "bir trilyonuncu"),
        ("az", 0, "m", "sıfırıncı"),
        ("en", 21, "m", "twenty-first"),
        ("en", 112, "m", "one hundred twelfth"),
        ("en", 40, "m", "fortieth"),
        ("az", 100, "m", "yüzüncü"),
    ],
)
def test_ordinals(language: str, n: int, gender: str, expected: str) -> None:
    assert spell.say(language, "ordinal", {"n": n, "gender": gender}) == expected


@pytest.mark.parametrize(
    ("clock", "az", "en", "ru"),
    [
        ("00:00", "saat sıfır", "twelve midnight", "ноль часов"),
        ("12:00", "saat on iki", "twelve noon", "двенадцать часов"),
        ("12:30", "saat on iki otuz", "twelve thirty PM", "двенадцать часов тридцать минут"),
        ("21:01", "saat iyirmi bir sıfır bir", "nine oh one PM", "двадцать один час одна минута"),
    ],
)
def test_times(clock: str, az: str, en: str, ru: str) -> None:
    assert [spell.say(language, "time", {"time": clock}) for language in ("az", "en", "ru")] == [az, en, ru]


@pytest.mark.parametrize(
    ("kind", "given", "named"),
    [
        ("cardinal", {"n": math.nan}, "nan"),
        ("cardinal", {"n": math.inf}, "inf"),
        ("cardinal", {"n": 10**30}, "1000000"),
        ("cardinal", {"n": True}, "True"),
        ("cardinal", {"n": 2.5}, "2.5"),
        ("cardinal", {"n": None}, "None"),
        ("cardinal", {"n": 1, "gender": "x"}, "gender"),
        ("cardinal", {}, "'n'"),
        ("ordinal", {"n": -1}, "-1"),
        ("money", {"amount": "NaN", "currency": "AZN"}, "NaN"),
        ("money", {"amount": "1e30", "currency": "AZN"}, "1e30"),
        ("money", {"amount": "9" * 29, "currency": "AZN"}, "9999"),
        ("money", {"amount": "12,34", "currency": "AZN"}, "12,34"),
        ("money", {"amount": math.nan, "currency": "AZN"}, "nan"),
        ("money", {"amount": "1", "currency": "XYZ"}, "XYZ"),
        ("money", {"amount": "1", "currency": ["AZN"]}, "AZN"),
        ("money", {"amount": "0.0000001", "currency": "AZN", "form": "exact"}, "six decimals"),
        ("count", {"n": 1, "unit": "parsec"}, "parsec"),
        ("count", {"n": 1, "unit": "minut"}, "did you mean minute?"),
        ("money", {"amount": "1", "currency": "AZM"}, "did you mean AZN?"),
        ("money", {"amount": "1", "currency": "azn"}, "did you mean AZN?"),
        ("money", {"amount": math.inf, "currency": "AZN"}, "inf"),
        ("money", {"amount": 10**30, "currency": "AZN"}, "beyond 999999999999999"),
        ("money", {"amount": Decimal("1e30"), "currency": "AZN"}, "beyond 999999999999999"),
        ("money", {"amount": Decimal("NaN"), "currency": "AZN"}, "NaN"),
        ("money", {"amount": "1", "currency": "AZN", "form": "until"}, "until"),
        ("cardinal", {"n": 10**15}, "beyond 999999999999999"),
        ("cardinal", {"n": -(10**15)}, "beyond 999999999999999"),
        ("cardinal", {"n": "21\x1b[2J"}, r"'21\x1b[2J'"),
        ("cardinal", {"n": "<b>21</b>"}, "'<b>21</b>'"),
        ("cardinal", {"n": "٢١"}, "not a whole number"),
        ("ordinal", {"n": 1, "case": "dative"}, "case 'dative'"),
        ("date", {"date": "2027-02-29", "form": "until"}, "2027-02-29"),
        ("date", {"date": "2027-02-31"}, "that month has the days 1 to 28"),
        ("date", {"date": "2028-02-30"}, "that month has the days 1 to 29"),
        ("date", {"date": "2027-13-01"}, "there is no month 13"),
        ("date", {"date": "2027-04-00"}, "that month has the days 1 to 30"),
        ("date", {"date": "0000-01-01"}, "there is no year 0"),
        ("date", {"date": "10000-01-01"}, "years 0001 to 9999"),
        ("date", {"date": 20270305}, "20270305"),
        ("time", {"time": "9:05"}, "9:05"),
        ("span", {"seconds": "1h"}, "1h"),
        ("digits", {"digits": ""}, "''"),
        ("digits", {"digits": "1" * 41}, "1 to 40"),
        ("phone_grouped", {"digits": "++994"}, "++994"),
        ("text", {"text": "5 <b>AZN</b>"}, "markup, '<b', at letter 3"),
        ("text", {"text": "a &amp; b"}, "markup, '&amp;', at letter 3"),
        ("text", {"text": "say [[h@l'oU]]"}, "markup, '[[', at letter 5"),
        ("text", {"text": "a\x00b"}, r"a control character, '\x00', as letter 2"),
        ("text", {"text": "a\x1b[31m"}, r"a control character, '\x1b', as letter 2"),
        ("text", {"text": "a\ud800"}, r"a control character, '\ud800', as letter 2"),
        ("text", {"text": " \t"}, "nothing to say"),
        ("text", {"text": "..."}, "nothing to say"),
        ("text", {"text": " - "}, "nothing to say"),
        ("text", {"text": 5}, "5"),
        ("date", {"date": "05.03.2027"}, "05.03.2027"),
        ("date", {"date": "2027-03-05", "form": "dative"}, "dative"),
        ("time", {"time": "24:00"}, "24:00"),
        ("digits", {"digits": "12a"}, "12a"),
        ("digits", {"digits": "١٢"}, "١٢"),
        ("phone_grouped", {"groups": []}, "groups"),
        ("phone_grouped", {"groups": ["05", 5]}, "5"),
        ("weather", {}, "weather"),
    ],
)
@pytest.mark.parametrize("language", sorted(spell.LANGUAGES))
def test_refusals_name_the_value(language: str, kind: str, given: dict, named: str) -> None:
    with pytest.raises(SpeechError, match=re.escape(named)):
        spell.say(language, kind, given)


@pytest.mark.parametrize("language", ["de", "", None, 5])
def test_unknown_language(language: object) -> None:
    with pytest.raises(SpeechError, match="language"):
        spell.say(language, "cardinal", {"n": 1})


@pytest.mark.parametrize("text", ["a<b>", "a\x07", "<speak>", "&lt;"])
def test_text_from_outside_is_refused_with_its_value(text: str) -> None:
    for say in (lambda: spell.readable(text, "en"), lambda: spell.words(text, "", "en"), lambda: spell.words(Tariff(text), "", "en")):
        with pytest.raises(SpeechError, match=r"(text|tariff) .*at letter|as letter"):
            say()


@pytest.mark.parametrize(
    ("text", "said"), [("Barnes & Noble", "Barnes & Noble"), ("5 < 6", "five < six"), ("so\u00adft\u200b ware\ufeff", "soft ware")]
)
def test_signs_that_are_no_markup_stay(text: str, said: str) -> None:
    assert spell.readable(text, "en") == said


@pytest.mark.parametrize("value", [None, True, {"a": 1}, (1, 2), Money(10**25, "AZN"), Count(1, "parsec"), Msisdn("12a")])
def test_values_that_cannot_be_said(value: object) -> None:
    with pytest.raises(SpeechError):
        spell.words(value, "", "en")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("az", "Menyu üçün 1 düyməsini basın.", "Menyu üçün bir düyməsini basın."),
        ("en", "Send an empty SMS to 2112 (prepaid) or 650.", "Send an empty SMS to twenty-one, twelve (prepaid) or six hundred fifty."),
        ("en", "Next 2016", "Next two thousand sixteen"),
        ("ru", "Нажмите *", "Нажмите звёздочку"),
        ("az", "Haqqı 0.10 AZN, sonra #.", "Haqqı on qəpik, sonra diyez."),
        ("en", "Keep at least 5 TJS.", "Keep at least five somonis."),
    ],
)
def test_no_figure_reaches_a_voice(language: str, text: str, expected: str) -> None:
    assert spell.readable(text, language) == expected


@given(LANGUAGES, st.integers(0, LARGEST), st.integers(0, LARGEST))
def test_different_numbers_sound_different(language: str, one: int, other: int) -> None:
    spoken = [spell.words(number, "", language) for number in (one, other)]
    assert (spoken[0] == spoken[1]) == (one == other)


@pytest.mark.parametrize("language", sorted(spell.LANGUAGES))
def test_first_numbers_all_sound_different(language: str) -> None:
    assert len({spell.words(number, "", language) for number in range(-2000, 22000)}) == 24000


@given(LANGUAGES, st.integers(1, LARGEST))
def test_below_zero_is_the_number_after_one_word(language: str, number: int) -> None:
    assert spell.words(-number, "", language).split(" ", 1)[1] == spell.words(number, "", language)


@given(LANGUAGES, st.decimals(-(10**9), 10**9, places=4), st.sampled_from(["AZN", "TJS"]))
def test_money_is_never_more_than_there_is(language: str, amount: Decimal, currency: str) -> None:
    cut = Decimal(int(amount * 100)) / 100
    spoken = spell.say(language, "money", {"amount": f"{amount:f}", "currency": currency})
    assert spoken == spell.say(language, "money", {"amount": f"{cut:f}", "currency": currency})


@given(LANGUAGES, st.dates())
def test_dates_sound_different_by_day_and_year(language: str, day: datetime.date) -> None:
    other = day + datetime.timedelta(days=1) if day < datetime.date.max else datetime.date.min
    assert spell.words(day, "until", language) != spell.words(other, "until", language)


@given(LANGUAGES, st.dictionaries(NAMES, st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers()))
def test_any_input_is_words_or_a_speech_error(language: str, given_input: dict) -> None:
    for kind in spell.KINDS:
        try:
            assert spell.say(language, kind, given_input)
        except SpeechError as error:
            assert str(error)


@pytest.mark.parametrize("language", sorted(spell.LANGUAGES))
def test_what_a_speller_keeps_is_bounded(language: str) -> None:
    numbers = spell.speller(language)
    for number in range(0, LARGEST, LARGEST // 20_011):
        numbers.cardinal(number, "mfn"[number % 3])
        numbers.counted(number % 10**6, "minute")
    assert len(numbers._groups) <= 3 * 1000 and len(numbers._scaled) <= 4 * 999
