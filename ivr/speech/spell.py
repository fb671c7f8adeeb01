"""The one door to the spellers: a kind and its input, or a value of the engine, in; words out.

`say` serves the command line and the shared cases, `words` and `phrase` the prompts. All of them take the rules of the operator whose call
it is (`ivr.engine.speech_rules`). A new language is one file: `ivr.speech.languages`.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Callable, Mapping

from ivr.engine.speech_rules import GENDERS, PLAIN, SpeechRules
from ivr.engine.values import Count, Money, Msisdn, Span, Tariff, Value
from ivr.speech import phrases
from ivr.speech.language import Language
from ivr.speech.languages import LANGUAGES, speller
from ivr.speech.parts import (
    LARGEST,
    Phrase,
    SpeechError,
    digit_groups,
    micro_units,
    short,
    suggestion,
    whole_number,
)

FORMS = ("", "until", "exact", "digits", "grouped", "nominative")

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def say(language: str, kind: str, given: Mapping[str, object], rules: SpeechRules = PLAIN) -> str:
    """The words of one input object, as in tests/data/spoken_cases.json. Raises SpeechError naming the value and its place."""
    numbers = speller(language, rules)
    spoken = KINDS.get(kind) if isinstance(kind, str) else None
    if spoken is None:
        raise SpeechError(f"kind {short(kind)}: {suggestion(kind, KINDS)}")
    if type(given) is not dict and not isinstance(given, Mapping):
        raise SpeechError(f"input {short(given)}: not an object for the kind {kind!r}")
    return " ".join(spoken(numbers, given))


def words(value: Value, form: str, language: str, rules: SpeechRules = PLAIN) -> str:
    """The words of a value of the engine in a form of the menu language. Raises SpeechError for what cannot be said."""
    return " ".join(phrase(value, form, language, rules))


def phrase(value: Value, form: str, language: str, rules: SpeechRules = PLAIN) -> Phrase:
    """As `words`, in the pieces that are recorded."""
    numbers = speller(language, rules)
    if form not in FORMS:
        raise SpeechError(f"form {short(form)}: {suggestion(form, filter(None, FORMS))}")
    match value:
        case Money():
            return phrases.money(numbers, value.micro, value.currency, form == "exact")
        case Count():
            return phrases.counted(numbers, whole_number(value.number, "count"), value.unit)
        case Tariff():
            return (phrases.readable_text(value.name, numbers, "tariff"),)
        case Msisdn():
            return phrases.digits(numbers, value.digits, "msisdn") if form == "digits" else phrases.grouped(numbers, value.digits)
        case Span():
            return phrases.span(numbers, whole_number(value.seconds, "span"))
        case datetime.datetime():
            return numbers.time(value.hour, value.minute)  # the day is not said, as it is not written (`12:30`)
        case datetime.date():
            return numbers.date(value, form == "until")
        case bool():
            pass
        case int():
            number = whole_number(value, "number")
            return phrases.digits(numbers, str(number), "number") if form == "digits" else numbers.cardinal(number)
        case str():
            return phrases.text_phrase(numbers, value, form)
    raise SpeechError(f"value {short(value)}: a {type(value).__name__} cannot be spoken")


def readable(text: str, language: str, rules: SpeechRules = PLAIN) -> str:
    """Fixed words as a voice can read them: figures, amounts and the keys * and # become words; all else stays.

    Voices read figures badly (espeak-ng in Azerbaijani above all), so none is ever given to one. Raises SpeechError for an unknown
    language, and for markup and control characters, which a voice would act on instead of reading them.
    """
    return phrases.readable_text(text, speller(language, rules), "text")


def faults(rules: SpeechRules, languages: tuple[str, ...], currency: str) -> list[tuple[str, str]]:
    """What an operator's calls could not say in its languages: (place in operator.yaml, what is wrong and what to write)."""
    found = []
    for language in languages:
        try:
            numbers = speller(language, rules)
        except SpeechError as error:
            found.append(("languages.offered", str(error)))
            continue
        found += numbers.unusable.values()
        if currency not in numbers.CURRENCIES and currency not in numbers.unusable:
            found.append(
                ("currency", f"nobody has said how {currency} is spoken in {language}: write speech.currencies.{currency}.{language}")
            )
    return found


def _given(given: Mapping[str, object], name: str) -> object:
    if name not in given:
        raise SpeechError(f"input: {name!r} is missing")
    return given[name]


def _gender(given: Mapping[str, object]) -> str:
    gender = given.get("gender", "m")
    if gender not in GENDERS:
        raise SpeechError(f"gender {short(gender)}: {suggestion(gender, GENDERS)}")
    return str(gender)


def _say_cardinal(numbers: Language, given: Mapping[str, object]) -> Phrase:
    return numbers.cardinal(whole_number(_given(given, "n"), "n"), _gender(given))


def _say_ordinal(numbers: Language, given: Mapping[str, object]) -> Phrase:
    number, case = whole_number(_given(given, "n"), "n"), given.get("case", "nominative")
    if number < 0:
        raise SpeechError(f"n {number}: an ordinal is not below zero")
    if case not in ("nominative", "genitive"):
        raise SpeechError(f"case {short(case)}: {suggestion(case, ('nominative', 'genitive'))}")
    return numbers.ordinal(number, _gender(given), str(case))


def _say_count(numbers: Language, given: Mapping[str, object]) -> Phrase:
    return phrases.counted(numbers, whole_number(_given(given, "n"), "n"), _given(given, "unit"))


def _say_money(numbers: Language, given: Mapping[str, object]) -> Phrase:
    form = given.get("form", "")
    if form not in ("", "exact"):
        raise SpeechError(f"form {short(form)}: money has only 'exact'")
    exact = form == "exact"
    return phrases.money(numbers, micro_units(_given(given, "amount"), "amount", exact), _given(given, "currency"), exact)


def _say_date(numbers: Language, given: Mapping[str, object]) -> Phrase:
    text, form = _given(given, "date"), given.get("form", "nominative")
    if form not in ("", "nominative", "until"):
        raise SpeechError(f"form {short(form)}: a date has 'nominative' and 'until'")
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise SpeechError(f"date {short(text)}: no day of the years 0001 to 9999 written as 2027-03-05")
    year, month, day = map(int, found.groups())
    try:
        return numbers.date(datetime.date(year, month, day), form == "until")
    except ValueError:
        raise SpeechError(f"date {short(text)}: {_no_day(year, month)}") from None


def _no_day(year: int, month: int) -> str:
    if not year:
        return "there is no year 0"
    if not 1 <= month <= 12:
        return f"there is no month {month}; a day is written as 2027-03-05"
    return f"that month has the days 1 to {calendar.monthrange(year, month)[1]}"


def _say_time(numbers: Language, given: Mapping[str, object]) -> Phrase:
    text = _given(given, "time")
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise SpeechError(f"time {short(text)}: no time of day from 00:00 to 23:59 written as 09:05")
    return numbers.time(int(found[1]), int(found[2]))


def _say_span(numbers: Language, given: Mapping[str, object]) -> Phrase:
    return phrases.span(numbers, whole_number(_given(given, "seconds"), "seconds"))


def _say_digits(numbers: Language, given: Mapping[str, object]) -> Phrase:
    return phrases.digits(numbers, _given(given, "digits"), "digits")


def _say_grouped(numbers: Language, given: Mapping[str, object]) -> Phrase:
    if "digits" in given:
        text = given["digits"]
        if not isinstance(text, str) or not phrases.DIGITS.fullmatch(text.removeprefix("+")):
            raise SpeechError(f"digits {short(text)}: not a run of 1 to 40 digits")
        return phrases.groups(numbers, digit_groups(text.removeprefix("+")))
    groups = _given(given, "groups")
    if not isinstance(groups, list | tuple) or not groups:
        raise SpeechError(f"groups {short(groups)}: not a list of runs of digits")
    for text in groups:
        phrases.digits(numbers, text, "group")
    return phrases.groups(numbers, tuple(groups))


def _say_text(numbers: Language, given: Mapping[str, object]) -> Phrase:
    text = _given(given, "text")
    if not isinstance(text, str):
        raise SpeechError(f"text {short(text)}: not a text")
    spoken = phrases.readable_text(text, numbers, "text")
    if not any(map(str.isalnum, spoken)):
        raise SpeechError(f"text {short(text)}: nothing to say")
    return (spoken,)


KINDS: Mapping[str, Callable[[Language, Mapping[str, object]], Phrase]] = {
    "cardinal": _say_cardinal,
    "ordinal": _say_ordinal,
    "count": _say_count,
    "money": _say_money,
    "date": _say_date,
    "time": _say_time,
    "span": _say_span,
    "duration": _say_span,
    "digits": _say_digits,
    "phone_grouped": _say_grouped,
    "text": _say_text,
}
"""What `say` can say, and how each kind reads its input. A span and a duration are the same."""

__all__ = [
    "FORMS",
    "GENDERS",
    "KINDS",
    "LANGUAGES",
    "LARGEST",
    "SpeechError",
    "faults",
    "phrase",
    "readable",
    "say",
    "speller",
    "words",
]
