"""espeak-ng: understood worst of the free voices, but it speaks every language, quickly and everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from xml.sax.saxutils import escape

import numpy as np

from ivr.speech.audio import Samples
from ivr.speech.languages import LANGUAGES
from ivr.speech.parts import SpeechError
from ivr.speech.port import PROJECT, candidates, decoded, run, speaks, version_of

UNPACKED = PROJECT / ".cache" / "debian-espeak"
"""Where set-up unpacks Debian's packages on a machine without espeak-ng."""


@dataclass(frozen=True, slots=True)
class EspeakEngine:
    """espeak-ng as a process of its own; text goes in by standard input, never through a shell.

    Several texts share one process (its start costs ten times what a phrase does): they are parted by a silence longer than any in
    speech and cut there; should the cuts not count up, each text gets its own process. Make one with `find`.
    """

    program: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
    speed: int = 150
    variant: str = ""
    name: str = "espeak-ng"
    languages: tuple[str, ...] = field(default_factory=lambda: tuple(code for code, one in LANGUAGES.items() if one.ESPEAK))
    offline: bool = True

    _BREAK: ClassVar[int] = 3000
    _CUT_SECONDS: ClassVar[float] = 1.5

    @classmethod
    def find(cls, unpacked: Path = UNPACKED) -> EspeakEngine:
        """The system's espeak-ng, else the one in the unpacked tree. Raises SpeechError that says what to do where neither answers."""
        for program, ours in candidates("espeak-ng", unpacked):
            for environment in _environments(unpacked) if ours else ({},):
                version = version_of([str(program), "--version"], rb"text-to-speech: *([\w.+~-]+)", environment)
                if version:
                    return cls(program, version, environment)
        raise SpeechError("espeak-ng: not found or does not run; install it (Debian: apt install espeak-ng) or run `make setup`")

    def voice(self, language: str) -> str:
        speaks(self, language)
        return f"{LANGUAGES[language].ESPEAK}{self.variant} speed {self.speed}"

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        return self._run(f"<speak>{escape(words)}</speak>", language, words)

    def render_many(self, words: Sequence[str], language: str) -> list[tuple[Samples, int]]:
        if len(words) < 2:
            return [self.render(text, language) for text in words]
        pause = f'<break time="{self._BREAK}ms"/>'
        text = pause.join(f"<p>{escape(one)}</p>" for one in words)
        samples, rate = self._run(f"<speak>{text}</speak>", language, words[0])
        cut = between_silences(samples, int(rate * self._CUT_SECONDS))
        if len(cut) != len(words):
            return [self.render(one, language) for one in words]
        return [(one, rate) for one in cut]

    def _run(self, markup: str, language: str, named: str) -> tuple[Samples, int]:
        speaks(self, language)
        command = [
            str(self.program),
            "-v",
            f"{LANGUAGES[language].ESPEAK}{self.variant}",
            "-s",
            str(self.speed),
            "-b",
            "1",
            "-m",
            "--stdin",
            "--stdout",
        ]
        place = f"espeak-ng, {language}, {named[:40]!r}"
        return decoded(_sized(run(command, place, markup.encode(), self.environment)), place)


def _environments(unpacked: Path) -> list[Mapping[str, str]]:
    """What an unpacked espeak-ng needs to find its data and libraries."""
    libraries = sorted(unpacked.glob("usr/lib/*-linux-gnu"))
    return [{"ESPEAK_DATA_PATH": str(one), "LD_LIBRARY_PATH": f"{one}:{one / 'pulseaudio'}"} for one in libraries]


def _sized(wav: bytes) -> bytes:
    """A WAV with its true length: a stream's header is written before the length is known."""
    if len(wav) < 44 or wav[:4] != b"RIFF" or wav[36:40] != b"data":
        return wav
    return wav[:4] + (len(wav) - 8).to_bytes(4, "little") + wav[8:40] + (len(wav) - 44).to_bytes(4, "little") + wav[44:]


def between_silences(samples: Samples, shortest: int) -> list[Samples]:
    """The stretches of sound between silences of at least `shortest` samples."""
    sounding = np.flatnonzero(np.abs(samples) > 1e-4)
    if not len(sounding):
        return []
    gaps = np.flatnonzero(np.diff(sounding) >= shortest)
    starts = [int(sounding[0]), *(int(sounding[gap + 1]) for gap in gaps)]
    ends = [*(int(sounding[gap]) for gap in gaps), int(sounding[-1])]
    return [samples[start : end + 1] for start, end in zip(starts, ends, strict=True)]
