"""What a call says, cut into units: the pieces that are recorded, stored and joined.

Fixed words are one unit. A value becomes slot phrases ("four hundred", "twenty-one manats"), so that a finite stock of them
covers every value. A unit's id follows from its language, words and intonation: a recording made today fits tomorrow's menus.

Intonation is medial inside a sentence, where the voice stays up, and final at its end, where it falls; a question is its own. The id of
a final unit is that of the same words inside a sentence with `-final` after it, so either can stand in for the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2s

from ivr.engine.effects import Pause, Slot, Spoken, Words
from ivr.speech import spell
from ivr.speech.parts import Phrase

GROUP_PAUSE = 140
"""Milliseconds of silence at a comma inside a value, as between the groups of a telephone number."""

SENTENCE_PAUSE = 350
"""Milliseconds of silence after a sentence that is followed by more in the same breath of a wording."""

SENTENCE = 300
"""A silence of at least so many milliseconds ends a sentence: what is said before it is final."""

FINAL = "-final"
"""What the id of a final unit ends with."""

SLUG_LENGTH = 32
"""The most letters of an id's readable part."""

_LATIN = dict(zip("əğışçöüâîûёйъьэыжхцчшщюя", "e g i s c o u a i u e y - - e y zh kh ts ch sh shch yu ya".split(), strict=True))
_LATIN |= dict(zip("абвгдезиклмнопрстуф", "abvgdeziklmnoprstuf", strict=True)) | {"ъ": "", "ь": "", "ҷ": "j", "ӣ": "i"}


@dataclass(frozen=True, slots=True)
class Unit:
    """One recording's worth of words. `id` names its files and is the same wherever words, language and intonation are the same."""

    id: str
    words: str
    language: str

    @property
    def final(self) -> bool:
        """Whether it is said as at the end of a sentence."""
        return self.id.endswith(FINAL)

    @property
    def intonation(self) -> str:
        """`medial`, `final` or `question`."""
        return "question" if self.words.endswith("?") else "final" if self.final or self.words.endswith("!") else "medial"

    @property
    def other(self) -> str:
        """The id of the same words said the other way: what may stand in where this one is not there."""
        return self.id.removesuffix(FINAL) if self.final else self.id + FINAL


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one voice says without a change: fixed words, or a whole value. `phrase` are the pieces that are joined where there is no
    longer match; a piece that ends in a comma is followed by a pause. `final`: a sentence ends with it. `value`: it fills a slot."""

    phrase: Phrase
    language: str
    final: bool
    value: bool


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
def unit(words: str, language: str, final: bool = False) -> Unit:
    """The unit of some words; `final`, or with a full stop behind them, as at the end of a sentence.

    Its id is the slug and six hexadecimal digits of a digest of language and words.
    """
    text = normalised(words)
    plain = text.rstrip(". ")
    digest = blake2s(f"{language}\n{plain}".encode(), digest_size=3).hexdigest()
    ends = (final or plain != text) and not plain.endswith(("?", "!"))
    return Unit(f"{slug(plain)}-{digest}{FINAL if ends else ''}", text, language)


def finished(one: Unit) -> Unit:
    """The same words as at the end of a sentence."""
    return unit(one.words, one.language, final=True)


def shaped(one: Unit) -> str:
    """A unit's words as a voice is given them: figures and signs as words, and at the end the sign that makes it fall or stay up."""
    words = spell.readable(one.words, one.language).rstrip(". ")
    return words if words.endswith(("?", "!")) else f"{words}{'.' if one.final else ','}"


def utterances(parts: tuple[Spoken, ...]) -> tuple[Utterance | Pause, ...]:
    """What is said and the silences between, in playing order. Words without a letter or figure bring nothing.

    Raises SpeechError for a value or a language that cannot be spoken.
    """
    told: list[Utterance | Pause] = []
    for place, part in enumerate(parts):
        after = parts[place + 1] if place + 1 < len(parts) else None
        ends = after is None or (isinstance(after, Pause) and after.milliseconds >= SENTENCE)
        match part:
            case Pause():
                told.append(part)
            case Words():
                text = part.text.rstrip()
                spoken = _fixed(text, part.language, text.endswith(".") or (ends and not text.endswith((",", ";", ":"))))
                told += spoken
                if spoken and after is not None and not isinstance(after, Pause) and (silence := _silence(text)):
                    told.append(Pause(silence))
            case Slot() if part.spoken is not None:
                told += _fixed(part.spoken, part.language, ends)
            case Slot():
                # a value ends no sentence by itself, whatever sign a text in it ends with: its units are shared by all places
                spelled = spell.phrase(part.value, part.form, part.language, part.rules)
                phrase = tuple(filter(None, (words.rstrip(".") for words in spelled)))
                if phrase:
                    told.append(Utterance(phrase, part.language, ends, value=True))
    return tuple(told)


def _silence(text: str) -> int:
    """The pause that the sign at the end of fixed words asks for before what follows them."""
    return GROUP_PAUSE if text.endswith((",", ";")) else SENTENCE_PAUSE if text.endswith((".", "!", "?")) else 0


def _fixed(words: str, language: str, final: bool) -> tuple[Utterance, ...]:
    spell.speller(language)
    if not any(letter.isalnum() or letter in "*#" for letter in words):
        return ()
    return (Utterance((words,), language, final, value=False),)


def pieces(said: Utterance) -> tuple[Unit | Pause, ...]:
    """The units of an utterance by its own pieces, a short silence after each that ends in a comma."""
    planned: list[Unit | Pause] = []
    last = len(said.phrase) - 1
    for place, words in enumerate(said.phrase):
        if not any(letter.isalnum() or letter in "*#" for letter in words):
            continue
        planned.append(unit(words, said.language, said.final and place == last))
        if words.endswith(",") and place != last:
            planned.append(Pause(GROUP_PAUSE))
    return tuple(planned)


def tokens(text: str) -> list[str]:
    """The words of a text, each with the signs around it."""
    found: list[str] = []
    for token in text.split():
        if found and not any(letter.isalnum() or letter in "*#" for letter in token):
            found[-1] += f" {token}"
        else:
            found.append(token)
    return found


MOST_TOKENS = 80
"""Words of the longest text that is put together from shorter recordings."""


def chunks(text: str, language: str) -> Iterator[Unit]:
    """Every run of words of a text as a unit, the whole among them; nothing of a text that is too long to be put together."""
    words = tokens(text)
    for start in range(len(words) if len(words) <= MOST_TOKENS else 0):
        for end in range(start + 1, len(words) + 1):
            yield unit(" ".join(words[start:end]), language)


def plan(parts: tuple[Spoken, ...]) -> tuple[Unit | Pause, ...]:
    """The units and silences of a reply as its wordings and spellers cut it: what must be there where there is no longer match.

    Raises SpeechError for a value or a language that cannot be spoken.
    """
    planned: list[Unit | Pause] = []
    for one in utterances(parts):
        planned += pieces(one) if isinstance(one, Utterance) else (one,)
    return tuple(planned)
