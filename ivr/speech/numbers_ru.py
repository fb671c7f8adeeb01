"""Russian: numbers, money, dates and times in words.

A numeral agrees with its noun's gender in 1 and 2, and the noun with the numeral in one of three forms (1 манат, 2 маната,
5 манатов). Dates take the neuter ordinal, or the genitive after "до". Decimals: "две целых тридцать шесть сотых гяпика".
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from ivr.speech.parts import Amount, Phrase, SpeechError, pieces

LANGUAGE = "ru"
STAR, HASH = "звёздочку", "решётку"
"""In the accusative, as after "нажмите" (press), where alone they are said."""

_TEENS = "десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать".split()
_ONES = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", *_TEENS)
_TENS = ("", "десять", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто")
_HUNDREDS = ("", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот")
_BY_GENDER = {("f", 1): "одна", ("n", 1): "одно", ("f", 2): "две"}
_MINUS = "минус"

_STEMS = (
    "нулев-ой перв-ый втор-ой трет-ий четвёрт-ый пят-ый шест-ой седьм-ой восьм-ой девят-ый десят-ый одиннадцат-ый двенадцат-ый "
    "тринадцат-ый четырнадцат-ый пятнадцат-ый шестнадцат-ый семнадцат-ый восемнадцат-ый девятнадцат-ый"
).split()
_TEN_STEMS = "двадцат-ый тридцат-ый сороков-ой пятидесят-ый шестидесят-ый семидесят-ый восьмидесят-ый девяност-ый".split()
_JOINING = ("", "", "двух", "трёх", "четырёх", "пяти", "шести", "семи", "восьми", "девяти")
"""What a multiplier becomes before "сотый" and "тысячный" inside one word: двухсотый, пятитысячный."""

_MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()


@dataclass(frozen=True, slots=True)
class Noun:
    """A counted noun: its gender (m, f, n) and the forms after 1, 2 and 5. `few` is also the genitive singular."""

    gender: str
    one: str
    few: str
    many: str

    def after(self, number: int) -> str:
        """The form that a number (0 or more) takes."""
        if number % 100 in range(11, 15):
            return self.many
        return self.one if number % 10 == 1 else self.few if number % 10 in (2, 3, 4) else self.many


NOUNS = {
    "megabyte": Noun("m", "мегабайт", "мегабайта", "мегабайт"),
    "gigabyte": Noun("m", "гигабайт", "гигабайта", "гигабайт"),
    "minute": Noun("f", "минута", "минуты", "минут"),
    "second": Noun("f", "секунда", "секунды", "секунд"),
    "day": Noun("m", "день", "дня", "дней"),
    "hour": Noun("m", "час", "часа", "часов"),
    "month": Noun("m", "месяц", "месяца", "месяцев"),
    "message": Noun("n", "сообщение", "сообщения", "сообщений"),
}
CURRENCIES = {
    "AZN": (Noun("m", "манат", "маната", "манатов"), Noun("m", "гяпик", "гяпика", "гяпиков")),
    "TJS": (Noun("m", "сомони", "сомони", "сомони"), Noun("m", "дирам", "дирама", "дирамов")),
}
_SCALES = (
    Noun("m", "", "", ""),
    Noun("f", "тысяча", "тысячи", "тысяч"),
    Noun("m", "миллион", "миллиона", "миллионов"),
    Noun("m", "миллиард", "миллиарда", "миллиардов"),
    Noun("m", "триллион", "триллиона", "триллионов"),
)
_WHOLES = Noun("f", "целая", "целых", "целых")
_SHARES = {
    1: Noun("f", "десятая", "десятых", "десятых"),
    2: Noun("f", "сотая", "сотых", "сотых"),
    3: Noun("f", "тысячная", "тысячных", "тысячных"),
    4: Noun("f", "десятитысячная", "десятитысячных", "десятитысячных"),
}


def _small(value: int, gender: str = "m") -> str:
    """0 to 99, or a whole hundred."""
    if value >= 100:
        return _HUNDREDS[value // 100]
    tens, ones = divmod(value, 10) if value >= 20 else (0, value)
    last = _BY_GENDER.get((gender, ones), _ONES[ones]) if ones or not tens else ""
    return " ".join(word for word in (_TENS[tens], last) if word)


def _numeral(number: int, noun: Noun) -> Phrase:
    """A number from 0 up, its noun spoken together with its last piece."""
    phrase: list[str] = []
    for piece in pieces(number):
        scale = _SCALES[piece.power] if piece.power else noun
        words = [_small(piece.value, scale.gender)] if piece.value or not number else []
        if piece.closes:
            words.append(scale.after(piece.group))
        phrase.append(" ".join(word for word in words if word))
    return tuple(words for words in phrase if words)


def cardinal(number: int, gender: str = "m") -> Phrase:
    """A whole number in the given gender (m, f, n)."""
    phrase = _numeral(abs(number), Noun(gender, "", "", ""))
    return (_MINUS, *phrase) if number < 0 else phrase


def ordinal(number: int, gender: str = "m", genitive: bool = False) -> Phrase:
    """ "первый", "двадцать вторая", "двухтысячного": a whole number from 0 to 9999 as one piece.

    The genitive is that of masculine and neuter, the only one dates need. Raises SpeechError beyond 9999.
    """
    if number > 9999:
        raise SpeechError(f"ordinal {number}: spoken up to 9999")
    below = number % 100
    if number and number % 1000 == 0:
        last, stem = number, f"{_JOINING[number // 1000]}тысячн-ый"
    elif number and below == 0:
        last, stem = number % 1000, f"{_JOINING[number % 1000 // 100]}сот-ый"
    elif below >= 20 and below % 10 == 0:
        last, stem = below, _TEN_STEMS[below // 10 - 2]
    else:
        last = below if below < 20 else below % 10
        stem = _STEMS[last]
    before = " ".join(_numeral(number - last, _SCALES[0])).removeprefix("одна ") if number > last else ""
    return (f"{before} {_ending(stem, gender, genitive)}".strip(),)


def _ending(stem: str, gender: str, genitive: bool) -> str:
    """The ordinal adjective of a stem written `перв-ый`; "третий" alone declines softly."""
    root, ending = stem.split("-")
    if ending == "ий":
        return root + ("ьего" if genitive else {"m": "ий", "f": "ья", "n": "ье"}[gender])
    return root + ("ого" if genitive else {"m": ending, "f": "ая", "n": "ое"}[gender])


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
        share, many = _SHARES[len(amount.tail)], int(amount.tail)
        phrase += [*_numeral(amount.minor, _WHOLES), *cardinal(many, "f"), f"{share.after(many)} {minor.few}"]
    elif amount.minor:
        phrase += _numeral(amount.minor, minor)
    return tuple(phrase)


def date(day: datetime.date, until: bool = False) -> Phrase:
    """ "пятое марта", "две тысячи двадцать седьмого года"; `until`: "до пятого марта"."""
    spoken = f"{ordinal(day.day, 'n', until)[0]} {_MONTHS[day.month - 1]}"
    return (f"до {spoken}" if until else spoken, f"{ordinal(day.year, genitive=True)[0]} года")


def time(hour: int, minute: int) -> Phrase:
    """A time of day by the 24-hour clock: "четырнадцать часов", "тридцать минут"."""
    return (*counted(hour, "hour"), *(counted(minute, "minute") if minute else ()))


def digits(text: str) -> Phrase:
    """Every digit by itself."""
    return tuple(_ONES[int(digit)] for digit in text)


def group(text: str) -> Phrase:
    """One group of a telephone number: up to three digits as a number, noughts in front by themselves."""
    if len(text) == 3:
        return (_ONES[0], *_pair(text[1:])) if text[0] == "0" else cardinal(int(text))
    return _pair(text) if len(text) == 2 else digits(text)


def _pair(text: str) -> Phrase:
    return (" ".join(digits(text)),) if text[0] == "0" else (_small(int(text)),)
