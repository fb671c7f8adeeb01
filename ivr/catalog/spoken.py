"""The fixed words that an operator's calls may speak: what must be recorded or synthesised before a release is published."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from ivr.engine.effects import Words
from ivr.engine.model import Message, Model
from ivr.engine.opening import opening_speech
from ivr.engine.render import fixed_words


def spoken_words(model: Model) -> list[tuple[str, str]]:
    """(language, words) of every wording for calls and of every tariff's name, in the order of the files, each once."""
    found: dict[tuple[str, str], None] = {}
    for message in _messages([model.operator, *model.menus.values(), *model.entries]):
        for template in message.forms:
            for piece in template:
                if isinstance(piece, str) and (words := fixed_words(piece)):
                    found[(message.language, words)] = None
    operator = model.operator
    for language in operator.languages:
        for hours in operator.hours.values():
            said = opening_speech(hours, operator.days[language], language)
            found.update(((part.language, part.text), None) for part in said if isinstance(part, Words))
    for names in model.operator.spoken.values():
        found.update(dict.fromkeys(names.items()))
    return list(found)


def _messages(node: object) -> Iterator[Message]:
    if isinstance(node, Message):
        yield node
    elif isinstance(node, Mapping):
        # a wording is split by channel: only what calls say is spoken
        split = bool(node) and set(node) <= {"ussd", "call", "sms", "web"}
        for key, value in node.items():
            if not split or key == "call":
                yield from _messages(value)
    elif isinstance(node, list | tuple | frozenset):
        for value in node:
            yield from _messages(value)
    elif dataclasses.is_dataclass(node):
        for field in dataclasses.fields(node):
            if field.name not in ("units", "fees"):
                yield from _messages(getattr(node, field.name))
