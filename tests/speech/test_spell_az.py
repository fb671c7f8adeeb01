"""Azerbaijani by its own grammar, since no library knows it: words are read back into numbers, endings follow vowel harmony.

The reader below shares no table with the speller. It knows the words from a school grammar and how they add up, nothing more.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.engine.speech_rules import PLAIN, SpeechRules
from ivr.speech import spell
from ivr.speech.parts import LARGEST

steady = settings(derandomize=True, deadline=None, max_examples=400)
BIR_MIN = SpeechRules(thousand="bir min")

ADDED = {
    **{word: number for number, word in enumerate("sıfır bir iki üç dörd beş altı yeddi səkkiz doqquz".split())},
    **{word: 10 * number for number, word in enumerate("on iyirmi otuz qırx əlli altmış yetmiş səksən doxsan".split(), 1)},
}
TIMES = {"min": 10**3, "milyon": 10**6, "milyard": 10**9, "trilyon": 10**12}
MONTHS = "yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr".split()
FRONT, BACK = "eəiöü", "aıou"
ROUND = "oöuü"

NUMBERS = st.integers(0, 15).flatmap(lambda length: st.integers(0, min(LARGEST, 10**length))) | st.builds(
    lambda figures, zeros: figures * 10**zeros, st.integers(1, 999), st.integers(0, 12)
)


def read(words: str) -> int:
    """The number that words say. Raises ValueError for words that no Azerbaijani number is made of."""
    sign, parts = 1, words.split()
    if parts[0] == "mənfi":
        sign, parts = -1, parts[1:]
    total = below = 0
    largest: int | None = None
    for word in parts:
        if word in TIMES:
            if largest is not None and TIMES[word] >= largest:
                raise ValueError(f"{words}: {word} after a smaller scale")
            largest = TIMES[word]
            total += (below or 1) * largest
            below = 0
        elif word == "yüz":
            if below >= 10:
                raise ValueError(f"{words}: hundreds after tens")
            below = (below or 1) * 100
        elif ADDED[word] >= 10 and below % 100 or ADDED[word] < 10 and below % 10:
            raise ValueError(f"{words}: {word} out of place")
        else:
            below += ADDED[word]
    return sign * (total + below)


def harmonic(stem: str) -> str:
    """The ordinal suffix of a stem by the four-way harmony of its last vowel; -ncı where the stem ends in a vowel."""
    last = next(letter for letter in reversed(stem) if letter in FRONT + BACK)
    vowel = ("ü" if last in FRONT else "u") if last in ROUND else ("i" if last in FRONT else "ı")
    return f"nc{vowel}" if stem[-1] in FRONT + BACK else f"{vowel}nc{vowel}"


def said(kind: str, rules: SpeechRules = PLAIN, **given_input: object) -> str:
    return spell.say("az", kind, given_input, rules)


@steady
@given(NUMBERS, st.booleans())
@example(1000, False)
@example(10**12, True)
@example(LARGEST, True)
def test_a_cardinal_is_read_back(number: int, negative: bool) -> None:
    number = -number if negative else number
    for rules in (PLAIN, BIR_MIN):
        assert read(said("cardinal", rules, n=number)) == number


@pytest.mark.parametrize("words", ["iyirmi yüz", "bir iki", "min milyon", "iki otuz", "on iyirmi"])
def test_the_reader_refuses_what_is_no_number(words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(words)


def test_every_word_of_every_number_to_ten_thousand_stands_in_its_place() -> None:
    assert [read(said("cardinal", n=number)) for number in range(10_000)] == list(range(10_000))


@steady
@given(NUMBERS)
def test_one_is_said_before_hundred_and_thousand_only_inside_a_number(number: int) -> None:
    words = said("cardinal", n=number)
    assert "bir yüz" not in words and not words.startswith("bir min")


@pytest.mark.parametrize(
    ("number", "plain", "with_one"),
    [
        (1000, "min", "bir min"),
        (1001, "min bir", "bir min bir"),
        (1999, "min doqquz yüz doxsan doqquz", "bir min doqquz yüz doxsan doqquz"),
        (2000, "iki min", "iki min"),
        (21_000, "iyirmi bir min", "iyirmi bir min"),
        (100_000, "yüz min", "yüz min"),
        (101_000, "yüz bir min", "yüz bir min"),
        (100, "yüz", "yüz"),
        (-1000, "mənfi min", "mənfi bir min"),
    ],
)
def test_min_or_bir_min(number: int, plain: str, with_one: str) -> None:
    assert (said("cardinal", n=number), said("cardinal", BIR_MIN, n=number)) == (plain, with_one)


def test_bir_min_in_amounts_counts_and_years() -> None:
    assert said("money", BIR_MIN, amount="1000.05", currency="AZN") == "bir min manat beş qəpik"
    assert said("count", BIR_MIN, n=1500, unit="megabyte") == "bir min beş yüz meqabayt"
    assert said("date", BIR_MIN, date="1999-01-02").endswith("bir min doqquz yüz doxsan doqquzuncu il")


@steady
@given(NUMBERS)
@example(0)
@example(10**12)
def test_an_ordinal_is_its_cardinal_with_a_harmonic_ending(number: int) -> None:
    cardinal, ordinal = said("cardinal", n=number), said("ordinal", n=number)
    stem = cardinal.rpartition(" ")[2]
    assert ordinal == cardinal + harmonic(stem)


@steady
@given(st.integers(0, 10**9), st.integers(0, 99), st.booleans())
@example(0, 0, True)
def test_money_is_read_back(major: int, minor: int, negative: bool) -> None:
    spoken = said("money", amount=f"{'-' if negative else ''}{major}.{minor:02d}", currency="AZN")
    manat, _, qepik = spoken.partition(" manat")
    if not qepik and spoken.endswith(" qəpik"):
        manat, qepik = "", spoken
    found = Decimal(read(manat) if manat else 0) * 100
    if qepik.strip():
        part = read(qepik.strip().removesuffix(" qəpik"))
        found += -part if found < 0 else part
    assert found == (-1 if negative else 1) * (major * 100 + minor)


@steady
@given(st.integers(1, 999_999))
def test_a_fee_of_six_decimals_is_read_back(micro: int) -> None:
    spoken = said("money", amount=f"0.{micro:06d}", currency="TJS", form="exact").removesuffix(" diram")
    whole, tam, share = spoken.partition(" tam ")
    found = Decimal(read(whole))
    if tam:
        tens = next(name for name in ("on mində", "yüzdə", "mində", "onda") if share.startswith(name))
        found += Decimal(read(share.removeprefix(tens).strip())) / {"onda": 10, "yüzdə": 100, "mində": 1000, "on mində": 10_000}[tens]
    assert found * 10_000 == micro


@steady
@given(st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31)), st.booleans())
@example(datetime.date(1, 1, 1), True)
@example(datetime.date(9999, 12, 31), True)
@example(datetime.date(2028, 2, 29), False)
def test_a_date_is_read_back(day: datetime.date, until: bool) -> None:
    spoken = said("date", date=f"{day:%Y-%m-%d}".rjust(10, "0"), form="until" if until else "nominative")
    assert spoken.endswith(" tarixinədək") == until
    spoken = spoken.removesuffix(" tarixinədək").removesuffix(" il")
    words = spoken.split()
    at = next(place for place, word in enumerate(words) if word in MONTHS)
    year = " ".join(words[at + 1 :])
    cardinal = next(
        year.removesuffix(ending) for ending in ("ıncı", "inci", "uncu", "üncü", "ncı", "nci", "ncu", "ncü") if _reads(year, ending)
    )
    assert (read(" ".join(words[:at])), MONTHS.index(words[at]) + 1, read(cardinal)) == (day.day, day.month, day.year)


def _reads(year: str, ending: str) -> bool:
    if not year.endswith(ending):
        return False
    try:
        return year == (stem := year.removesuffix(ending)) + harmonic(stem.rpartition(" ")[2]) and read(stem) >= 0
    except KeyError:
        return False


@steady
@given(st.integers(0, 999_999), st.sampled_from(sorted(spell.speller("az").NOUNS)))
def test_nouns_take_no_plural(number: int, unit: str) -> None:
    number_words, _, noun = said("count", n=number, unit=unit).rpartition(" ")
    assert read(number_words) == number and noun == said("count", n=1, unit=unit).split()[1]
    assert not noun.endswith(("lar", "lər"))
