"""Turkish: numbers, money, dates and times in words. The whole of what a fourth language needs beside its catalog.

Nouns take no plural after a numeral, and a thousand stands without "bir". Ordinals follow vowel harmony, which is computed here rather than
listed. Decimals: "iki virgül otuz altı kuruş".
"""

from __future__ import annotations

import datetime

from ivr.engine.speech_rules import CurrencyWords, NounForms
from ivr.speech.language import Language
from ivr.speech.parts import Phrase

_ONES = ("sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
_TENS = ("", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan")
_SCALES = ("", "bin", "milyon", "milyar", "trilyon")
_MONTHS = "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık".split()
_HARMONY = {"a": "ı", "ı": "ı", "e": "i", "i": "i", "o": "u", "u": "u", "ö": "ü", "ü": "ü"}


def _money(unit: str, part: str) -> CurrencyWords:
    return CurrencyWords(NounForms.same(unit), NounForms.same(part))


class Numbers(Language):
    """The speller of Turkish. Its nouns have one form (`other`) and no gender."""

    LANGUAGE = "tr"
    STAR, HASH, MINUS = "yıldız", "kare", "eksi"
    DIGITS = _ONES
    ESPEAK = "tr"
    NOUNS = {
        unit: NounForms.same(word)
        for unit, word in {
            "megabyte": "megabayt",
            "gigabyte": "gigabayt",
            "minute": "dakika",
            "second": "saniye",
            "day": "gün",
            "hour": "saat",
            "month": "ay",
            "message": "mesaj",
        }.items()
    }
    OWN = {"TRY": _money("lira", "kuruş"), "AZN": _money("manat", "kepik"), "TJS": _money("somoni", "diram")}

    def small(self, value: int, gender: str) -> str:
        """0 to 99, or a whole hundred."""
        if value >= 100:
            return "yüz" if value == 100 else f"{_ONES[value // 100]} yüz"
        tens, ones = divmod(value, 10)
        return " ".join(filter(None, (_TENS[tens], _ONES[ones] if ones or not tens else "")))

    def scale(self, group: int, power: int) -> str:
        """ "bin", "milyon" ...: the same after every number."""
        return _SCALES[power]

    def scaled_words(self, group: int, power: int) -> Phrase:
        """One thousand is "bin" alone."""
        return ("bin",) if group == power == 1 else super().scaled_words(group, power)

    def ordinal(self, number: int, gender: str = "m", case: str = "nominative") -> Phrase:
        """ "birinci", "dördüncü", "iki bin yirmi yedinci"."""
        stem = " ".join(self.numeral(number))
        vowel = _HARMONY[next(letter for letter in reversed(stem) if letter in _HARMONY)]
        if stem[-1] in _HARMONY:
            return (f"{stem}nc{vowel}",)
        return (f"{stem.removesuffix('t')}{'d' if stem.endswith('t') else ''}{vowel}nc{vowel}",)

    def fraction(self, whole: int, decimals: str, noun: NounForms) -> Phrase:
        """ "iki virgül", "otuz altı kuruş"; noughts before the figures by themselves."""
        *before, comma = self.numeral(whole)
        noughts = self.digits("0" * (len(decimals) - len(decimals.lstrip("0"))))
        return (*before, f"{comma} virgül", *noughts, *self.numeral(int(decimals), noun))

    def date(self, day: datetime.date, until: bool = False) -> Phrase:
        """ "beş Mart", "iki bin yirmi yedi"; `until` adds "tarihine kadar"."""
        year = " ".join(self.numeral(day.year))
        return (f"{self.small(day.day, 'm')} {_MONTHS[day.month - 1]}", f"{year} tarihine kadar" if until else year)

    def time(self, hour: int, minute: int) -> Phrase:
        """A time of day by the 24-hour clock: "saat on dört", "otuz"."""
        return (f"saat {self.small(hour, 'm')}", *(self.pair(f"{minute:02d}") if minute else ()))
