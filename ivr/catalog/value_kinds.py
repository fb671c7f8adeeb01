"""What the values of keys may be: patterns, closed lists of words, ranges. The loader and the JSON schemas both read these tables.

A key that stands in no table takes any text that is not empty. Patterns are of the part that Python's and ECMAScript's expressions
share, and are matched against the whole value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.catalog.shapes import CHANNELS, RESERVED_MENUS


@dataclass(frozen=True, slots=True)
class Value:
    """A kind of text. `pattern` is of the whole text, `words` a closed list; neither: any text, not empty unless `empty`.

    `whole`: the least and largest whole number that may stand without quotes (a `largest` of None: any); None where none may.
    `wanted` is the message to an author, with `{what}` and `{text}` filled in.
    """

    wanted: str = "{what} is a text here"
    pattern: str = ""
    words: tuple[str, ...] = ()
    whole: tuple[int, int | None] | None = None
    empty: bool = False
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """A whole count from `least` to `most`. `why` ends the message for a count that is below `least`."""

    least: int
    most: int
    example: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class KeyRule:
    """What the keys of a map of free names may be: `pattern`, less the `reserved` words (fault `taken`)."""

    pattern: str
    wanted: str
    code: str = "E010"
    reserved: tuple[str, ...] = ()
    taken: str = "E015"
    taken_wanted: str = ""


NAME_PATTERN = r"[a-z][a-z0-9_]*"
_PRICE = r"free|[0-9]{1,15}(\.[0-9]{1,6})?"
_ABOVE_ZERO = r"(?=.*[1-9])[0-9]{1,6}(\.[0-9]{1,6})?"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = r"(0?[1-9]|[12][0-9]|3[01])"
_DAYS = "mon|tue|wed|thu|fri|sat|sun"
SPAN_PATTERN = r"(?!0+[smhd])[0-9]{1,6}[smhd]"

TEXT = Value(whole=(0, None))
ANY_TEXT = Value(whole=(0, None), empty=True)
PRICE = Value(
    'a price is free or a decimal in quotes, such as "0.10"; not {text!r}',
    _PRICE,
    whole=(0, 999_999_999_999_999),
    examples=("0.10", "free"),
)
LANGUAGE = Value("a language is a code such as az, en or ru; not {text!r}", r"[a-z]{2,3}(_[A-Z]{2})?", examples=("az", "en", "ru"))
CHANNEL = Value('there is no channel "{text}"', words=CHANNELS)
DIGITS = Value('{what} is digits in quotes, such as "50"; not {text!r}', r"[0-9]{1,15}", whole=(0, 999_999_999_999_999))
LINE_KIND = Value("a line is prepaid or postpaid", words=("prepaid", "postpaid"))
CLOCK = Value('{what} is a time of day in quotes, such as "23:00"; not {text!r}', f"{_CLOCK}|24:00", examples=("23:00",))
BOUND = Value(
    'a bound is a number in quotes such as "5", or limits.NAME; not "{text}"',
    r"[0-9]{1,12}(\.[0-9]{1,6})?|limits\.[a-z][a-z0-9_]*",
    whole=(0, 999_999_999_999),
    examples=("5", "limits.transfer_max"),
)

MOMENT = Value(
    'now is a moment of the operator\'s local time, such as "2026-11-22 12:00"',
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?",
    examples=("2026-11-22 12:00",),
)
NUMBER = Value(
    '{what} is a number in international digits, such as "994501110001", not {text!r}',
    r"[0-9]{5,15}",
    whole=(10_000, 999_999_999_999_999),
    examples=("994501110001",),
)
SPOKEN = Value(
    '{what} is a word as it is spoken, without figures and signs, such as manats; not "{text}"',
    r"[^0-9<>&*#{}\[\]\x00-\x1f]+",
    examples=("manat", "manats"),
)
SIMPLE_TYPES = tuple("money date time count tariff flag number msisdn text span".split())
"""The types of a single value that a service gives."""

VALUES: Mapping[tuple[str, str], Value] = {
    ("entry", "ussd"): Value(
        'a USSD code is written "*111#", "*111*5#" or with a field "*650*{{owner}}#"',
        r"(?=.{3,182}$)\*[0-9]+(\*([0-9]+|\{[a-z][a-z0-9_]*\}))*#",
        examples=("*111#", "*650*{owner}#"),
    ),
    ("entry", "call"): Value(
        'a number is digits in quotes, such as "2112"; not "{text}"', r"[0-9]{1,15}", whole=(0, 999_999_999_999_999), examples=("2112",)
    ),
    ("entry", "sms"): Value(
        'a number is digits in quotes, such as "2112"; not "{text}"', r"[0-9]{1,15}", whole=(0, 999_999_999_999_999), examples=("2112",)
    ),
    ("entry", "text"): Value("{what} is a text here", empty=True, whole=(0, None), examples=("", "1*{amount}")),
    ("entry", "web"): Value('there is no page "{text}"', words=("home",)),
    ("entry", "with"): ANY_TEXT,
    ("choice", "with"): ANY_TEXT,
    ("choose", "with"): ANY_TEXT,
    ("get", "with"): ANY_TEXT,
    ("invocation", "with"): ANY_TEXT,
    ("get", "late"): Value('there is no way to be late "{text}"', words=("fail", "wait", "send_by_sms")),
    ("field", "type"): Value('there is no type "{text}"', words=("money", "msisdn", "date", "number", "text")),
    ("field", "digits"): Value(
        'digits is a length such as "10" or "4-20", of at most 60',
        r"([1-9]|[1-5][0-9]|60)(-([1-9]|[1-5][0-9]|60))?",
        whole=(1, 60),
        examples=("10", "4-20"),
    ),
    ("field", "min"): BOUND,
    ("field", "max"): BOUND,
    ("choice", "in"): LANGUAGE,
    ("choice", "only"): CHANNEL,
    ("part", "only"): CHANNEL,
    ("notice", "by"): Value(
        'there is no way to tell "{text}"',
        words=("ussd_notice", "flash", "sms", "ussd_session"),
    ),
    ("operator", "currency"): Value("currency is an ISO 4217 code such as AZN; not {text!r}", r"[A-Z]{3}", examples=("AZN",)),
    ("operator", "time_zone"): Value(
        "there is no time zone {text}; write one such as Asia/Baku", r"[A-Za-z0-9_+/-]+", examples=("Asia/Baku", "UTC")
    ),
    ("operator", "holidays"): Value(
        'a holiday is a day in quotes: "01-01" each year, "2027-03-20" once; not "{text}"',
        r"([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
        examples=("01-01", "2027-03-20"),
    ),
    ("languages", "offered"): LANGUAGE,
    ("languages", "default"): LANGUAGE,
    ("languages", "fold"): CHANNEL,
    ("languages", "fold_names"): CHANNEL,
    ("numbers", "country"): Value('country is the digits of a country code in quotes, such as "994"', r"[1-9][0-9]{0,3}", whole=(1, 9999)),
    ("numbers", "prefixes"): DIGITS,
    ("numbers", "written"): Value(
        'a way to write a number has digits, + and a # for each digit of the line, such as "994#########"; not "{text}"',
        r"[0-9+]*#{1,14}",
        examples=("994#########",),
    ),
    ("group", "line"): LINE_KIND,
    ("fee", "ussd"): PRICE,
    ("fee", "call"): PRICE,
    ("fee", "sms"): PRICE,
    ("fee", "web"): PRICE,
    ("fee", "once"): Value("once is session or each", words=("session", "each")),
    ("tariff", "line"): LINE_KIND,
    ("tariff", "call"): PRICE,
    ("tariff", "sms"): PRICE,
    ("tariff", "mb"): PRICE,
    ("rating", "round_to"): Value(
        'round_to is a decimal above zero in quotes, such as "0.01"', _ABOVE_ZERO, whole=(1, 999_999), examples=("0.01",)
    ),
    ("rating", "roaming_times"): Value(
        'roaming_times is a decimal above zero in quotes, such as "3"', _ABOVE_ZERO, whole=(1, 999_999), examples=("3",)
    ),
    ("rating", "short_numbers"): Value('there is no way to rate short numbers "{text}"', words=("free", "rated")),
    ("runs", "days"): Value('days are a span of a month in quotes, such as "4-24"', f"{_DAY}-{_DAY}", examples=("4-24",)),
    ("hours", "*"): Value(
        'opening hours are a span of a day in quotes, such as "09:00-18:00" or "00:00-24:00"; not "{text}"',
        f"{_CLOCK}-({_CLOCK}|24:00)",
        examples=("09:00-18:00",),
    ),
    ("runs", "from"): CLOCK,
    ("runs", "until"): CLOCK,
    ("cycle", "at"): CLOCK,
    ("person", "call"): DIGITS,
    ("operator", "limits"): Value(
        'a limit is an amount in quotes, a whole count, or a length of time such as 30m; not "{text}"',
        rf"{_PRICE}|{SPAN_PATTERN}",
        whole=(0, 999_999_999_999_999),
        examples=("99.99", "30m"),
    ),
    ("call", "point"): Value('point is the key that writes a decimal point: "*" or "#"', r"[*#]"),
    ("call", "speak_numbers"): Value("speak_numbers is grouped or digits", words=("grouped", "digits")),
    ("speech", "thousand"): Value('Azerbaijani says 1000 as "min" or as "bir min"', words=("min", "bir min")),
    ("noun_forms", "gender"): Value("a gender is m, f or n (masculine, feminine, neuter)", words=("m", "f", "n")),
    **dict.fromkeys([("noun_forms", name) for name in ("one", "few", "many", "other")], SPOKEN),
    **dict.fromkeys([("currency_words", name) for name in ("unit", "part")], SPOKEN),
    **dict.fromkeys(
        [("ussd_keys", name) for name in ("back", "home", "next")],
        Value("a key is one or two digits, in quotes", r"[0-9]{1,2}", whole=(0, 99), examples=("0", "00", "98")),
    ),
    **dict.fromkeys(
        [("call_keys", name) for name in ("back", "repeat", "person", "next")],
        Value("a key is one of 0-9, * and #, in quotes", r"[0-9*#]", whole=(0, 9), examples=("*", "#", "9")),
    ),
    ("keys", "confirm"): Value("a key is a digit, in quotes", r"[0-9]", whole=(0, 9), examples=("1",)),
    ("keys", "refuse"): Value("a key is a digit, in quotes", r"[0-9]", whole=(0, 9), examples=("2",)),
    ("service", "kind"): Value("a service is of the kind read or change", words=("read", "change")),
    ("service", "changes"): Value("a service changes the line, or says nothing of it", words=("line",)),
    ("", "input_type"): Value(
        'there is no type "{text}" of an input',
        words=("money", "msisdn", "date", "number", "text"),
    ),
    ("", "simple_type"): Value('there is no type "{text}"', words=SIMPLE_TYPES),
    ("scenarios", "now"): MOMENT,
    ("scenario", "now"): MOMENT,
    ("scenario", "line"): NUMBER,
    ("scenario", "language"): LANGUAGE,
    ("scenario", "golden"): Value("golden is seen or unseen; `ivr test` writes it", words=("unseen", "seen")),
    ("step", "as"): NUMBER,
    ("step", "dial"): Value(
        'dial takes digits, * and #, such as "*111#", not {text!r}', r"[0-9*#]{1,182}", whole=(0, None), examples=("*111*1*7#",)
    ),
    ("step", "call"): Value('call takes a number, such as "2112", not {text!r}', r"[0-9*#]{1,32}", whole=(0, None), examples=("2112",)),
    ("step", "sms"): Value(
        'sms takes a short code, such as "2112", not {text!r}', r"[0-9]{1,15}", whole=(0, 999_999_999_999_999), examples=("2112",)
    ),
    ("step", "text"): ANY_TEXT,
    ("step", "press"): ANY_TEXT,
    ("step", "page"): ANY_TEXT,
    ("step", "heard"): ANY_TEXT,
    ("step", "person"): Value("person is answered, busy or no_answer, not {text!r}", words=("answered", "busy", "no_answer")),
    ("step", "encoding"): Value("encoding is gsm7 or ucs2, not {text!r}", words=("gsm7", "ucs2")),
    ("step", "charged"): Value(
        'charged is an amount in quotes, such as "0.10" or "0", not {text!r}',
        r"[0-9]{1,12}(\.[0-9]{1,6})?",
        whole=(0, 999_999_999_999),
        examples=("0.10", "0"),
    ),
    ("happening", "to"): NUMBER,
    ("happening", "*"): ANY_TEXT,
    ("told", "to"): NUMBER,
    ("input", "digits"): Value(
        'digits is a length such as "10" or "4-20"', r"[0-9]{1,2}(-[0-9]{1,2})?", whole=(1, 99), examples=("10", "4-20")
    ),
    **dict.fromkeys([("bounds", "min"), ("bounds", "max")], BOUND),
}
"""What a text may be, by shape and key: the text itself, each of several, or each value of a map from free names."""

RANGES: Mapping[tuple[str, str], Range] = {
    ("list", "speak"): Range(1, 50, 5),
    ("tries", "most"): Range(1, 10, 3),
    ("numbers", "length"): Range(1, 14, 9),
    ("ussd", "octets"): Range(100, 160, 160, "fewer leave no room beside back, home and next"),
    ("sms", "parts"): Range(1, 10, 3),
    ("cycle", "day"): Range(1, 28, 1),
    ("rating", "short_digits"): Range(1, 15, 6),
    ("currency", "decimals"): Range(1, 3, 2, "a currency without parts has no `part`"),
    ("step", "silence"): Range(1, 100, 3),
    ("sized_type", "text"): Range(1, 160, 24),
    **{("sized_type", name): Range(1, 999_999_999, example) for name, example in (("number", 20), ("count", 500), ("span", 3600))},
}
"""How much a count may be, by shape and key."""
COUNT = Range(1, 100_000, 3)
"""How much any other count may be."""

_NAME = '{what} "{text}" has letters that a name may not have: small letters, digits and _ only'
NAMES = KeyRule(NAME_PATTERN, _NAME)
KEYS: Mapping[tuple[str, str], KeyRule] = {
    ("file", "menus"): KeyRule(
        NAME_PATTERN,
        _NAME,
        reserved=tuple(sorted(RESERVED_MENUS)),
        taken_wanted='"{text}" is a word of the language; call the menu something else',
    ),
    ("file", "notices"): NAMES,
    ("menu", "ask"): NAMES,
    ("menu", "get"): NAMES,
    ("menu", "choices"): KeyRule(r"[1-9][0-9]?", 'a choice\'s key is a number from 1 to 99 in quotes, not "{text}"', "E016"),
    ("operator", "fees"): NAMES,
    ("operator", "groups"): NAMES,
    ("operator", "limits"): NAMES,
    ("operator", "hours"): NAMES,
    ("operator", "people"): NAMES,
    ("operator", "switches"): NAMES,
    ("numbers", "*"): NAMES,
    ("speech", "currencies"): KeyRule(r"[A-Z]{3}", 'a currency is its ISO 4217 code, such as EUR; not "{text}"'),
    ("currency", "*"): KeyRule(r"decimals|[a-z]{2,3}(_[A-Z]{2})?", 'a language is a code such as az, en or ru; not "{text}"'),
    ("hours", "*"): KeyRule(f"({_DAYS})(-({_DAYS}))?", 'days are written mon, sat-sun or mon-fri; not "{text}"'),
    ("scenarios", "scenarios"): NAMES,
    ("sms", "same"): KeyRule(r"[\s\S]", '`same` is a sign and those that count as it, such as "-": "–—"; not "{text}"'),
}
"""What the keys of a map may be, by shape and key of the map."""
