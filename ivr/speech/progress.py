"""How far a long piece of work is: a bar where somebody watches, a plain line every tenth where nobody does."""

from __future__ import annotations

import sys
import threading
import time
from typing import Protocol, TextIO


class Progress(Protocol):
    """What a long piece of work reports to. Both may be called from any thread."""

    def begin(self, total: int) -> None:
        """So many steps are ahead."""

    def advance(self, steps: int = 1) -> None:
        """So many more are done."""


class Quiet:
    """Says nothing."""

    def begin(self, total: int) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass


class Bar:
    """A bar on a terminal, lines elsewhere; nothing at all where there is nothing to do."""

    _WIDTH = 30

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what, self._stream = what, stream or sys.stderr
        self._lock = threading.Lock()
        self._done = self._total = self._shown = 0
        self._began = 0.0

    def begin(self, total: int) -> None:
        self._total, self._done, self._shown, self._began = total, 0, 0, time.monotonic()
        if total:
            self._line(f"{self._what}: 0 of {total}")

    def advance(self, steps: int = 1) -> None:
        with self._lock:
            self._done = min(self._done + steps, self._total)
            share = self._done / self._total if self._total else 1.0
            if self._stream.isatty():
                taken = time.monotonic() - self._began
                filled = int(share * self._WIDTH)
                left = f"{taken / share - taken:.0f} s left" if self._done < self._total else f"{taken:.0f} s    "
                bar = "#" * filled + "." * (self._WIDTH - filled)
                self._stream.write(f"\r{self._what} [{bar}] {self._done} of {self._total}, {left} ")
                self._stream.write("\n" if self._done == self._total else "")
                self._stream.flush()
            elif int(share * 10) > self._shown:
                self._shown = int(share * 10)
                self._line(f"{self._what}: {self._done} of {self._total}")

    def _line(self, text: str) -> None:
        if not self._stream.isatty():
            print(text, file=self._stream, flush=True)
