"""The stock of slot units: enough recordings to speak every usual value of a language.

The stock is what the spellers themselves answer over ranges that touch every piece once, so it cannot drift from them: a
number's pieces depend on its hundreds, on its last two figures and on its thousands, never on all of them at once.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from ivr.engine.values import MICRO, UNITS, Count, Money
from ivr.speech import spell
from ivr.speech.parts import Phrase, SpeechError
from ivr.speech.units import Unit, phrase_units, unit

MOST = 999_999
"""The largest whole number covered: units of a currency, counts, plain numbers."""

YEARS = range(2020, 2046)
"""The years covered."""


def inventory(languages: Iterable[str], currencies: Sequence[str]) -> tuple[Unit, ...]:
    """Every slot unit of the languages, each once, in a fixed order. Raises SpeechError for an unknown language or currency."""
    found: dict[str, Unit] = {}
    for language in languages:
        for one in _of_language(language, tuple(currencies)):
            found[one.id] = one
    return tuple(found.values())


def fixed(texts: Iterable[tuple[str, str]]) -> tuple[Unit, ...]:
    """The units of fixed words, given as (language, text): those of the catalog, each once."""
    found = {one.id: one for language, text in texts for one in phrase_units((text,), language) if isinstance(one, Unit)}
    return tuple(found.values())


@lru_cache(maxsize=16)
def _of_language(language: str, currencies: tuple[str, ...]) -> tuple[Unit, ...]:
    module = spell.speller(language)
    for currency in currencies:
        if currency not in module.CURRENCIES:
            raise SpeechError(f"currency {currency!r}: not one of {', '.join(module.CURRENCIES)}")
    words = dict.fromkeys(text.rstrip(",") for phrase in _phrases(language, currencies) for text in phrase)
    words |= dict.fromkeys((module.STAR, module.HASH))
    return tuple(unit(text, language) for text in words)


def _phrases(language: str, currencies: tuple[str, ...]) -> Iterator[Phrase]:
    for number in (*_numbers(), -1):
        yield spell.phrase(number, "", language)
    for name in UNITS:
        for number in _numbers():
            yield spell.phrase(Count(number, name), "", language)
    for currency in currencies:
        yield from _amounts(language, currency)
    for ordinal in range(366):
        day = datetime.date(2024, 1, 1) + datetime.timedelta(ordinal)
        for form in ("", "until"):
            yield spell.phrase(day, form, language)[:1]
    for year in YEARS:
        for form in ("", "until"):
            yield spell.phrase(datetime.date(year, 1, 1), form, language)[1:]
    for minute in range(24 * 60):
        yield spell.KINDS["time"](spell.speller(language), {"time": f"{minute // 60:02d}:{minute % 60:02d}"})
    for figures in range(1000):
        groups = [f"{figures:03d}", f"{figures % 100:02d}", f"{figures % 10}"]
        yield spell.KINDS["phone_grouped"](spell.speller(language), {"groups": groups})


def _numbers() -> Iterator[int]:
    """Numbers that touch every piece up to `MOST`: each group of three figures by itself."""
    yield from range(1000)
    yield from range(1000, MOST + 1, 1000)


def _amounts(language: str, currency: str) -> Iterator[Phrase]:
    for number in _numbers():
        yield spell.phrase(Money(number * MICRO, currency), "", language)
    hundredth = MICRO // 100
    for hundredths in range(1, 100):
        for major in (0, 1):
            yield spell.phrase(Money(major * MICRO + hundredths * hundredth, currency), "", language)
    for step in range(100):
        # Fees: any first two decimals, then any further two; each pair is met once, with and without whole units before it.
        yield spell.phrase(Money(step * hundredth + 1100, currency), "exact", language)
        yield spell.phrase(Money(MICRO + step * hundredth + 1100, currency), "exact", language)
        yield spell.phrase(Money(step * 100 + 10_000, currency), "exact", language)
