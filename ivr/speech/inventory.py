"""The stock of slot units: enough recordings to speak every usual value of a language.

The stock is what the spellers themselves answer over ranges that touch every piece once, so it cannot drift from them: a
number's pieces depend on its hundreds, on its last two figures and on its thousands, never on all of them at once.

Every unit is there as inside a sentence; what sentences end with every day (amounts, counts and numbers without thousands, days) also as
at the end of one. The rest is said as inside a sentence in both places.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ivr.engine.effects import Words
from ivr.engine.speech_rules import PLAIN, SpeechRules
from ivr.engine.values import MICRO, UNITS, Count, Money
from ivr.speech import spell
from ivr.speech.parts import Phrase, SpeechError
from ivr.speech.units import Unit, finished, unit, utterances

MOST = 999_999
"""The largest whole number covered: units of a currency, counts, plain numbers."""

YEARS = range(2020, 2046)
"""The years covered."""


@dataclass(frozen=True, slots=True)
class OperatorSpeech:
    """How an operator's calls say values: in which languages, amounts of which currencies (the operator's own first), by which rules."""

    languages: tuple[str, ...]
    currencies: tuple[str, ...]
    rules: SpeechRules = PLAIN

    def said_in(self, language: str) -> tuple[str, ...]:
        """The currencies that are said in a language: the operator's own, and others that it has words for there."""
        words = spell.speller(language, self.rules).CURRENCIES
        return tuple(dict.fromkeys((*self.currencies[:1], *(one for one in self.currencies if one in words))))


def inventory_of(operators: Iterable[OperatorSpeech], languages: Sequence[str]) -> tuple[Unit, ...]:
    """Every slot unit of those of the languages that the operators' calls speak, each once, in a fixed order.

    Raises SpeechError for an unknown language, or an operator's own currency that has no words in one of its languages.
    """
    found: dict[str, Unit] = {}
    for operator in operators:
        for language in languages:
            if language in operator.languages:
                found.update((one.id, one) for one in _of_language(language, operator.said_in(language), operator.rules))
    return tuple(found.values())


def inventory(languages: Iterable[str], currencies: Sequence[str], rules: SpeechRules = PLAIN) -> tuple[Unit, ...]:
    """Every slot unit of the languages as the `rules` of an operator have them, each once, in a fixed order.

    Raises SpeechError for an unknown language or currency.
    """
    found: dict[str, Unit] = {}
    for language in languages:
        for one in _of_language(language, tuple(currencies), rules):
            found[one.id] = one
    return tuple(found.values())


def fixed(texts: Iterable[tuple[str, str]], endings: bool = False) -> tuple[Unit, ...]:
    """The units of fixed words, given as (language, text): those of the catalog, each once.

    Words with a full stop are final, others as inside a sentence; `endings`: words without any sign both ways, since a menu may say them
    last. Raises SpeechError for an unknown language.
    """
    found: dict[str, Unit] = {}
    for language, text in texts:
        if utterances((Words(text, language),)):
            one = unit(text, language)
            found[one.id] = one
            if endings and text.rstrip()[-1].isalnum():
                ended = finished(one)
                found[ended.id] = ended
    return tuple(found.values())


def recorded(language: str, words: str, recordings: Path, voice: str | None = None) -> bool:
    """Whether somebody has recorded these fixed words as a whole, said either way: `<language>/<voice>/<id>.wav` is there.

    `voice` asks for one speaker only. Whether the file can be used is another question: `ivr.speech.recordings`. Words without a
    letter or figure need no recording. Raises SpeechError for an unknown language.
    """
    if not utterances((Words(words, language),)):
        return True
    one = unit(words, language)
    folders = [recordings / language / voice] if voice is not None else sorted(recordings.glob(f"{language}/*"))
    names = [f"{name}{suffix}" for name in (one.id, one.other) for suffix in (".wav", ".WAV")]
    return any((folder / name).is_file() for folder in folders for name in names)


@lru_cache(maxsize=16)
def _of_language(language: str, currencies: tuple[str, ...], rules: SpeechRules) -> tuple[Unit, ...]:
    module = spell.speller(language, rules)
    for currency in currencies:
        if currency not in module.CURRENCIES:
            raise SpeechError(f"currency {currency!r}: not one of {', '.join(module.CURRENCIES)}")
    words = dict.fromkeys(text.rstrip(",") for phrase in _phrases(language, currencies, rules) for text in phrase)
    words |= dict.fromkeys((module.STAR, module.HASH))
    ended = dict.fromkeys(phrase[-1] for phrase in _endings(language, currencies, rules) if phrase)
    return (*(unit(text, language) for text in words), *(unit(text, language, final=True) for text in ended))


@lru_cache(maxsize=16)
def examples(language: str, currencies: tuple[str, ...], rules: SpeechRules = PLAIN) -> Mapping[str, str]:
    """Unit id -> the words of a value in which it stands, for whoever reads it aloud."""
    found: dict[str, str] = {}
    for phrase in _phrases(language, currencies, rules):
        shown = " ".join(phrase)
        for place, words in enumerate(phrase):
            after = "" if place == len(phrase) - 1 and len(phrase) > 1 else " ..."
            found.setdefault(unit(words, language).id, f"{shown}{after}" if place or len(phrase) == 1 else shown)
    for phrase in _endings(language, currencies, rules):
        if phrase:
            found.setdefault(unit(phrase[-1], language, final=True).id, f"... {' '.join(phrase)}.")
    return found


def _endings(language: str, currencies: tuple[str, ...], rules: SpeechRules) -> Iterator[Phrase]:
    """The phrases whose last piece ends sentences every day."""
    for number in (*range(100), *range(100, 1000, 100)):
        yield spell.phrase(number, "", language, rules)
        for currency in currencies:
            yield spell.phrase(Money(number * MICRO, currency), "", language, rules)
        for name in UNITS if number <= 31 or number % 10 == 0 else ():
            yield spell.phrase(Count(number, name), "", language, rules)
    for currency in currencies:
        for hundredths in range(1, 100):
            yield spell.phrase(Money(MICRO + hundredths * (MICRO // 100), currency), "", language, rules)
    for year in YEARS:
        for form in ("", "until"):
            yield spell.phrase(datetime.date(year, 1, 1), form, language, rules)


def _phrases(language: str, currencies: tuple[str, ...], rules: SpeechRules) -> Iterator[Phrase]:
    for number in (*_numbers(), -1):
        yield spell.phrase(number, "", language, rules)
    for name in UNITS:
        for number in _numbers():
            yield spell.phrase(Count(number, name), "", language, rules)
    for currency in currencies:
        yield from _amounts(language, currency, rules)
    for ordinal in range(366):
        day = datetime.date(2024, 1, 1) + datetime.timedelta(ordinal)
        for form in ("", "until"):
            yield spell.phrase(day, form, language, rules)[:1]
    for year in YEARS:
        for form in ("", "until"):
            yield spell.phrase(datetime.date(year, 1, 1), form, language, rules)[1:]
    for minute in range(24 * 60):
        yield spell.KINDS["time"](spell.speller(language, rules), {"time": f"{minute // 60:02d}:{minute % 60:02d}"})
    for figures in range(1000):
        groups = [f"{figures:03d}", f"{figures % 100:02d}", f"{figures % 10}"]
        yield spell.KINDS["phone_grouped"](spell.speller(language, rules), {"groups": groups})


def _numbers() -> Iterator[int]:
    """Numbers that touch every piece up to `MOST`: each group of three figures by itself."""
    yield from range(1000)
    yield from range(1000, MOST + 1, 1000)


def _amounts(language: str, currency: str, rules: SpeechRules) -> Iterator[Phrase]:
    for number in _numbers():
        yield spell.phrase(Money(number * MICRO, currency), "", language, rules)
    hundredth = MICRO // 100
    for hundredths in range(1, 100):
        for major in (0, 1):
            yield spell.phrase(Money(major * MICRO + hundredths * hundredth, currency), "", language, rules)
    for step in range(100):
        # Fees: any first two decimals, then any further two; each pair is met once, with and without whole units before it.
        yield spell.phrase(Money(step * hundredth + 1100, currency), "exact", language, rules)
        yield spell.phrase(Money(MICRO + step * hundredth + 1100, currency), "exact", language, rules)
        yield spell.phrase(Money(step * 100 + 10_000, currency), "exact", language, rules)
