"""Wordings compared by channel and language. What is the same change on several channels or in several languages is told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from ivr.catalog.diff_types import Change, Pair
from ivr.catalog.shapes import CHANNELS
from ivr.catalog.written import condition_text
from ivr.engine.expressions import Constant, Name, Node, Operation
from ivr.engine.model import Menu, Message, Part, Reference, Say, Template, Wording

Names = Mapping[str, str]
"""What a menu calls its look-ups, with what is the same in another menu: the service."""


class Line(NamedTuple):
    """One wording as said: `text` for people, `same` for comparing; its place."""

    text: str
    same: str
    place: str


def look_ups(menu: Menu) -> Names:
    """Names of look-ups by their service, where it is called once: `{account.main}` and `{a.main}` are the same slot then."""
    services = [call.service for call in menu.get]
    return {call.name: call.service for call in menu.get if services.count(call.service) == 1}


def condition_as(node: Node | None, names: Names) -> str:
    """A condition with its look-ups named by service."""
    return condition_text(None if node is None else _named(node, names))


def _named(node: Node, names: Names) -> Node:
    if isinstance(node, Name):
        return Name((names.get(node.path[0], node.path[0]), *node.path[1:])) if len(node.path) > 1 else node
    if isinstance(node, Constant):
        return node
    return Operation(node.operator, tuple(_named(operand, names) for operand in node.operands))


def template_as(template: Template, names: Names) -> str:
    """A template with its look-ups named by service."""
    return "".join(piece if isinstance(piece, str) else reference_as(piece, names) for piece in template)


def reference_as(reference: Reference, names: Names) -> str:
    """A slot with its look-up named by service."""
    head = names.get(reference.path[0], reference.path[0]) if len(reference.path) > 1 else reference.path[0]
    return "{" + ".".join((head, *reference.path[1:])) + (f":{reference.form}" if reference.form else "") + "}"


def message_as(message: Message, names: Names) -> str:
    """A message in one language; plural forms one after the other."""
    return " | ".join(template_as(form, names) for form in message.forms)


def say_changes(
    pair: Pair, what: str, old: Say, new: Say, place: str, names: tuple[Names, Names] = ({}, {}), kind: str = "wording"
) -> Iterator[Change]:
    """What is said differently; `place` where nothing nearer is known."""
    found: dict[tuple[str | None, str | None, str], dict[str, list[str]]] = {}
    for language in pair.languages():
        for channel in CHANNELS:
            before, after = list(_lines(old, channel, language, names[0])), list(_lines(new, channel, language, names[1]))
            for change in _differing(before, after, place):
                found.setdefault(change, {}).setdefault(language, []).append(channel)
    for (was, now, where), by_language in found.items():
        for channels in dict.fromkeys(tuple(channels) for channels in by_language.values()):
            languages = [language for language, own in by_language.items() if tuple(own) == channels]
            heard = "everywhere" if channels == CHANNELS else ", ".join(channels)
            yield Change(kind, f"{what} ({heard}; {', '.join(languages)})", was, now, where)


def wording_changes(
    pair: Pair, what: str, old: Wording | None, new: Wording | None, place: str, names: tuple[Names, Names] = ({}, {})
) -> Iterator[Change]:
    """What one wording says differently."""
    says = [() if wording is None else (Part(wording, place=place),) for wording in (old, new)]
    return say_changes(pair, what, says[0], says[1], place, names)


def _lines(say: Say, channel: str, language: str, names: Names) -> Iterator[Line]:
    for part in say:
        message = part.wording.get(channel, {}).get(language)
        if message is None or (part.only is not None and channel not in part.only):
            continue
        when = f"[when {condition_text(part.when)}] " if part.when is not None else ""
        text = when + message_as(message, {})
        if message.language != language:
            text += f" (said in {message.language})"
        yield Line(text, condition_as(part.when, names) + "\0" + message.language + "\0" + message_as(message, names), part.place)


def _differing(before: list[Line], after: list[Line], place: str) -> Iterator[tuple[str | None, str | None, str]]:
    matcher = SequenceMatcher(None, [line.same for line in before], [line.same for line in after], autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            was, now = before[old_start:old_end], after[new_start:new_end]
            where = next((line.place for line in now if line.place), place)
            yield _joined(was), _joined(now), where


def _joined(lines: Iterable[Line]) -> str | None:
    return "\n".join(line.text for line in lines) or None
