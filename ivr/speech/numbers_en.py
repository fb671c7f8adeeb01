"""English: numbers, money, dates and times in words.

Numbers are read without "and" ("one hundred one"), or with it where the operator's `speech.and` is true; money joins its two parts with it
either way. Times follow the 12-hour clock.
"""

from __future__ import annotations

import datetime

from ivr.engine.speech_rules import CurrencyWords, NounForms
from ivr.speech.language import Language
from ivr.speech.parts import Phrase

_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", *_TEENS)
_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("", "thousand", "million", "billion", "trillion")
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
_MONTHS = "January February March April May June July August September October November December".split()


def _noun(one: str) -> NounForms:
    return NounForms(one=one, other=f"{one}s")


class Numbers(Language):
    """The speller of English. Its nouns have `one` and `other`, and no gender."""

    LANGUAGE = "en"
    STAR, HASH, MINUS = "star", "hash", "minus"
    DIGITS = _ONES[:10]
    ESPEAK = "en-us"
    FORMS = ("one", "other")
    NOUNS = {unit: _noun(unit) for unit in ("megabyte", "gigabyte", "minute", "second", "day", "hour", "month", "message")}
    OWN = {"AZN": CurrencyWords(_noun("manat"), _noun("gapik")), "TJS": CurrencyWords(_noun("somoni"), _noun("diram"))}

    def small(self, value: int, gender: str) -> str:
        """0 to 99, or a whole hundred."""
        if value >= 100:
            return f"{_ONES[value // 100]} hundred"
        if value < 20:
            return _ONES[value]
        tens, ones = divmod(value, 10)
        return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]

    def scale(self, group: int, power: int) -> str:
        """ "thousand", "million" ...: the same after every number."""
        return _SCALES[power]

    def noun(self, forms: NounForms, number: int) -> str:
        """The singular after one alone."""
        return forms.one if number == 1 else forms.other

    def group_words(self, group: int, gender: str) -> Phrase:
        """ "one hundred", "one" or "and one"."""
        words = super().group_words(group, gender)
        return (words[0], f"and {words[1]}") if self.rules.conjunction and len(words) == 2 else words

    def numeral(self, number: int, noun: NounForms | None = None, gender: str = "m") -> Phrase:
        """As in every language; with the conjunction also "one thousand and one"."""
        words = super().numeral(number, noun, gender)
        if self.rules.conjunction and number > 1000 and 0 < number % 1000 < 100:
            return (*words[:-1], f"and {words[-1]}")
        return words

    def ordinal(self, number: int, gender: str = "m", case: str = "nominative") -> Phrase:
        """ "first", "twenty-second": a whole number from 0 up, as one piece."""
        text = " ".join(self.numeral(number))
        cut = max(text.rfind(" "), text.rfind("-")) + 1
        last = text[cut:]
        if last not in _ORDINALS:
            return (text[:cut] + (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"),)
        return (text[:cut] + _ORDINALS[last],)

    def fraction(self, whole: int, decimals: str, noun: NounForms) -> Phrase:
        """ "two point", "three", "six gapiks": the decimals one by one."""
        *before, point = self.numeral(whole)
        *middle, last = self.digits(decimals)
        return (*before, f"{point} point", *middle, f"{last} {noun.other}")

    def joined(self, units: Phrase, parts: Phrase) -> Phrase:
        """ "one manat", "and two gapiks"."""
        return (*units, f"and {parts[0]}", *parts[1:])

    def date(self, day: datetime.date, until: bool = False) -> Phrase:
        """ "the fifth of March", "twenty twenty-seven"; "until" has no word of its own here, the sentence around it brings one."""
        return (f"the {self.ordinal(day.day)[0]} of {_MONTHS[day.month - 1]}", self.year(day.year))

    def year(self, year: int) -> str:
        """ "twenty twenty-seven", "nineteen oh five", "two thousand five", as one piece."""
        century, rest = divmod(year, 100)
        if year < 1000 or year % 1000 < 10:
            return " ".join(self.numeral(year))
        if not rest:
            return f"{self.small(century, 'm')} hundred"
        return f"{self.small(century, 'm')} oh {_ONES[rest]}" if rest < 10 else f"{self.small(century, 'm')} {self.small(rest, 'm')}"

    def time(self, hour: int, minute: int) -> Phrase:
        """A time of day by the 12-hour clock: "two", "thirty PM"; "twelve noon" and "twelve midnight"."""
        half = "PM" if hour >= 12 else "AM"
        clock = _ONES[(hour - 1) % 12 + 1]
        if minute:
            return (clock, f"oh {_ONES[minute]} {half}" if minute < 10 else f"{self.small(minute, 'm')} {half}")
        if hour in (0, 12):
            return ("twelve noon" if hour else "twelve midnight",)
        return (f"{clock} {half}",)
