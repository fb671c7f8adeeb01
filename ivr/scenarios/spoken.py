"""The words of a reply in a call as text: fixed words as they stand in the menu, values as the speller of their language says them."""

from __future__ import annotations

from ivr.engine.effects import Pause, Slot, Speak, Words
from ivr.speech import spell
from ivr.speech.parts import SpeechError

SENTENCE = 300
"""Milliseconds of silence that part two sentences; a shorter pause is a comma's."""


def spoken_text(speak: Speak) -> str:
    """What a caller hears, a sentence a line."""
    lines: list[list[str]] = [[]]
    for part in speak.parts:
        match part:
            case Pause():
                if part.milliseconds >= SENTENCE:
                    lines.append([])
            case Words():
                lines[-1].append(part.text)
            case Slot():
                lines[-1].append(_slot(part))
    return "\n".join(" ".join(words) for words in lines if words)


def _slot(slot: Slot) -> str:
    if slot.spoken is not None:
        return slot.spoken
    try:
        return " ".join(words.rstrip(".") for words in spell.phrase(slot.value, slot.form, slot.language, slot.rules))
    except SpeechError as error:
        # a call could not say it either; the scenario shall show that and not fall over it
        return f"[cannot be spoken: {error}]"
