"""How wide a text may become, whatever sans-serif face draws it, and texts cut and wrapped to a width. Lengths are pixels.

A drawing is made without the viewer's fonts, so widths are the larger of two common families' metrics, rounded up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

# Thousandths of the font size: the larger of DejaVu Sans and Liberation Sans (Arial's metrics).
_WIDTHS = {
    width / 1000: characters
    for width, characters in {
        280: "'ijlı",
        320: " ,.Iİ·",
        360: "/:;\\f|",
        400: "()-[]t",
        440: "!r",
        480: '"',
        520: "*J`",
        560: "?L_cszşçгзсэ",
        600: "kvxyвтухчь",
        640: "0123456789$FTabdeghnopqu{}əğöüабеклоряГТУё",
        680: "EKPSYŞийнпЕЗРЁ",
        720: "ABVXZдцъАБВКХЧЬЭ",
        760: "CHNRUÇÜмИЙЛНПСЯ",
        800: "&DGOQƏĞÖыДОЦ",
        840: "#+<=>^w~Ъ",
        880: "MфюМФ",
        920: "жшЫ",
        960: "%щ",
        1000: "Wm…→—",
        1040: "@",
        1080: "ЖШЮ",
        1120: "Щ",
    }.items()
}
_WIDTH = {character: width for width, characters in _WIDTHS.items() for character in characters}
_BOLD = 1.22
_MONO = 0.61


def text_width(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """How wide `text` may become at `size` pixels; more rather than less."""
    if mono:
        return sum(1.1 if _wide(character) else _MONO for character in text) * size
    return sum(map(_character, text)) * size * (_BOLD if bold else 1.0)


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF" or ord(character) > 0xFFFF


def _character(character: str) -> float:
    found = _WIDTH.get(character)
    if found is not None:
        return found
    plain = unicodedata.normalize("NFD", character)[0]
    if plain != character:
        return _character(plain)
    if unicodedata.category(character) == "Mn":
        return 0.0
    return 0.78 if character.islower() and not _wide(character) else 1.15


def clip(text: str, width: float, measure: Callable[[str], float]) -> str:
    """`text`, or as much of it as fits with an ellipsis."""
    if measure(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + "…") <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def wrap(text: str, width: float, most: int, measure: Callable[[str], float]) -> list[str]:
    """`text` in at most `most` lines, the last one clipped."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most - 1:
        taken = [words.pop(0)]
        while words and measure(" ".join([*taken, words[0]])) <= width:
            taken.append(words.pop(0))
        lines.append(clip(" ".join(taken), width, measure))
    return [*lines, clip(" ".join(words), width, measure)] if words else lines
