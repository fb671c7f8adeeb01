"""Letters of the wrong alphabet (E076): a Cyrillic а in an Azerbaijani word, a Latin c for a Russian с, marks and blanks that nobody sees.

They look right on a screen and are wrong everywhere else: a page becomes UCS-2, a voice spells them, a search does not find them. What
looks like what follows the Unicode confusables (UTS 39), less the letters that these languages do not have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_TWINS = dict(
    zip(
        "аеорсухіјѕһԁԛԝАВЕКМНОРСТХУІЈЅҮԌԚԜәӘӓӦӧѐѓёЁїЇ",
        "aeopcyxijshdqwABEKMHOPCTXYIJSYGQWəƏäÖöèѓëËïÏ",
        strict=True,
    )
)
_LATIN_OF = {cyrillic: latin for cyrillic, latin in _TWINS.items() if latin.isascii() or latin in "əƏöÖ"}
_CYRILLIC_OF = {latin: cyrillic for cyrillic, latin in _TWINS.items() if latin.isascii() and cyrillic in "аеорсухАВЕКМНОРСТХУ"}
_GREEK_OF = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινκ", "ABEZHIKMNOPTYXoivk", strict=True))
_NEIGHBOURS = {"ǝ": "ə", "Ǝ": "Ə", "ș": "ş", "Ș": "Ş", "ț": "t", "Ț": "T", "ɪ": "i", "ɡ": "g", "ɑ": "a"}
"""Letters of other Latin alphabets that are taken for one of these."""
_ALONE = frozenset("aocykB")
"""Latin letters that read as a Russian word of one letter: а, о, с, у, к, В."""
_CYRILLIC_LANGUAGES = frozenset(["ru", "tg", "uk", "be", "bg", "kk", "ky", "mn", "sr", "mk"])

_ASCII = re.compile(r"[ -~\n]*")
_SUSPECT = re.compile(
    "[^ -~\n\u00a1-\u00ac\u00ae-\u00ffəƏğĞıİşŞА-Яа-яЁё\u2010-\u2027\u2030-\u205e\u20a0-\u20bf№]"
    "|[A-Za-zəğışçöüƏĞİŞÇÖÜ][А-Яа-яЁё]|[А-Яа-яЁё][A-Za-zəğışçöüƏĞİŞÇÖÜ]"
)
_SINGLE = re.compile(r"(?<![^\W\d_])[A-Za-z](?![^\W\d_])")
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*")


class Letter(NamedTuple):
    """A letter that should not stand where it does: its position in the text (1 is the first), and what to write instead."""

    at: int
    message: str


def wrong_letters(text: str, language: str) -> list[Letter]:
    """What is wrong with the letters of a wording in `language`."""
    if _ASCII.fullmatch(text) and language not in _CYRILLIC_LANGUAGES:
        return []
    return list(_wrong_letters(text, language))


@lru_cache(maxsize=20_000)
def _wrong_letters(text: str, language: str) -> tuple[Letter, ...]:
    cyrillic = language in _CYRILLIC_LANGUAGES
    found: list[Letter] = []
    if _SUSPECT.search(text):
        found += _unseen(text)
        found += [letter for word in _WORD.finditer(text) for letter in _mixed(word, cyrillic)]
    if not cyrillic:
        found += [letter for word in _WORD.finditer(text) for letter in _disguised(word)]
        if not found and (foreign := _all_foreign(text)) is not None:
            found.append(foreign)
    elif re.search("[А-Яа-я]", text):
        found += _alone(text)
    return tuple(sorted(dict.fromkeys(found)))


def _unseen(text: str) -> Iterator[Letter]:
    for at, sign in enumerate(text):
        if sign == "\n" or " " <= sign <= "~":
            continue
        category = unicodedata.category(sign)
        if category in ("Cf", "Cc", "Zs", "Zl", "Zp", "Co", "Cn", "Cs"):
            instead = "write a plain space" if category == "Zs" else "take it away"
            yield Letter(at + 1, f"{_named(sign)} cannot be seen; {instead}")
        elif category == "Mn" and at:
            whole = unicodedata.normalize("NFC", text[at - 1] + sign)
            if len(whole) == 1:
                yield Letter(at + 1, f"{_named(sign)} stands behind {text[at - 1]}; write the one letter {_named(whole)}")
            elif text[at - 1] in "iı":
                yield Letter(at + 1, f"{_named(sign)} stands behind {text[at - 1]}; write i without it")
        elif sign in _NEIGHBOURS:
            yield Letter(at + 1, f"{_named(sign)} is of another alphabet; write {_named(_NEIGHBOURS[sign])}")


def _mixed(word: re.Match[str], cyrillic: bool) -> Iterator[Letter]:
    """A word of letters of two alphabets: the fewer are wrong, in doubt those that the language has not."""
    scripts = [_script(letter) for letter in word.group()]
    counted = {script: scripts.count(script) for script in dict.fromkeys(scripts) if script}
    if len(counted) < 2:
        return
    own = "CYRILLIC" if cyrillic else "LATIN"
    right = max(counted, key=lambda script: (counted[script], script == own))
    for at, (letter, script) in enumerate(zip(word.group(), scripts, strict=True)):
        if script and script != right:
            yield Letter(
                word.start() + at + 1,
                f'{_named(letter)} stands in "{word.group()}", whose letters are {right.title()}{_instead(letter, right)}',
            )


def _disguised(word: re.Match[str]) -> Iterator[Letter]:
    """A word in a Latin text whose every letter is one of another alphabet that looks Latin."""
    letters = word.group()
    twins = [(_LATIN_OF | _GREEK_OF).get(letter) for letter in letters]
    if all(twins):
        told = f'"{letters}" is written in {_script(letters[0]).title()} letters, {_named(letters[0])} first'
        yield Letter(word.start() + 1, f'{told}; write "{"".join(map(str, twins))}"')


def _all_foreign(text: str) -> Letter | None:
    scripts = [_script(letter) for letter in text]
    if "CYRILLIC" in scripts and "LATIN" not in scripts:
        at = scripts.index("CYRILLIC")
        return Letter(at + 1, f"the whole text is Cyrillic, {_named(text[at])} first; a label in its own language has `in: ru` beside it")
    return None


def _alone(text: str) -> Iterator[Letter]:
    for found in _SINGLE.finditer(text):
        letter = found.group()
        before, after = text[: found.start()].rstrip(" "), text[found.end() :]
        begins = not before or before[-1] in ".!?\n:"
        joined = re.match(" +[А-Яа-яЁё0-9{]", after) and (found.start() == 0 or text[found.start() - 1] in " \n(«")
        if joined and (letter in _ALONE - {"B"} or (letter in "AOCYKB" and begins)):
            twin = _CYRILLIC_OF.get(letter) or {"k": "к"}.get(letter, "")
            yield Letter(found.start() + 1, f"{_named(letter)} stands alone in a Cyrillic text; write {_named(twin)}")


def _instead(letter: str, script: str) -> str:
    twin = (_LATIN_OF | _GREEK_OF).get(letter) if script == "LATIN" else _CYRILLIC_OF.get(letter)
    return f"; write {_named(twin)}" if twin else "; write the word in one alphabet"


@lru_cache(maxsize=2048)
def _script(letter: str) -> str:
    """LATIN, CYRILLIC or GREEK; nothing for marks and for letters of other alphabets."""
    first = unicodedata.name(letter, "").split(" ")[0]
    return first if first in ("LATIN", "CYRILLIC", "GREEK") else ""


def _named(sign: str) -> str:
    """A letter with its code point and name: `"а" (U+0430, Cyrillic small letter a)`."""
    name = unicodedata.name(sign, "a control sign").capitalize()
    shown = f'"{sign}" ' if sign.isprintable() and not unicodedata.combining(sign) and sign.strip() else ""
    return f"{shown}(U+{ord(sign):04X}, {name})" if shown else f"U+{ord(sign):04X} ({name})"
