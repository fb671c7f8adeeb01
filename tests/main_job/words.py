"""What a test expects to hear: words written by hand, and their sound put together from the cached prompt of each unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ivr.speech.library import PromptLibrary
from ivr.speech.units import unit
from tests.phones import g711
from tests.phones.listen import HEARD, Match, heard_in_order, is_heard

Samples = NDArray[np.int16]


class Words:
    """The sound of words in one language; units within one reference are parted by ` | `."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._library = PromptLibrary()

    def sound(self, text: str, ends: bool = False) -> Samples:
        """The samples of `text`; `ends`: its last unit as at the end of a sentence, where the prompts have it so. Fails where the prompts
        have no such unit: then nobody can have heard it."""
        parts = []
        units = [unit(words, self.language) for words in text.split(" | ")]
        for place, one in enumerate(units):
            ways = (one.id, one.other)[:: -1 if ends and place == len(units) - 1 and not one.final else 1]
            entry = next((found for name in ways if (found := self._library.manifest.get(name)) is not None), None)
            assert entry is not None, f"no prompt says {one.words!r} ({self.language})"
            assert entry.words.rstrip(".") == one.words.rstrip(".")
            parts.append(g711.decode((self._library.cache / entry.file).read_bytes()))
        return np.concatenate(parts)

    def _nearest(self, recording: Samples, text: str) -> Samples:
        """The sound of `text` inside a sentence or at its end, whichever is heard better."""
        ways = [self.sound(text), self.sound(text, ends=True)]
        return ways[0] if np.array_equal(*ways) else max(ways, key=lambda way: is_heard(recording, way))

    def matches(self, recording: Samples, expected: Sequence[str]) -> list[Match]:
        """Where each was heard, in order; asserts that each was."""
        found = heard_in_order(recording, [self._nearest(recording, text) for text in expected])
        missing = [
            (text, round(match.start, 2), round(match.score, 2)) for text, match in zip(expected, found, strict=True) if not match.heard
        ]
        assert not missing, f"not heard in this order, of {len(recording) / g711.RATE:.1f} s: {missing}"
        return found

    def absent(self, recording: Samples, *never: str) -> None:
        """Asserts that none of these was heard."""
        heard = {text: score for text in never if (score := is_heard(recording, self._nearest(recording, text))) >= HEARD}
        assert not heard
