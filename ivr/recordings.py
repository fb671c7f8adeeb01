"""Whether calls can do without a synthetic voice: every fixed word of an operator with `call: {synthesis: false}` is recorded (E080)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ivr.catalog.faults import Fault, Faults
from ivr.catalog.source import Node, read_file
from ivr.catalog.spoken import spoken_at
from ivr.engine.model import Model
from ivr.settings import ROOT
from ivr.speech.inventory import fixed, recorded
from ivr.speech.units import Unit

RECORDINGS = ROOT / "prompts"
"""Where recordings stand: `<language>/<voice>/<id>.wav`."""


def unrecorded(model: Model, recordings: Path = RECORDINGS) -> Iterator[tuple[str, Unit]]:
    """Each unit of fixed words that nobody has recorded, neither as inside a sentence nor as at its end, once, with the place that says it
    first: `file:line:col`, or a dotted name of operator.yaml. Nothing where a voice may speak."""
    if model.operator.call.synthesis:
        return
    seen: set[tuple[str, str]] = set()
    for place, language, words in spoken_at(model):
        for unit in fixed([(language, words)]):
            if not seen & {(language, unit.id), (language, unit.other)} and not recorded(language, words, recordings):
                yield place, unit
            seen.add((language, unit.id))


def recording_faults(model: Model, folder: Path, recordings: Path = RECORDINGS) -> tuple[Fault, ...]:
    """E080 for every unit of `unrecorded`; `folder` is the operator's, for places in its operator.yaml."""
    faults, shown = Faults(), f"{folder.parent.name}/{folder.name}/operator.yaml"
    top: Node | None = None
    for place, unit in unrecorded(model, recordings):
        if ":" not in place:
            top = top or read_file(folder / "operator.yaml", shown, folder.parent, Faults())
            place = _place(top, place) or f"{shown}:1:1"
        faults.add(place, "E080", told(unit))
    return tuple(faults.sorted())


def told(unit: Unit) -> str:
    """What is missing, and what to do."""
    file = f"prompts/{unit.language}/VOICE/{unit.id}.wav"
    return f'no recording of "{unit.words}" ({unit.language}): record {file}, or let a voice speak (call: {{synthesis: true}})'


def _place(top: Node | None, name: str) -> str:
    node = top
    for part in name.split(".") if name else ():
        node = node.get(part) if node is not None else None
    return node.place if node is not None else ""
