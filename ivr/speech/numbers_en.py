"""English: numbers, money, dates and times in words.

Numbers are read without "and" ("one hundred one"), money joins its two parts with it. Times follow the 12-hour clock.
"""

from __future__ import annotations

import datetime

from ivr.speech.parts import Amount, Phrase, pieces

LANGUAGE = "en"
STAR, HASH = "star", "hash"

_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", *_TEENS)
_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("", "thousand", "million", "billion", "trillion")
_MINUS = "minus"
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
_MONTHS = "January February March April May June July August September October November December".split()

NOUNS = {
    "megabyte": ("megabyte", "megabytes"),
    "gigabyte": ("gigabyte", "gigabytes"),
    "minute": ("minute", "minutes"),
    "second": ("second", "seconds"),
    "day": ("day", "days"),
    "hour": ("hour", "hours"),
    "month": ("month", "months"),
    "message": ("message", "messages"),
}
CURRENCIES = {"AZN": (("manat", "manats"), ("gapik", "gapiks")), "TJS": (("somoni", "somonis"), ("diram", "dirams"))}


def _small(value: int) -> str:
    """0 to 99, or a whole hundred."""
    if value >= 100:
        return f"{_ONES[value // 100]} hundred"
    if value < 20:
        return _ONES[value]
    tens, ones = divmod(value, 10)
    return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]


def _numeral(number: int, noun: tuple[str, str] = ("", "")) -> Phrase:
    """A number from 0 up, its noun (singular, plural) spoken together with its last piece."""
    phrase: list[str] = []
    for piece in pieces(number):
        words = [_small(piece.value)] if piece.value or not number else []
        if piece.closes:
            words.append(_SCALES[piece.power] if piece.power else noun[0] if number == 1 else noun[1])
        phrase.append(" ".join(word for word in words if word))
    return tuple(words for words in phrase if words)


def cardinal(number: int, gender: str = "m") -> Phrase:
    """A whole number; the language has no gender."""
    return (_MINUS, *_numeral(-number)) if number < 0 else _numeral(number)


def ordinal(number: int, gender: str = "m") -> Phrase:
    """ "first", "twenty-second": a whole number from 0 up, as one piece."""
    text = " ".join(_numeral(number))
    cut = max(text.rfind(" "), text.rfind("-")) + 1
    last = text[cut:]
    if last not in _ORDINALS:
        return (text[:cut] + (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"),)
    return (text[:cut] + _ORDINALS[last],)


def counted(number: int, unit: str) -> Phrase:
    """So many of a unit of `NOUNS`."""
    phrase = _numeral(abs(number), NOUNS[unit])
    return (_MINUS, *phrase) if number < 0 else phrase


def money(amount: Amount, currency: str) -> Phrase:
    """An amount in a currency of `CURRENCIES`; parts that are zero are left out."""
    major, minor = CURRENCIES[currency]
    phrase: list[str] = [_MINUS] if amount.negative else []
    whole = amount.major or not (amount.minor or amount.tail)
    if whole:
        phrase += _numeral(amount.major, major)
    cents: list[str] = []
    if amount.tail:
        *middle, last = digits(amount.tail)
        cents = [f"{_small(amount.minor)} point", *middle, f"{last} {minor[1]}"]
    elif amount.minor:
        cents = list(_numeral(amount.minor, minor))
    if cents and whole:
        cents[0] = f"and {cents[0]}"
    return (*phrase, *cents)


def date(day: datetime.date, until: bool = False) -> Phrase:
    """ "the fifth of March", "twenty twenty-seven"; "until" has no word of its own here, the sentence around it brings one."""
    return (f"the {ordinal(day.day)[0]} of {_MONTHS[day.month - 1]}", _year(day.year))


def _year(year: int) -> str:
    century, rest = divmod(year, 100)
    if year < 1000 or year % 1000 < 10:
        return " ".join(_numeral(year))
    if not rest:
        return f"{_small(century)} hundred"
    return f"{_small(century)} oh {_ONES[rest]}" if rest < 10 else f"{_small(century)} {_small(rest)}"


def time(hour: int, minute: int) -> Phrase:
    """A time of day by the 12-hour clock: "two", "thirty PM"; "twelve noon" and "twelve midnight"."""
    half = "PM" if hour >= 12 else "AM"
    clock = _small((hour - 1) % 12 + 1)
    if minute:
        return (clock, f"oh {_ONES[minute]} {half}" if minute < 10 else f"{_small(minute)} {half}")
    if hour in (0, 12):
        return ("twelve noon" if hour else "twelve midnight",)
    return (f"{clock} {half}",)


def digits(text: str) -> Phrase:
    """Every digit by itself."""
    return tuple(_ONES[int(digit)] for digit in text)


def group(text: str) -> Phrase:
    """One group of a telephone number: up to three digits as a number, noughts in front by themselves."""
    if len(text) == 3:
        return (_ONES[0], *_pair(text[1:])) if text[0] == "0" else _numeral(int(text))
    return _pair(text) if len(text) == 2 else digits(text)


def _pair(text: str) -> Phrase:
    return (" ".join(digits(text)),) if text[0] == "0" else (_small(int(text)),)
