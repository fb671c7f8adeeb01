"""The ear of the call tests must itself be tried: it hears what was said and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.phones import g711
from tests.phones.listen import heard_in_order, is_heard

Speaker = Callable[..., NDArray[np.float64]]

PAIRS = [
    ("en", "twelve manats", "thirteen manats"),
    ("en", "your balance is twelve manats", "your balance is thirteen manats"),
    ("en", "twenty one manats", "thirty one manats"),
    ("ru", "двенадцать манатов", "тринадцать манатов"),
    ("az", "on iki manat", "on üç manat"),
]


def through_a_call(sound: NDArray[np.float64]) -> NDArray[np.int16]:
    return g711.decode(g711.encode((sound * 20000).astype(np.int16)))


@pytest.mark.parametrize(("language", "said", "other"), PAIRS)
def test_the_same_amount_is_heard_and_another_is_not(speak: Speaker, language: str, said: str, other: str) -> None:
    noise = np.random.default_rng(1).integers(-20, 20, 6000).astype(np.int16)
    recording = np.concatenate([noise, through_a_call(speak(said, language)), noise])
    assert is_heard(recording, speak(said, language)) > 0.8
    assert is_heard(recording, speak(other, language)) < 0.5


def test_order_counts(speak: Speaker) -> None:
    gap = np.zeros(800, dtype=np.int16)
    sounds = {word: speak(word) for word in ("five manats", "nine manats", "press one")}
    recording = np.concatenate([part for word in sounds for part in (through_a_call(sounds[word]), gap)])
    forwards = heard_in_order(recording, list(sounds.values()))
    assert all(match.heard for match in forwards)
    assert [match.start for match in forwards] == sorted(match.start for match in forwards)
    backwards = heard_in_order(recording, list(sounds.values())[::-1])
    assert [match.heard for match in backwards] == [True, False, False]
    twice = heard_in_order(recording, [sounds["five manats"]] * 2)
    assert [match.heard for match in twice] == [True, False]


def test_silence_is_no_prompt(speak: Speaker) -> None:
    assert is_heard(np.zeros(16000, dtype=np.int16), speak("five manats")) < 0.1
    assert is_heard(np.zeros(10, dtype=np.int16), speak("five manats")) < 0.1


def test_alaw_as_g711_has_it() -> None:
    every = bytes(range(256))
    assert g711.encode(g711.decode(every)) == every
    assert g711.decode(bytes([0xD5, 0x55, 0xAA, 0x2A])).tolist() == [8, -8, 32256, -32256]
