"""Whose sounds say an utterance: somebody's recordings where they cover it, else the built set, else a voice that speaks it now.

An utterance (fixed words, or a whole value) is said by one speaker from end to end: a value half by a human and half by a machine, or by
two humans, is not understood.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path

from ivr.engine.effects import Pause
from ivr.speech import audio
from ivr.speech.building import Source
from ivr.speech.files import Entry, digest
from ivr.speech.parts import SpeechError
from ivr.speech.recordings import Defect, Recording, Recordings, Unusable, read_recording
from ivr.speech.shipped import ShippedEngine
from ivr.speech.stock import Sound, Stock
from ivr.speech.units import Unit, Utterance, chunks, pieces, shaped, unit
from ivr.speech.voice import Engine

_log = logging.getLogger(__name__)

RECORDED = "recorded/"
"""Where converted recordings stand in the cache."""


class MissingPrompt(SpeechError):
    """A unit has no recording and no voice may speak it now; the message names its id and words."""


def made_of(one: Unit) -> str:
    """What the manifest remembers of a synthesised unit: when it differs, the sound is made anew."""
    return digest(shaped(one), audio.VERSION)


class Human:
    """The recordings of a folder, converted into the cache when they are first needed. Safe from any thread."""

    def __init__(self, root: Path, stock: Stock, preferred: Mapping[str, str]) -> None:
        self._root, self._stock, self._preferred = root, stock, preferred
        self._refused: dict[str, tuple[str, Defect]] = {}
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str], tuple[object, object, Mapping[str, Recording]]] = {}
        self.found = Recordings(root, preferred)

    def scan(self) -> None:
        """Look again which files there are."""
        self.found = Recordings(self._root, self._preferred)

    def has(self, one: Unit) -> bool:
        """Whether somebody has recorded the unit as a whole, either way, and it can be used or has not been looked at."""
        for voice in self.found.voices(one.language):
            recording = self.found.get(one, voice)
            if recording is not None and recording.key not in self._refused:
                return True
        return False

    def known(self, recording: Recording) -> bool:
        """Whether a recording has been converted as it is now."""
        entry = self._stock.manifest.get(recording.key)
        try:
            return entry is not None and entry.seen == _seen(recording.path) and self._stock.whole(entry)
        except OSError:
            return False

    def cover(self, said: Utterance) -> list[Sound | Pause] | None:
        """The utterance by the first voice that can say all of it."""
        for voice in self.found.voices(said.language):
            self._take_in(said, voice)
            covered = self._stock.words(f"{said.language}/{voice}/").cover(said)
            if covered is not None:
                return covered
        return None

    def _take_in(self, said: Utterance, voice: str) -> None:
        """Convert what could say a part of the utterance and was not looked at yet: dropped in since the last build."""
        pending = self._pending(said.language, voice)
        if pending:
            for one in chunks(" ".join(said.phrase), said.language):
                for name in (one.id, one.other):
                    if name in pending:
                        self.take(pending[name], one)

    def _pending(self, language: str, voice: str) -> Mapping[str, Recording]:
        """A voice's recordings that are neither converted nor refused."""
        entries, found = self._stock.manifest.entries(), self.found
        held = self._waiting.get((language, voice))
        if held is None or held[0] is not entries or held[1] is not found:
            all_of = found.by_voice.get((language, voice), {})
            waiting = {name: one for name, one in all_of.items() if one.key not in entries and one.key not in self._refused}
            held = self._waiting[language, voice] = (entries, found, waiting)
        return held[2]

    def take(self, recording: Recording, one: Unit, save: bool = True) -> Entry | Defect | None:
        """Check and convert a recording of a unit: its new entry, what is wrong with it, or None where it is as it was.

        `save`: write the entry to the manifest at once; else it is the caller's to write.
        """
        try:
            seen = _seen(recording.path)
        except OSError:
            return None
        known = self._stock.manifest.get(recording.key)
        if self.known(recording):
            return None
        refused = self._refused.get(recording.key)
        if refused is not None and refused[0] == seen:
            return refused[1]
        with self._lock:
            try:
                entry = self._converted(recording, one, seen)
            except Unusable as error:
                self._refused[recording.key] = (seen, error.defect)
                self._waiting.clear()
                if known is not None:
                    self._stock.manifest.add({}, without=[recording.key])
                # the file's name says its words, and they are the menus' or the stock's, never a subscriber's
                _log.warning("a recording cannot be used: %s", error)
                return error.defect
        self._refused.pop(recording.key, None)
        if save:
            self._stock.manifest.add({recording.key: entry})
        return entry

    def _converted(self, recording: Recording, one: Unit, seen: str) -> Entry:
        spoken = one if one.id == recording.unit_id else unit(one.words.rstrip(". "), one.language, final=not one.final)
        try:
            samples, rate = read_recording(recording.path, spoken.words, spoken.language)
            made = digest(recording.path.read_bytes(), audio.VERSION)
            return self._stock.keep(RECORDED + recording.key, samples, rate, spoken, f"recording {recording.voice}", made, seen)
        except Unusable:
            raise
        except (SpeechError, OSError) as error:
            raise Unusable(Defect(recording.path, "format", f"cannot be converted: {error}")) from error

    def drop_gone(self) -> int:
        """Forget the recordings whose files were taken away, and remove what was made of them; how many."""
        there = {recording.key for recording in self.found}
        entries = self._stock.manifest.entries()
        gone = [key for key in entries if key not in there]
        self._stock.manifest.add({}, without=gone)
        for key in gone:
            self._stock.remove(entries[key])
        return len(gone)


def _seen(path: Path) -> str:
    """Size and time of a file, by which a change is suspected. Raises OSError."""
    state = path.stat()
    return f"{state.st_size} {state.st_mtime_ns}"


class Machine:
    """The built set, and a voice for what is missing in it. Safe from any thread; each unit is made once."""

    def __init__(self, stock: Stock, engines: Mapping[str, Engine]) -> None:
        self._stock, self.engines = stock, engines
        self._making = threading.Lock()

    def cover(self, said: Utterance) -> list[Sound | Pause]:
        """The utterance by the built set: whole, else by its pieces, made now where one is missing and a voice may speak; else in
        single words. Raises MissingPrompt, or SpeechError where the voice fails."""
        whole = unit(" ".join(said.phrase), said.language, said.final)
        found = self._stock.find(whole)
        if found is not None:
            return [found]
        planned = pieces(said)
        sounds: list[Sound | Pause | None] = [self._stock.find(one) if isinstance(one, Unit) else one for one in planned]
        if all(sounds):
            return [one for one in sounds if one is not None]
        try:
            return self._completed(whole, planned, sounds)
        except SpeechError:
            covered = self._stock.words("").cover(said)
            if covered is None:
                raise
            return covered

    def _completed(self, whole: Unit, planned: tuple[Unit | Pause, ...], sounds: list[Sound | Pause | None]) -> list[Sound | Pause]:
        if whole.language in self.engines:
            there = {_speaker(one.entry.voice) for one in sounds if isinstance(one, Sound)}
            lacking = (one for one, sound in zip(planned, sounds, strict=True) if sound is None and isinstance(one, Unit))
            if there and there != {_speaker(self.source(one).voice) for one in lacking}:
                return [self.make(whole)]  # another voice built the rest: better this one says all of it than half
        done: list[Sound | Pause] = []
        for one, sound in zip(planned, sounds, strict=True):
            done.append(sound if sound is not None else self.make(one) if isinstance(one, Unit) else one)
        return done

    def make(self, one: Unit, known: Entry | None = None) -> Sound:
        """A unit made now and kept. `known` is an entry that proved broken. Raises MissingPrompt, or SpeechError where the voice fails."""
        with self._making:
            self._stock.manifest.refresh()
            entry = self._stock.manifest.get(one.id)
            if entry is not None and entry is not known and self._stock.whole(entry):
                return Sound(one, entry, one.id)
            source = self.source(one)
            if source.engine is None or not source.engine.offline:
                raise MissingPrompt(
                    f"prompt {one.id}: not built, and {source.voice.split(' ')[0]} may not speak during a call: {one.words!r}"
                )
            entry = self.store(one, source)
            self._stock.manifest.add({one.id: entry})
            # not which: its id says its words, and they may be a subscriber's amount
            _log.info("a prompt in %s was made on demand by %s", one.language, source.voice)
            return Sound(one, entry, one.id)

    def source(self, one: Unit) -> Source:
        """Who would speak a unit. Raises MissingPrompt where nobody speaks its language."""
        engine = self.engines.get(one.language)
        if engine is None:
            raise MissingPrompt(f"prompt {one.id}: no recording and no voice for {one.language} {one.words!r}")
        if isinstance(engine, ShippedEngine):
            engine = engine.speaker(shaped(one))
        return Source(f"{engine.name} {engine.version} {engine.voice(one.language)}", made_of(one), None, engine)

    def store(self, one: Unit, source: Source, sound: tuple[audio.Samples, int] | None = None) -> Entry:
        """Make one prompt and write its files; the manifest is the caller's to write. Raises SpeechError."""
        if sound is None:
            assert source.engine is not None
            sound = source.engine.render(shaped(one), one.language)
        return self._stock.keep(f"{one.language}/{one.id}", *sound, one, source.voice, source.made_of)

    def fresh(self, one: Unit, replace: bool, since: int) -> bool:
        """Whether a build has nothing to do for a unit. `replace`: what another voice made does not count; `since` as in
        `Stock.undamaged`."""
        entry = self._stock.manifest.get(one.id)
        if one.language not in self.engines:
            # Without a voice there is nothing better than what is there.
            found = entry or self._stock.manifest.get(one.other)
            return found is not None and self._stock.undamaged(found, since)
        if entry is None:
            return False
        source = self.source(one)
        other_voice = source.engine is not None and not entry.voice.startswith(f"{source.engine.name} ")
        same_voice = entry.voice == source.voice or (other_voice and not replace)
        if isinstance(source.engine, ShippedEngine) and source.engine.other is not None and other_voice:
            # what its stand-in had to say is shipped now
            same_voice = same_voice and _speaker(entry.voice) != source.engine.other.name
        return entry.made_of == source.made_of and same_voice and self._stock.undamaged(entry, since)


def _speaker(voice: str) -> str:
    """The voice's name in what the manifest remembers: a shipped prompt's is that of the voice it was made by."""
    name, _, rest = voice.partition(" ")
    return rest.split(" ")[1] if name == "shipped" and rest.count(" ") else name
