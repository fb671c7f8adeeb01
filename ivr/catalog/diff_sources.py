"""The two sides of a comparison: a folder of menus, a kept release, or what is served now; compiled, with the places of operator.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr.catalog.compile import compile_operator
from ivr.catalog.faults import Fault, Faults
from ivr.catalog.folders import FolderError, operator_folder
from ivr.catalog.source import Node, read_file
from ivr.catalog.sources import menu_files
from ivr.engine.model import Model

RELEASE = re.compile(r"[0-9a-f]{12}")
"""What a release's id looks like."""


class Faulty(Exception):
    """One side's menus have faults, so there is nothing to compare. `faults` are the errors."""

    def __init__(self, what: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(what)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Side:
    """One side: its model, and its files as read for what the model does not hold."""

    model: Model
    files: Mapping[str, Node] = field(default_factory=dict)
    shown: str = "operator.yaml"

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
    compiled = compile_operator(folder, locales)
    if compiled.model is None:
        raise Faulty(str(folder), compiled.errors)
    files: dict[str, Node] = {}
    for path in menu_files(folder):
        node = read_file(path, f"{folder.parent.name}/{folder.name}/{path.name}", folder.parent, Faults())
        if node is not None:
            files[path.stem] = node
    return Side(compiled.model, files, f"{folder.parent.name}/{folder.name}/operator.yaml")


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are looked for: the served menus, the kept releases, and the catalogs that belong to a menu folder."""

    menus: Path
    releases: Path
    locales_of: Callable[[Path], Path]

    def find(self, name: str, operator: str | None) -> tuple[Path, Path]:
        """The operator's folder and the catalogs that `name` means: a folder, a release's id, or `current`. Raises FolderError."""
        if name == "current":
            return self._folder(self.menus, operator)
        path = Path(name)
        if path.is_dir():
            return self._folder(path, operator)
        if RELEASE.fullmatch(name):
            return self._release(name, operator)
        raise FolderError(f'"{name}" is neither a folder nor a release (12 signs of 0-9 and a-f) nor the word current{self._hint()}')

    def _folder(self, menus: Path, operator: str | None) -> tuple[Path, Path]:
        folder = operator_folder(menus, operator if (menus / "operator.yaml").is_file() is False else None, operator)
        return folder, self.locales_of(folder.parent)

    def _release(self, name: str, operator: str | None) -> tuple[Path, Path]:
        kept = sorted(path for path in self.releases.glob(f"*/{name}") if operator in (None, path.parent.name))
        found = [path / "menus" / path.parent.name for path in kept]
        found = [path for path in found if (path / "operator.yaml").is_file()]
        if not found:
            raise FolderError(f"no release {name} is kept in {self.releases}{self._hint()}")
        return found[0], found[0].parent.parent / "locales"

    def _hint(self) -> str:
        """The releases there are, newest first."""
        try:
            kept = sorted(self.releases.glob("*/*/menus"), key=lambda path: -path.stat().st_mtime)
        except OSError:
            return ""
        names = [f"{path.parent.parent.name} {path.parent.name}" for path in kept if RELEASE.fullmatch(path.parent.name)][:5]
        return f" - kept are {', '.join(names)}" if names else ""
