"""A-law (ITU-T G.711), the sound of every call in the tests: one byte a sample, 8,000 samples a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 8000
SILENCE = 0xD5


def _decoding_table() -> NDArray[np.int16]:
    code = np.arange(256) ^ 0x55  # every other bit travels inverted
    exponent = (code >> 4) & 7
    mantissa = code & 15
    magnitude = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 264) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


_DECODED = _decoding_table()


def _encoding_table() -> NDArray[np.uint8]:
    """The nearest code for each of the 65,536 sample values, by bisection between neighbouring levels."""
    order = np.argsort(_DECODED, kind="stable")
    levels = _DECODED[order].astype(np.int32)
    nearest = np.searchsorted((levels[:-1] + levels[1:] + 1) // 2, np.arange(-32768, 32768), side="right")
    return order[nearest].astype(np.uint8)


_ENCODED = _encoding_table()


def decode(data: bytes) -> NDArray[np.int16]:
    """Samples of A-law bytes."""
    return _DECODED[np.frombuffer(data, dtype=np.uint8)]


def encode(samples: NDArray[np.int16]) -> bytes:
    """A-law bytes of samples, each the nearest of the 256 levels."""
    return _ENCODED[samples.astype(np.int32) + 32768].tobytes()
