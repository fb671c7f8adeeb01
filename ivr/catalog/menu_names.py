"""Every menu of an operator by its id, and what an author may have meant by a name that none has."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from ivr.catalog.faults import Names
from ivr.catalog.source import Node


class MenuNames(Mapping[str, Node]):
    """The key of each menu in its file, by `file.menu`."""

    def __init__(self, names: Mapping[str, Node]) -> None:
        self.names = names
        self._all: Names | None = None
        self._inside: dict[str, Names] = {}

    def __getitem__(self, name: str) -> Node:
        return self.names[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def suggest(self, wrong: str, stem: str, words: tuple[str, ...]) -> str:
        """As `ivr.catalog.faults.suggest`, for a name in the file `stem` where `words` could stand too. A menu of that file is called by
        its own name alone. The names are sorted once, however many are wrong."""
        if self._all is None:
            self._all = Names(self)
            inside: dict[str, list[str]] = {}
            for name in self.names:
                file, _, own = name.partition(".")
                inside.setdefault(file, []).append(own)
            self._inside = {file: Names(names) for file, names in inside.items()}
        here = self._inside.get(stem, Names(()))
        near = difflib.get_close_matches(wrong, [*here.candidates(wrong), *words, *self._all.candidates(wrong)], 1, 0.6)
        if near:
            return f' - did you mean "{near[0].removeprefix(f"{stem}.")}"?'
        if len(self.names) + len(words) > 12:
            return ""
        known = sorted({*here.sorted, *words, *(name for name in self.names if not name.startswith(f"{stem}."))})
        return f" - there is {', '.join(known)}" if known else ""
