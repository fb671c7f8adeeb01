"""A voice that hums: quick, the same for the same words and about as long as they take; it counts what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from hashlib import blake2s

import numpy as np
import pytest

from ivr.speech.audio import Samples
from ivr.speech.parts import SpeechError


class Humming:
    name = "humming"
    languages = ("az", "en", "ru")
    offline = True

    def __init__(self, version: str = "1", broken: tuple[str, ...] = ()) -> None:
        self.version, self.broken = version, broken
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def voice(self, language: str) -> str:
        return language

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        with self._lock:
            self.asked.append(words)
        if words in self.broken:
            raise SpeechError(f"humming: {words!r}")
        tone = 300 + blake2s(words.encode()).digest()[0] * 4
        time = np.arange(int(16_000 * max(0.3, len(words) / 20))) / 16_000
        return (0.1 * np.sin(2 * np.pi * tone * time)).astype(np.float32), 16_000

    def render_many(self, words: Sequence[str], language: str) -> list[tuple[Samples, int]]:
        return [self.render(one, language) for one in words]


@pytest.fixture
def humming() -> Humming:
    return Humming()
