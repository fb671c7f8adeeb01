"""Whether calls can say what they must: the languages offered, the operator's currency, and wordings that are words alone (E082)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ivr.catalog.faults import Fault, Faults
from ivr.catalog.source import Node, read_file
from ivr.catalog.spoken import spoken_at
from ivr.engine.model import Model
from ivr.speech import spell
from ivr.speech.parts import SpeechError, plain_text


def unspeakable(model: Model) -> Iterator[tuple[str, str]]:
    """What calls could not say, with its place: `file:line:col`, or a dotted name of operator.yaml. Nothing where nobody can call."""
    if not any(entry.channel == "call" for entry in model.entries):
        return
    operator = model.operator
    yield from spell.faults(operator.speech, operator.languages, operator.currency)
    for place, language, words in spoken_at(model):
        try:
            plain_text(words, f"{language}, call: the words")
        except SpeechError as error:
            yield place, str(error)


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
