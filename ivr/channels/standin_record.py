"""What a stand-in caller does and what is known of its call afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Act:
    """Something the caller does `after` milliseconds of the `prompt`-th file played (from 0): press `key`, or hang up (None)."""

    prompt: int
    after: int
    key: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """Everything played between two waits for a key, and `key`: what was pressed after it, or None."""

    said: str
    language: str
    files: tuple[str, ...]
    key: str | None


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens now, for a page that follows a call: `play` a file, `wait` for a key (both last `milliseconds`), `key`, `end`.

    `cut`: a file or wait that ended before its time comes again with how long it lasted.
    """

    what: Literal["play", "wait", "cut", "key", "end"]
    text: str = ""
    milliseconds: int = 0


@dataclass(slots=True)
class Played:
    """What becomes a row: the files played, the keys pressed after them, and whether the next file begins another row."""

    files: list[str] = field(default_factory=list)
    keys: str = ""
    over: bool = False

    def row(self, describe: Callable[[str], tuple[str, str]], language: str) -> Row:
        """The row, with the words and the language of its files; `language` where no file has one."""
        described = [describe(file) for file in self.files]
        said = " ".join(words for words, _ in described if words)
        return Row(said, next((known for _, known in described if known), language), tuple(self.files), self.keys or None)


def normalise(transcript: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A transcript without what differs from one machine to the next, to be compared with one recorded from Asterisk.

    Folders are cut off file names, positions are left out (Asterisk counts in frames of 20 ms), and so is the text of a usage. The line
    HANGUP after a command HANGUP is left out too: whether Asterisk still writes it depends on who closes the connection first.
    """
    kept = transcript[:-1] if [command for command, _ in transcript[-2:]] == ["HANGUP", ""] else transcript
    return [
        (
            re.sub(r'"[^" ]*/([^"/]+)"', r'"\1"', command) if command.startswith(("STREAM", "GET DATA")) else command,
            re.sub(r" endpos=-?\d+$", "", re.sub(r"^520-.*", "520", reply, flags=re.DOTALL)),
        )
        for command, reply in kept
    ]
