"""Slots in a wording, `{account.main:exact}`, and the text cut at them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ivr.engine.model import Reference, Template

SLOT = re.compile(r"\{([^{}]*)\}")
REFERENCE = re.compile(r"([a-z_][a-z0-9_]*(?:\.[A-Za-z0-9_]+)*)(?::([a-z]+))?", re.ASCII)
"""What stands in the braces of a slot: a dotted name, and a form behind a colon."""
FORMS: Mapping[str, frozenset[str]] = {
    "until": frozenset(["date"]),
    "exact": frozenset(["money"]),
    "digits": frozenset(["msisdn"]),
    "grouped": frozenset(["msisdn"]),
}
"""The forms a slot may have, and the types each is for."""


def cut(text: str) -> Template:
    """`text` as pieces: plain text and references. What is no proper slot stays text."""
    pieces: list[str | Reference] = []
    position = 0
    for found in SLOT.finditer(text):
        reference = REFERENCE.fullmatch(found.group(1))
        if reference is None:
            continue
        if found.start() > position:
            pieces.append(text[position : found.start()])
        pieces.append(Reference(tuple(reference.group(1).split(".")), reference.group(2) or ""))
        position = found.end()
    if position < len(text):
        pieces.append(text[position:])
    return tuple(pieces)


def forms_of(kind: str) -> list[str]:
    """The forms that a slot of a type may have."""
    return [form for form, kinds in FORMS.items() if kind in kinds]


def stray_brace(text: str) -> bool:
    """Whether a brace stands outside every slot, so that it would be shown as it is."""
    rest = SLOT.sub("", text)
    return "{" in rest or "}" in rest
