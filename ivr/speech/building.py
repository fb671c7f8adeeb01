"""The parts of a build: where a unit's sound comes from, what is spoken together, when a voice is given up, what came of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.speech.parts import SpeechError
from ivr.speech.units import Unit
from ivr.speech.voice import Engine

_BATCH = 40
"""Units that one process of an offline voice speaks."""
_OUTAGE = 5
"""Failures without one success after which a voice is given up."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: how many prompts it made, how many were ready, which failed (unit and reason), in how many seconds."""

    made: int
    kept: int
    failed: tuple[tuple[Unit, str], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Source:
    """Where a unit's sound comes from: a recording's path, or a voice; with what the manifest remembers of it."""

    voice: str
    made_of: str
    recording: Path | None
    engine: Engine | None


class Outages:
    """Counts a voice's failures, so that an outage does not cost a time-out for every prompt. Safe from any thread."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._lock = threading.Lock()

    def check(self, voice: str) -> None:
        """Raises SpeechError once a voice is given up."""
        if self._failures.get(voice, 0) >= _OUTAGE:
            raise SpeechError(f"{voice}: given up after {_OUTAGE} failures")

    def worked(self, voice: str) -> None:
        """The voice spoke: what fails from now on is no outage."""
        with self._lock:
            self._failures[voice] = -(10**9)

    def failed(self, voice: str) -> None:
        """The voice did not speak."""
        with self._lock:
            self._failures[voice] = self._failures.get(voice, 0) + 1


def batches(units: Iterable[Unit], sources: Mapping[str, Source]) -> list[list[Unit]]:
    """Units that one process may speak together: of one offline voice; any other unit is alone."""
    batches: dict[str, list[list[Unit]]] = {}
    for one in units:
        source = sources[one.id]
        together = source.engine is not None and source.engine.offline
        groups = batches.setdefault(f"{source.voice} {one.language}", [])
        if not groups or not together or len(groups[-1]) >= _BATCH:
            groups.append([])
        groups[-1].append(one)
    return [group for groups in batches.values() for group in groups]
