"""The two sides of a comparison: a folder of menus, a kept release, or what is served now; compiled, with the places of operator.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr.catalog.compile import compile_operator
from ivr.catalog.faults import Fault, Faults
from ivr.catalog.folders import FolderError, operator_folder
from ivr.catalog.kept import RELEASE, Kept
from ivr.catalog.own_services import offered
from ivr.catalog.services import Service
from ivr.catalog.source import Node, read_text
from ivr.catalog.sources import SERVICES, read_sources
from ivr.engine.model import Model


class Faulty(Exception):
    """One side's menus have faults, so there is nothing to compare. `faults` are the errors."""

    def __init__(self, what: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(what)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Side:
    """One side: its model, its files as read for what the model does not hold, and the services that its menus may call."""

    model: Model
    files: Mapping[str, Node] = field(default_factory=dict)
    shown: str = "operator.yaml"
    services: Mapping[str, Service] = field(default_factory=dict)

    def place(self, *path: str) -> str:
        """Where operator.yaml says what has this path of keys, or the nearest there is."""
        node = self.files.get("operator")
        place = f"{self.shown}:1:1"
        for name in path:
            found = None if node is None else next(((key, value) for key, value in node.pairs if key.text == name), None)
            if found is None:
                break
            place, node = found[0].place, found[1]
        return place

    def published(self) -> dict[str, str]:
        """Printed codes with their places."""
        printed = [node.get("published") for name, node in self.files.items() if name != "operator"]
        return {key.text: key.place for node in printed if node is not None for key, _ in node.pairs}


def read_side(folder: Path, locales: Path) -> Side:
    """An operator's folder as a side. Raises Faulty."""
    sources = read_sources(folder, locales)
    compiled = compile_operator(folder, locales, sources=sources)
    if compiled.model is None:
        raise Faulty(str(folder), compiled.errors)
    # What was compiled without errors can be read without any; warnings are of no interest here.
    files = {source.stem: node for source in sources.menus if (node := read_text(source.data or b"", source.shown, Faults())) is not None}
    own = sources.own_services
    services = offered(SERVICES, None if own is None else read_text(own.data or b"", own.shown, Faults()), Faults()).services
    return Side(compiled.model, files, f"{folder.parent.name}/{folder.name}/operator.yaml", services)


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are looked for: the served menus, the kept releases, and the catalogs that belong to a menu folder."""

    menus: Path
    releases: Path
    locales_of: Callable[[Path], Path]

    def find(self, name: str, operator: str | None) -> tuple[Path, Path]:
        """The operator's folder and the catalogs that `name` means: a folder, a release's id, or `current`. Raises FolderError."""
        if name == "current":
            return self._current(operator)
        path = Path(name)
        if name and path.is_dir():
            return self._folder(path, operator)
        if RELEASE.fullmatch(name):
            return self._release(name, operator)
        raise FolderError(f'"{name}" is neither a folder nor a release (12 signs of 0-9 and a-f) nor the word current{self._hint()}')

    def _current(self, operator: str | None) -> tuple[Path, Path]:
        """The release that is served, or was last; where none ever was, the menu folder."""
        folder, locales = self._folder(self.menus, operator)
        kept = Kept(self.releases)
        marker = kept.marker(folder.name)
        if marker is None or not kept.has(folder.name, marker.release):
            return folder, locales
        return _kept_folders(kept, folder.name, marker.release)

    def _folder(self, menus: Path, operator: str | None) -> tuple[Path, Path]:
        # An operator's own folder is that operator whatever it is called here.
        folder = operator_folder(menus, None if (menus / "operator.yaml").is_file() else operator)
        return folder, self.locales_of(folder.parent)

    def _release(self, name: str, operator: str | None) -> tuple[Path, Path]:
        kept = Kept(self.releases)
        found = [owner for owner in kept.operators() if operator in (None, owner) and kept.has(owner, name)]
        if not found:
            raise FolderError(f"no release {name} is kept in {self.releases}{self._hint()}")
        return _kept_folders(kept, found[0], name)

    def _hint(self) -> str:
        """The releases there are, each operator's newest first."""
        kept = Kept(self.releases)
        names = [f"{owner} {one.release}" for owner in kept.operators() for one in kept.releases(owner, sizes=False)[:5]]
        return f" - kept are {', '.join(names)}" if names else ""


def _kept_folders(kept: Kept, operator: str, release: str) -> tuple[Path, Path]:
    folder = kept.folder(operator, release)
    return folder / "menus" / operator, folder / "locales"
