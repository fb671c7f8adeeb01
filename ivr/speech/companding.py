"""The two telephone codings of ITU-T G.711, one byte a sample: A-law and mu-law, by table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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


def _ulaw_table() -> NDArray[np.uint8]:
    """The mu-law byte of every 16-bit sample (ITU-T G.711): 14 bits, the sign, three bits of segment, four within it, all turned over."""
    sample = np.arange(-32768, 32768) >> 2
    negative = sample < 0
    magnitude = np.minimum(np.where(negative, -sample, sample), 8158) + 33
    segment = np.searchsorted(np.array([63, 127, 255, 511, 1023, 2047, 4095, 8191]), magnitude)
    step = magnitude >> (segment + 1) & 0x0F
    byte = (segment << 4 | step) ^ np.where(negative, 0x7F, 0xFF)
    table = np.zeros(65536, dtype=np.uint8)
    table[np.arange(-32768, 32768).astype(np.int16).view(np.uint16)] = byte
    return table


def _ulaw_linear() -> NDArray[np.int16]:
    """The 16-bit sample that stands for every mu-law byte."""
    byte = ~np.arange(256) & 0xFF
    magnitude = (((byte & 0x0F) << 3) + 0x84 << (byte >> 4 & 7)) - 0x84
    return np.where(byte & 0x80, -magnitude, magnitude).astype(np.int16)


_ULAW, _ULAW_LINEAR = _ulaw_table(), _ulaw_linear()


def to_ulaw(sln: bytes) -> bytes:
    """16-bit little-endian samples as mu-law, one byte each."""
    return bytes(_ULAW[np.frombuffer(sln, "<u2")].tobytes())


def from_ulaw(ulaw: bytes) -> bytes:
    """Mu-law bytes as 16-bit little-endian samples."""
    return _ULAW_LINEAR[np.frombuffer(ulaw, np.uint8)].astype("<i2").tobytes()
