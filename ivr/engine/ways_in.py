"""How a session comes in: the dialled code, the called number, the SMS, and who may not (LANGUAGE, "How it runs", 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from ivr.engine import fields, show
from ivr.engine.effects import Sms
from ivr.engine.events import Begin
from ivr.engine.model import Entry, FieldType, Model, Operator, Reference, Template
from ivr.engine.state import State
from ivr.engine.turn import Turn
from ivr.engine.values import Value
from ivr.engine.walk import ENTRY, enter, go_in, refuse

LONGEST_SMS = 1600
"""Characters of an SMS that are looked at: ten parts of 160. A longer one matches nothing."""
HELP, REFUSALS = "help_replies", "refusal_replies"
"""The limits of free answers to an SMS: that no pattern fits; that a line may not come in. Two automata would else answer each other for
ever."""


_PART = re.compile(r"[0-9]+(?:[.,][0-9]+)?", re.ASCII)


def code_parts(code: str) -> tuple[str, ...] | None:
    """`*111*1*7#` as its parts 111, 1, 7; None where it is no code of ours (3GPP TS 22.090: here `*`, digits, `#` last).

    Behind the first part an amount may have its point or comma: a gateway that hands over `1*12,5` as typed behind a code means that.
    """
    if len(code) < 3 or len(code) > 182 or code[0] != "*" or code[-1] != "#":
        return None
    parts = tuple(code[1:-1].split("*"))
    return parts if parts[0].isdigit() and all(_PART.fullmatch(part) for part in parts) else None


def same_signs(template: Template, same: Mapping[str, str]) -> Template:
    """An SMS pattern as it is compared: signs that count as one are that one, capital letters small."""
    return tuple(piece if isinstance(piece, Reference) else plain_text(piece, same) for piece in template)


def plain_text(text: str, same: Mapping[str, str]) -> str:
    """The text of an SMS as it is compared."""
    # casefold would make one letter two (a dotted capital I), and a field's value must come out as it was written
    return "".join(lowered if len(lowered := same.get(sign, sign).lower()) == 1 else sign for sign in text)


def split(text: str, pattern: Template, same: Mapping[str, str]) -> dict[str, str] | None:
    """The fields of an SMS by `pattern`, as written; None where the fixed signs do not fit. Outer white space is nothing."""
    text = text.strip(" \r\n\t")
    if len(text) > LONGEST_SMS:
        return None
    expression = ""
    for piece, after in zip_longest(pattern, pattern[1:], fillvalue=""):
        if isinstance(piece, str):
            expression += re.escape(piece)
        else:
            # a field ends at the sign that follows it, so reading a text takes time in proportion to its length
            expression += f"(?P<{piece.path[0]}>[^\n{re.escape(after[0]) if isinstance(after, str) and after else ''}]*)"
    found = re.fullmatch(expression, plain_text(text, same))
    if found is None:
        return None
    return {name: text[slice(*found.span(name))].strip(" ") for name in found.groupdict()}


def shapes_fit(values: Mapping[str, str], kinds: Mapping[str, FieldType], operator: Operator) -> bool:
    """Whether every value is one that its field takes."""
    for name, text in values.items():
        try:
            fields.read(text, kinds[name], operator)
        except (fields.WrongValue, KeyError):
            return False
    return True


def kinds_of(model: Model, entry: Entry) -> dict[str, FieldType]:
    """What the fields of an entry's menu take."""
    return {field.name: field.type for field in model.menus[entry.go].ask}


def carries_secret(model: Model, number: str, text: str) -> bool:
    """Whether an SMS to `number` is written as one with a password or PIN in it, whatever the rest of it is worth."""
    for entry in model.entries:
        if entry.channel == "sms" and entry.parts == (number,) and entry.text is not None:
            values, kinds = split(text, entry.text, model.operator.sms.same), kinds_of(model, entry)
            if values is not None and any(name in kinds and kinds[name].secret for name in values):
                return True
    return False


def fixed_signs(pattern: Sequence[str | Reference]) -> int:
    """How many signs of a pattern are fixed: of two that fit, the one with more of them is meant."""
    return sum(len(piece) for piece in pattern if isinstance(piece, str))


def way_in(turn: Turn, event: Begin) -> None:
    """Find the entry for this line and go in; who may not come in gets the operator's answer, free."""
    line = turn.line
    if line is None or line.status != "active":
        refuse(turn, "unknown_line" if line is None else "barred" if line.status == "barred" else "expired")
        _limit(turn, REFUSALS)
        return
    found = _found(turn, event)
    served = [(number, entry, values) for number, entry, values in found if turn.serves(entry.serves)]
    if not found:
        refuse(turn, "help_reply" if event.channel == "sms" else "unknown_code")
        _limit(turn, HELP)
    elif not served:
        show.say_first(turn, f"not_served:{found[0][0]}")
        turn.note("not served", line.kind, found[0][1].place)
        show.farewell(turn, "refused")
    else:
        turn.entry, entry, values = served[0]
        turn.note("entry", event.address if event.channel != "ussd" else f"*{entry.parts[0]}#", entry.place)
        if event.channel == "ussd":
            turn.dial = list((code_parts(event.address) or ())[len(entry.parts) :])
        turn.home = entry.then or entry.go
        first = turn.model.operator.first_call
        before = event.dropped
        if event.channel == "call" and first and line.language is None and event.language is None:
            enter(turn, first, {}, ENTRY)
        elif entry.resume and before is not None and not turn.dial and _resumable(turn, before):
            turn.frames = list(before.frames)
            turn.paid = before.paid
            turn.resuming = before.waiting
            show.offer_to_resume(turn)
        else:
            go_in(turn, values)


def _limit(turn: Turn, limit: str) -> None:
    """Have what was said by SMS sent only so often."""
    turn.effects = [replace(effect, limit=limit) if isinstance(effect, Sms) else effect for effect in turn.effects]


def _resumable(turn: Turn, before: State) -> bool:
    """Whether a dropped session came in the same way and stood where nothing was under way."""
    return bool(before.frames) and before.entry == turn.entry and before.waiting.partition(":")[0] in ("menu", "field", "again", "confirm")


Found = tuple[int, Entry, dict[str, Value]]


def _found(turn: Turn, event: Begin) -> list[Found]:
    """The entries that a session may come in by, the best first; all of them are equally good, and differ in whom they serve."""
    if event.channel == "sms":
        return _by_text(turn, event.address, event.text)
    if event.channel == "ussd":
        return _by_code(turn, code_parts(event.address) or ())
    return [
        (number, entry, {})
        for number, entry in enumerate(turn.model.entries)
        if entry.channel == event.channel and entry.parts == (event.address,)
    ]


def _by_code(turn: Turn, parts: tuple[str, ...]) -> list[Found]:
    found: list[Found] = []
    for number, entry in enumerate(turn.model.entries):
        if entry.channel != "ussd" or len(parts) < len(entry.parts):
            continue
        pairs = list(zip(entry.parts, parts, strict=False))
        values: dict[str, str] = {piece.path[0]: part for piece, part in pairs if isinstance(piece, Reference)}
        fixed = all(isinstance(piece, Reference) or piece == part for piece, part in pairs)
        # a part that the field does not take is a choice of the shorter code
        if fixed and (not values or shapes_fit(values, kinds_of(turn.model, entry), turn.model.operator)):
            found.append((number, entry, dict(values)))
    longest = max(((len(entry.parts), fixed_signs(entry.parts)) for _, entry, _ in found), default=None)
    served = [one for one in found if turn.serves(one[1].serves)]
    # a longer code that does not serve this line leaves the shorter one to it
    best = max(((len(entry.parts), fixed_signs(entry.parts)) for _, entry, _ in served), default=longest)
    return [one for one in found if (len(one[1].parts), fixed_signs(one[1].parts)) == best]


def _by_text(turn: Turn, number: str, text: str) -> list[Found]:
    """The entries for a text. What has the fixed signs of one is meant for it: an entry without any does not take it, not even for a line
    that the first does not serve (`+NUMBER` gives a right, and must not be answered, at a price, as if it were `NUMBER`)."""
    operator = turn.model.operator
    fitting: list[tuple[int, int, Found]] = []
    for position, entry in enumerate(turn.model.entries):
        if entry.channel != "sms" or entry.parts != (number,) or entry.text is None:
            continue
        values = split(text, entry.text, operator.sms.same)
        if values is None:
            continue
        kinds = kinds_of(turn.model, entry)
        right, signs = shapes_fit(values, kinds, operator), fixed_signs(entry.text)
        if not right and not signs and not any(field.no_match for field in turn.model.menus[entry.go].ask if field.name in values):
            continue  # a text of any kind is no attempt at this
        fitting.append((2 if right else 1, signs, (position, entry, dict(values))))
    fitting = [one for one in fitting if one[1] or not any(other[1] and other[0] >= one[0] for other in fitting)]
    served = [one for one in fitting if turn.serves(one[2][1].serves)]
    best = max((one[:2] for one in served or fitting), default=None)
    return [one[2] for one in fitting if one[:2] == best]
