"""Sounds that are ready: prompts' files in the cache with the manifest that describes them, and finding words among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from ivr.engine.effects import Pause
from ivr.speech import audio
from ivr.speech.audio import Samples
from ivr.speech.files import Entry, Manifest, digest, write_whole
from ivr.speech.units import FINAL, GROUP_PAUSE, MOST_TOKENS, SENTENCE_PAUSE, Unit, Utterance, normalised, tokens, unit


@dataclass(frozen=True, slots=True)
class Sound:
    """A unit with the sound that says it; `key` is the sound's name in its manifest."""

    unit: Unit
    entry: Entry
    key: str


class Broken(Exception):
    """A prompt's file is not what its entry says."""

    def __init__(self, sound: Sound) -> None:
        super().__init__(sound.key)
        self.sound = sound


class Stock:
    """Prompts under a cache folder, by the manifest `name` in it. Safe from any thread, beside other processes. `masters`: the 16 kHz
    master of each is kept too."""

    def __init__(self, cache: Path, name: str, masters: bool = False) -> None:
        self.cache, self._name, self._masters = cache, name, masters
        self.manifest = Manifest(cache / name)
        self._indexed: tuple[object, dict[str, Words]] = (None, {})

    def keep(self, base: str, samples: Samples, rate: int, one: Unit, voice: str, made_of: str, seen: str = "") -> Entry:
        """Prepare a unit's sound (mono `samples` at `rate` Hz) and write `base`.alaw and .sln under the cache; the manifest is the caller's
        to write. Raises SpeechError for what is no sound."""
        wide = audio.master(samples, rate)
        sln = audio.narrow(wide)
        alaw = audio.to_alaw(sln)
        if self._masters:
            path = self.cache / f"{base}.flac"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, wide, audio.MASTER_RATE, subtype="PCM_16", format="FLAC")
        write_whole(self.cache / f"{base}.sln", sln)
        write_whole(self.cache / f"{base}.alaw", alaw)
        return Entry(one.words, one.language, f"{base}.alaw", digest(alaw), voice, made_of, audio.length(alaw), seen)

    def remove(self, entry: Entry) -> None:
        """Remove the files of an entry that the manifest no longer has. Whoever is reading one finds it gone and looks again."""
        for suffix in (".alaw", ".sln", ".flac"):
            (self.cache / entry.file).with_suffix(suffix).unlink(missing_ok=True)

    def find(self, one: Unit, folder: str = "") -> Sound | None:
        """The sound of a unit under a folder of the manifest's names, said the other way where it is not there as asked."""
        for name in (one.id, one.other):
            entry = self.manifest.get(folder + name)
            if entry is not None:
                return Sound(one, entry, folder + name)
        return None

    def words(self, folder: str) -> Words:
        """What the sounds under a folder of the manifest's names can say: `az/leyla/`; an index by the manifest as it is now."""
        entries = self.manifest.entries()
        indexed, by_folder = self._indexed
        if indexed is not entries:
            by_folder = {}
            self._indexed = (entries, by_folder)
        found = by_folder.get(folder)
        if found is None:
            rows = ((name, entry) for name, entry in entries.items() if name.startswith(folder) and "/" not in name[len(folder) :])
            found = by_folder[folder] = Words(rows)
        return found

    def whole(self, entry: Entry | None) -> bool:
        """Whether an entry's file is there with its length."""
        try:
            return entry is not None and audio.RATE * entry.milliseconds // 1000 == (self.cache / entry.file).stat().st_size > 0
        except OSError:
            return False

    def undamaged(self, entry: Entry, since: int = 0) -> bool:
        """Whether the bytes of an entry's file are those that were written. A file of the right length that nobody wrote to after the
        moment `since` (nanoseconds) is not read."""
        path = self.cache / entry.file
        try:
            state = path.stat()
            if since and state.st_mtime_ns <= since and state.st_size == audio.RATE * entry.milliseconds // 1000 > 0:
                return True
            return digest(path.read_bytes()) == entry.digest
        except OSError:
            return False

    def written(self) -> int:
        """When the manifest was last written, nanoseconds; 0 where there is none. What was changed behind it is newer."""
        try:
            return (self.cache / self._name).stat().st_mtime_ns
        except OSError:
            return 0

    def read(self, sound: Sound) -> bytes:
        """A sound's 16-bit samples at 8 kHz. Raises Broken where its file is not whole."""
        path, length = self.cache / sound.entry.file, audio.RATE * sound.entry.milliseconds // 1000
        try:
            sln = path.with_suffix(".sln").read_bytes()
            if len(sln) == 2 * length > 0 and path.stat().st_size == length:
                return sln
        except OSError:
            pass
        try:
            alaw = path.read_bytes()  # a set may have been unpacked without linear samples
        except OSError:
            alaw = b""
        if len(alaw) != length or not alaw:
            raise Broken(sound)
        return audio.from_alaw(alaw)


_Step = tuple[int, int, int, Sound | None]
_END: _Step = (0, 0, 0, None)


class Words:
    """Sounds by their words: the longest match of a text among them."""

    def __init__(self, rows: Iterable[tuple[str, Entry]]) -> None:
        self._by_words: dict[tuple[str, str], dict[bool, tuple[str, Entry]]] = {}
        self._longest: dict[str, int] = {}
        for key, entry in rows:
            plain = normalised(entry.words).rstrip(". ")
            split = plain.split(" ")
            self._by_words.setdefault((entry.language, plain), {})[key.endswith(FINAL)] = (key, entry)
            self._longest[split[0]] = max(self._longest.get(split[0], 0), len(split))

    def find(self, words: str, language: str, final: bool) -> Sound | None:
        """What says these words, the other way where it is not there as asked."""
        text = normalised(words)
        plain = text.rstrip(". ")
        ways = self._by_words.get((language, plain))
        if ways is None:
            return None
        ends = final or plain != text
        key, entry = ways[ends] if ends in ways else ways[not ends]
        return Sound(unit(words, language, final), entry, key)

    def cover(self, said: Utterance) -> list[Sound | Pause] | None:
        """The whole as few sounds as can be, the longest first: whole prompt, phrase, chunk, word; None where a word has none."""
        text = " ".join(said.phrase)
        whole = self.find(text, said.language, said.final)
        if whole is not None:
            return [whole]
        split = tokens(text)
        if not self._by_words or len(split) > MOST_TOKENS:
            return None
        count = len(split)
        edges, at = {count}, 0
        for piece in said.phrase:
            at += len(tokens(piece))
            edges.add(at)
        # from each word on: how many sounds, how many of their ends lie inside a piece, where the next begins, this one
        best: list[_Step | None] = [None] * count
        for start in range(count - 1, -1, -1):
            longest = self._longest.get(normalised(split[start]).rstrip(". "), 0)
            for end in range(min(count, start + longest), start, -1):
                rest = best[end] if end < count else _END
                held = best[start]
                if rest is None:
                    continue
                cost = (rest[0] + 1, rest[1] + (end not in edges))
                if held is not None and cost >= held[:2]:
                    continue
                found = self.find(" ".join(split[start:end]), said.language, said.final and end == count)
                if found is not None:
                    best[start] = (*cost, end, found)
        return _followed(best, split)


def _followed(best: Sequence[_Step | None], split: list[str]) -> list[Sound | Pause] | None:
    covered: list[Sound | Pause] = []
    at = 0
    while at < len(split):
        step = best[at]
        if step is None or step[3] is None:
            return None
        covered.append(step[3])
        at = step[2]
        sign = split[at - 1][-1]
        if at < len(split) and sign in ",;.!?":
            covered.append(Pause(GROUP_PAUSE if sign in ",;" else SENTENCE_PAUSE))
    return covered
