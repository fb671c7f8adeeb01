"""What the spellers of all languages share: limits, and what is read from outside - numbers, amounts, telephone numbers, text.

A phrase is a tuple of pieces in playing order. Joined by spaces the pieces are the words that are written; each piece is also one
recording, so what is heard and what is printed cannot differ. A piece that ends in a comma is followed by a short pause.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

Phrase = tuple[str, ...]
"""Words in playing order, cut where recordings are joined."""

LARGEST = 10**15 - 1
"""The largest number that is spoken; every language here has words up to its trillions (10^12)."""

MICRO = 1_000_000
"""Amounts are whole micro-units, as in the engine."""

_AMOUNT = re.compile(r"([+-]?)([0-9]{1,40})(?:\.([0-9]{1,40}))?", re.ASCII)
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_MARKUP = re.compile(r"<[A-Za-z/!?]|&(?:[A-Za-z][A-Za-z0-9]*|#[0-9]+|#x[0-9A-Fa-f]+);|\[\[")
"""SSML and its entities, and the brackets in which espeak-ng takes phonemes."""
_UNHEARD = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Soft hyphens, joiners, byte order marks, marks of writing direction: they shape how text looks and have no sound."""


class SpeechError(ValueError):
    """Something cannot be said: the message names the value and where it stood."""


def short(value: object) -> str:
    """A value as a message may show it: at most 40 characters, nothing that a terminal would act on."""
    text = repr(value) if isinstance(value, str) else str(value)
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= 40 else text[:37] + "..."


def suggestion(wrong: object, known: Iterable[str]) -> str:
    """The end of a message about a word that is not one of `known`: the nearest of them, or all."""
    import difflib  # only a mistake needs it, and it takes longer to load than most phrases to spell

    names = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(wrong.casefold(), names, 1, 0.6) if isinstance(wrong, str) and len(wrong) <= 40 else []
    return f"not one of {', '.join(names.values())}{f'; did you mean {names[near[0]]}?' if near else ''}"


class Amount(NamedTuple):
    """Money as it is spoken: whole units, parts, and the decimals after the parts as digits without closing zeros."""

    negative: bool
    major: int
    minor: int
    tail: str

    @classmethod
    def of(cls, micro: int, exact: bool, decimals: int = 2) -> Amount:
        """The spoken parts of `micro` micro-units of a currency whose part counts `decimals` decimals (0: it has none).

        Rounded toward zero to two decimals, as it is written (services.md, "For both"), or with all six where `exact`.
        Raises SpeechError beyond `LARGEST`.
        """
        value = abs(micro)
        if not exact:
            value -= value % 10_000
        major, rest = divmod(value, MICRO)
        if major > LARGEST:
            raise SpeechError(f"amount {short(Decimal(micro).scaleb(-6).normalize())}: {TOO_LARGE}")
        if decimals == 2 and not rest % 10_000:  # nearly every amount
            return cls(micro < 0 and value > 0, major, rest // 10_000, "")
        figures = f"{rest:06d}"
        return cls(micro < 0 and value > 0, major, int(figures[:decimals] or 0), figures[decimals:].rstrip("0"))


TOO_LARGE = f"beyond {LARGEST}, the largest number that can be spoken"


def whole_number(value: object, place: str) -> int:
    """`value` as a number that can be spoken: an int, or text of plain digits. Raises SpeechError naming it and its `place`."""
    if type(value) is not int:
        if not isinstance(value, str) or not _WHOLE.fullmatch(value.strip()):
            raise SpeechError(f"{place} {short(value)}: not a whole number such as 21")
        value = int(value)
    if not -LARGEST <= value <= LARGEST:
        raise SpeechError(f"{place} {short(value)}: {TOO_LARGE}")
    return value


def micro_units(value: object, place: str, exact: bool) -> int:
    """`value` as micro-units: text like `-3.40`, an int or a Decimal; a float by its shortest text. Raises SpeechError otherwise.

    Decimals after the sixth are cut off, or refused where the amount is `exact`.
    """
    if type(value) is str:
        text = value.strip()
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        text = _plain(value)
    else:
        raise SpeechError(f"{place} {short(value)}: not an amount such as 12.34")
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise SpeechError(f"{place} {short(value)}: not an amount such as 12.34")
    sign, whole, decimals = found.groups("")
    if exact and decimals[6:].strip("0"):
        raise SpeechError(f"{place} {short(value)}: more than six decimals")
    micro = int(whole + decimals[:6].ljust(6, "0"))
    if micro > LARGEST * MICRO + MICRO - 1:
        raise SpeechError(f"{place} {short(value)}: {TOO_LARGE}")
    return -micro if sign == "-" else micro


def _plain(value: float | Decimal) -> str:
    """A number without an exponent, where that is not absurdly long."""
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() and -40 < value.adjusted() < 40 else str(value)
    return str(value) if isinstance(value, float) or abs(value) < 10**40 else "too large"


def plain_text(text: str, place: str = "text") -> str:
    """`text` without signs that have no sound. Raises SpeechError for markup and control characters, naming the text, what and where."""
    if not text.isprintable():
        text = _UNHEARD.sub("", text)
        for at, letter in enumerate(text, 1):
            if unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") and letter not in "\t\n\r":
                raise SpeechError(f"{place} {short(text)}: a control character, {ascii(letter)}, as letter {at}")
    found = _MARKUP.search(text)
    if found is not None:
        raise SpeechError(f"{place} {short(text)}: markup, {found[0]!r}, at letter {found.start() + 1}; write the words alone")
    return text


def digit_groups(digits: str) -> tuple[str, ...]:
    """A telephone number in the groups people say it in.

    Azerbaijani and Tajik international numbers as country code, two-digit network, then 3-2-2; any other number by threes from
    the right before a last 2-2; up to three digits stay together.
    """
    if len(digits) == 12 and digits[:3] in ("994", "992"):
        return (digits[:3], digits[3:5], digits[5:8], digits[8:10], digits[10:])
    if len(digits) <= 3:
        return (digits,) if digits else ()
    head, tail = digits[:-4], (digits[-4:-2], digits[-2:])
    groups: list[str] = []
    while head:
        groups.insert(0, head[-3:])
        head = head[:-3]
    return (*groups, *tail)
