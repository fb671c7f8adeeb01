"""The prompts: building them, finding them, and joining them into what a call plays.

What is said comes from a recording `prompts/<language>/<voice>/<id>.wav` where there is one, else from the built set in the cache, else
from a voice. Building makes what is missing or changed; a call makes at most what nobody could foresee (a name spoken for the first
time), and only with a voice that needs no network.
"""

from __future__ import annotations

import datetime
import os
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

from ivr.engine.effects import Pause, Slot, Spoken, Words
from ivr.engine.values import Count, Money, Msisdn, Span
from ivr.speech import audio
from ivr.speech.building import BuildReport, Outages, Source, batches
from ivr.speech.choosing import Human, Machine, MissingPrompt
from ivr.speech.files import Entry, Manifest, digest, sweep_parts
from ivr.speech.joined import Joined, JoinedStore
from ivr.speech.parts import SpeechError
from ivr.speech.progress import Progress, Quiet
from ivr.speech.pruning import OLDEST, Pruned, prune, stale_names
from ivr.speech.recordings import Defect, named
from ivr.speech.settings import SpeechSettings
from ivr.speech.stock import Broken, Sound, Stock
from ivr.speech.units import Unit, Utterance, shaped, utterances
from ivr.speech.voice import PROJECT, Engine, cannot_say

_SAVE_EVERY = 2.0
"""Seconds between two writings of the manifest while building: what a killed build loses."""
_LOOK_EVERY = 1.0
"""Seconds after which a call looks whether another process changed the manifest."""


_ANY = (
    Money(1_110_000, "AZN"),
    Count(21, "megabyte"),
    datetime.date(2027, 3, 5),
    datetime.datetime(2027, 3, 5, 12, 30, tzinfo=datetime.UTC),
    Msisdn("994501110001"),
    Span(90),
    21,
)
"""A value of every kind: to spell one loads its language."""


class PromptLibrary:
    """The prompts of a project. One for a process; safe from any thread, beside other processes on the same folders.

    `recordings` holds `<language>/<voice>/<id>.wav`; `voices` prefers a voice's folder by language, else the first by name that can say
    the whole wins. `engines` speaks what is neither recorded nor built, by language; none: such a prompt is an error.
    """

    def __init__(
        self,
        recordings: Path = PROJECT / "prompts",
        cache: Path | None = None,
        engines: Mapping[str, Engine] | None = None,
        voices: Mapping[str, str] | None = None,
        store: JoinedStore | None = None,
        settings: SpeechSettings | None = None,
    ) -> None:
        root = Path(recordings).resolve()
        settings = settings or SpeechSettings.from_environment()
        self.cache = Path(cache).resolve() if cache is not None else root / "cache"
        self._built = Stock(self.cache, "manifest.json", settings.masters)
        self._taken = Stock(self.cache, "recorded.json", settings.masters)
        self.manifest: Manifest = self._built.manifest
        self._engines = dict(engines or {})
        self.human = Human(root, self._taken, dict(voices or {}))
        self.machine = Machine(self._built, self._engines)
        self._joined = store or JoinedStore(self.cache / "joined", settings.most_bytes, formats=settings.formats)
        self._looking = threading.Lock()
        self._looked = time.monotonic()

    # -- calls

    def join(self, parts: tuple[Spoken, ...]) -> Joined:
        """One file, in every format, that says all parts in order.

        Raises MissingPrompt, or SpeechError for what cannot be spoken.
        """
        self._look()
        told = utterances(parts)
        for _ in range(3):
            planned: list[Sound | Pause] = []
            for one in told:
                planned += [one] if isinstance(one, Pause) else self.human.cover(one) or self.machine.cover(one)
            key = digest(*(f"{one.unit.id} {one.entry.digest}" if isinstance(one, Sound) else f"{one.milliseconds} ms" for one in planned))
            ready = self._joined.get(key)
            if ready is not None:
                return ready
            try:
                sln = b"".join(audio.quiet(one.milliseconds) if isinstance(one, Pause) else self._sound(one) for one in planned)
            except Broken as broken:
                self._mend(broken.sound)
                continue
            return self._joined.put(key, tuple(one.unit for one in planned if isinstance(one, Sound)), sln or audio.quiet(20))
        raise MissingPrompt("a prompt's file does not stay whole: is the cache's disk full or read-only?")

    def _sound(self, one: Sound) -> bytes:
        return (self._taken if "/" in one.key else self._built).read(one)

    def _mend(self, sound: Sound) -> None:
        """A file that is not whole: a recording is converted again when it is next looked for, a voice's prompt is spoken again now."""
        if "/" in sound.key:
            self._taken.manifest.add({}, without=[sound.key])
        else:
            self.machine.make(Unit(sound.key, sound.unit.words, sound.unit.language), sound.entry)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked > _LOOK_EVERY:
            self._looked = now
            self.refresh()

    def warm(self, units: Iterable[Unit]) -> None:
        """Load what calls need, so that the first reply is as fast as the second: spellers, indexes, and the units' sound into the
        system's memory. For a server that becomes ready; units that are not there are left to the call."""
        units = tuple(units)
        for language in dict.fromkeys(one.language for one in units):
            for value in _ANY:
                for said in utterances((Slot(value, "", language),)):
                    if isinstance(said, Utterance):
                        self.human.cover(said)
        for one in units:
            folders = (f"{one.language}/{voice}/" for voice in self.human.found.voices(one.language))
            for sound in (self._built.find(one), *(self._taken.find(one, folder) for folder in folders)):
                with suppress(Broken):
                    if sound is not None:
                        audio.to_alaw(self._sound(sound))
        self._joined.warm()
        ready = [one for one in units if self.entry(one) is not None]
        for one in {one.language: one for one in ready}.values():
            with suppress(SpeechError, OSError):
                self.join((Words(one.words, one.language),))  # a reply as any other: the whole way has been gone once

    # -- what was said

    def said(self, path: str | Path) -> str:
        """The words of a joined reply or of a unit, by its file's path with or without suffix. Raises SpeechError for any other file."""
        path = Path(path).resolve()
        joined = self._joined.read(path)
        if joined is not None:
            return " ".join(unit.words for unit in joined.units)
        for _ in range(2):
            for entry in (self.manifest.get(path.stem), self._taken.manifest.get(_key(path))):
                if entry is not None and path.with_suffix(".alaw") == self.cache / entry.file:
                    return entry.words
            self.refresh()
        raise SpeechError(f"file {path}: no prompt and no reply of this library")

    def reply(self, path: Path) -> Joined | None:
        """The joined reply in a file, by its path with or without suffix; None for any other file."""
        return self._joined.read(path)

    # -- building

    def refresh(self) -> None:
        """See what other processes built and took in."""
        self.manifest.refresh()
        self._taken.manifest.refresh()

    def missing(self, units: Iterable[Unit]) -> tuple[Unit, ...]:
        """Those of the units that a call could not play as they are: not recorded, and not in the cache either way, or not whole."""
        self.refresh()
        return tuple(one for one in units if self.entry(one) is None)

    def unsaid(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, str]]:
        """Those of the units that a call could not say at all, and why: they are not there, and no voice here speaks them now."""
        for one in units:
            why = cannot_say(self._engines.get(one.language), shaped(one), one.language)
            if why and self.entry(one) is None:
                yield one, why

    def entry(self, one: Unit) -> Entry | None:
        """Whose sound says a unit by itself: somebody's recording, else the built set's."""
        for voice in self.human.found.voices(one.language):
            taken = self._taken.find(one, f"{one.language}/{voice}/")
            if taken is not None and self._taken.whole(taken.entry):
                return taken.entry
        built = self._built.find(one)
        return built.entry if built is not None and self._built.whole(built.entry) else None

    def stale(self, units: Iterable[Unit], replace: bool = False) -> tuple[Unit, ...]:
        """Those of the units that `build` would make: missing, damaged, of other words, settings or voice.

        A prompt that another voice made of the same words stays, unless `replace`: gTTS's are not lost to the next start's espeak-ng.
        Without a voice for its language a recorded unit needs no other prompt.
        """
        self.manifest.refresh()
        since = self._built.written()
        return tuple(one for one in units if not self.machine.fresh(one, replace, since) and not self._spared(one))

    def _spared(self, one: Unit) -> bool:
        return one.language not in self._engines and self.human.has(one)

    def take_recordings(self, units: Iterable[Unit], progress: Progress | None = None) -> tuple[int, tuple[tuple[Unit, Defect], ...]]:
        """Check and convert the recordings of the units that are new or changed: how many, and what cannot be used.

        Those taken away are forgotten. On all processors.
        """
        self._taken.manifest.refresh()
        self.human.scan()
        self.human.drop_gone()
        by_id = named(units, self.human.found)
        wanted = [(found, by_id[found.language, found.unit_id]) for found in self.human.found if (found.language, found.unit_id) in by_id]
        fresh: dict[str, Entry] = {}
        refused: list[tuple[Unit, Defect]] = []
        with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="recordings") as pool:
            took = pool.map(lambda pair: self.human.take(pair[0], pair[1], save=False), wanted)
            for (found, one), result in zip(wanted, took, strict=True):
                if isinstance(result, Entry):
                    fresh[found.key] = result
                elif isinstance(result, Defect):
                    refused.append((one, result))
                if progress is not None:
                    progress.advance()
        self._taken.manifest.add(fresh)
        return len(fresh), tuple(refused)

    def build(self, units: Iterable[Unit], progress: Progress | None = None, replace: bool = False) -> BuildReport:
        """Take in the recordings and make what is missing or changed, on all processors. What fails is reported, not raised.

        Raises MissingPrompt before any work where a unit has no recording and its language no voice.
        """
        began, progress = time.monotonic(), progress or Quiet()
        sweep_parts(self.cache)
        wanted = {one.id: one for one in units}
        taken, refused = self.take_recordings(wanted.values())
        todo = self.stale(wanted.values(), replace)
        sources = {one.id: self.machine.source(one) for one in todo}
        progress.begin(len(todo))
        failed: list[tuple[Unit, str]] = [(one, str(defect)) for one, defect in refused]
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
        kept = len(wanted) - len(todo)
        return BuildReport(taken + made + len(fresh), kept, tuple(failed), time.monotonic() - began)

    def prune(self, older: float = OLDEST) -> Pruned:
        """Remove the files of the cache that no manifest names and nobody has written to for `older` seconds. See `pruning.prune`."""
        self.refresh()
        return prune(self.cache, (*self.manifest.entries().values(), *self._taken.manifest.entries().values()), older)

    def forget_stale(self, units: Iterable[Unit], languages: Collection[str]) -> int:
        """Forget the prompts of the languages that are none of the units and were made of other words or settings than today's: a call
        would be the first to notice. Where a voice speaks the language during calls; how many. Their files go with a later `prune`."""
        speakers = {language for language in languages if (engine := self._engines.get(language)) is not None and engine.offline}
        gone = stale_names(self.manifest.entries(), {one.id for one in units}, speakers)
        self.manifest.add({}, without=gone)
        return len(gone)

    def _make(self, batch: list[Unit], sources: Mapping[str, Source], outage: Outages) -> list[tuple[Unit, Entry | str]]:
        """The entries of a batch of one source, files written; a reason in place of an entry that could not be made."""
        source = sources[batch[0].id]
        sounds: list[tuple[audio.Samples, int]] | None = None
        if source.engine is not None and len(batch) > 1:
            try:
                sounds = source.engine.render_many([shaped(one) for one in batch], batch[0].language)
            except SpeechError:
                sounds = None  # each alone below, so that one bad text costs one prompt
        results: list[tuple[Unit, Entry | str]] = []
        for place, one in enumerate(batch):
            try:
                outage.check(source.voice)
                results.append((one, self.machine.store(one, sources[one.id], sounds[place] if sounds else None)))
                outage.worked(source.voice)
            except (SpeechError, OSError) as error:
                outage.failed(source.voice)
                results.append((one, str(error)))
        return results


def _key(path: Path) -> str:
    return "/".join((*path.parts[-3:-1], path.stem))


__all__ = ["MissingPrompt", "PromptLibrary"]
