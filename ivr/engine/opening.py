"""Opening hours in words: `Mon-Fri 08:00-22:00, Sat-Sun 09:00-18:00`, and the same as a call says it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping

from ivr.engine.effects import Pause, Slot, Spoken, Words
from ivr.engine.values import Hours

BETWEEN_SPANS = 250
"""Milliseconds of silence between two groups of days."""
WHOLE_DAY = ((0, 1440),)


def groups(hours: Hours) -> list[tuple[int, int, tuple[tuple[int, int], ...]]]:
    """Days that follow each other with the same hours: (first, last, spans), Monday is 0. Closed days are left out."""
    found: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
    for day, spans in enumerate(hours.days):
        if found and found[-1][1] == day - 1 and found[-1][2] == spans:
            found[-1] = (found[-1][0], day, spans)
        elif spans:
            found.append((day, day, spans))
    return found


def opening_text(hours: Hours, words: Mapping[str, str]) -> str:
    """As a screen shows it, in the language of `words` (names `short0` ... of `ivr.catalog.units`)."""
    written = []
    for first, last, spans in groups(hours):
        days = words[f"short{first}"] if first == last else f"{words[f'short{first}']}-{words[f'short{last}']}"
        days = words["every_day"] if last - first == 6 else days
        times = words["all_day"] if spans == WHOLE_DAY else ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans)
        written.append(f"{days} {times}")
    return ", ".join(written) or words["closed"]


def opening_speech(hours: Hours, words: Mapping[str, str], language: str) -> Iterator[Spoken]:
    """As a call says it: fixed words for the days, slots for the times."""
    found = groups(hours)
    if not found:
        yield Words(words["closed"], language)
    for number, (first, last, spans) in enumerate(found):
        if number:
            yield Pause(BETWEEN_SPANS)
        if last - first == 6:
            yield Words(words["every_day"], language)
        elif first == last:
            yield Words(words[f"on{first}"], language)
        else:
            yield Words(words[f"from{first}"], language)
            yield Words(words[f"to{last}"], language)
        if spans == WHOLE_DAY:
            yield Words(words["all_day"], language)
            continue
        for start, end in spans:
            yield from _span(words["span"], start, end, language)


def _span(said: str, start: int, end: int, language: str) -> Iterator[Spoken]:
    """`from {start} to {end}` in the order of the language."""
    for piece in re.split(r"(\{start\}|\{end\})", said):
        if piece in ("{start}", "{end}"):
            yield Slot(_time(start if piece == "{start}" else end), "", language)
        elif fixed := piece.strip(" ,"):
            yield Words(fixed, language)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _time(minutes: int) -> datetime.datetime:
    # a time of day is a moment to the speller; the day itself is not said
    return datetime.datetime(2000, 1, 1, minutes // 60 % 24, minutes % 60, tzinfo=datetime.UTC)
