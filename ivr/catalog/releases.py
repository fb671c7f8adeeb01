"""Releases: the menus of every operator as compiled once, named by their content, kept on disk for sessions that run.

A session is pinned to the release it began with. Saving a file (in demo mode) compiles a new release for the next session; one with
faults is reported and changes nothing.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ivr.catalog.compile import compile_operator, content_hash, menu_files
from ivr.catalog.faults import Fault
from ivr.engine.model import Model

log = logging.getLogger("ivr.releases")
KEPT = 20
"""Releases of an operator that stay on disk; older ones that no session is pinned to are removed."""


class NoMenus(Exception):
    """There is nothing to serve. `faults` says why."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)) or "there is no operator folder with an operator.yaml")
        self.faults = faults


class Releases:
    """The current release of each operator below `menus`, and older ones that sessions are pinned to.

    `ready` is called with a model before it becomes current (to ready its prompts); if it raises, the model is not published. `strict`: a
    missing translation keeps a release back; else (demo mode, where an author looks at what was just written) it is said in English.
    """

    def __init__(
        self, menus: Path, locales: Path, kept: Path, ready: Callable[[Model], None] | None = None, *, strict: bool = True
    ) -> None:
        self._strict = strict
        self._menus, self._locales, self._kept, self._ready = menus, locales, kept, ready
        self._models: dict[tuple[str, str], Model] = {}
        self._current: dict[str, Model] = {}
        self._signature: object = None
        self._lock = threading.Lock()
        self.faults: tuple[Fault, ...] = ()

    @property
    def current(self) -> Mapping[str, Model]:
        """The release that a session beginning now gets, by operator."""
        return self._current

    def load(self) -> None:
        """Compile everything. Raises NoMenus where an operator has faults: a server does not start on half of its menus."""
        self.faults = ()
        problems = self._compile_all()
        if problems or not self._current:
            raise NoMenus(tuple(problems))

    def refresh(self) -> bool:
        """Compile what changed on disk since the last look; whether something new is current. Faults go to the log and to `faults`."""
        if self._look() == self._signature:
            return False
        before = {name: model.release for name, model in self._current.items()}
        problems = self._compile_all()
        self.faults = tuple(problems)
        for fault in problems:
            log.error("%s", fault)
        changed = {name: model.release for name, model in self._current.items()} != before
        if problems:
            log.error("the menus on disk have faults; sessions keep the release from before")
        elif changed:
            log.info("new release: %s", ", ".join(f"{name} {model.release}" for name, model in self._current.items()))
        return changed

    def pinned(self, operator: str, release: str) -> Model | None:
        """The model of an older release, from memory or disk; None where it is gone."""
        with self._lock:
            model = self._models.get((operator, release))
        if model is not None:
            return model
        folder = self._kept / operator / release
        if not (folder / "menus" / operator / "operator.yaml").exists():
            return None
        compiled = compile_operator(folder / "menus" / operator, folder / "locales", release)
        if compiled.model is not None:
            with self._lock:
                self._models[(operator, release)] = compiled.model
        return compiled.model

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
        """Drop releases from memory that are neither current nor in `pinned` (operator, release)."""
        keep = set(pinned) | {(name, model.release) for name, model in self._current.items()}
        with self._lock:
            for key in [key for key in self._models if key not in keep]:
                del self._models[key]

    def _look(self) -> object:
        files = [*self._menus.glob("*/*.yaml"), *self._locales.glob("*/LC_MESSAGES/*.po")]
        looked = []
        for path in files:
            try:
                status = path.lstat()  # a link is a fault, to whatever it leads
            except OSError:
                continue
            looked.append((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
        return sorted(looked)

    def _compile_all(self) -> list[Fault]:
        self._signature = self._look()
        problems: list[Fault] = []
        for folder in sorted(path.parent for path in self._menus.glob("*/operator.yaml")):
            release = content_hash(folder, self._locales)
            if folder.name in self._current and self._current[folder.name].release == release:
                continue
            compiled = compile_operator(folder, self._locales, release)
            if compiled.model is None or (self._strict and compiled.errors):
                problems += compiled.errors
                continue
            for fault in compiled.errors:
                log.warning("%s (said in English until then)", fault)
            if self._ready is not None:
                try:
                    self._ready(compiled.model)
                except Exception as error:
                    problems.append(
                        Fault(f"{self._menus.name}/{folder.name}/operator.yaml", 1, 1, "E080", f"its prompts cannot be made ready: {error}")
                    )
                    continue
            self._keep(folder, release)
            with self._lock:
                self._models[(folder.name, release)] = compiled.model
                self._current = {**self._current, folder.name: compiled.model}
        return problems

    def _keep(self, folder: Path, release: str) -> None:
        target = self._kept / folder.name / release
        if target.exists():
            return
        partial = target.with_name(f".{release}.{threading.get_ident()}")
        shutil.rmtree(partial, ignore_errors=True)
        (partial / "menus" / folder.name).mkdir(parents=True)
        for path in menu_files(folder):
            shutil.copyfile(path, partial / "menus" / folder.name / path.name)
        for path in self._locales.glob("*/LC_MESSAGES/*.po"):
            copy = partial / "locales" / path.relative_to(self._locales)
            copy.parent.mkdir(parents=True)
            shutil.copyfile(path, copy)
        try:
            partial.rename(target)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)
