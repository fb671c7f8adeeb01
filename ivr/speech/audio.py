"""Sound as a telephone wants it: mono, one loudness, whole frames of 20 ms; a 16 kHz master, and 8 kHz as samples and as A-law bytes.

Whole frames let units be joined one after the other, and spare Asterisk a short last frame (which it would stretch or drop).

Loudness is the active speech level of ITU-T P.56 (03/2011), method B, on an envelope of one value a millisecond: the power of what is
spoken, pauses of more than 200 ms left out. It is given in dB below full scale (a sine at full scale is -3 dBFS).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ivr.speech.companding import from_alaw, from_ulaw, to_alaw, to_ulaw
from ivr.speech.parts import SpeechError

RATE = 8_000
"""Samples in a second of what a telephone carries."""
MASTER_RATE = 16_000
"""Samples in a second of a master: what is trimmed and levelled, and what a compact set is kept in."""
FRAME = 160
"""Samples at `RATE` in the 20 ms that a telephone channel sends at once."""
LEVEL = -18.0
"""Active speech level of every prompt, dBFS."""
PEAK = -3.0
"""No sample is louder than this, dBFS."""
PAD = 20
"""Milliseconds of quiet kept at least before the first sound and after the last, up to 30 to fill a frame."""
VERSION = "2"
"""Raised with every change here that changes the sound, so that stored prompts are made anew."""

_QUIET = 45.0
"""What is this many dB below the loudest millisecond is no speech."""
_OVER_NOISE, _LEAST_SPEECH = 8.0, 32.0
"""Where a room is louder than that, speech is what stands 8 dB above it, but never more than 32 dB below the loudest millisecond."""
_RAMP = 5
"""Milliseconds over which the ends rise and fall."""
_LONGEST = 10 * 60
"""Seconds of the longest sound taken in: a limit against a wrong file."""
_MARGIN, _HANGOVER, _CONSTANT = 15.9, 200, 30.0
"""P.56: dB between the active level and its threshold; milliseconds for which speech goes on after it; of the envelope."""

_UNTOLD = 0x7FFFF000
"""From this length on a header does not know it: it was written before the sound."""
_MOST_CHUNKS = 100
"""Chunks of a WAV before its sound: titles, markers."""

Samples = NDArray[np.float32]


def prepare(samples: Samples, rate: int) -> bytes:
    """A unit's stored form of mono `samples` at `rate` Hz: trimmed, levelled, whole frames, 16-bit little endian at 8 kHz.

    Raises SpeechError for silence, for broken samples and for more than ten minutes.
    """
    return narrow(master(samples, rate))


def master(samples: Samples, rate: int) -> Samples:
    """Mono `samples` at `rate` Hz as a master: 16 kHz, trimmed to its pads, levelled, whole frames. Raises SpeechError as `prepare`."""
    if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
        raise SpeechError("sound: empty, not mono or with broken samples")
    if rate <= 0 or len(samples) > rate * _LONGEST:
        raise SpeechError(f"sound: longer than {_LONGEST // 60} minutes")
    wide = samples if rate == MASTER_RATE else np.asarray(soxr.resample(samples, rate, MASTER_RATE, "HQ"), dtype=np.float32)
    return _levelled(_trimmed(wide, MASTER_RATE), MASTER_RATE)


def narrow(wide: Samples) -> bytes:
    """A master as 16-bit little-endian samples at 8 kHz, at the same level: what lies above a telephone's band is gone."""
    samples = np.asarray(soxr.resample(wide, MASTER_RATE, RATE, "HQ"), dtype=np.float32)
    whole = np.zeros(-(-len(wide) // (2 * FRAME)) * FRAME, dtype=np.float32)
    length = min(len(whole), len(samples))
    whole[:length] = samples[:length]
    return np.round(_faded(_levelled(whole, RATE), RATE) * 32767).astype("<i2").tobytes()


def powers(samples: Samples, width: int) -> NDArray[np.float64]:
    """Mean power of each `width` samples, the last part filled up with silence."""
    padded = np.zeros(-(-len(samples) // width) * width, dtype=np.float64)
    padded[: len(samples)] = samples
    power: NDArray[np.float64] = np.mean(padded.reshape(-1, width) ** 2, axis=1)
    return power


def speech_bounds(samples: Samples, rate: int) -> tuple[int, int]:
    """Where speech begins and ends, in samples. Raises SpeechError for nothing but silence."""
    width = rate // 1000
    power = powers(samples, width)
    loudest = float(power.max())
    if loudest < 1e-9:
        raise SpeechError("sound: nothing but silence")
    floor = float(np.quantile(powers(samples, 10 * width), 0.05))
    least = min(max(loudest * 10 ** (-_QUIET / 10), floor * 10 ** (_OVER_NOISE / 10)), loudest * 10 ** (-_LEAST_SPEECH / 10))
    speaking = np.flatnonzero(power > least)
    return int(speaking[0]) * width, min((int(speaking[-1]) + 1) * width, len(samples))


def _trimmed(samples: Samples, rate: int) -> Samples:
    """What is spoken, with its pads of quiet, in whole frames."""
    start, end = speech_bounds(samples, rate)
    quiet = 2 * PAD * rate // 1000 + -(end - start) % (rate // 50)
    first, last = start - quiet // 2, end + quiet - quiet // 2
    kept = samples[max(first, 0) : last]
    kept = np.concatenate([np.zeros(max(-first, 0), np.float32), kept, np.zeros(max(last - len(samples), 0), np.float32)])
    return _faded(kept, rate)


def _faded(samples: Samples, rate: int) -> Samples:
    """The quiet at both ends rises and falls, so that no join clicks. Changes what it is given."""
    ramp = np.linspace(0, 1, _RAMP * rate // 1000, dtype=np.float32)
    samples[: len(ramp)] *= ramp
    samples[-len(ramp) :] *= ramp[::-1]
    return samples


def active_level(samples: Samples, rate: int = RATE) -> float:
    """Loudness of what is spoken, dBFS, by ITU-T P.56 method B; -inf for silence."""
    power = powers(samples, rate // 1000)
    total = float(power.sum())
    if not total > 0:
        return float("-inf")
    envelope = np.convolve(np.sqrt(power), _SMOOTH)[: len(power) + _HANGOVER]
    level = 10 * np.log10(total / len(power))
    for _ in range(20):  # the level that lies the margin above the threshold that gives it
        loud = np.cumsum(envelope >= 10 ** ((level - _MARGIN) / 20))
        held = loud.copy()
        held[_HANGOVER:] -= loud[:-_HANGOVER]
        found = 10 * np.log10(total / min(max(int(np.count_nonzero(held)), 1), len(power)))
        if abs(found - level) < 0.01:
            break
        level = found
    return float(level)


_SMOOTH = np.convolve(*2 * (np.exp(-np.arange(150) / _CONSTANT) * (1 - np.exp(-1 / _CONSTANT)),))
"""The envelope's memory: two exponentials of 30 ms, one after the other."""


def _levelled(samples: Samples, rate: int) -> Samples:
    """At `LEVEL`, peaks bent softly under `PEAK`; further passes make up for what the bending took."""
    original = samples
    gain = LEVEL - active_level(samples, rate)
    for _ in range(3):
        samples = _limited(original * np.float32(10 ** (gain / 20)))
        missing = LEVEL - active_level(samples, rate)
        if abs(missing) < 0.05:
            break
        gain += missing
    return samples


def _limited(samples: Samples) -> Samples:
    """Straight below the knee, bent above it, never over `PEAK`."""
    ceiling = np.float32(10 ** (PEAK / 20) * 0.999)
    knee = np.float32(ceiling * 0.6)
    over = np.abs(samples) - knee
    bent = np.sign(samples) * (knee + (ceiling - knee) * np.tanh(np.maximum(over, 0) / (ceiling - knee)))
    return np.where(over > 0, bent, samples).astype(np.float32)


def read_sound(path: Path) -> tuple[Samples, int]:
    """A sound file's samples, its channels mixed to one, and its rate. Raises SpeechError naming the file."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise SpeechError(f"sound file {path}: {error}") from error
    return samples.mean(axis=1, dtype=np.float32), int(rate)


def lacking(path: Path) -> int:
    """Bytes of sound that a WAV's header promises beyond the file's end: it was cut while it was copied. 0 where the header says nothing of
    the kind, or is no WAV's: what writes to a pipe promises nothing, or the largest number there is."""
    size = path.stat().st_size
    with path.open("rb") as file:
        top = file.read(12)
        if top[:4] != b"RIFF" or top[8:] != b"WAVE":
            return 0
        for _ in range(_MOST_CHUNKS):
            head = file.read(8)
            length = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return max(file.tell() + length - size, 0) if length < _UNTOLD else 0
            file.seek(length + length % 2, 1)
    return 0


def write_wav(path: Path, sln: bytes) -> None:
    """16-bit samples as a WAV file of 8 kHz mono: what `ivr call --wav` writes."""
    soundfile.write(path, np.frombuffer(sln, "<i2"), RATE, subtype="PCM_16", format="WAV")


def silence(milliseconds: int) -> bytes:
    """Silence as A-law, in whole frames of 20 ms, rounded up."""
    return b"\xd5" * (FRAME * -(-max(milliseconds, 0) // 20))


def quiet(milliseconds: int) -> bytes:
    """As `silence`, as 16-bit samples."""
    return bytes(2 * FRAME * -(-max(milliseconds, 0) // 20))


def length(alaw: bytes) -> int:
    """Milliseconds of A-law bytes at 8 kHz."""
    return len(alaw) * 1000 // RATE


__all__ = [
    "FRAME",
    "LEVEL",
    "MASTER_RATE",
    "PAD",
    "PEAK",
    "RATE",
    "VERSION",
    "Samples",
    "active_level",
    "from_alaw",
    "from_ulaw",
    "lacking",
    "length",
    "master",
    "narrow",
    "powers",
    "prepare",
    "quiet",
    "read_sound",
    "silence",
    "speech_bounds",
    "to_alaw",
    "to_ulaw",
    "write_wav",
]
