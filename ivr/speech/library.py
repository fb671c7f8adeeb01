"""The prompts: building them, finding them, and joining them into what a call plays.

A prompt is a unit's A-law file in the cache. It comes from a recording `prompts/<language>/<voice>/<id>.wav` where there is one,
else from a voice. Building makes what is missing or changed; a call makes at most what nobody could foresee (a name spoken for the
first time), and only with a voice that needs no network.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from ivr.engine.effects import Spoken
from ivr.speech import audio, spell
from ivr.speech.building import BuildReport, Outages, Source, batches
from ivr.speech.files import Entry, Manifest, digest, sweep_parts, write_whole
from ivr.speech.joined import Joined, JoinedStore
from ivr.speech.parts import SpeechError
from ivr.speech.progress import Progress, Quiet
from ivr.speech.units import Unit, plan
from ivr.speech.voice import PROJECT, Engine

_log = logging.getLogger(__name__)

_SAVE_EVERY = 2.0
"""Seconds between two writings of the manifest while building: what a killed build loses."""
_LOOK_EVERY = 1.0
"""Seconds after which a call looks whether another process changed the manifest."""


class MissingPrompt(SpeechError):
    """A unit has no recording and no voice may speak it now; the message names its id and words."""


class PromptLibrary:
    """The prompts of a project. One for a process; safe from any thread, beside other processes on the same folders.

    `recordings` holds `<language>/<voice>/<id>.wav`; `voices` prefers a voice's folder by language, else the first by name wins.
    `engines` speaks what has no recording, by language; none: a prompt without a recording is an error.
    """

    def __init__(
        self,
        recordings: Path = PROJECT / "prompts",
        cache: Path | None = None,
        engines: Mapping[str, Engine] | None = None,
        voices: Mapping[str, str] | None = None,
        store: JoinedStore | None = None,
    ) -> None:
        self._recordings = Path(recordings).resolve()
        self.cache = Path(cache).resolve() if cache is not None else self._recordings / "cache"
        self._engines = dict(engines or {})
        self._voices = dict(voices or {})
        self.manifest = Manifest(self.cache / "manifest.json")
        self._joined = store or JoinedStore(self.cache / "joined")
        self._making = threading.Lock()
        self._looked = time.monotonic()
        self._recorded = self._find_recordings()

    def join(self, parts: tuple[Spoken, ...]) -> Joined:
        """One file, in both formats, that says all parts in order. Raises MissingPrompt, or SpeechError for what cannot be spoken."""
        planned = plan(parts)
        self._look()
        units = tuple(one for one in planned if isinstance(one, Unit))
        entries = {one.id: self._ready(one) for one in units}
        key = digest(*(f"{one.id} {entries[one.id].digest}" if isinstance(one, Unit) else f"{one.milliseconds} ms" for one in planned))
        ready = self._joined.get(key)
        if ready is not None:
            return ready
        sound = (self._bytes(one, entries[one.id]) if isinstance(one, Unit) else audio.silence(one.milliseconds) for one in planned)
        return self._joined.put(key, units, b"".join(sound) or audio.silence(20))

    def said(self, path: str | Path) -> str:
        """The words of a joined reply or of a unit, by its file's path with or without suffix. Raises SpeechError for any other file."""
        path = Path(path).resolve()
        joined = self._joined.read(path)
        if joined is not None:
            return " ".join(unit.words for unit in joined.units)
        for _ in range(2):
            entry = self.manifest.get(path.stem)
            if entry is not None and path.parent.name == entry.language:
                return entry.words
            self.manifest.refresh()
        raise SpeechError(f"file {path}: no prompt and no reply of this library")

    def reply(self, path: Path) -> Joined | None:
        """The joined reply in a file, by its path with or without suffix; None for any other file."""
        return self._joined.read(path)

    def missing(self, units: Iterable[Unit]) -> tuple[Unit, ...]:
        """Those of the units that a call could not play from the cache as it is: no entry, or a file that is not whole."""
        self.manifest.refresh()
        return tuple(one for one in units if not self._whole(self.manifest.get(one.id)))

    def stale(self, units: Iterable[Unit], replace: bool = False) -> tuple[Unit, ...]:
        """Those of the units that `build` would make: missing, damaged, of other words, settings or voice.

        A prompt that another voice made of the same words stays, unless `replace`: gTTS's are not lost to the next start's espeak-ng.
        """
        self.manifest.refresh()
        self._recorded = self._find_recordings()
        return tuple(one for one in units if not self._fresh(one, replace))

    def build(self, units: Iterable[Unit], progress: Progress | None = None, replace: bool = False) -> BuildReport:
        """Make what is missing or changed, on all processors. A unit that fails leaves no file and is reported, not raised.

        Raises MissingPrompt before any work where a unit has no recording and its language no voice.
        """
        began, progress = time.monotonic(), progress or Quiet()
        sweep_parts(self.cache)
        wanted = {one.id: one for one in units}
        todo = self.stale(wanted.values(), replace)
        sources = {one.id: self._source(one) for one in todo}
        progress.begin(len(todo))
        failed: list[tuple[Unit, str]] = []
        fresh: dict[str, Entry] = {}
        saved, made = time.monotonic(), 0
        outage = Outages()
        pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="prompts")
        try:
            futures: list[Future[list[tuple[Unit, Entry | str]]]] = [
                pool.submit(self._make, batch, sources, outage) for batch in batches(todo, sources)
            ]
            for future in as_completed(futures):
                for one, result in future.result():
                    if isinstance(result, Entry):
                        fresh[one.id] = result
                    else:
                        failed.append((one, result))
                progress.advance(len({one.id for one, _ in future.result()}))
                if time.monotonic() - saved > _SAVE_EVERY:
                    self.manifest.add(fresh)
                    made, fresh, saved = made + len(fresh), {}, time.monotonic()
        finally:
            pool.shutdown(cancel_futures=True)
            self.manifest.add(fresh)
        return BuildReport(made + len(fresh), len(wanted) - len(todo), tuple(failed), time.monotonic() - began)

    def _make(self, batch: list[Unit], sources: Mapping[str, Source], outage: Outages) -> list[tuple[Unit, Entry | str]]:
        """The entries of a batch of one source, files written; a reason in place of an entry that could not be made."""
        source = sources[batch[0].id]
        sounds: list[tuple[audio.Samples, int]] | None = None
        if source.engine is not None and len(batch) > 1:
            try:
                sounds = source.engine.render_many([spell.readable(one.words, one.language) for one in batch], batch[0].language)
            except SpeechError:
                sounds = None  # each alone below, so that one bad text costs one prompt
        results: list[tuple[Unit, Entry | str]] = []
        for place, one in enumerate(batch):
            try:
                outage.check(source.voice)
                results.append((one, self._store(one, sources[one.id], sounds[place] if sounds else None)))
                outage.worked(source.voice)
            except (SpeechError, OSError) as error:
                outage.failed(source.voice)
                results.append((one, str(error)))
                results += self._instead(one, source)
        return results

    def _instead(self, one: Unit, failed: Source) -> list[tuple[Unit, Entry | str]]:
        """A voice's prompt where a recording cannot be used and nothing else is there: the fault is reported, the call goes on."""
        if failed.recording is None or one.language not in self._engines or self._whole(self.manifest.get(one.id)):
            return []
        try:
            return [(one, self._store(one, self._voice_source(one)))]
        except (SpeechError, OSError) as error:
            return [(one, str(error))]

    def _store(self, one: Unit, source: Source, sound: tuple[audio.Samples, int] | None = None) -> Entry:
        """Make one prompt and write its file; the manifest is the caller's to write."""
        if sound is None:
            if source.recording is not None:
                sound = audio.read_sound(source.recording)
            elif source.engine is not None:
                sound = source.engine.render(spell.readable(one.words, one.language), one.language)
            else:
                raise self._no_voice(one)
        alaw = audio.to_alaw(audio.prepare(*sound))
        file = f"{one.language}/{one.id}.alaw"
        write_whole(self.cache / file, alaw)
        return Entry(one.words, one.language, file, digest(alaw), source.voice, source.made_of, audio.length(alaw))

    def _source(self, one: Unit) -> Source:
        recorded = self._recorded.get((one.language, one.id))
        if recorded is None:
            return self._voice_source(one)
        try:
            made_of = digest(recorded.read_bytes(), audio.VERSION)
        except OSError:
            made_of = ""  # making it will say why
        return Source(f"recording {recorded.parent.name}", made_of, recorded, None)

    def _voice_source(self, one: Unit) -> Source:
        engine = self._engines.get(one.language)
        if engine is None:
            raise self._no_voice(one)
        made_of = digest(spell.readable(one.words, one.language), audio.VERSION)
        return Source(f"{engine.name} {engine.version} {engine.voice(one.language)}", made_of, None, engine)

    @staticmethod
    def _no_voice(one: Unit) -> MissingPrompt:
        return MissingPrompt(f"prompt {one.id}: no recording and no voice for {one.language} {one.words!r}")

    def _fresh(self, one: Unit, replace: bool) -> bool:
        entry = self.manifest.get(one.id)
        if entry is None:
            return False
        if (one.language, one.id) not in self._recorded and one.language not in self._engines:
            # Without a voice there is nothing better than what is there; a recording taken away is the exception.
            return not entry.voice.startswith("recording ") and self._undamaged(entry)
        source = self._source(one)
        other_voice = source.engine is not None and not entry.voice.startswith(f"{source.engine.name} ")
        same_voice = entry.voice == source.voice or (other_voice and not replace)
        return entry.made_of == source.made_of and same_voice and self._undamaged(entry)

    def _undamaged(self, entry: Entry) -> bool:
        try:
            return digest((self.cache / entry.file).read_bytes()) == entry.digest
        except OSError:
            return False

    def _whole(self, entry: Entry | None) -> bool:
        try:
            return entry is not None and audio.RATE * entry.milliseconds // 1000 == (self.cache / entry.file).stat().st_size > 0
        except OSError:
            return False

    def _ready(self, one: Unit) -> Entry:
        """The entry of a unit, made now where it may be."""
        entry = self.manifest.get(one.id)
        return entry if entry is not None else self._on_demand(one)

    def _on_demand(self, one: Unit, known: Entry | None = None) -> Entry:
        with self._making:
            self.manifest.refresh()
            entry = self.manifest.get(one.id)
            if entry is not None and entry is not known and self._whole(entry):
                return entry
            source = self._source(one)
            try:
                entry = self._store_now(one, source)
            except SpeechError as error:
                if source.recording is None or one.language not in self._engines:
                    raise
                _log.warning("prompt %s: its recording cannot be used: %s", one.id, error)
                source = self._voice_source(one)
                entry = self._store_now(one, source)
            self.manifest.add({one.id: entry})
            # not which: its id says its words, and they may be a subscriber's amount
            _log.info("a prompt in %s was made on demand by %s", one.language, source.voice)
            return entry

    def _store_now(self, one: Unit, source: Source) -> Entry:
        if source.engine is not None and not source.engine.offline:
            raise MissingPrompt(f"prompt {one.id}: not built, and {source.engine.name} may not speak during a call: {one.words!r}")
        return self._store(one, source)

    def _bytes(self, one: Unit, entry: Entry) -> bytes:
        for _ in range(2):
            try:
                alaw = (self.cache / entry.file).read_bytes()
            except OSError:
                alaw = b""
            if alaw and audio.length(alaw) == entry.milliseconds:
                return alaw
            entry = self._on_demand(one, entry)
        raise MissingPrompt(f"prompt {one.id}: its file does not stay whole: {one.words!r}")

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked > _LOOK_EVERY:
            self._looked = now
            self.manifest.refresh()

    def _find_recordings(self) -> dict[tuple[str, str], Path]:
        found: dict[tuple[str, str], Path] = {}
        for language in spell.LANGUAGES:
            preferred = self._voices.get(language)
            for path in sorted(self._recordings.glob(f"{language}/*/*.wav"), key=lambda path: (path.parent.name != preferred, path)):
                found.setdefault((language, path.stem), path)
        return found
