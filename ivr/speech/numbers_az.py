"""Azerbaijani: numbers, money, dates and times in words.

Nouns take no plural after a numeral. A thousand and a hundred stand without "bir" (1000 is "min", 21 000 "iyirmi bir min"), unless the
operator's `speech.thousand` is "bir min". Decimals are read as "iki tam yüzdə otuz altı": two whole, thirty-six in a hundred.
"""

from __future__ import annotations

import datetime

from ivr.engine.speech_rules import CurrencyWords, NounForms
from ivr.speech.language import Language
from ivr.speech.parts import Phrase

_ONES = ("sıfır", "bir", "iki", "üç", "dörd", "beş", "altı", "yeddi", "səkkiz", "doqquz")
_TENS = ("", "on", "iyirmi", "otuz", "qırx", "əlli", "altmış", "yetmiş", "səksən", "doxsan")
_SCALES = ("", "min", "milyon", "milyard", "trilyon")
_SHARES = {1: "onda", 2: "yüzdə", 3: "mində", 4: "on mində", 5: "yüz mində", 6: "milyonda"}
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


def _money(unit: str, part: str) -> CurrencyWords:
    return CurrencyWords(NounForms.same(unit), NounForms.same(part))


class Numbers(Language):
    """The speller of Azerbaijani. Its nouns have one form (`other`) and no gender."""

    LANGUAGE = "az"
    STAR, HASH, MINUS = "ulduz", "diyez", "mənfi"
    DIGITS = _ONES
    ESPEAK = "az"
    NOUNS = {
        unit: NounForms.same(word)
        for unit, word in {
            "megabyte": "meqabayt",
            "gigabyte": "giqabayt",
            "minute": "dəqiqə",
            "second": "saniyə",
            "day": "gün",
            "hour": "saat",
            "month": "ay",
            "message": "mesaj",
        }.items()
    }
    OWN = {"AZN": _money("manat", "qəpik"), "TJS": _money("somoni", "diram")}

    def small(self, value: int, gender: str) -> str:
        """0 to 99, or a whole hundred."""
        if value >= 100:
            return "yüz" if value == 100 else f"{_ONES[value // 100]} yüz"
        tens, ones = divmod(value, 10)
        if not tens:
            return _ONES[ones]
        return f"{_TENS[tens]} {_ONES[ones]}" if ones else _TENS[tens]

    def scale(self, group: int, power: int) -> str:
        """ "min", "milyon" ...: the same after every number."""
        return _SCALES[power]

    def scaled_words(self, group: int, power: int) -> Phrase:
        """One thousand is "min" alone, or "bir min" where the operator says so."""
        if group == power == 1:
            return (self.rules.thousand,)
        return super().scaled_words(group, power)

    def ordinal(self, number: int, gender: str = "m", case: str = "nominative") -> Phrase:
        """ "birinci", "iki min iyirmi yeddinci": a whole number from 0 up, as one piece."""
        before, space, last = " ".join(self.numeral(number)).rpartition(" ")
        return (f"{before}{space}{_ORDINALS[last]}",)

    def fraction(self, whole: int, decimals: str, noun: NounForms) -> Phrase:
        """ "iki tam", "yüzdə", "otuz altı qəpik"."""
        *before, last = self.numeral(whole)
        return (*before, f"{last} tam", _SHARES[len(decimals)], *self.numeral(int(decimals), noun))

    def date(self, day: datetime.date, until: bool = False) -> Phrase:
        """ "beş mart", "iki min iyirmi yeddinci il"; `until` adds "tarixinədək"."""
        year = f"{self.ordinal(day.year)[0]} il"
        return (f"{self.small(day.day, 'm')} {_MONTHS[day.month - 1]}", f"{year} tarixinədək" if until else year)

    def time(self, hour: int, minute: int) -> Phrase:
        """A time of day by the 24-hour clock: "saat on dörd", "otuz"."""
        return (f"saat {self.small(hour, 'm')}", *(self.pair(f"{minute:02d}") if minute else ()))
