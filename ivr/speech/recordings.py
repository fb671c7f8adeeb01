"""Recordings that people drop into `prompts/<language>/<voice>/`: which there are, and whether each can be used.

A sane WAV of any rate from 8 kHz on, mono or stereo, is converted. What cannot be used is refused with its reason, and the machine
speaks in its place until it is mended: a listener is better off with a clear voice of another kind than with a spoilt one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ivr.speech import audio, spell
from ivr.speech.audio import Samples
from ivr.speech.parts import SpeechError
from ivr.speech.units import Unit, chunks

QUIETEST = -42.0
"""Active level, dBFS, under which a recording is refused: to raise it would raise its noise with it."""
LEAST_OVER_NOISE = 12.0
"""Decibels by which speech must stand above a noise."""
LOWEST_RATE = 8_000
"""Samples in a second that a recording must have at least."""
HIGHEST_RATE = 384_000
"""And at the most: beyond it a header is broken."""

_LETTERS_A_SECOND = 13.0
"""How fast the languages here are read aloud."""
_CONTAINERS = ("WAV", "WAVEX", "RF64", "W64")
_CLIPPED = 4
"""Flat tops at full scale that a recording may have: an odd one is not heard."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A WAV in a voice's folder; `unit_id` is its name without the suffix."""

    language: str
    voice: str
    unit_id: str
    path: Path

    @property
    def key(self) -> str:
        """`<language>/<voice>/<id>`: where it and what is made of it are kept."""
        return f"{self.language}/{self.voice}/{self.unit_id}"


@dataclass(frozen=True, slots=True)
class Defect:
    """What is wrong with a file in the recordings' folder. `kind` is one of `KINDS`; `told` says what is wrong and what to do."""

    path: Path
    kind: str
    told: str

    def __str__(self) -> str:
        return f"{self.path}: {self.told}"


class Unusable(SpeechError):
    """A recording is refused; the message names the file and the reason, `defect` says it for programs."""

    def __init__(self, defect: Defect) -> None:
        super().__init__(str(defect))
        self.defect = defect


KINDS: Mapping[str, str] = {
    "empty": "a file without a byte, or without a sample",
    "format": "no WAV, or one that cannot be read",
    "silent": "nothing but silence",
    "clipped": "flat tops: recorded too loud",
    "quiet": "recorded too quiet",
    "noisy": "speech does not stand out from the noise",
    "long": "longer than its words take",
    "short": "shorter than its words take: cut off",
    "unknown": "no prompt has this name: misspelled, or the words have changed since",
}
"""What can be wrong with a recording."""


class Recordings:
    """The WAVs under a folder, as found when this was made. `preferred` gives the voice that comes first, by language."""

    def __init__(self, root: Path, preferred: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.by_voice: dict[tuple[str, str], dict[str, Recording]] = {}
        for language in spell.LANGUAGES:
            first = (preferred or {}).get(language)
            for folder in sorted((root / language).glob("*/"), key=lambda folder: (folder.name != first, folder.name)):
                found = {path.stem: Recording(language, folder.name, path.stem, path) for path in _sounds(folder)}
                if found:
                    self.by_voice[language, folder.name] = found

    def voices(self, language: str) -> tuple[str, ...]:
        """Who has recorded something in a language, the preferred voice first, then by name."""
        return tuple(voice for of, voice in self.by_voice if of == language)

    def __iter__(self) -> Iterator[Recording]:
        for found in self.by_voice.values():
            yield from found.values()

    def get(self, one: Unit, voice: str) -> Recording | None:
        """The recording of a unit by a voice; said the other way where it is not there as asked."""
        found = self.by_voice.get((one.language, voice), {})
        return found.get(one.id) or found.get(one.other)

    def strays(self, units: Iterable[Unit], by_id: Mapping[tuple[str, str], Unit]) -> Iterator[Defect]:
        """Files that no call will play: sounds of other kinds, and WAVs whose name is no prompt's nor that of a part of one (`named`)."""
        names: dict[str, list[str]] = {}
        for one in units:
            names.setdefault(one.language, []).append(one.id)
        for language, mine in names.items():
            for path in sorted((self.root / language).glob("*/*")):
                if path.name.startswith(".") or not path.is_file():
                    continue
                if path.suffix.lower() != ".wav":
                    yield Defect(path, "format", f"not a .wav: save it as {path.with_suffix('.wav').name}")
                elif (language, path.stem) not in by_id:
                    near = get_close_matches(path.stem.lower(), mine, 1, 0.8)
                    hint = f"; did you mean {near[0]}.wav?" if near else "; `ivr prompts script` lists the names"
                    yield Defect(path, "unknown", f"no prompt has this name: misspelled, or its words have changed{hint}")


def named(units: Iterable[Unit], found: Recordings) -> Mapping[tuple[str, str], Unit]:
    """(language, id) -> whose recording it is: each unit's either way, and those of their runs of words that somebody has recorded."""
    units = tuple(units)
    by_id: dict[tuple[str, str], Unit] = {}
    for one in units:
        by_id[one.language, one.id] = one
        by_id.setdefault((one.language, one.other), one)
    unclear = {(one.language, one.unit_id) for one in found} - by_id.keys()
    for one in units if unclear else ():
        for chunk in chunks(one.words, one.language):
            for name in (chunk.id, chunk.other):
                if (one.language, name) in unclear:
                    by_id.setdefault((one.language, name), chunk)
    return by_id


def _sounds(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.[wW][aA][vV]") if not path.name.startswith("."))


def read_recording(path: Path, words: str, language: str) -> tuple[Samples, int]:
    """A recording's sound, mono, and its rate in Hz, checked against the words it shall say. Raises Unusable."""
    samples, rate = _read(path)
    heard = _Heard(samples, rate)
    for kind, told in (*_spoilt(heard), *_misread(heard, words, language)):
        raise Unusable(Defect(path, kind, told))
    return samples, rate


def _read(path: Path) -> tuple[Samples, int]:
    """Raises Unusable for what is no WAV, is empty, or is nothing but silence."""

    def refused(kind: str, told: str) -> Unusable:
        return Unusable(Defect(path, kind, told))

    try:
        if path.is_dir():
            raise refused("format", "a folder, not a sound file: take it away")
        if path.stat().st_size == 0:
            raise refused("empty", "an empty file (0 bytes): record it again")
        if lacking := audio.lacking(path):
            raise refused("short", f"the end of the file is missing ({lacking} bytes of sound): copy or record it again")
        with soundfile.SoundFile(path) as sound:
            if sound.format not in _CONTAINERS:
                raise refused("format", f"holds {sound.format}, not WAV: save it as WAV (PCM, 16 or 24 bit)")
            if not LOWEST_RATE <= sound.samplerate <= HIGHEST_RATE:
                raise refused("format", f"{sound.samplerate} Hz: record at 16000 to 96000 Hz (at least {LOWEST_RATE})")
            if sound.frames > sound.samplerate * 600:
                raise refused("long", f"{sound.frames // sound.samplerate} s: no prompt is longer than ten minutes")
            if sound.frames == 0:
                raise refused("empty", "a WAV without a sample: record it again")
            channels, rate = sound.read(dtype="float32", always_2d=True), sound.samplerate
    except (OSError, RuntimeError) as error:
        raise refused("format", f"cannot be read as a sound file ({_reason(error)}): save it as WAV (PCM, 16 or 24 bit)") from error
    if not len(channels):
        raise refused("empty", "its header promises sound, but there is none: copy or record it again")
    if not np.isfinite(channels).all():
        raise refused("format", "holds samples that are no numbers: export it again as PCM, 16 or 24 bit")
    mono = _mono(channels)
    if float(np.abs(mono).max()) < 1e-4:
        raise refused("silent", "nothing but silence: was the microphone on?")
    return mono, int(rate)


def _reason(error: Exception) -> str:
    """What the library says, without the path that it repeats."""
    return str(error).rpartition(": ")[2].strip(" .") or type(error).__name__


def _mono(channels: NDArray[np.float32]) -> Samples:
    """The mean of the channels less its offset; the loudest channel where the others would only cancel or thin it."""
    channels = channels - channels.mean(axis=0, dtype=np.float32)
    mixed: Samples = channels.mean(axis=1, dtype=np.float32)
    power = np.mean(channels.astype(np.float64) ** 2, axis=0)
    best = int(power.argmax())
    return mixed if float(np.mean(mixed.astype(np.float64) ** 2)) > power[best] / 2 else np.ascontiguousarray(channels[:, best])


class _Heard:
    """What is measured of a recording, each thing when it is asked for."""

    def __init__(self, samples: Samples, rate: int) -> None:
        self.samples, self.rate = samples, rate

    @cached_property
    def level(self) -> float:
        """Active level, dBFS."""
        return audio.active_level(self.samples, self.rate)

    @cached_property
    def seconds(self) -> float:
        """From the first sound to the last."""
        start, end = audio.speech_bounds(self.samples, self.rate)
        return (end - start) / self.rate

    @cached_property
    def flat_tops(self) -> int:
        """How often three samples or more lie on one value at the very top of the scale."""
        loud = np.abs(self.samples)
        peak = float(loud.max())
        if peak < 0.9:
            return 0
        top = (loud >= peak * 0.9999).astype(np.int8)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], top, [0]])))
        return int(np.count_nonzero(edges[1::2] - edges[::2] >= 3))

    @cached_property
    def over_noise(self) -> float:
        """Decibels from the quietest tenth of the recording to speech; infinite where the quietest tenth is no noise but a tone or digital
        silence, or there is too little to tell."""
        width = self.rate // 50
        power = audio.powers(self.samples, width)
        if len(power) < 10:
            return float("inf")
        quietest = np.argsort(power)[: max(len(power) // 10, 3)]
        floor = float(power[quietest].mean())
        if floor <= 0:
            return float("inf")
        flatness = [_flatness(self.samples[at * width : (at + 1) * width]) for at in quietest.tolist()]
        return float("inf") if np.median(flatness) < 0.2 else self.level - 10 * float(np.log10(floor))


def _flatness(frame: Samples) -> float:
    """How much like white noise a frame is: near 0 for a tone, about 0.56 for noise (Wiener entropy)."""
    spectrum = np.abs(np.fft.rfft(frame * np.hanning(len(frame))))[1:] ** 2 + 1e-20
    return float(np.exp(np.log(spectrum).mean()) / spectrum.mean())


def _spoilt(heard: _Heard) -> Iterator[tuple[str, str]]:
    if heard.flat_tops > _CLIPPED:
        yield "clipped", f"clipped in {heard.flat_tops} places: record it again 6 to 12 dB quieter"
    if heard.level < QUIETEST:
        yield "quiet", f"too quiet ({heard.level:.0f} dBFS, at least {QUIETEST:.0f}): record it again nearer to the microphone"
    if heard.over_noise < LEAST_OVER_NOISE:
        yield (
            "noisy",
            f"speech stands only {heard.over_noise:.0f} dB above the noise (at least {LEAST_OVER_NOISE:.0f}): find a quieter room",
        )


def _misread(heard: _Heard, words: str, language: str) -> Iterator[tuple[str, str]]:
    least, most = expected_seconds(words, language)
    if heard.seconds > most:
        yield "long", f"{heard.seconds:.1f} s of sound for {words!r}, which takes {most:.1f} at the most: cut what is not part of it"
    elif heard.seconds < least:
        yield "short", f"{heard.seconds:.1f} s of sound for {words!r}, which takes {least:.1f} at the least: it is cut off"


def expected_seconds(words: str, language: str) -> tuple[float, float]:
    """How long somebody takes to say words, at the least and at the most: wide, to catch another text or a forgotten end, not a style."""
    letters = sum(letter.isalnum() for letter in spell.readable(words, language))
    usual = letters / _LETTERS_A_SECOND
    return usual * 0.3, usual * 2.2 + 1.2
