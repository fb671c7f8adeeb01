"""What operator.yaml says about spoken numbers: settings, and the words of currencies. The spellers (`ivr.speech`) go by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GENDERS = ("m", "f", "n")
"""Grammatical genders: masculine, feminine, neuter."""

THOUSANDS = ("min", "bir min")
"""How Azerbaijani may say 1000."""


@dataclass(frozen=True, slots=True)
class NounForms:
    """A noun as it stands after numbers, by the plural categories of CLDR; a category that a language does not have stays empty.

    English has `one` and `other`, Russian `one`, `few` (also its genitive singular) and `many`, Azerbaijani and Turkish `other` alone.
    """

    one: str = ""
    few: str = ""
    many: str = ""
    other: str = ""
    gender: str = "m"

    @classmethod
    def same(cls, word: str, gender: str = "m") -> NounForms:
        """A noun that is the same after every number, as the Russian сомони is."""
        return cls(word, word, word, word, gender)


@dataclass(frozen=True, slots=True)
class CurrencyWords:
    """A currency in one language: its unit and the part of it that `decimals` decimals count (2: hundredths).

    `part` is None where amounts are read as decimals of the unit.
    """

    unit: NounForms
    part: NounForms | None = None
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class SpeechRules:
    """How an operator's calls say numbers.

    `thousand`: 1000 in Azerbaijani, one of `THOUSANDS`. `conjunction`: "one hundred and one" in English, else "one hundred one".
    `currencies`: by ISO 4217 code and language; AZN and TJS need none, and words given for them here count instead of ours.
    """

    thousand: str = "min"
    conjunction: bool = False
    currencies: Mapping[str, Mapping[str, CurrencyWords]] = field(default_factory=dict, hash=False)


PLAIN = SpeechRules()
"""What holds where an operator says nothing."""
