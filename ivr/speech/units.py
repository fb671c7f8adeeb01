"""What a call says, cut into units: the pieces that are recorded, stored and joined.

Fixed words are one unit. A value becomes slot phrases ("four hundred", "twenty-one manats"), so that a finite stock of them
covers every value. A unit's id follows from its language and words alone: a recording made today fits tomorrow's menus.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2s

from ivr.engine.effects import Pause, Slot, Spoken, Words
from ivr.speech import spell
from ivr.speech.parts import Phrase

GROUP_PAUSE = 140
"""Milliseconds of silence at a comma inside a value, as between the groups of a telephone number."""

SLUG_LENGTH = 32
"""The most letters of an id's readable part."""

_LATIN = dict(zip("əğışçöüâîûёйъьэыжхцчшщюя", "e g i s c o u a i u e y - - e y zh kh ts ch sh shch yu ya".split(), strict=True))
_LATIN |= dict(zip("абвгдезиклмнопрстуф", "abvgdeziklmnoprstuf", strict=True)) | {"ъ": "", "ь": "", "ҷ": "j", "ӣ": "i"}


@dataclass(frozen=True, slots=True)
class Unit:
    """One recording's worth of words. `id` names its files and is the same wherever the words are the same."""

    id: str
    words: str
    language: str


def normalised(words: str) -> str:
    """Words as a unit keeps them: composed letters, single spaces, no punctuation at the ends but one that closes a sentence."""
    text = " ".join(unicodedata.normalize("NFC", words).split())
    return text.lstrip(".,;:!?)-–— ").rstrip(",;:(-–— ")


def slug(words: str) -> str:
    """The first words in plain letters a-z and 0-9, cut at a word where that leaves something."""
    plain = "".join(_LATIN.get(letter, letter) for letter in words.lower())
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(plain) > SLUG_LENGTH:
        cut = plain.rfind("-", 0, SLUG_LENGTH + 1)
        plain = plain[: cut if cut > 0 else SLUG_LENGTH]
    return plain or "unit"


@lru_cache(maxsize=50_000)
def unit(words: str, language: str) -> Unit:
    """The unit of some words. Its id is the slug and six hexadecimal digits of a digest of language and words."""
    text = normalised(words)
    digest = blake2s(f"{language}\n{text}".encode(), digest_size=3).hexdigest()
    return Unit(f"{slug(text)}-{digest}", text, language)


def plan(parts: tuple[Spoken, ...]) -> tuple[Unit | Pause, ...]:
    """The units and silences of a reply in playing order. Words without a letter or figure bring nothing.

    Raises SpeechError for a value or a language that cannot be spoken.
    """
    planned: list[Unit | Pause] = []
    for part in parts:
        match part:
            case Pause():
                planned.append(part)
            case Words():
                planned += _fixed(part.text, part.language)
            case Slot():
                if part.spoken is not None:
                    planned += _fixed(part.spoken, part.language)
                else:
                    # a value ends no sentence, whatever sign a text in it ends with: its units are shared by all places
                    phrase = tuple(words.rstrip(".") for words in spell.phrase(part.value, part.form, part.language))
                    planned += phrase_units(phrase, part.language)
    return tuple(planned)


def phrase_units(phrase: Phrase, language: str) -> tuple[Unit | Pause, ...]:
    """The units of a value's phrase, a short silence after each piece that ends in a comma."""
    planned: list[Unit | Pause] = []
    for words in phrase:
        planned += _fixed(words, language)
        if words.endswith(","):
            planned.append(Pause(GROUP_PAUSE))
    return tuple(planned)


def _fixed(words: str, language: str) -> tuple[Unit, ...]:
    spell.speller(language)
    if not any(letter.isalnum() or letter in "*#" for letter in words):
        return ()
    return (unit(words, language),)
