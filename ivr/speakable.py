"""Whether calls can say what they must: each offered language has a speller, and it knows the operator's currency (E082)."""

from __future__ import annotations

from pathlib import Path

from ivr.catalog.faults import Fault, Faults
from ivr.catalog.source import Node, read_file
from ivr.engine.model import Model
from ivr.speech import spell


def speech_faults(model: Model, folder: Path) -> tuple[Fault, ...]:
    """E082 for everything in the operator.yaml of `folder` that calls could not say; nothing where nobody can call."""
    if not any(entry.channel == "call" for entry in model.entries):
        return ()
    operator, faults, shown = model.operator, Faults(), f"{folder.parent.name}/{folder.name}/operator.yaml"
    for place, told in spell.faults(operator.speech, operator.languages, operator.currency):
        node: Node | None = read_file(folder / "operator.yaml", shown, folder.parent, Faults())
        for part in place.split("."):
            node = node.get(part) if node is not None else None
        faults.add(node.place if node is not None else f"{shown}:1:1", "E082", told)
    return tuple(faults.sorted())
