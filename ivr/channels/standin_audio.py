"""What the stand-in caller hears: lengths of prompt files and the sound of a whole call."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 8000
"""Samples in a second of telephone sound."""
SUFFIXES = {".sln": 2, ".alaw": 1}
"""Formats of prompts with the bytes of a sample: linear 16 bit little endian and A-law (ITU-T G.711), both without a header."""

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of a call: `samples` of the file at `path` (no suffix) from `start` on, or silence where `path` is None."""

    path: str | None
    start: int
    samples: int


def find_prompt(path: str) -> Path | None:
    """The file that Asterisk would play for `path`, or None where there is none."""
    return next((found for suffix in SUFFIXES if (found := Path(path + suffix)).is_file()), None)


def prompt_samples(path: str) -> int | None:
    """The length of the prompt at `path` (no suffix) in samples, or None where there is no such prompt."""
    found = find_prompt(path)
    return None if found is None else found.stat().st_size // SUFFIXES[found.suffix]


@cache
def alaw_table() -> Samples:
    """The 16-bit value of each of the 256 A-law bytes (ITU-T G.711, table 1a)."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code >> 4) & 7
    step = ((code & 15) << 4) + 8
    level = np.where(segment == 0, step, (step + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, level, -level).astype(np.int16)


def read_prompt(path: str) -> Samples:
    """The sound of the prompt at `path` (no suffix); empty where there is none."""
    found = find_prompt(path)
    if found is None:
        return np.zeros(0, dtype=np.int16)
    content = found.read_bytes()
    if found.suffix == ".alaw":
        return alaw_table()[np.frombuffer(content, dtype=np.uint8)]
    return np.frombuffer(content[: len(content) // 2 * 2], dtype="<i2").astype(np.int16)


def write_wav(target: str | Path, pieces: list[Heard]) -> None:
    """Write a call's sound: 8 kHz, mono, 16 bit. Waits are silence of their full length. Raises OSError."""
    sound = [_samples(piece) for piece in pieces]
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(samples.astype("<i2").tobytes() for samples in sound))


def _samples(piece: Heard) -> Samples:
    if piece.path is None:
        return np.zeros(piece.samples, dtype=np.int16)
    return read_prompt(piece.path)[piece.start : piece.start + piece.samples]
