"""Sound as a telephone wants it: 8 kHz, mono, one loudness, whole frames of 20 ms, as 16-bit samples and as A-law bytes.

Whole frames let units be joined byte after byte, and spare Asterisk a short last frame (which it would stretch or drop).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ivr.speech.parts import SpeechError

RATE = 8_000
"""Samples in a second."""
FRAME = 160
"""Samples in the 20 ms that a telephone channel sends at once."""
LEVEL = -18.0
"""Loudness of what is spoken, dBFS: the mean power of the frames in which somebody speaks."""
PEAK = -3.0
"""No sample is louder than this, dBFS."""
PAD = 160
"""Samples of quiet kept at least before the first sound and after the last: 20 ms, up to 30 to fill a frame."""
VERSION = "1"
"""Raised with every change here that changes the sound, so that stored prompts are made anew."""

_QUIET = 45.0
"""A frame this many dB below the loudest one is no speech."""
_RAMP = 40
"""Samples over which the ends rise and fall: 5 ms."""
_LONGEST = 10 * 60
"""Seconds of the longest sound taken in: a limit against a wrong file."""

Samples = NDArray[np.float32]


def prepare(samples: Samples, rate: int) -> bytes:
    """A unit's stored form of mono `samples` at `rate` Hz: trimmed, levelled, whole frames, 16-bit little endian at 8 kHz.

    Raises SpeechError for silence, for broken samples and for more than ten minutes.
    """
    if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
        raise SpeechError("sound: empty, not mono or with broken samples")
    if rate <= 0 or len(samples) > rate * _LONGEST:
        raise SpeechError(f"sound: longer than {_LONGEST // 60} minutes")
    narrow = np.asarray(soxr.resample(samples, rate, RATE, "HQ"), dtype=np.float32)
    return np.round(_levelled(_trimmed(narrow)) * 32767).astype("<i2").tobytes()


def _powers(samples: Samples, width: int) -> NDArray[np.float64]:
    """Mean power of each `width` samples, the last part filled up with silence."""
    padded = np.zeros(-(-len(samples) // width) * width, dtype=np.float64)
    padded[: len(samples)] = samples
    power: NDArray[np.float64] = np.mean(padded.reshape(-1, width) ** 2, axis=1)
    return power


def _trimmed(samples: Samples) -> Samples:
    """What is spoken, with its pads of quiet, in whole frames."""
    width = RATE // 1000
    powers = _powers(samples, width)
    loudest = float(powers.max())
    if loudest < 1e-9:
        raise SpeechError("sound: nothing but silence")
    speaking = np.flatnonzero(powers > loudest * 10 ** (-_QUIET / 10))
    start, end = int(speaking[0]) * width, min((int(speaking[-1]) + 1) * width, len(samples))
    quiet = 2 * PAD + -(end - start) % FRAME
    first, last = start - quiet // 2, end + quiet - quiet // 2
    kept = samples[max(first, 0) : last]
    kept = np.concatenate([np.zeros(max(-first, 0), np.float32), kept, np.zeros(max(last - len(samples), 0), np.float32)])
    # The quiet at both ends rises and falls over 5 ms, so that no join clicks.
    ramp = np.linspace(0, 1, _RAMP, dtype=np.float32)
    kept[:_RAMP] *= ramp
    kept[-_RAMP:] *= ramp[::-1]
    return kept


def active_level(samples: Samples) -> float:
    """Loudness of the frames in which somebody speaks, dBFS; -inf for silence."""
    powers = _powers(samples, FRAME)
    if not powers.max() > 0:
        return float("-inf")
    speaking = powers[powers > powers.max() * 10 ** (-20 / 10)]
    return float(10 * np.log10(speaking.mean()))


def _levelled(samples: Samples) -> Samples:
    """At `LEVEL`, peaks bent softly under `PEAK`; a second pass makes up for what the bending took."""
    original = samples
    gain = LEVEL - active_level(samples)
    for _ in range(3):
        samples = _limited(original * np.float32(10 ** (gain / 20)))
        gain += LEVEL - active_level(samples)
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


def write_wav(path: Path, sln: bytes) -> None:
    """16-bit samples as a WAV file of 8 kHz mono: what `ivr call --wav` writes."""
    soundfile.write(path, np.frombuffer(sln, "<i2"), RATE, subtype="PCM_16", format="WAV")


def silence(milliseconds: int) -> bytes:
    """Silence as A-law, in whole frames of 20 ms, rounded up."""
    return b"\xd5" * (FRAME * -(-max(milliseconds, 0) // 20))


def length(alaw: bytes) -> int:
    """Milliseconds of A-law bytes at 8 kHz."""
    return len(alaw) * 1000 // RATE


def _alaw_table() -> NDArray[np.uint8]:
    """The A-law byte of every 16-bit sample (ITU-T G.711): 13 bits, the sign, three bits of segment, four within it."""
    magnitude = np.arange(-32768, 32768) >> 3
    negative = magnitude < 0
    magnitude = np.where(negative, -magnitude - 1, magnitude)
    segment = np.searchsorted(np.array([31, 63, 127, 255, 511, 1023, 2047]), magnitude)
    step = np.where(segment < 2, magnitude >> 1, magnitude >> segment) & 0x0F
    byte = (segment << 4 | step) ^ np.where(negative, 0x55, 0xD5)
    table = np.zeros(65536, dtype=np.uint8)
    table[np.arange(-32768, 32768).astype(np.int16).view(np.uint16)] = byte
    return table


def _linear_table() -> NDArray[np.int16]:
    """The 16-bit sample that stands for every A-law byte: the middle of its step."""
    byte = np.arange(256) ^ 0x55
    segment, step = byte >> 4 & 7, (byte & 0x0F) << 4
    magnitude = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(byte & 0x80, magnitude, -magnitude).astype(np.int16)


_ALAW, _LINEAR = _alaw_table(), _linear_table()


def to_alaw(sln: bytes) -> bytes:
    """16-bit little-endian samples as A-law, one byte each."""
    return bytes(_ALAW[np.frombuffer(sln, "<u2")].tobytes())


def from_alaw(alaw: bytes) -> bytes:
    """A-law bytes as 16-bit little-endian samples."""
    return _LINEAR[np.frombuffer(alaw, np.uint8)].astype("<i2").tobytes()
