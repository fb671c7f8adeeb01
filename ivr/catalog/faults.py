"""Faults of menu files: where, which code, what, and what to write instead. All are collected; none is raised."""

from __future__ import annotations

import bisect
import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

MANY = 100
"""From so many known names on only those are compared whose beginning or end is nearest to what was written."""
NEIGHBOURS = 12
"""How many of them, on each side of where the wrong name would stand in the alphabet."""


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


class NoMenus(Exception):
    """There is nothing to serve. `faults` says why."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)) or "there is no operator folder with an operator.yaml")
        self.faults = faults


_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(slots=True)
class Faults:
    """Where a compilation puts what it finds, each fault once, in the order of finding."""

    found: list[Fault] = field(default_factory=list)
    _known: set[Fault] = field(default_factory=set)

    def add(self, place: str, code: str, message: str) -> None:
        """A fault at `place`, `file:line:col`."""
        file, line, column = place.rsplit(":", 2)
        # a fault is one line, whatever it quotes
        shown = message if message.isprintable() else _UNSEEN.sub(lambda sign: repr(sign.group())[1:-1], message)
        self.put(Fault(file, int(line), int(column), code, shown))

    def put(self, fault: Fault) -> None:
        """A fault that is made already."""
        if fault not in self._known:
            self._known.add(fault)
            self.found.append(fault)

    def errors(self) -> list[Fault]:
        """Those that keep a release from being published, in file order."""
        return sorted(fault for fault in self.found if not fault.warning)

    def sorted(self) -> list[Fault]:
        """All of them, in file order."""
        return sorted(self.found)


class Names:
    """Names that somebody may have meant, made ready to look for the nearest: thousands of faults may ask for one of thousands."""

    def __init__(self, known: Iterable[str]) -> None:
        self.sorted = sorted(set(known))
        self._reversed = sorted(name[::-1] for name in self.sorted) if len(self.sorted) >= MANY else []

    def nearest(self, wrong: str) -> str | None:
        """The name that `wrong` is most like; None where none is like it."""
        near = difflib.get_close_matches(wrong, self.candidates(wrong), 1, 0.6)
        return near[0] if near else None

    def candidates(self, wrong: str) -> list[str]:
        """The names that are worth comparing with `wrong`."""
        if len(self.sorted) < MANY:
            return self.sorted
        # a slip of the finger leaves the beginning or the end as it was: the names beside it in the one alphabet or the other
        backwards = _around(self._reversed, wrong[::-1])
        return sorted({*_around(self.sorted, wrong), *(name[::-1] for name in backwards)})


def _around(names: list[str], wrong: str) -> list[str]:
    at = bisect.bisect_left(names, wrong)
    return names[max(0, at - NEIGHBOURS) : at + NEIGHBOURS]


def _foreign(wrong: str) -> str:
    """What cannot be seen: a letter that looks like one of ours and is of another alphabet."""
    sign = next((sign for sign in wrong if not sign.isascii()), "")
    return f" (what looks like a letter of it is {unicodedata.name(sign, 'unnamed')}, U+{ord(sign):04X})" if sign else ""


def suggest(wrong: str, known: Iterable[str] | Names) -> str:
    """` - did you mean "top_up"?`, or a list of what there is where nothing is near and the list is short."""
    names = known if isinstance(known, Names) else Names(known)
    near = names.nearest(wrong)
    if near is not None:
        return f' - did you mean "{near}"?{_foreign(wrong)}'
    return f" - there is {', '.join(names.sorted)}" if 0 < len(names.sorted) <= 12 else ""
