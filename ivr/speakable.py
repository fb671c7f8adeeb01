"""Whether calls can say what they must: the languages offered, the operator's currency, and wordings that are words alone (E082)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.catalog.faults import Fault, Faults
from ivr.catalog.source import Node, read_file
from ivr.catalog.spoken import names_said, spoken_at, templates_at
from ivr.engine.model import Model, Reference
from ivr.speech import spell
from ivr.speech.inventory import OperatorSpeech, inventory_of
from ivr.speech.parts import SpeechError, plain_text
from ivr.speech.units import Unit, unit

if TYPE_CHECKING:
    from ivr.speech.library import PromptLibrary

_SAID_ALONE = frozenset({"label", "key"})
"""Slots whose values are no amounts, numbers or days: a choice's label, and its key."""
_UNFORESEEN = "words that nobody has built"


def unspeakable(model: Model) -> Iterator[tuple[str, str]]:
    """What calls could not say, with its place: `file:line:col`, or a dotted name of operator.yaml. Nothing where nobody can call."""
    if not any(entry.channel == "call" for entry in model.entries):
        return
    operator = model.operator
    yield from spell.faults(operator.speech, operator.languages, operator.currency)
    for place, language, name in names_said(operator):
        if not place.endswith(f".spoken.{language}") and not _readable_name(name, language):
            told = f'nobody has said how the tariff "{name}" is spoken in {language}: write spoken: {{{language}: ...}} below it'
            yield place, told
    for place, language, words in spoken_at(model):
        try:
            plain_text(words, f"{language}, call: the words")
        except SpeechError as error:
            yield place, str(error)


def _readable_name(name: str, language: str) -> bool:
    """Whether a voice can read a name as it is written: plain letters any can, others only where the language writes its numbers in that
    script (English has no more letters than the plain ones)."""
    if name.isascii():
        return True
    try:
        own = _script(spell.speller(language).DIGITS[0][0])
    except SpeechError:
        return True  # a language without a speller is a fault of its own
    return language != "en" and all(_script(letter) == own for letter in name if letter.isalpha())


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def unsaid_values(model: Model, library: PromptLibrary) -> Iterator[tuple[Unit, str]]:
    """The pieces of usual values that calls of this operator could not say with what is here, and why: where no voice speaks a language,
    all of them must be built, recorded or shipped. Nothing for a language whose calls say no values, and where nobody can call."""
    if not any(entry.channel == "call" for entry in model.entries):
        return
    operator = model.operator
    slots: dict[str, set[str]] = {}
    for _, language, template in templates_at(model):
        slots.setdefault(language, set()).update(piece.path[0] for piece in template if isinstance(piece, Reference))
    for language in operator.languages:
        if slots.get(language, set()) - _SAID_ALONE:
            currencies = tuple(dict.fromkeys((operator.currency, *operator.speech.currencies)))
            if next(library.unsaid([unit(_UNFORESEEN, language)]), None) is not None:  # else a voice says whatever comes
                yield from library.unsaid(inventory_of([OperatorSpeech(operator.languages, currencies, operator.speech)], [language]))


def speech_faults(model: Model, folder: Path) -> tuple[Fault, ...]:
    """E082 for everything that is `unspeakable`; `folder` is the operator's, for places in its operator.yaml."""
    faults, shown = Faults(), f"{folder.parent.name}/{folder.name}/operator.yaml"
    top: Node | None = None
    for place, told in dict.fromkeys(unspeakable(model)):
        if ":" not in place:
            node = top = top or read_file(folder / "operator.yaml", shown, folder.parent, Faults())
            for part in place.split("."):
                node = node.get(part) if node is not None else None
            place = node.place if node is not None else f"{shown}:1:1"
        faults.add(place, "E082", told)
    return tuple(faults.sorted())
