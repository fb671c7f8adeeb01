"""How a session comes in: the dialled code, the called number, and who may not (LANGUAGE, "How it runs", 2)."""

from __future__ import annotations

from ivr.engine import show
from ivr.engine.events import Begin
from ivr.engine.model import Entry
from ivr.engine.turn import Turn
from ivr.engine.walk import ENTRY, enter, go_in, refuse


def code_parts(code: str) -> tuple[str, ...] | None:
    """`*111*1*7#` as its parts 111, 1, 7; None where it is no code of ours (3GPP TS 22.090: here `*`, digits, `#` last)."""
    if len(code) < 3 or len(code) > 182 or code[0] != "*" or code[-1] != "#":
        return None
    parts = tuple(code[1:-1].split("*"))
    return parts if all(part.isascii() and part.isdigit() for part in parts) else None


def way_in(turn: Turn, event: Begin) -> None:
    """Find the entry for this line and go in; who may not come in gets the operator's answer, free."""
    line = turn.line
    if line is None or line.status != "active":
        refuse(turn, "unknown_line" if line is None else "barred" if line.status == "barred" else "expired")
        return
    parts = code_parts(event.address) if event.channel == "ussd" else (event.address,)
    found = [] if parts is None else _entries(turn, event.channel, parts)
    served = [(number, entry) for number, entry in found if turn.serves(entry.serves)]
    if not found or parts is None:
        refuse(turn, "unknown_code")
    elif not served:
        show.say_first(turn, f"not_served:{found[0][0]}")
        turn.note("not served", line.kind, found[0][1].place)
        show.farewell(turn, "refused")
    else:
        turn.entry, entry = served[0]
        turn.note("entry", event.address if event.channel != "ussd" else f"*{entry.parts[0]}#", entry.place)
        turn.dial = list(parts[len(entry.parts) :])
        turn.home = entry.then or entry.go
        first = turn.model.operator.first_call
        if event.channel == "call" and first and line.language is None and event.language is None:
            enter(turn, first, {}, ENTRY)
        else:
            go_in(turn)


def _entries(turn: Turn, channel: str, parts: tuple[str, ...]) -> list[tuple[int, Entry]]:
    found = [
        (number, entry)
        for number, entry in enumerate(turn.model.entries)
        if entry.channel == channel and parts[: len(entry.parts)] == entry.parts
    ]
    longest = max((len(entry.parts) for _, entry in found), default=0)
    return [(number, entry) for number, entry in found if len(entry.parts) == longest]
