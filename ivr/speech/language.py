"""What a language of the speller is: one class with words for numbers and nouns, and how it puts them together.

A module `numbers_xx.py` holds the class `Numbers` of language `xx`, made from `Language`. What is usual stands here, so that a new
language writes down what is its own: its words, its ordinals, its dates and times (docs/speech.md, "A new language").
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from ivr.engine.speech_rules import PLAIN, CurrencyWords, NounForms, SpeechRules
from ivr.engine.values import UNITS
from ivr.speech.parts import Amount, Phrase, SpeechError

_BARE = NounForms()


class Language(ABC):
    """A language as the `rules` of one operator have it. All that it keeps is what its own three-digit groups sound like."""

    LANGUAGE: ClassVar[str]
    """Its code, as in `languages.offered` of operator.yaml."""
    STAR: ClassVar[str]
    HASH: ClassVar[str]
    """The keys * and #, as after "press"."""
    MINUS: ClassVar[str]
    DIGITS: ClassVar[tuple[str, ...]]
    """Zero to nine."""
    FORMS: ClassVar[tuple[str, ...]] = ("other",)
    """The forms of `NounForms` that its nouns have after numbers."""
    NOUNS: ClassVar[Mapping[str, NounForms]]
    """The units of counts (`ivr.engine.values.UNITS`)."""
    OWN: ClassVar[Mapping[str, CurrencyWords]]
    """The currencies that it knows by itself."""
    ESPEAK: ClassVar[str] = ""
    """What espeak-ng calls its voice (`espeak-ng --voices`); empty where it has none, and only recordings speak."""

    def __init__(self, rules: SpeechRules = PLAIN) -> None:
        self.rules = rules
        given = {code: words[self.LANGUAGE] for code, words in rules.currencies.items() if self.LANGUAGE in words}
        self.unusable = {code: wrong for code, words in given.items() if (wrong := self._lacking(code, words)) is not None}
        """Currencies of the rules that lack a form this language needs: where in operator.yaml, and which."""
        usable = {code: words for code, words in {**self.OWN, **given}.items() if code not in self.unusable}
        self.CURRENCIES: Mapping[str, CurrencyWords] = usable
        self._groups: dict[tuple[int, str], Phrase] = {}
        self._scaled: dict[tuple[int, int], Phrase] = {}

    def _lacking(self, code: str, words: CurrencyWords) -> tuple[str, str] | None:
        for part, noun in (("unit", words.unit), ("part", words.part)):
            missing = [form for form in self.FORMS if noun is not None and not getattr(noun, form)]
            if missing:
                return f"speech.currencies.{code}.{self.LANGUAGE}.{part}", f"the form {missing[0]!r} is missing"
        return None

    # -- what a language must say by itself

    @abstractmethod
    def small(self, value: int, gender: str) -> str:
        """0 to 99, or a whole hundred (100 to 900), as one piece."""

    @abstractmethod
    def scale(self, group: int, power: int) -> str:
        """The word for 1000 to the `power` (1 to 4) after `group` (1 to 999) of them."""

    @abstractmethod
    def ordinal(self, number: int, gender: str = "m", case: str = "nominative") -> Phrase:
        """ "twenty-second": a whole number from 0 up, as one piece. Where a language has no genders and cases they change nothing."""

    @abstractmethod
    def fraction(self, whole: int, decimals: str, noun: NounForms) -> Phrase:
        """A decimal with its noun: "two point three six gapiks". `decimals` are one to six digits."""

    @abstractmethod
    def date(self, day: datetime.date, until: bool = False) -> Phrase:
        """A day and its year; `until`: with the word or case of an end, where the language has one."""

    @abstractmethod
    def time(self, hour: int, minute: int) -> Phrase:
        """A time of day."""

    # -- what most languages have alike

    def noun(self, forms: NounForms, number: int) -> str:
        """The form of a noun after a number from 0 up."""
        return forms.other

    def scale_gender(self, power: int) -> str:
        """The gender of the word for 1000 to the `power`."""
        return "m"

    def group_words(self, group: int, gender: str) -> Phrase:
        """1 to 999: the hundreds, then what is below them."""
        hundreds, below = divmod(group, 100)
        high = (self.small(hundreds * 100, gender),) if hundreds else ()
        return (*high, self.small(below, gender)) if below else high

    def scaled_words(self, group: int, power: int) -> Phrase:
        """1 to 999 thousands, millions ..., the scale's word in the last piece."""
        *before, last = self.group_words(group, self.scale_gender(power))
        return (*before, f"{last} {self.scale(group, power)}")

    def numeral(self, number: int, noun: NounForms | None = None, gender: str = "m") -> Phrase:
        """A number from 0 to `LARGEST`, its noun in the last piece; after a round thousand the noun is a piece of its own."""
        if noun is not None:
            gender = noun.gender
        above, rest = divmod(number, 1000)
        pieces: Phrase = ()
        power = 1
        while above:
            above, group = divmod(above, 1000)
            if group:
                pieces = self._scale(group, power) + pieces
            power += 1
        if rest or not number:
            pieces += self._group(rest, gender)
            if noun is not None:
                return (*pieces[:-1], f"{pieces[-1]} {self.noun(noun, number)}")
            return pieces
        return (*pieces, self.noun(noun, number)) if noun is not None else pieces

    def _group(self, group: int, gender: str) -> Phrase:
        known = self._groups.get((group, gender))
        if known is None:
            known = self._groups[group, gender] = self.group_words(group, gender) if group else (self.small(0, gender),)
        return known

    def _scale(self, group: int, power: int) -> Phrase:
        known = self._scaled.get((group, power))
        if known is None:
            known = self._scaled[group, power] = self.scaled_words(group, power)
        return known

    def cardinal(self, number: int, gender: str = "m") -> Phrase:
        """A whole number, in the given gender where the language has any."""
        return (self.MINUS, *self.numeral(-number, None, gender)) if number < 0 else self.numeral(number, None, gender)

    def counted(self, number: int, unit: str) -> Phrase:
        """So many of a unit of `NOUNS`."""
        phrase = self.numeral(abs(number), self.NOUNS[unit])
        return (self.MINUS, *phrase) if number < 0 else phrase

    def money(self, amount: Amount, words: CurrencyWords) -> Phrase:
        """An amount in a currency; parts that are zero are left out."""
        whole: Phrase = ()
        rest: Phrase = ()
        if words.part is None and amount.tail:
            whole = self.fraction(amount.major, amount.tail, words.unit)
        elif amount.major or not (amount.minor or amount.tail):
            whole = self.numeral(amount.major, words.unit)
        if words.part is not None and amount.tail:
            rest = self.fraction(amount.minor, amount.tail, words.part)
        elif words.part is not None and amount.minor:
            rest = self.numeral(amount.minor, words.part)
        spoken = self.joined(whole, rest) if whole and rest else whole or rest
        return (self.MINUS, *spoken) if amount.negative else spoken

    def joined(self, units: Phrase, parts: Phrase) -> Phrase:
        """The units of an amount and its parts."""
        return units + parts

    def digits(self, text: str) -> Phrase:
        """Every digit by itself."""
        return tuple([self.DIGITS[int(digit)] for digit in text])

    def group(self, text: str) -> Phrase:
        """One group of a telephone number: up to three digits as a number, noughts in front by themselves."""
        if len(text) == 3:
            return (self.DIGITS[0], *self.pair(text[1:])) if text[0] == "0" else self._group(int(text), "m")
        return self.pair(text) if len(text) == 2 else self.digits(text)

    def pair(self, text: str) -> Phrase:
        """Two digits as a number, or one by one where the first is a nought."""
        return (" ".join(self.digits(text)),) if text[0] == "0" else self._group(int(text), "m")

    def check(self) -> None:
        """Whether the class is whole: words for every digit, unit and key. Raises SpeechError for what is missing."""
        for name in ("LANGUAGE", "STAR", "HASH", "MINUS", "DIGITS", "NOUNS", "OWN"):
            if not hasattr(self, name):
                raise SpeechError(f"language {getattr(self, 'LANGUAGE', '?')}: its class lacks {name}")
        if len(self.DIGITS) != 10:
            raise SpeechError(f"language {self.LANGUAGE}: DIGITS are {len(self.DIGITS)} words, not ten")
        for unit in UNITS:
            noun = self.NOUNS.get(unit, _BARE)
            missing = [form for form in self.FORMS if not getattr(noun, form)]
            if missing:
                raise SpeechError(f"language {self.LANGUAGE}: the unit {unit!r} lacks its form {missing[0]!r}")
