"""What the spellers' front makes of a language: amounts, counts, spans, telephone numbers, running text, each checked and then said."""

from __future__ import annotations

import re

from ivr.engine.values import UNITS
from ivr.speech.language import Language
from ivr.speech.parts import Amount, Phrase, SpeechError, digit_groups, micro_units, plain_text, short, suggestion

_SPAN_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
DIGITS = re.compile(r"[0-9]{1,40}", re.ASCII)
"""What is read digit by digit, or as a telephone number."""
_MARKED_AMOUNT = re.compile(r"(?<![\w.,])([0-9]{1,12}(?:[.,][0-9]{1,6})?) ([A-Z]{3})\b")
_FIGURES = re.compile(r"\+?[0-9]+", re.ASCII)


def readable_text(text: str, numbers: Language, place: str) -> str:
    """Running text as a voice can read it. Raises SpeechError, naming its `place`, for markup and control characters."""
    text = plain_text(text, place)
    text = _MARKED_AMOUNT.sub(lambda found: _spelled_amount(numbers, found), text)
    text = _FIGURES.sub(lambda found: f" {' '.join(_figures(numbers, found[0]))} ", text)
    text = text.replace("*", f" {numbers.STAR} ").replace("#", f" {numbers.HASH} ")
    return re.sub(r"\s+([.,;:!?)])", r"\1", re.sub(r"\s+", " ", text)).strip()


def _spelled_amount(numbers: Language, found: re.Match[str]) -> str:
    if found[2] not in numbers.CURRENCIES:
        return found[0]
    return " ".join(money(numbers, micro_units(found[1].replace(",", "."), "amount", True), found[2], exact=True))


def _figures(numbers: Language, text: str) -> Phrase:
    """A run of figures in running text: short ones and years as numbers, codes in pairs, long ones as telephone numbers."""
    figures = text.lstrip("+")
    if len(figures) <= 3 and not (figures[0] == "0" and len(figures) > 1):
        return numbers.cardinal(int(figures))
    if len(figures) == 4 and (figures[:2] in ("19", "20") or figures.endswith("00")) and figures[0] != "0":
        return numbers.cardinal(int(figures))
    return grouped(numbers, figures)


def money(numbers: Language, micro: int, currency: object, exact: bool) -> Phrase:
    """An amount of micro-units, with all its decimals where `exact`. Raises SpeechError for a currency without words."""
    known = numbers.CURRENCIES.get(currency) if isinstance(currency, str) else None
    if known is None:
        if isinstance(currency, str) and currency in numbers.unusable:
            raise SpeechError(": ".join(numbers.unusable[currency]))
        wrong = f"currency {short(currency)}: {suggestion(currency, numbers.CURRENCIES)}"
        raise SpeechError(f"{wrong}; operator.yaml may describe it, at speech.currencies")
    return numbers.money(Amount.of(micro, exact, 0 if known.part is None else known.decimals), known)


def counted(numbers: Language, number: int, unit: object) -> Phrase:
    """So many of a unit of `ivr.engine.values.UNITS`. Raises SpeechError for any other."""
    if not isinstance(unit, str) or unit not in numbers.NOUNS:
        raise SpeechError(f"unit {short(unit)}: {suggestion(unit, UNITS)}")
    return numbers.counted(number, unit)


def span(numbers: Language, seconds: int) -> Phrase:
    """The largest units first, none that is zero: "one hour thirty minutes". Zero is "zero seconds"."""
    if not seconds:
        return numbers.counted(0, "second")
    spoken: Phrase = (numbers.MINUS,) if seconds < 0 else ()
    rest = abs(seconds)
    for unit, size in _SPAN_UNITS:
        number, rest = divmod(rest, size)
        if number:
            spoken += numbers.counted(number, unit)
    return spoken


def digits(numbers: Language, text: object, place: str) -> Phrase:
    """Digit by digit. Raises SpeechError, naming its `place`, for anything but 1 to 40 digits."""
    if not isinstance(text, str) or not DIGITS.fullmatch(text):
        raise SpeechError(f"{place} {short(text)}: not a run of 1 to 40 digits")
    return numbers.digits(text)


def grouped(numbers: Language, text: str) -> Phrase:
    """A telephone number in its groups. Raises SpeechError for anything but 1 to 40 digits."""
    if not DIGITS.fullmatch(text):
        raise SpeechError(f"number {short(text)}: not a run of 1 to 40 digits")
    return groups(numbers, digit_groups(text))


def groups(numbers: Language, runs: tuple[str, ...]) -> Phrase:
    """The groups of a telephone number, a comma between each two."""
    spoken: list[str] = []
    for group in runs:
        if spoken:
            spoken[-1] += ","
        spoken += numbers.group(group)
    return tuple(spoken)


def text_phrase(numbers: Language, text: str, form: str) -> Phrase:
    """A text as it is; one that is nothing but digits is somebody's number and is read digit by digit."""
    if DIGITS.fullmatch(text):
        return grouped(numbers, text) if form == "grouped" else numbers.digits(text)
    if form == "digits":
        raise SpeechError(f"text {short(text)}: not a run of 1 to 40 digits")
    spoken = readable_text(text, numbers, "text")
    return (spoken,) if spoken else ()
