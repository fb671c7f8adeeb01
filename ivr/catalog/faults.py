"""Faults of menu files: where, which code, what, and what to write instead. All are collected; none is raised."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault. `line` and `column` count from 1; a code that begins with W is a warning."""

    file: str
    line: int
    column: int
    code: str
    message: str

    @property
    def warning(self) -> bool:
        """Whether the menu still works."""
        return self.code.startswith("W")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column} {self.code} {self.message}"


@dataclass(slots=True)
class Faults:
    """Where a compilation puts what it finds."""

    found: list[Fault] = field(default_factory=list)

    def add(self, place: str, code: str, message: str) -> None:
        """A fault at `place`, `file:line:col`."""
        file, line, column = place.rsplit(":", 2)
        fault = Fault(file, int(line), int(column), code, message)
        if fault not in self.found:
            self.found.append(fault)

    def errors(self) -> list[Fault]:
        """Those that keep a release from being published, in file order."""
        return sorted(fault for fault in self.found if not fault.warning)

    def sorted(self) -> list[Fault]:
        """All of them, in file order."""
        return sorted(self.found)


def suggest(wrong: str, known: Iterable[str]) -> str:
    """` - did you mean "top_up"?`, or a list of what there is where nothing is near and the list is short."""
    names = sorted(set(known))
    near = difflib.get_close_matches(wrong, names, 1, 0.6)
    if near:
        return f' - did you mean "{near[0]}"?'
    return f" - there is {', '.join(names)}" if 0 < len(names) <= 12 else ""
