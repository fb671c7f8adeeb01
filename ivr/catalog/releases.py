"""Releases: the menus of every operator as compiled once, named by their content, kept on disk for sessions that run.

A session is pinned to the release it began with. In demo mode saving a file compiles a new release for the next session; else one is
published by a command. A release with faults changes nothing. Which one is current is written beside the kept ones, so that every process
says the same, and so that an older one can be made current again without touching the menu files.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ivr.catalog.compile import UNTRANSLATED, Compiled, compile_operator
from ivr.catalog.faults import Fault
from ivr.catalog.faults import NoMenus as NoMenus
from ivr.catalog.kept import Kept, Marker
from ivr.catalog.lookout import Lookout
from ivr.catalog.memory import Memory
from ivr.catalog.sources import Sources, read_sources
from ivr.engine.model import Model

log = logging.getLogger("ivr.releases")
KEPT = 10
"""Releases of an operator that stay on disk for a roll-back; an older one stays as long as a session is pinned to it."""
RETRY = 5.0
"""Seconds after which a release that the disk did not take is tried again."""
MOST_LOGGED = 20
"""Faults of one look that go to the log; `ivr check` lists all."""


class NotPublished(Exception):
    """A release that cannot be made current. The text says why; `faults` are those of its files."""

    def __init__(self, why: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(why)
        self.faults = faults


class Releases:
    """The current release of each operator below `menus`, and older ones that sessions are pinned to.

    `ready` is called with a model before it becomes current (to ready its prompts); if it raises, the model is not published. `strict`: a
    missing translation keeps a release back; else (demo mode, where an author looks at what was just written) it is said in English.
    `on_save`: what is saved is published; else what was published last is served until `publish` is called, by whichever process.
    `others` gives the (operator, release) pairs that sessions of other processes are pinned to; where it raises, no release is removed.
    """

    def __init__(
        self,
        menus: Path,
        locales: Path,
        kept: Path,
        ready: Callable[[Model], None] | None = None,
        *,
        strict: bool = True,
        on_save: bool = True,
        others: Callable[[], Iterable[tuple[str, str]]] = tuple,
    ) -> None:
        self._strict, self._on_save, self._others = strict, on_save, others
        self._menus, self._locales, self._ready = menus, locales, ready
        self.kept = Kept(kept)
        self._looked = Lookout(self.kept, menus if on_save else None, locales if on_save else None)
        self._models: dict[tuple[str, str], Model] = {}
        self._current: dict[str, Model] = {}
        self._memories: dict[str, Memory] = {}
        self._signature: object = None
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._again = math.inf
        self._told: tuple[Fault, ...] = ()
        self.faults: tuple[Fault, ...] = ()

    @property
    def current(self) -> Mapping[str, Model]:
        """The release that a session beginning now gets, by operator."""
        return self._current

    def load(self) -> None:
        """Compile everything. An operator whose files have faults is served by its release from before, where one is kept.

        Raises NoMenus where there is none: a server does not start on half of its menus.
        """
        with self._turn:
            self.faults = ()
            self._signature = self._looked.look()
            problems = self._take_all()
            if problems and self._all_from_before():
                self.faults = tuple(problems)
                self._tell(self.faults)
                return
        if problems or not self._current:
            raise NoMenus(tuple(problems))

    def _all_from_before(self) -> bool:
        """Whether every operator that the files on disk give nothing for is served by the release it had before."""
        missing = [path.parent.name for path in sorted(self._menus.glob("*/operator.yaml")) if path.parent.name not in self._current]
        for operator in missing:
            marker = self.kept.marker(operator)
            if marker is None or self._take_kept(operator, marker.release):
                return False
        return bool(missing)

    def refresh(self) -> bool:
        """Take what changed since the last look: files that were saved, a release that a command made current. Whether something new is
        current. Faults go to `faults`, and to the log once."""
        with self._turn:
            look = self._looked.look()
            if look == self._signature and time.monotonic() < self._again:
                return False
            self._again = math.inf
            self._signature = self._looked.settled(look)
            before = {name: model.release for name, model in self._current.items()}
            problems = self._take_all()
            self.faults = tuple(problems)
            self._tell(self.faults)
            changed = {name: model.release for name, model in self._current.items()} != before
            if changed:
                log.info("new release: %s", ", ".join(f"{name} {model.release}" for name, model in self._current.items()))
            return changed

    def publish(self, operator: str) -> str:
        """Make what is on disk now the current release; its id. Raises NotPublished where it has faults."""
        with self._turn:
            folder = self._menus / operator
            if not (folder / "operator.yaml").exists():
                raise NotPublished(f'there is no operator "{operator}" in {self._menus}')
            problems = self._publish(read_sources(folder, self._locales))
            if problems:
                raise NotPublished(f"the menus of {operator} on disk have faults", tuple(problems))
            return self._current[operator].release

    def roll_back(self, operator: str, release: str | None = None) -> str:
        """Make a kept release current again (default: the one before), until the files change or `publish` is called; its id.

        Raises NotPublished where it is not kept, or its files have faults now.
        """
        with self._turn:
            listed = [kept.release for kept in self.kept.releases(operator, sizes=False)]
            marker = self.kept.marker(operator)
            now = marker.release if marker is not None else next(iter(listed), None)
            if release is None:
                release = self._one_before(listed, marker)
            elif release not in listed:
                raise NotPublished(f"{operator} has no kept release {release}; `ivr releases` lists them")
            if release == now:
                raise NotPublished(f"{release} is the current release of {operator} already")
            compiled = self._compile_kept(operator, release)
            if compiled.model is None or (self._strict and compiled.errors):
                raise NotPublished(f"the files of release {release} have faults", compiled.errors)
            self._make_ready(compiled.model)
            folder = self._menus / operator
            disk = read_sources(folder, self._locales).release if folder.is_dir() else ""
            self.kept.mark(operator, Marker(release, disk), durable=True)
            self._serve(operator, compiled.model)
            return release

    def pinned(self, operator: str, release: str) -> Model | None:
        """The model of an older release, from memory or disk; None where it is gone."""
        with self._lock:
            model = self._models.get((operator, release))
        if model is not None:
            return model
        if not self.kept.has(operator, release):
            return None
        model = self._compile_kept(operator, release).model
        if model is not None:
            with self._lock:
                model = self._models.setdefault((operator, release), model)
        return model

    def operator_of(self, msisdn: str, address: str = "", preferred: str | None = None) -> Model | None:
        """Whose menus serve this line: by its prefix, then by the number dialled, then `preferred`, then the first operator there is."""
        for model in self._current.values():
            operator = model.operator
            national = msisdn.removeprefix(operator.country)
            if msisdn.startswith(operator.country) and len(national) == operator.length and national.startswith(operator.prefixes):
                return model
        for model in self._current.values():
            if msisdn.startswith(model.operator.country):
                return model
        if preferred in self._current:
            return self._current[preferred]
        for model in self._current.values():
            if any(
                address == entry.parts[0] or address.lstrip("*#").split("*")[0].rstrip("#") == entry.parts[0] for entry in model.entries
            ):
                return model
        return next(iter(self._current.values()), None)

    def forget(self, pinned: Iterable[tuple[str, str]]) -> None:
        """Drop releases from memory that are neither current nor in `pinned` (operator, release), and from disk those that no roll-back
        and no session of any process needs."""
        keep = set(pinned) | {(name, model.release) for name, model in self._current.items()}
        with self._lock:
            for key in [key for key in self._models if key not in keep]:
                del self._models[key]
        for operator in self.kept.operators():
            spare = self.kept.spare(operator, KEPT, {release for name, release in keep if name == operator})
            if spare:
                try:
                    elsewhere = {release for name, release in self._others() if name == operator}
                except Exception as error:
                    log.warning("old releases stay: which ones sessions need cannot be read (%s)", error)
                    return
                self.kept.remove(operator, [release for release in spare if release not in elsewhere])

    def _tell(self, problems: tuple[Fault, ...]) -> None:
        """Log faults, the same ones only once however often a file is saved."""
        if problems and problems != self._told:
            for fault in problems[:MOST_LOGGED]:
                log.error("%s", fault)
            if len(problems) > MOST_LOGGED:
                log.error("and %d more; `ivr check` lists them", len(problems) - MOST_LOGGED)
            log.error("the menus on disk have faults; sessions keep the release from before")
        self._told = problems

    # -- taking

    def _take_all(self) -> list[Fault]:
        problems: list[Fault] = []
        for folder in sorted(path.parent for path in self._menus.glob("*/operator.yaml")):
            problems += self._take(folder)
        return problems

    def _take(self, folder: Path) -> list[Fault]:
        """Make current what should be: what the marker says where only commands publish or a release was rolled back, else what is on
        disk."""
        marker = self.kept.marker(folder.name)
        sources = None
        if marker is not None and self._on_save:
            sources = read_sources(folder, self._locales)
        if marker is not None and (not self._on_save or (sources is not None and marker.rolled_back and marker.disk == sources.release)):
            problems = self._take_kept(folder.name, marker.release)
            if not problems or folder.name in self._current:
                return problems
            log.error("%s: %s; what is on disk is published instead", folder.name, problems[0].message)
        return self._publish(sources or read_sources(folder, self._locales))

    def _take_kept(self, operator: str, release: str) -> list[Fault]:
        if operator in self._current and self._current[operator].release == release:
            return []
        place = f"{self._menus.name}/{operator}/operator.yaml"
        if not self.kept.has(operator, release):
            return [Fault(place, 1, 1, "E081", f"the published release {release} is not kept any more")]
        compiled = self._compile_kept(operator, release)
        if compiled.model is None or (self._strict and compiled.errors):
            return [Fault(place, 1, 1, "E081", f"the published release {release} has faults now"), *compiled.errors]
        try:
            self._make_ready(compiled.model)
        except NotPublished as error:
            return [Fault(place, 1, 1, "E080", str(error))]
        self._serve(operator, compiled.model)
        return []

    def _publish(self, sources: Sources) -> list[Fault]:
        operator, release = sources.folder.name, sources.release
        place = f"{self._menus.name}/{operator}/operator.yaml"
        marker, now = self.kept.marker(operator), self._current.get(operator)
        model = now if now is not None and now.release == release else None
        try:
            if model is None:
                memory = self._memories.setdefault(operator, Memory())
                compiled = compile_operator(sources.folder, self._locales, release, sources=sources, memory=memory, measured=self._strict)
                model = compiled.model
                if model is None or (self._strict and compiled.errors):
                    return list(compiled.errors)
                for fault in compiled.errors[:MOST_LOGGED]:
                    log.warning("%s%s", fault, " (said in English until then)" if fault.code in UNTRANSLATED else "")
                self._make_ready(model)
                self.kept.keep(sources, durable=not self._on_save, anew=marker is None or marker.release != release)
            if marker is None or (marker.release, marker.disk) != (release, release):
                before = marker.release if marker is not None and marker.release != release else None
                self.kept.mark(operator, Marker(release, release, before), durable=not self._on_save)
        except NotPublished as error:
            return [Fault(place, 1, 1, "E080", str(error))]
        except OSError as error:
            self._again = time.monotonic() + RETRY
            return [Fault(place, 1, 1, "E081", f"the new release cannot be kept: {error.strerror or error}")]
        self._serve(operator, model)
        return []

    def _serve(self, operator: str, model: Model) -> None:
        with self._lock:
            self._models[operator, model.release] = model
            self._current = {**self._current, operator: model}

    def _make_ready(self, model: Model) -> None:
        if self._ready is not None:
            try:
                self._ready(model)
            except Exception as error:
                raise NotPublished(f"its prompts cannot be made ready: {error}") from error

    def _compile_kept(self, operator: str, release: str) -> Compiled:
        folder = self.kept.folder(operator, release)
        return compile_operator(folder / "menus" / operator, folder / "locales", release)

    @staticmethod
    def _one_before(listed: list[str], marker: Marker | None) -> str:
        if marker is not None and marker.before in listed:
            return str(marker.before)
        at = listed.index(marker.release) if marker is not None and marker.release in listed else 0
        if at + 1 >= len(listed):
            raise NotPublished("there is no release before the current one")
        return listed[at + 1]
