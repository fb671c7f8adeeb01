"""The one door to the spellers: a kind and its input, or a value of the engine, in; words out.

`say` serves the command line and the shared cases, `words` and `phrase` the prompts. A new language is one module with the same
functions, added to `LANGUAGES`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from types import ModuleType

from ivr.engine.values import UNITS, Count, Money, Msisdn, Span, Tariff, Value
from ivr.speech import numbers_az, numbers_en, numbers_ru
from ivr.speech.parts import LARGEST, Amount, Phrase, SpeechError, decimal_number, digit_groups, whole_number

LANGUAGES: Mapping[str, ModuleType] = {module.LANGUAGE: module for module in (numbers_az, numbers_en, numbers_ru)}
FORMS = ("", "until", "exact", "digits", "grouped", "nominative")
GENDERS = ("m", "f", "n")

_SPAN_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_DIGITS = re.compile(r"[0-9]{1,40}")


def speller(language: str) -> ModuleType:
    """The module of a language. Raises SpeechError where there is none."""
    module = LANGUAGES.get(language) if isinstance(language, str) else None
    if module is None:
        raise SpeechError(f"language {str(language)[:40]!r}: not one of {', '.join(LANGUAGES)}")
    return module


def say(language: str, kind: str, given: Mapping[str, object]) -> str:
    """The words of one input object, as in tests/data/spoken_cases.json. Raises SpeechError naming the value and its place."""
    module = speller(language)
    if not isinstance(kind, str) or kind not in KINDS:
        raise SpeechError(f"kind {str(kind)[:40]!r}: not one of {', '.join(KINDS)}")
    if not isinstance(given, Mapping):
        raise SpeechError(f"input: not an object for kind {kind!r}")
    return " ".join(KINDS[kind](module, given))


def words(value: Value, form: str, language: str) -> str:
    """The words of a value of the engine in a form of the menu language. Raises SpeechError for what cannot be said."""
    return " ".join(phrase(value, form, language))


def phrase(value: Value, form: str, language: str) -> Phrase:
    """As `words`, in the pieces that are recorded."""
    module = speller(language)
    if form not in FORMS:
        raise SpeechError(f"form {form[:40]!r}: not one of {', '.join(filter(None, FORMS))}")
    match value:
        case Money():
            return _money(module, value.decimal(), value.currency, form == "exact")
        case Count():
            return _counted(module, whole_number(value.number, "count"), value.unit)
        case Tariff():
            return (readable(value.name, language),)
        case Msisdn():
            return _digits(module, value.digits, "msisdn") if form == "digits" else _grouped(module, value.digits)
        case Span():
            return _span(module, whole_number(value.seconds, "span"))
        case datetime.datetime():
            return _call(module, "time", value.hour, value.minute)  # the day is not said, as it is not written (`12:30`)
        case datetime.date():
            return _date(module, value, form)
        case bool():
            pass
        case int():
            number = whole_number(value, "number")
            return _digits(module, str(number), "number") if form == "digits" else _call(module, "cardinal", number)
        case str():
            return _text(module, value, form)
    raise SpeechError(f"value {str(value)[:40]}: a {type(value).__name__} cannot be spoken")


def readable(text: str, language: str) -> str:
    """Fixed words as a voice can read them: figures, amounts and the keys * and # become words; all else stays.

    Voices read figures badly (espeak-ng in Azerbaijani above all), so none is ever given to one.
    """
    module = speller(language)
    text = _MARKED_AMOUNT.sub(lambda found: _spelled_amount(module, found), text)
    text = _FIGURES.sub(lambda found: f" {' '.join(_figures(module, found[0]))} ", text)
    text = text.replace("*", f" {module.STAR} ").replace("#", f" {module.HASH} ")
    return re.sub(r"\s+([.,;:!?)])", r"\1", re.sub(r"\s+", " ", text)).strip()


_MARKED_AMOUNT = re.compile(r"(?<![\w.,])([0-9]{1,12}(?:[.,][0-9]{1,6})?) ([A-Z]{3})\b")
_FIGURES = re.compile(r"\+?[0-9]+")


def _spelled_amount(module: ModuleType, found: re.Match[str]) -> str:
    if found[2] not in module.CURRENCIES:
        return found[0]
    return " ".join(_money(module, decimal_number(found[1].replace(",", "."), "amount"), found[2], exact=True))


def _figures(module: ModuleType, text: str) -> Phrase:
    """A run of figures in running text: short ones and years as numbers, codes in pairs, long ones as telephone numbers."""
    figures = text.lstrip("+")
    if len(figures) <= 3 and not (figures[0] == "0" and len(figures) > 1):
        return _call(module, "cardinal", int(figures))
    if len(figures) == 4 and (figures[:2] in ("19", "20") or figures.endswith("00")) and figures[0] != "0":
        return _call(module, "cardinal", int(figures))
    return _grouped(module, figures)


def _call(module: ModuleType, function: str, *given: object) -> Phrase:
    spoken: Phrase = getattr(module, function)(*given)
    return spoken


def _money(module: ModuleType, amount: object, currency: object, exact: bool) -> Phrase:
    number = decimal_number(amount, "amount")
    if not isinstance(currency, str) or currency not in module.CURRENCIES:
        raise SpeechError(f"currency {str(currency)[:40]!r}: not one of {', '.join(module.CURRENCIES)}")
    return _call(module, "money", Amount.of(number, exact), currency)


def _counted(module: ModuleType, number: int, unit: object) -> Phrase:
    if not isinstance(unit, str) or unit not in UNITS:
        raise SpeechError(f"unit {str(unit)[:40]!r}: not one of {', '.join(UNITS)}")
    return _call(module, "counted", number, unit)


def _date(module: ModuleType, day: datetime.date, form: str) -> Phrase:
    return _call(module, "date", day, form == "until")


def _span(module: ModuleType, seconds: int) -> Phrase:
    """The largest units first, none that is zero: "one hour thirty minutes". Zero is "zero seconds"."""
    spoken: list[str] = list(_call(module, "cardinal", -1)[:1]) if seconds < 0 else []
    rest = abs(seconds)
    for unit, size in _SPAN_UNITS:
        number, rest = divmod(rest, size)
        if number or (unit == "second" and not seconds):
            spoken += _counted(module, number, unit)
    return tuple(spoken)


def _digits(module: ModuleType, text: object, place: str) -> Phrase:
    if not isinstance(text, str) or not _DIGITS.fullmatch(text):
        raise SpeechError(f"{place} {str(text)[:40]!r}: not a run of 1 to 40 digits")
    return _call(module, "digits", text)


def _grouped(module: ModuleType, text: str) -> Phrase:
    _digits(module, text, "number")
    return _groups(module, digit_groups(text))


def _groups(module: ModuleType, groups: tuple[str, ...]) -> Phrase:
    spoken: list[str] = []
    for group in groups:
        if spoken:
            spoken[-1] += ","
        spoken += _call(module, "group", group)
    return tuple(spoken)


def _text(module: ModuleType, text: str, form: str) -> Phrase:
    """A text as it is; one that is nothing but digits is somebody's number and is read digit by digit."""
    if _DIGITS.fullmatch(text):
        return _grouped(module, text) if form == "grouped" else _digits(module, text, "text")
    if form == "digits":
        raise SpeechError(f"text {text[:40]!r}: not a run of 1 to 40 digits")
    spoken = readable(text, module.LANGUAGE)
    return (spoken,) if spoken else ()


def _given(given: Mapping[str, object], name: str) -> object:
    if name not in given:
        raise SpeechError(f"input: {name!r} is missing")
    return given[name]


def _say_number(function: str) -> Callable[[ModuleType, Mapping[str, object]], Phrase]:
    def spoken(module: ModuleType, given: Mapping[str, object]) -> Phrase:
        number, gender = whole_number(_given(given, "n"), "n"), given.get("gender", "m")
        if gender not in GENDERS:
            raise SpeechError(f"gender {str(gender)[:40]!r}: not one of {', '.join(GENDERS)}")
        if function == "ordinal" and number < 0:
            raise SpeechError(f"n {number}: an ordinal is not below zero")
        return _call(module, function, number, gender)

    return spoken


def _say_money(module: ModuleType, given: Mapping[str, object]) -> Phrase:
    form = given.get("form", "")
    if form not in ("", "exact"):
        raise SpeechError(f"form {str(form)[:40]!r}: money has only 'exact'")
    return _money(module, _given(given, "amount"), _given(given, "currency"), form == "exact")


def _say_date(module: ModuleType, given: Mapping[str, object]) -> Phrase:
    text, form = _given(given, "date"), given.get("form", "nominative")
    if form not in ("", "nominative", "until"):
        raise SpeechError(f"form {str(form)[:40]!r}: a date has 'nominative' and 'until'")
    try:
        if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return _date(module, datetime.date.fromisoformat(text), str(form))
    except ValueError as error:
        raise SpeechError(f"date {str(text)[:40]!r}: no day written as 2027-03-05") from error


def _say_time(module: ModuleType, given: Mapping[str, object]) -> Phrase:
    text = _given(given, "time")
    if not isinstance(text, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise SpeechError(f"time {str(text)[:40]!r}: no time of day written as 09:05")
    return _call(module, "time", int(text[:2]), int(text[3:]))


def _say_grouped(module: ModuleType, given: Mapping[str, object]) -> Phrase:
    if "digits" in given:
        text = given["digits"]
        _digits(module, text, "digits")
        return _grouped(module, str(text))
    groups = _given(given, "groups")
    if not isinstance(groups, list | tuple) or not groups:
        raise SpeechError(f"groups {str(groups)[:40]}: not a list of runs of digits")
    for text in groups:
        _digits(module, text, "group")
    return _groups(module, tuple(groups))


KINDS: Mapping[str, Callable[[ModuleType, Mapping[str, object]], Phrase]] = {
    "cardinal": _say_number("cardinal"),
    "ordinal": _say_number("ordinal"),
    "count": lambda module, given: _counted(module, whole_number(_given(given, "n"), "n"), _given(given, "unit")),
    "money": _say_money,
    "date": _say_date,
    "time": _say_time,
    "span": lambda module, given: _span(module, whole_number(_given(given, "seconds"), "seconds")),
    "digits": lambda module, given: _digits(module, _given(given, "digits"), "digits"),
    "phone_grouped": _say_grouped,
}
"""What `say` can say, and how each kind reads its input."""

__all__ = ["FORMS", "KINDS", "LANGUAGES", "LARGEST", "SpeechError", "phrase", "readable", "say", "speller", "words"]
