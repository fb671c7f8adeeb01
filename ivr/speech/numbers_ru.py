"""Russian: numbers, money, dates and times in words.

A numeral agrees with its noun's gender in 1 and 2, and the noun with the numeral in one of three forms (1 манат, 2 маната,
5 манатов). Dates take the neuter ordinal, or the genitive after "до". Decimals: "две целых тридцать шесть сотых гяпика".
"""

from __future__ import annotations

import datetime

from ivr.engine.speech_rules import CurrencyWords, NounForms
from ivr.speech.language import Language
from ivr.speech.parts import Phrase, SpeechError

_TEENS = "десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать".split()
_ONES = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", *_TEENS)
_TENS = ("", "десять", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто")
_HUNDREDS = ("", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот")
_BY_GENDER = {("f", 1): "одна", ("n", 1): "одно", ("f", 2): "две"}

_STEMS = (
    "нулев-ой перв-ый втор-ой трет-ий четвёрт-ый пят-ый шест-ой седьм-ой восьм-ой девят-ый десят-ый одиннадцат-ый двенадцат-ый "
    "тринадцат-ый четырнадцат-ый пятнадцат-ый шестнадцат-ый семнадцат-ый восемнадцат-ый девятнадцат-ый"
).split()
_TEN_STEMS = "двадцат-ый тридцат-ый сороков-ой пятидесят-ый шестидесят-ый семидесят-ый восьмидесят-ый девяност-ый".split()
_JOINING = ("", "одно", "двух", "трёх", "четырёх", "пяти", "шести", "семи", "восьми", "девяти")
"""What a multiplier's last figure becomes inside one word: двухсотый, двадцатиоднотысячный."""
_JOINING_TENS = ("", "", "двадцати", "тридцати", "сорока", "пятидесяти", "шестидесяти", "семидесяти", "восьмидесяти", "девяносто")
_SCALE_STEMS = ("", "тысячн-ый", "миллионн-ый", "миллиардн-ый", "триллионн-ый")

_MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()

CASES = ("nominative", "genitive")


def _noun(gender: str, one: str, few: str, many: str) -> NounForms:
    """A counted noun: its gender and the forms after 1, 2 and 5. `few` is also the genitive singular."""
    return NounForms(one=one, few=few, many=many, gender=gender)


def _share(stem: str) -> NounForms:
    return _noun("f", f"{stem}ая", f"{stem}ых", f"{stem}ых")


_SCALES = (
    NounForms(),
    _noun("f", "тысяча", "тысячи", "тысяч"),
    _noun("m", "миллион", "миллиона", "миллионов"),
    _noun("m", "миллиард", "миллиарда", "миллиардов"),
    _noun("m", "триллион", "триллиона", "триллионов"),
)
_WHOLES = _share("цел")
_SHARES = [_share(stem) for stem in ("десят", "сот", "тысячн", "десятитысячн", "стотысячн", "миллионн")]


class Numbers(Language):
    """The speller of Russian. Its nouns have a gender and the forms `one`, `few` and `many`."""

    LANGUAGE = "ru"
    STAR, HASH, MINUS = "звёздочку", "решётку", "минус"
    """The keys stand in the accusative, as after "нажмите" (press), where alone they are said."""
    DIGITS = _ONES[:10]
    ESPEAK = "ru"
    FORMS = ("one", "few", "many")
    NOUNS = {
        "megabyte": _noun("m", "мегабайт", "мегабайта", "мегабайт"),
        "gigabyte": _noun("m", "гигабайт", "гигабайта", "гигабайт"),
        "minute": _noun("f", "минута", "минуты", "минут"),
        "second": _noun("f", "секунда", "секунды", "секунд"),
        "day": _noun("m", "день", "дня", "дней"),
        "hour": _noun("m", "час", "часа", "часов"),
        "month": _noun("m", "месяц", "месяца", "месяцев"),
        "message": _noun("n", "сообщение", "сообщения", "сообщений"),
    }
    OWN = {
        "AZN": CurrencyWords(_noun("m", "манат", "маната", "манатов"), _noun("m", "гяпик", "гяпика", "гяпиков")),
        "TJS": CurrencyWords(NounForms.same("сомони"), _noun("m", "дирам", "дирама", "дирамов")),
    }

    def small(self, value: int, gender: str) -> str:
        """0 to 99, or a whole hundred."""
        if value >= 100:
            return _HUNDREDS[value // 100]
        tens, ones = divmod(value, 10) if value >= 20 else (0, value)
        if tens and not ones:
            return _TENS[tens]
        last = _BY_GENDER.get((gender, ones), _ONES[ones])
        return f"{_TENS[tens]} {last}" if tens else last

    def noun(self, forms: NounForms, number: int) -> str:
        """The form that a number from 0 up takes."""
        if 10 < number % 100 < 15:
            return forms.many
        last = number % 10
        return forms.one if last == 1 else forms.few if 1 < last < 5 else forms.many

    def scale(self, group: int, power: int) -> str:
        """ "тысяча", "тысячи", "тысяч" ..."""
        return self.noun(_SCALES[power], group)

    def scale_gender(self, power: int) -> str:
        """A thousand is feminine, every larger one masculine."""
        return "f" if power == 1 else "m"

    def ordinal(self, number: int, gender: str = "m", case: str = "nominative") -> Phrase:
        """ "первый", "двадцать вторая", "двухтысячного": a whole number from 0 up as one piece, in one of `CASES`."""
        if case not in CASES:
            raise SpeechError(f"case {case!r}: an ordinal here is {' or '.join(CASES)}")
        last, stem = _last_part(number)
        # "тысяча девятьсот", not "одна тысяча девятьсот": ordinals begin so, and years are read so
        before = " ".join(self.numeral(number - last)).removeprefix("одна ") if number > last else ""
        return (f"{before} {_ending(stem, gender, case)}".strip(),)

    def fraction(self, whole: int, decimals: str, noun: NounForms) -> Phrase:
        """ "две целых", "тридцать шесть", "сотых гяпика": the noun in the genitive singular."""
        many, share = int(decimals), _SHARES[len(decimals) - 1]
        return (*self.numeral(whole, _WHOLES), *self.numeral(many, None, "f"), f"{self.noun(share, many)} {noun.few}")

    def date(self, day: datetime.date, until: bool = False) -> Phrase:
        """ "пятое марта", "две тысячи двадцать седьмого года"; `until`: "до пятого марта"."""
        spoken = f"{self.ordinal(day.day, 'n', 'genitive' if until else 'nominative')[0]} {_MONTHS[day.month - 1]}"
        return (f"до {spoken}" if until else spoken, f"{self.ordinal(day.year, 'm', 'genitive')[0]} года")

    def time(self, hour: int, minute: int) -> Phrase:
        """A time of day by the 24-hour clock: "четырнадцать часов", "тридцать минут"."""
        return (*self.counted(hour, "hour"), *(self.counted(minute, "minute") if minute else ()))


def _last_part(number: int) -> tuple[int, str]:
    """The part of a number that its ordinal changes, and what that becomes.

    123 is (3, "трет-ий"), 21 000 is (21 000, "двадцатиоднотысячн-ый").
    """
    below = number % 100
    if below or not number:
        if below < 20:
            return below, _STEMS[below]
        return (below % 10, _STEMS[below % 10]) if below % 10 else (below, _TEN_STEMS[below // 10 - 2])
    if number % 1000:
        return number % 1000, f"{_JOINING[number % 1000 // 100].removeprefix('одно')}сот-ый"
    power = next(power for power in (4, 3, 2, 1) if number % 1000**power == 0)
    group = number // 1000**power % 1000
    return group * 1000**power, _joining(group) + _SCALE_STEMS[power]


def _joining(group: int) -> str:
    """1 to 999 as the beginning of a word: nothing for one, "двадцатиодно", "стопяти"."""
    if group == 1:
        return ""
    hundreds, below = divmod(group, 100)
    high = "" if not hundreds else "сто" if hundreds == 1 else "девятисот" if hundreds == 9 else f"{_JOINING[hundreds]}сот"
    if below < 10:
        return high + _JOINING[below]
    if below < 20:
        return f"{high}{_ONES[below].removesuffix('ь')}и"
    return high + _JOINING_TENS[below // 10] + _JOINING[below % 10]


def _ending(stem: str, gender: str, case: str) -> str:
    """The ordinal adjective of a stem written `перв-ый`; "третий" alone declines softly."""
    root, ending = stem.split("-")
    if ending == "ий":
        endings = {"m": "ий", "f": "ья", "n": "ье"} if case == "nominative" else {"m": "ьего", "f": "ьей", "n": "ьего"}
    else:
        endings = {"m": ending, "f": "ая", "n": "ое"} if case == "nominative" else {"m": "ого", "f": "ой", "n": "ого"}
    return root + endings[gender]
