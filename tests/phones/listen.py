"""Was this prompt heard? Finds known sounds in the recording of a call by normalised cross-correlation.

A correlation over a whole prompt would be fooled by its shared words: "your balance is 12 manats" and "... 13 manats" are the same
for most of their length. So the place is found with the whole prompt, and the score is that of its *worst* stretch of 0.2 s: one
wrong word makes it fall. The same prompt through A-law and Asterisk scores above 0.95, another amount mostly 0 and never above 0.5, so 0.7 parts them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.phones.g711 import RATE

HEARD = 0.7

_WINDOW = RATE // 5
_SLACK = RATE // 50  # a stretch may sit up to 20 ms off: a joined fragment, a re-anchored recording
_CANDIDATE = 0.3  # whole-prompt correlation from which a place is looked at closely
_APART = RATE // 10  # two candidates are at least 0.1 s apart
_AUDIBLE = 0.05  # a stretch below this share of the prompt's loudest one is a pause and proves nothing

Sound = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a reference was found: seconds from the recording's start, and how surely (0 to 1)."""

    start: float
    end: float
    score: float

    @property
    def heard(self) -> bool:
        """Whether the score reaches `HEARD`."""
        return self.score >= HEARD


def is_heard(recording: NDArray[np.generic], reference: NDArray[np.generic]) -> float:
    """The score of the place where `reference` fits best, 0 where it fits nowhere. Both at 8 kHz, any scale."""
    sound, wanted = _sound(recording), _trimmed(_sound(reference))
    return max((score for _, score in _places(sound, wanted)), default=0.0)


def heard_in_order(recording: NDArray[np.generic], references: Sequence[NDArray[np.generic]]) -> list[Match]:
    """For each reference its first place after the one before it; where it is not heard, the best there is (`heard` is False).

    A reference that is not heard does not move the place from which the next is sought.
    """
    sound = _sound(recording)
    matches: list[Match] = []
    after = 0
    for reference in references:
        wanted = _trimmed(_sound(reference))
        found = [(start + after, score) for start, score in _places(sound[after:], wanted)]
        good = [place for place in found if place[1] >= HEARD]
        start, score = good[0] if good else max(found, key=lambda place: place[1], default=(after, 0.0))
        matches.append(Match(start / RATE, (start + len(wanted)) / RATE, score))
        if good:
            after = max(after, start + len(wanted) - _SLACK)
    return matches


def _sound(samples: NDArray[np.generic]) -> Sound:
    return np.asarray(samples, dtype=np.float64).ravel()


def _trimmed(reference: Sound) -> Sound:
    """Without the silence around it, which the recording need not have."""
    loud = np.flatnonzero(np.abs(reference) > 0.02 * np.abs(reference).max(initial=0.0))
    if len(loud) < RATE // 20:
        raise ValueError("a reference needs at least 50 ms of sound")
    return reference[loud[0] : loud[-1] + 1]


def _places(sound: Sound, wanted: Sound) -> Iterator[tuple[int, float]]:
    """Places where the whole prompt may be, in order of time, each with the score of its worst stretch."""
    if len(sound) < len(wanted):
        sound = np.pad(sound, (0, len(wanted) - len(sound)))
    whole = _correlation(sound, wanted)
    candidates: list[int] = []
    for place in np.argsort(whole)[::-1][: 50 * _APART]:
        if whole[place] < _CANDIDATE or len(candidates) == 20:
            break
        if all(abs(place - other) >= _APART for other in candidates):
            candidates.append(int(place))
    for place in sorted(candidates):
        yield place, _worst_stretch(sound, wanted, place)


def _worst_stretch(sound: Sound, wanted: Sound, place: int) -> float:
    window = min(_WINDOW, len(wanted))
    starts = [*range(0, len(wanted) - window, window // 2), len(wanted) - window]
    loudness = [float(np.linalg.norm(wanted[start : start + window])) for start in starts]
    worst = 1.0
    for start, loud in zip(starts, loudness, strict=True):
        if loud >= _AUDIBLE * max(loudness):
            begin = max(0, place + start - _SLACK)
            around = sound[begin : place + start + window + _SLACK]
            worst = min(worst, float(_correlation(around, wanted[start : start + window]).max(initial=0.0)))
    return max(0.0, worst)


def _correlation(sound: Sound, wanted: Sound) -> Sound:
    """The cosine between `wanted` and each stretch of `sound` of its length, by FFT."""
    length = len(sound) - len(wanted) + 1
    if length <= 0:
        return np.zeros(1)
    size = 1 << (len(sound) + len(wanted) - 1).bit_length()
    products = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size)), size)[:length]
    energy = np.concatenate(([0.0], np.cumsum(sound**2)))
    local = np.sqrt(np.maximum(energy[len(wanted) :] - energy[: -len(wanted)], 0.0))[:length]
    # In silence the quotient would be noise over noise: below a thousandth of the loudest stretch nothing counts as a match.
    floor = max(float(local.max(initial=0.0)) * 1e-3, 1e-9)
    return np.asarray(products / (np.maximum(local, floor) * np.linalg.norm(wanted)), dtype=np.float64)
