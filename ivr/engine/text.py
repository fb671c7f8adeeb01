"""What fits on a phone: the GSM 7-bit alphabet, sizes, folding to plain letters, pages.

Sizes follow 3GPP TS 23.038: clause 6.2.1 (default alphabet and its extension table), and TS 24.080 clause 3.6.4 for the 160 octets of
a USSD string: 182 septets or 80 UCS-2 characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet, without the escape to the extension table."""
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
"""Characters behind the escape: each takes two septets."""
_BOTH = GSM7 | GSM7_EXTENSION

_FOLD = str.maketrans(
    {
        "ə": "e",
        "Ə": "E",
        "ğ": "g",
        "Ğ": "G",
        "ı": "i",
        "İ": "I",
        "ş": "s",
        "Ş": "S",
        "ç": "c",
        "Ç": "C",
        "ö": "o",
        "Ö": "O",
        "ü": "u",
        "Ü": "U",
    }
)
"""Azerbaijani letters to plain ones, as operators' own short texts write them (Hedsiz for Hədsiz)."""


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text is: `length` and `limit` in characters of `encoding` (`gsm7` counts septets, `ucs2` UTF-16 units)."""

    encoding: str
    length: int
    limit: int

    @property
    def fits(self) -> bool:
        """Whether the text goes into one page."""
        return self.length <= self.limit


def fold(text: str) -> str:
    """`text` in plain letters."""
    return text.translate(_FOLD)


def is_gsm7(text: str) -> bool:
    """Whether every character is in the GSM 7-bit alphabet or its extension table."""
    return _BOTH.issuperset(text)


def measure(text: str, octets: int = 160) -> Size:
    """The size of `text` as one USSD string of `octets` octets."""
    if GSM7.issuperset(text):
        return Size("gsm7", len(text), octets * 8 // 7)
    if _BOTH.issuperset(text):
        return Size("gsm7", len(text) + sum(map(text.count, GSM7_EXTENSION)), octets * 8 // 7)
    return Size("ucs2", len(text.encode("utf-16-be", "surrogatepass")) // 2, octets // 2)


def paginate(lines: Sequence[str], navigation: Sequence[str], first_navigation: Sequence[str], more: str, octets: int) -> tuple[str, ...]:
    """`lines` as pages, each measured as it will be rendered, its navigation lines included.

    `navigation` stands under every page, `first_navigation` under the first instead; `more` is the line that leads to the next page and
    stands above them on all but the last. Lines are kept whole where they can be; a line too long for a page of its own is cut at a
    space, else anywhere. Raises ValueError where the navigation alone fills a page.
    """
    pages: list[str] = []
    rest = list(lines)
    while True:
        tail = list(first_navigation if not pages else navigation)
        whole = "\n".join([*rest, *tail])
        if measure(whole, octets).fits:
            return (*pages, whole)
        tail = [more, *tail]
        taken: list[str] = []
        while rest and measure("\n".join([*taken, rest[0], *tail]), octets).fits:
            taken.append(rest.pop(0))
        if not taken:
            head, remainder = _cut(rest[0], tail, octets)
            taken.append(head)
            rest[0] = remainder
        pages.append("\n".join([*taken, *tail]))


def shorten(text: str, octets: int) -> str:
    """`text` if it fits into one page, else as much of it as does, up to a space where there is one."""
    return text if measure(text, octets).fits else _cut(text, (), octets)[0]


def _cut(line: str, tail: Sequence[str], octets: int) -> tuple[str, str]:
    low, high = 0, len(line) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if measure("\n".join([line[:middle], *tail]), octets).fits:
            low = middle
        else:
            high = middle - 1
    if low < 1:
        raise ValueError("the navigation lines alone fill a page")
    space = line.rfind(" ", 1, low + 1)
    if space > 0:
        return line[:space], line[space + 1 :]
    return line[:low], line[low:]


SINGLE_SMS = {"gsm7": (160, 153), "ucs2": (70, 67)}
"""Characters of an SMS: alone, and in each part of several, which carry a header (3GPP TS 23.040, 9.2.3.24.1)."""


@dataclass(frozen=True, slots=True)
class SmsSize:
    """How a text travels as SMS: `encoding` (`gsm7`, `ucs2`) and how many `parts` it takes; an empty one takes one."""

    encoding: str
    parts: int


def measure_sms(text: str) -> SmsSize:
    """The size of `text` as SMS. A character that takes two places (the extension table, a surrogate pair) is not split between parts."""
    gsm7 = is_gsm7(text)
    encoding = "gsm7" if gsm7 else "ucs2"
    widths = [(2 if sign in GSM7_EXTENSION else 1) if gsm7 else (2 if ord(sign) > 0xFFFF else 1) for sign in text]
    single, part = SINGLE_SMS[encoding]
    if sum(widths) <= single:
        return SmsSize(encoding, 1)
    parts, room = 1, part
    for width in widths:
        if width > room:
            parts, room = parts + 1, part
        room -= width
    return SmsSize(encoding, parts)
