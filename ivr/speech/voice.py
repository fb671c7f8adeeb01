"""Voices that read words aloud: the port, espeak-ng (offline, every language) and gTTS (en and ru, needs the internet)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import ClassVar, Protocol
from xml.sax.saxutils import escape

import numpy as np
import soundfile

from ivr.speech.audio import Samples
from ivr.speech.parts import SpeechError

PROJECT = Path(__file__).resolve().parents[2]
UNPACKED = PROJECT / ".cache" / "debian-espeak"
"""Where set-up unpacks Debian's packages on a machine without espeak-ng."""

_TIMEOUT = 60
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
    name: str = "espeak-ng"
    languages: tuple[str, ...] = ("az", "en", "ru")
    offline: bool = True

    _VOICES: ClassVar[Mapping[str, str]] = {"az": "az", "en": "en-us", "ru": "ru"}
    _BREAK: ClassVar[int] = 3000
    _CUT_SECONDS: ClassVar[float] = 1.5

    @classmethod
    def find(cls, unpacked: Path = UNPACKED) -> EspeakEngine:
        """The system's espeak-ng, else the one in the unpacked tree. Raises SpeechError that says what to do where neither answers."""
        on_path = shutil.which("espeak-ng")
        candidates: list[tuple[Path, Mapping[str, str]]] = [(Path(on_path), {})] if on_path else []
        for library in sorted(unpacked.glob("usr/lib/*-linux-gnu")):
            found = {"ESPEAK_DATA_PATH": str(library), "LD_LIBRARY_PATH": f"{library}:{library / 'pulseaudio'}"}
            candidates.append((unpacked / "usr" / "bin" / "espeak-ng", found))
        for program, environment in candidates:
            version = _version(program, environment)
            if version:
                return cls(program, version, environment)
        raise SpeechError("espeak-ng: not found or does not run; install it (Debian: apt install espeak-ng) or run `make setup`")

    def voice(self, language: str) -> str:
        _speaks(self, language)
        return f"{self._VOICES[language]} speed {self.speed}"

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        return self._run(f"<speak>{escape(words)}</speak>", language, words)

    def render_many(self, words: Sequence[str], language: str) -> list[tuple[Samples, int]]:
        if len(words) < 2:
            return [self.render(text, language) for text in words]
        pause = f'<break time="{self._BREAK}ms"/>'
        text = pause.join(f"<p>{escape(one)}</p>" for one in words)
        samples, rate = self._run(f"<speak>{text}</speak>", language, words[0])
        cut = _between_silences(samples, int(rate * self._CUT_SECONDS))
        if len(cut) != len(words):
            return [self.render(one, language) for one in words]
        return [(one, rate) for one in cut]

    def _run(self, markup: str, language: str, named: str) -> tuple[Samples, int]:
        _speaks(self, language)
        command = [str(self.program), "-v", self._VOICES[language], "-s", str(self.speed), "-b", "1", "-m", "--stdin", "--stdout"]
        place = f"espeak-ng, {language}, {named[:40]!r}"
        try:
            done = subprocess.run(
                command, input=markup.encode(), capture_output=True, timeout=_TIMEOUT, check=False, env={**os.environ, **self.environment}
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SpeechError(f"{place}: {error}") from error
        if done.returncode or not done.stdout:
            raise SpeechError(f"{place}: {done.stderr.decode(errors='replace').strip()[:200] or 'no sound'}")
        return _decoded(_sized(done.stdout), place)


@dataclass(frozen=True, slots=True)
class GttsEngine:
    """Google's public reading voice by the gTTS package: for building prompts where there is internet, never during a call."""

    version: str = field(default_factory=lambda: metadata.version("gTTS"))
    timeout: float = 20.0
    name: str = "gtts"
    languages: tuple[str, ...] = ("en", "ru")
    offline: bool = False

    def voice(self, language: str) -> str:
        _speaks(self, language)
        return language

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        _speaks(self, language)
        from gtts import gTTS  # imported late: it brings an HTTP client that a running server never needs

        place, sound = f"gtts, {language}, {words[:40]!r}", BytesIO()
        try:
            gTTS(words, lang=language, lang_check=False, timeout=self.timeout).write_to_fp(sound)
        except Exception as error:  # whatever the HTTP client raises, it means an outage here
            raise SpeechError(f"{place}: {type(error).__name__}: {error}") from error
        return _decoded(sound.getvalue(), place)

    def render_many(self, words: Sequence[str], language: str) -> list[tuple[Samples, int]]:
        return [self.render(one, language) for one in words]


def engine(name: str) -> Engine:
    """The voice of a name (`espeak-ng`, `gtts`). Raises SpeechError where there is none or where it cannot be used."""
    if name == "espeak-ng":
        return EspeakEngine.find()
    if name == "gtts":
        return GttsEngine()
    raise SpeechError(f"voice {name[:40]!r}: not one of espeak-ng, gtts")


def by_language(voices: Iterable[Engine]) -> dict[str, Engine]:
    """Which voice speaks each language: the first that can."""
    found: dict[str, Engine] = {}
    for voice in voices:
        for language in voice.languages:
            found.setdefault(language, voice)
    return found


def _speaks(voice: Engine, language: str) -> None:
    if language not in voice.languages:
        raise SpeechError(f"{voice.name}: does not speak {language!r}, only {', '.join(voice.languages)}")


def _version(program: Path, environment: Mapping[str, str]) -> str:
    """The version a program names, empty where it does not run or does not find its data."""
    command = [str(program), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=10, check=False, env={**os.environ, **environment})
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(rb"text-to-speech: *([\w.+~-]+)", done.stdout)
    return found[1].decode() if found and not done.returncode else ""


def _sized(wav: bytes) -> bytes:
    """A WAV with its true length: a stream's header is written before the length is known."""
    if len(wav) < 44 or wav[:4] != b"RIFF" or wav[36:40] != b"data":
        return wav
    return wav[:4] + (len(wav) - 8).to_bytes(4, "little") + wav[8:40] + (len(wav) - 44).to_bytes(4, "little") + wav[44:]


def _decoded(sound: bytes, place: str) -> tuple[Samples, int]:
    try:
        samples, rate = soundfile.read(BytesIO(sound), dtype="float32", always_2d=True)
    except RuntimeError as error:
        raise SpeechError(f"{place}: no sound came back ({error})") from error
    mono: Samples = samples.mean(axis=1, dtype=np.float32)
    if not np.any(mono):
        raise SpeechError(f"{place}: nothing but silence came back")
    return mono, int(rate)


def _between_silences(samples: Samples, shortest: int) -> list[Samples]:
    """The stretches of sound between silences of at least `shortest` samples."""
    sounding = np.flatnonzero(np.abs(samples) > 1e-4)
    if not len(sounding):
        return []
    gaps = np.flatnonzero(np.diff(sounding) >= shortest)
    starts = [int(sounding[0]), *(int(sounding[gap + 1]) for gap in gaps)]
    ends = [*(int(sounding[gap]) for gap in gaps), int(sounding[-1])]
    return [samples[start : end + 1] for start, end in zip(starts, ends, strict=True)]
