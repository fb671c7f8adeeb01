"""The fixed words that an operator's calls may speak: what must be recorded or synthesised before a release is published."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from ivr.engine.effects import Words
from ivr.engine.model import Message, Model, Operator, Template
from ivr.engine.opening import opening_speech
from ivr.engine.render import fixed_words


def spoken_words(model: Model) -> list[tuple[str, str]]:
    """(language, words) of every wording for calls and of every tariff's name, in the order of the files, each once."""
    found: dict[tuple[str, str], None] = {}
    before, now = _BEFORE.get(model.operator.name, {}), {}
    for node in (model.operator, *model.menus.values(), *model.entries):
        kept = before.get(id(node))
        if kept is None or kept[0] is not node:
            kept = (node, tuple(_words(node)))
        now[id(node)] = kept
        found.update(dict.fromkeys(kept[1]))
    _BEFORE[model.operator.name] = now
    operator = model.operator
    for language in operator.languages:
        for hours in operator.hours.values():
            said = opening_speech(hours, operator.days[language], language)
            found.update(((part.language, part.text), None) for part in said if isinstance(part, Words))
    found.update(((language, words), None) for _, language, words in names_said(operator))
    return list(found)


def names_said(operator: Operator) -> Iterator[tuple[str, str, str]]:
    """(place, language, words) of every tariff's name as calls say it: its spoken form, or the name itself where it has none."""
    for tariff, forms in operator.spoken.items():
        for language in operator.languages:
            place = f"tariffs.{tariff}.spoken.{language}" if language in forms else f"tariffs.{tariff}"
            yield place, language, forms.get(language, tariff)


def spoken_at(model: Model) -> Iterator[tuple[str, str, str]]:
    """(place, language, words) of everything in `spoken_words` but what stands around choices, which is only said with a label.

    The place is `file:line:col`, or for what operator.yaml says the dotted name there.
    """
    operator = model.operator
    for place, language, template in templates_at(model):
        for piece in template:
            if isinstance(piece, str) and (words := fixed_words(piece)):
                yield place, language, words
    for language in operator.languages:
        for name, hours in operator.hours.items():
            for part in opening_speech(hours, operator.days[language], language):
                if isinstance(part, Words):
                    yield f"hours.{name}", part.language, part.text
    yield from names_said(operator)


def templates_at(model: Model) -> Iterator[tuple[str, str, Template]]:
    """(place, language, wording) of every form of every wording for calls; the place as of `spoken_at`."""
    for place, node in _places(model):
        for message in _messages(node):
            yield from ((place, message.language, template) for template in message.forms)


def _places(model: Model) -> Iterator[tuple[str, object]]:
    operator = model.operator
    yield from ((f"answers.{name}", {"answer": wording}) for name, wording in operator.answers.items())
    yield from (("tries.no_input", operator.no_input), ("tries.no_match", operator.no_match))
    for menu in model.menus.values():
        yield from _parts(menu, menu.place)
    for entry in model.entries:
        yield from _parts(entry, entry.place)


def _parts(node: object, place: str) -> Iterator[tuple[str, object]]:
    """What a menu is made of, each part with its own place where it has one."""
    if isinstance(node, Mapping) and not set(node) <= {"ussd", "call", "sms", "web"}:
        for value in node.values():
            yield from _parts(value, place)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _parts(value, place)
    elif dataclasses.is_dataclass(node) and not isinstance(node, Message):
        for field in dataclasses.fields(node):
            yield from _parts(getattr(node, field.name), getattr(node, "place", "") or place)
    else:
        yield place, node


_BEFORE: dict[str, dict[int, tuple[object, tuple[tuple[str, str], ...]]]] = {}
"""What each node of an operator's last model says: the next release shares all but the menus of the files that changed."""


def _words(node: object) -> Iterator[tuple[str, str]]:
    for message in _messages(node):
        for template in message.forms:
            for piece in template:
                if isinstance(piece, str) and (words := fixed_words(piece)):
                    yield message.language, words


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
