"""English and Russian held against two libraries that know them: ICU's rules (RBNF, by icu4py's MessageFormat) and num2words.

Each is asked only where it is right. Not asked: Azerbaijani, which num2words gets wrong from 11 000 on and ICU misspells at 60 and 80;
Russian feminine and neuter of num2words from a million on ("одна миллион"), nor its ordinals from 10 001 on but for round thousands
("десятый тысяч первый"); ICU's Russian ordinals of round hundreds, of 80 ("восемьдесятый"), of 1000 to 1999 and from 10 000 on, and its ё,
which it writes as е.
"""

from __future__ import annotations

import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icu4py.messageformat import MessageFormat
from num2words import num2words

from ivr.engine.speech_rules import PLAIN, SpeechRules
from ivr.speech import spell
from ivr.speech.parts import LARGEST

WITH_AND = SpeechRules(conjunction=True)
GENDERS = {"m": "masculine", "f": "feminine", "n": "neuter"}

steady = settings(derandomize=True, deadline=None, max_examples=300)
"""The same numbers in every run."""


def magnitudes(most: int) -> st.SearchStrategy[int]:
    """Numbers of every length alike, for among all numbers up to 10^15 hardly one is below a billion; and round ones."""
    lengths = st.integers(0, len(str(most))).flatmap(lambda length: st.integers(0, min(most, 10**length)))
    rounds = st.builds(lambda figures, zeros: figures * 10**zeros, st.integers(1, 999), st.integers(0, 12)).filter(lambda n: n <= most)
    return lengths | rounds


def icu(number: int, language: str, rules: str) -> str:
    return MessageFormat(f"{{n,spellout,%spellout-{rules}}}", language).format({"n": number}).replace("\u00ad", "")


def said(language: str, kind: str, rules: SpeechRules = PLAIN, **given_input: object) -> str:
    return spell.say(language, kind, given_input, rules)


def test_the_rules_of_icu_are_really_used() -> None:
    assert icu(21, "ru", "cardinal-feminine") == "двадцать одна" != icu(21, "ru", "cardinal-masculine")
    assert icu(101, "en", "cardinal-verbose") == "one hundred and one"


@steady
@given(magnitudes(LARGEST), st.booleans())
@example(10**12, False)
@example(10**12, True)
def test_english_cardinals(number: int, negative: bool) -> None:
    number = -number if negative else number
    assert said("en", "cardinal", n=number) == icu(number, "en", "cardinal")


@steady
@given(magnitudes(LARGEST))
@example(1_000_001)
@example(1_001_000)
def test_english_with_and(number: int) -> None:
    spoken = said("en", "cardinal", WITH_AND, n=number)
    assert spoken == icu(number, "en", "cardinal-verbose").replace(",", "")
    assert spoken == num2words(number, lang="en").replace(",", "")


@steady
@given(magnitudes(LARGEST))
def test_english_ordinals(number: int) -> None:
    assert said("en", "ordinal", n=number) == icu(number, "en", "ordinal")
    assert said("en", "ordinal", WITH_AND, n=number) == icu(number, "en", "ordinal-verbose").replace(",", "")


@steady
@given(st.integers(1100, 9999))
def test_english_years(year: int) -> None:
    spoken = spell.words(datetime.date(year, 1, 1), "", "en").removeprefix("the first of January ")
    wanted = icu(year, "en", "numbering-year").replace("-oh-", " oh ").replace("oh-", "oh ")
    assert spoken == wanted


@steady
@given(magnitudes(LARGEST), st.sampled_from(sorted(GENDERS)), st.booleans())
@example(10**12, "m", False)
@example(1_001_001, "f", False)
@example(2_002_002, "f", True)
def test_russian_cardinals(number: int, gender: str, negative: bool) -> None:
    number = -number if negative else number
    spoken = said("ru", "cardinal", n=number, gender=gender)
    assert spoken == icu(number, "ru", f"cardinal-{GENDERS[gender]}")
    if abs(number) < 1_000_000 or gender == "m":
        assert spoken == num2words(number, lang="ru", gender=gender)


@steady
@given(
    st.integers(0, 10_000) | st.integers(1, 999).map(lambda thousands: thousands * 1000),
    st.sampled_from(sorted(GENDERS)),
    st.sampled_from(["nominative", "genitive"]),
)
@example(3, "f", "genitive")
@example(21_000, "n", "nominative")
@example(101_000, "m", "genitive")
def test_russian_ordinals(number: int, gender: str, case: str) -> None:
    spoken = said("ru", "ordinal", n=number, gender=gender, case=case)
    assert spoken == num2words(number, to="ordinal", lang="ru", gender=gender, case=case[0])


@steady
@given(magnitudes(LARGEST).filter(lambda number: number >= 2000 and number % 1000), st.sampled_from(sorted(GENDERS)))
def test_only_the_last_words_of_a_long_russian_ordinal_decline(number: int, gender: str) -> None:
    thousands, rest = number - number % 1000, number % 1000
    wanted = f"{num2words(thousands, lang='ru')} {num2words(rest, to='ordinal', lang='ru', gender=gender, case='g')}"
    assert said("ru", "ordinal", n=number, gender=gender, case="genitive") == wanted


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (1_000_000, "миллионный"),
        (2_000_000, "двухмиллионный"),
        (1_001_000, "один миллион тысячный"),
        (10**9, "миллиардный"),
        (5 * 10**12, "пятитриллионный"),
        (1_200_000, "один миллион двухсоттысячный"),
    ],
)
def test_russian_ordinals_of_round_millions(number: int, wanted: str) -> None:
    assert said("ru", "ordinal", n=number) == wanted


@steady
@given(
    st.integers(1, 9999).filter(lambda number: number % 100 not in (0, 80) and not 1000 <= number < 2000),
    st.sampled_from(sorted(GENDERS)),
)
def test_russian_ordinals_of_icu(number: int, gender: str) -> None:
    for case, rules in (("nominative", ""), ("genitive", "-genitive")):
        spoken = said("ru", "ordinal", n=number, gender=gender, case=case)
        assert spoken.replace("ё", "е") == icu(number, "ru", f"ordinal-{GENDERS[gender]}{rules}")


@pytest.mark.parametrize("number", [11, 12, 14, 21, 22, 25, 101, 111, 1_011, 1_021, 112_112])
def test_russian_nouns_by_the_plural_rule_of_icu(number: int) -> None:
    rule = MessageFormat("{n,plural,one{манат}few{маната}many{манатов}other{?}}", "ru").format({"n": number})
    assert said("ru", "money", amount=str(number), currency="AZN").endswith(f" {rule}")


@steady
@given(st.integers(0, 10**12), st.integers(0, 99))
def test_russian_money_agrees_with_the_plural_rule_of_icu(major: int, minor: int) -> None:
    def after(number: int, unit: str) -> str:
        one, few, many = {"маната": ("манат", "маната", "манатов"), "гяпика": ("гяпик", "гяпика", "гяпиков")}[unit]
        noun = MessageFormat(f"{{n,plural,one{{{one}}}few{{{few}}}many{{{many}}}other{{?}}}}", "ru").format({"n": number})
        return f"{num2words(number, lang='ru')} {noun}"

    parts = [after(major, "маната")] if major or not minor else []
    parts += [after(minor, "гяпика")] if minor else []
    assert said("ru", "money", amount=f"{major}.{minor:02d}", currency="AZN") == " ".join(parts)
