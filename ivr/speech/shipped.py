"""The prompts that come with the product: all slot units and all fixed words of the shipped menus, read aloud beforehand.

`prompts/shipped/<language>.opus` holds blocks, each an Ogg Opus stream of many sounds one after the other at the telephone's 8 kHz;
`<language>.json` says which voice spoke them and where each text is; texts that sound the same share a sound. A voice is given texts with
the sign that shapes their end ("four hundred,"), and so they stand here: a text that changes is no longer found, and spoken anew.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2s
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ivr.speech.audio import MASTER_RATE, RATE, Samples
from ivr.speech.files import write_whole
from ivr.speech.parts import SpeechError
from ivr.speech.port import PROJECT, Engine, decoded, speaks

FOLDER = PROJECT / "prompts" / "shipped"

BITS: Mapping[str, int] = {"en": 9_000, "ru": 7_000}
"""Bits in a second that Opus is asked for, by language; Ogg adds about 700. Measured: docs/decisions/0005-voices.md."""
LEAST_BITS = 6_000
"""What Opus can do with, and what a language without a figure of its own is kept at."""

_MOST_BITS = 256_000
_BLOCK = 64
"""Sounds of a block: what is decoded for one of them."""
_GAP = 20 * RATE // 1000
"""Samples of silence between two sounds, so that neither colours the other."""
_OTHER = {".": ",", ",": "."}
_KEPT = 6
"""Decoded blocks that are kept."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text's sound is: its block, and first sample and number of samples in it, at 8 kHz."""

    block: int
    start: int
    length: int


class ShippedSet:
    """The shipped prompts of a language. Safe from any thread. Raises SpeechError for files that are not whole."""

    def __init__(self, language: str, folder: Path = FOLDER) -> None:
        self.language = language
        self._path = folder / f"{language}.opus"
        place = folder / f"{language}.json"
        try:
            raw = json.loads(place.read_text(encoding="utf-8"))
            self.voice = str(raw["voice"])
            self.blocks: list[tuple[int, int]] = [(int(start), int(length)) for start, length in raw["blocks"]]
            self.texts: Mapping[str, Place] = {str(text): Place(*map(int, where)) for text, where in raw["texts"].items()}
            size = self._path.stat().st_size
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise SpeechError(f"shipped prompts {place}: cannot be used ({error}); get the file again, or `make prompts-ship`") from error
        if self.blocks and size != sum(self.blocks[-1]):
            raise SpeechError(f"shipped prompts {self._path}: not whole ({size} bytes); get the file again, or `make prompts-ship`")
        self._decoded: OrderedDict[int, Samples] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, language: str, folder: Path = FOLDER) -> ShippedSet | None:
        """The set of a language, None where none is shipped. Raises SpeechError for one that cannot be used."""
        return cls(language, folder) if (folder / f"{language}.json").is_file() else None

    def place(self, text: str) -> Place | None:
        """Where a text is; said the other way, inside a sentence or at its end, where it is not there as asked."""
        return self.texts.get(text) or self.texts.get(text[:-1] + _OTHER.get(text[-1:], ""))

    def sound(self, text: str) -> Samples | None:
        """The sound of a text at 8 kHz; None where it is not shipped. Raises SpeechError where the file is broken."""
        place = self.place(text)
        if place is None:
            return None
        found = self._block(place.block)[place.start : place.start + place.length]
        if len(found) != place.length:
            raise SpeechError(f"shipped prompts {self._path}: broken at {text[:40]!r}; get the file again, or `make prompts-ship`")
        return found

    def _block(self, number: int) -> Samples:
        with self._lock:
            if number in self._decoded:
                self._decoded.move_to_end(number)
                return self._decoded[number]
        start, length = self.blocks[number]
        with self._path.open("rb") as file:
            file.seek(start)
            samples, rate = decoded(file.read(length), f"shipped prompts {self._path}, block {number}")
        if rate != RATE:
            raise SpeechError(f"shipped prompts {self._path}: at {rate} Hz, not {RATE}; `make prompts-ship`")
        with self._lock:
            self._decoded[number] = samples
            while len(self._decoded) > _KEPT:
                self._decoded.popitem(last=False)
        return samples


@dataclass(frozen=True, slots=True)
class ShippedEngine:
    """The shipped set as a voice: what it has costs no synthesis, anything else is spoken by `other`, the voice it was made by where
    that is installed. `missing` says why there is none."""

    ready: ShippedSet
    other: Engine | None = None
    missing: str = ""
    name: str = "shipped"
    version: str = "1"
    offline: bool = True

    @property
    def languages(self) -> tuple[str, ...]:
        return (self.ready.language,)

    def voice(self, language: str) -> str:
        speaks(self, language)
        return self.ready.voice

    def speaker(self, words: str) -> Engine:
        """Who says the words: the set where it has them, else the voice that is here."""
        return self if self.other is None or self.ready.place(words) is not None else self.other

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        speaks(self, language)
        found = self.ready.sound(words)
        if found is not None:
            return found, RATE
        if self.other is None:
            raise SpeechError(f"{words[:60]!r} is not among the shipped prompts, and no voice is here: {self.missing}")
        return self.other.render(words, language)

    def render_many(self, words: Sequence[str], language: str) -> list[tuple[Samples, int]]:
        left = [one for one in dict.fromkeys(words) if self.ready.place(one) is None]
        spoken: dict[str, tuple[Samples, int]] = {}
        if left and self.other is not None:
            spoken = dict(zip(left, self.other.render_many(left, language), strict=True))
        return [spoken[one] if one in spoken else self.render(one, language) for one in words]


def write_set(folder: Path, language: str, voice: str, sounds: Iterable[tuple[str, Samples]]) -> int:
    """Write a language's set: texts with their masters at 16 kHz. The same sounds give the same bytes. Returns the set's size in bytes."""
    content, blocks = bytearray(), []
    texts: dict[str, tuple[int, int, int]] = {}
    level = (_MOST_BITS - BITS.get(language, LEAST_BITS)) / (_MOST_BITS - LEAST_BITS)
    for number, group in enumerate(_groups(sounds)):
        parts: list[Samples] = []
        at = 0
        for alike, master in group:
            sound = np.asarray(soxr.resample(master, MASTER_RATE, RATE, "HQ"), dtype=np.float32)[: len(master) * RATE // MASTER_RATE]
            texts |= dict.fromkeys(alike, (number, at, len(sound)))
            parts += [sound, np.zeros(_GAP, dtype=np.float32)]
            at += len(sound) + _GAP
        block = _reproducible(np.concatenate(parts), level)
        blocks.append([len(content), len(block)])
        content += block
    rows = ",\n".join(f"  {json.dumps(text, ensure_ascii=False)}: {json.dumps(where)}" for text, where in texts.items())
    head = f'{{\n "voice": {json.dumps(voice)},\n "blocks": {json.dumps(blocks)},\n "texts": {{\n{rows}\n }}\n}}\n'
    write_whole(folder / f"{language}.opus", bytes(content))
    write_whole(folder / f"{language}.json", head.encode())
    return len(content) + len(head.encode())


def _groups(sounds: Iterable[tuple[str, Samples]]) -> Iterator[list[tuple[list[str], Samples]]]:
    """Different sounds, each with all texts that sound so, in blocks, in the order in which they first came."""
    alike: dict[bytes, tuple[list[str], Samples]] = {}
    for text, sound in sounds:
        alike.setdefault(blake2s(sound.tobytes()).digest(), ([], sound))[0].append(text)
    different = list(alike.values())
    for at in range(0, len(different), _BLOCK):
        yield different[at : at + _BLOCK]


def _reproducible(samples: Samples, level: float) -> bytes:
    """Samples as an Ogg Opus stream whose bytes follow from them alone: the stream's number is fixed, and every page's check sum.
    `level` is libsndfile's scale of compression, 0 to 1, which is linear in the bits."""
    file = BytesIO()
    soundfile.write(file, samples, RATE, format="OGG", subtype="OPUS", compression_level=level)
    stream, at = bytearray(file.getvalue()), 0
    while at < len(stream):
        body = sum(stream[at + 27 : at + 27 + stream[at + 26]])
        end = at + 27 + stream[at + 26] + body
        stream[at + 14 : at + 18] = (1).to_bytes(4, "little")
        stream[at + 22 : at + 26] = bytes(4)
        stream[at + 22 : at + 26] = _ogg_crc(bytes(stream[at:end])).to_bytes(4, "little")
        at = end
    return bytes(stream)


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return table


_TABLE = _crc_table()


def _ogg_crc(page: bytes) -> int:
    """The check sum of an Ogg page (RFC 3533, 6): CRC-32 with polynomial 04C11DB7, neither reflected nor inverted."""
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[(value >> 24) ^ byte]
    return value
