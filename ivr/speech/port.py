"""The port of every voice, and what voices that are programs have in common: where they are, their version, decoding what comes back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from ivr.speech.audio import Samples
from ivr.speech.parts import SpeechError

PROJECT = Path(__file__).resolve().parents[2]

TIMEOUT = 60
"""Seconds after which a voice that does not answer is given up."""


class Engine(Protocol):
    """A voice. `name` and `version` go into what is remembered of a prompt; `offline` ones may also be used during a call."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    @property
    def offline(self) -> bool: ...

    def voice(self, language: str) -> str:
        """The voice and its settings, as text that changes when the sound does. Raises SpeechError for a language it cannot speak."""

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        """Mono samples in -1 to 1 and their rate in Hz. Raises SpeechError where there is no sound."""

    def render_many(self, words: Sequence[str], language: str) -> list[tuple[Samples, int]]:
        """As `render`, for several texts; all or an error."""


def speaks(voice: Engine, language: str) -> None:
    """Raises SpeechError for a language that a voice does not speak."""
    if language not in voice.languages:
        raise SpeechError(f"{voice.name}: does not speak {language!r}, only {', '.join(voice.languages)}")


def candidates(program: str, unpacked: Path) -> Iterator[tuple[Path, bool]]:
    """Where a program may be: on the PATH, then in a tree that set-up unpacked; and whether it is the tree's."""
    on_path = shutil.which(program)
    if on_path:
        yield Path(on_path), False
    if (unpacked / "usr" / "bin" / program).is_file():
        yield unpacked / "usr" / "bin" / program, True


def version_of(command: Sequence[str], pattern: bytes, environment: Mapping[str, str] | None = None) -> str:
    """What `pattern` finds in a program's answer, empty where it does not run or answers otherwise."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=10, check=False, env={**os.environ, **(environment or {})})
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(pattern, done.stdout)
    return found[1].decode() if found else ""


def run(command: Sequence[str], place: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """What a program writes to its output for the input `given`. Raises SpeechError, beginning with `place`, where it fails."""
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=TIMEOUT, check=False, env={**os.environ, **(environment or {})}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SpeechError(f"{place}: {error}") from error
    if done.returncode:
        raise SpeechError(f"{place}: {done.stderr.decode(errors='replace').strip()[:200] or 'failed without a word'}")
    return done.stdout


def decoded(sound: bytes, place: str) -> tuple[Samples, int]:
    """A sound file's bytes as mono samples and their rate. Raises SpeechError, beginning with `place`, for what is no sound."""
    try:
        samples, rate = soundfile.read(BytesIO(sound), dtype="float32", always_2d=True)
    except RuntimeError as error:
        raise SpeechError(f"{place}: no sound came back ({error})") from error
    mono: Samples = samples.mean(axis=1, dtype=np.float32)
    if not np.any(mono):
        raise SpeechError(f"{place}: nothing but silence came back")
    return mono, int(rate)
