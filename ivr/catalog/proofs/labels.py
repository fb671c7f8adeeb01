"""Choices that read the same: by folding (E074), or as they are (W004), where both can be shown at once."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.catalog.proofs.cases import Kind, Table, TooMany, Words
from ivr.catalog.reader import Reader
from ivr.catalog.shapes import CHANNELS
from ivr.catalog.source import Node
from ivr.engine.model import Choice, Message, Operator, Template
from ivr.engine.text import fold


def same_labels(choices: Sequence[Choice], operator: Operator, kind: Kind, words: Words, reader: Reader) -> None:
    """Faults at the later of two choices; each pair once, in the first language and on the first channel where it is so."""
    reported: set[tuple[str, str]] = set()
    for channel in CHANNELS:
        for language in operator.languages:
            seen: dict[tuple[Template, ...], tuple[Choice, Message]] = {}
            for choice in choices:
                message = choice.label.get(channel, {}).get(language)
                if message is None or (choice.only is not None and channel not in choice.only):
                    continue
                folded = channel in operator.fold.get(message.language, ())
                shown = tuple(map(_folded, message.forms)) if folded else message.forms
                first, its = seen.setdefault(shown, (choice, message))
                if first is choice or (first.key, choice.key) in reported or not _together(first, choice, kind, words):
                    continue
                reported.add((first.key, choice.key))
                label, on, keys = _text(shown), f"in {language}, on {channel}", f"keys {first.key} and {choice.key}"
                if its.forms != message.forms:
                    told = f'"{_text(its.forms)}" and "{_text(message.forms)}" are both written "{label}" {on} (languages.fold)'
                    reader.fault(Node("text", choice.place), "E074", f"{keys}: {told}; word one of them differently")
                else:
                    reader.fault(
                        Node("text", choice.place),
                        "W004",
                        f'{keys} read the same {on}: "{label}"; nobody can tell them apart',
                    )


def _together(one: Choice, two: Choice, kind: Kind, words: Words) -> bool:
    """Whether both can be shown at once."""
    if one.when is None or two.when is None:
        return True
    table = Table([one.when, two.when], kind, words)
    try:
        return any(table.holds(one.when, case) and table.holds(two.when, case) for case in table.cases())
    except TooMany:
        return True


def _folded(template: Template) -> Template:
    return tuple(fold(piece) if isinstance(piece, str) else piece for piece in template)


def _text(forms: tuple[Template, ...]) -> str:
    return "".join(piece if isinstance(piece, str) else "{" + ".".join(piece.path) + "}" for piece in forms[0])
