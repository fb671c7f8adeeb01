"""Azerbaijani: numbers, money, dates and times in words.

Nouns take no plural after a numeral. A thousand and a hundred stand without "bir" (1000 is "min", 21 000 "iyirmi bir min").
Decimals are read as "iki tam yüzdə otuz altı": two whole, thirty-six in a hundred.
"""

from __future__ import annotations

import datetime

from ivr.speech.parts import Amount, Phrase, pieces

LANGUAGE = "az"
STAR, HASH = "ulduz", "diyez"

_ONES = ("sıfır", "bir", "iki", "üç", "dörd", "beş", "altı", "yeddi", "səkkiz", "doqquz")
_TENS = ("", "on", "iyirmi", "otuz", "qırx", "əlli", "altmış", "yetmiş", "səksən", "doxsan")
_SCALES = ("", "min", "milyon", "milyard", "trilyon")
_MINUS = "mənfi"
_SHARES = {1: "onda", 2: "yüzdə", 3: "mində", 4: "on mində"}
"""The share that so many decimals are of: in ten, in a hundred ..."""

_ORDINALS = {
    "sıfır": "sıfırıncı",
    "bir": "birinci",
    "iki": "ikinci",
    "üç": "üçüncü",
    "dörd": "dördüncü",
    "beş": "beşinci",
    "altı": "altıncı",
    "yeddi": "yeddinci",
    "səkkiz": "səkkizinci",
    "doqquz": "doqquzuncu",
    "on": "onuncu",
    "iyirmi": "iyirminci",
    "otuz": "otuzuncu",
    "qırx": "qırxıncı",
    "əlli": "əllinci",
    "altmış": "altmışıncı",
    "yetmiş": "yetmişinci",
    "səksən": "səksəninci",
    "doxsan": "doxsanıncı",
    "yüz": "yüzüncü",
    "min": "mininci",
    "milyon": "milyonuncu",
    "milyard": "milyardıncı",
    "trilyon": "trilyonuncu",
}
"""The ordinal of every word that can end a number: the suffix follows its last vowel."""

_MONTHS = "yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr".split()

NOUNS = {
    "megabyte": "meqabayt",
    "gigabyte": "giqabayt",
    "minute": "dəqiqə",
    "second": "saniyə",
    "day": "gün",
    "hour": "saat",
    "month": "ay",
    "message": "mesaj",
}
CURRENCIES = {"AZN": ("manat", "qəpik"), "TJS": ("somoni", "diram")}


def _small(value: int) -> str:
    """0 to 99, or a whole hundred."""
    if value >= 100:
        return "yüz" if value == 100 else f"{_ONES[value // 100]} yüz"
    tens, ones = divmod(value, 10)
    return " ".join(word for word in (_TENS[tens], _ONES[ones] if ones or not tens else "") if word)


def _numeral(number: int, noun: str = "") -> Phrase:
    """A number from 0 up, its noun spoken together with its last piece."""
    phrase: list[str] = []
    for piece in pieces(number):
        words = [_small(piece.value)] if piece.value or not number else []
        if piece.power == 1 and piece.group == 1:
            words = []
        if piece.closes:
            words.append(_SCALES[piece.power] if piece.power else noun)
        phrase.append(" ".join(word for word in words if word))
    return tuple(words for words in phrase if words)


def cardinal(number: int, gender: str = "m") -> Phrase:
    """A whole number; the language has no gender."""
    return (_MINUS, *_numeral(-number)) if number < 0 else _numeral(number)


def ordinal(number: int, gender: str = "m") -> Phrase:
    """ "birinci", "iki min iyirmi yeddinci": a whole number from 0 up, as one piece."""
    *before, last = " ".join(_numeral(number)).split()
    return (" ".join((*before, _ORDINALS[last])),)


def counted(number: int, unit: str) -> Phrase:
    """So many of a unit of `NOUNS`."""
    phrase = _numeral(abs(number), NOUNS[unit])
    return (_MINUS, *phrase) if number < 0 else phrase


def money(amount: Amount, currency: str) -> Phrase:
    """An amount in a currency of `CURRENCIES`; parts that are zero are left out."""
    major, minor = CURRENCIES[currency]
    phrase: list[str] = [_MINUS] if amount.negative else []
    if amount.major or not (amount.minor or amount.tail):
        phrase += _numeral(amount.major, major)
    if amount.tail:
        phrase += [f"{_small(amount.minor)} tam", _SHARES[len(amount.tail)], *_numeral(int(amount.tail), minor)]
    elif amount.minor:
        phrase += _numeral(amount.minor, minor)
    return tuple(phrase)


def date(day: datetime.date, until: bool = False) -> Phrase:
    """ "beş mart", "iki min iyirmi yeddinci il"; `until` adds "tarixinədək"."""
    year = f"{ordinal(day.year)[0]} il"
    return (f"{_small(day.day)} {_MONTHS[day.month - 1]}", f"{year} tarixinədək" if until else year)


def time(hour: int, minute: int) -> Phrase:
    """A time of day by the 24-hour clock: "saat on dörd", "otuz"."""
    return (f"saat {_small(hour)}", *(_pair(f"{minute:02d}") if minute else ()))


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
