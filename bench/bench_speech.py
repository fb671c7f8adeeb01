"""Speech: a reply planned and joined, new and known, first after a start and later; values spelled, beside num2words where it is right.

Prompts are hummed, so that no voice is needed: a join reads, puts together and writes the same number of files whoever spoke.
"""

from __future__ import annotations

import datetime
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.rows import Row, Unavailable, take_turns
from ivr.engine.effects import Pause, Slot, Spoken, Words
from ivr.engine.values import MICRO, Count, Money
from ivr.speech import spell
from ivr.speech.audio import Samples
from ivr.speech.inventory import fixed, inventory
from ivr.speech.library import PromptLibrary

REPLIES, STARTS, PHRASES = 200, 15, 20_000
FIXED = (("en", "Your balance is"), ("en", "valid until"), ("en", "You have"), ("en", "Thank you. Goodbye."))

_FIRST = """
import sys, time
from pathlib import Path
from bench.bench_speech import reply, started
prompts = started(Path(sys.argv[1]))
for number in (int(sys.argv[2]), int(sys.argv[2]) + 1):
    begun = time.perf_counter()
    prompts.join(reply(number))
    print((time.perf_counter() - begun) * 1000)
"""


class Humming:
    """A voice without words."""

    name, version, languages, offline = "humming", "1", ("en",), True

    def voice(self, language: str) -> str:
        """Its only one."""
        return language

    def render(self, words: str, language: str) -> tuple[Samples, int]:
        """A tone about as long as the words."""
        time_of = np.arange(int(16_000 * max(0.3, len(words) / 15))) / 16_000
        return (0.1 * np.sin(2 * np.pi * 500 * time_of)).astype(np.float32), 16_000

    def render_many(self, words: list[str] | tuple[str, ...], language: str) -> list[tuple[Samples, int]]:
        """As `render`."""
        return [self.render(one, language) for one in words]


def reply(number: int) -> tuple[Spoken, ...]:
    """What prepaid callers hear first: a balance with its end, and a bonus with its own; another for every number."""
    until = datetime.date(2027, 1, 1) + datetime.timedelta(number % 365)
    return (
        *(Words("Your balance is", "en"), Slot(Money((1_234_567 + number * 101) * MICRO // 100, "AZN"), "", "en")),
        *(Words("valid until", "en"), Slot(until, "until", "en"), Pause(350)),
        *(Words("You have", "en"), Slot(Count(1500 + number % 400, "megabyte"), "", "en"), Pause(350)),
        Words("Thank you. Goodbye.", "en"),
    )


def started(root: Path) -> PromptLibrary:
    """The library of a server that is ready."""
    prompts = PromptLibrary(root, engines={"en": Humming()})
    prompts.warm(fixed(FIXED))
    gc.collect()
    gc.freeze()  # as `ivr serve` does
    return prompts


def bench() -> list[Row]:
    """One row a figure."""
    with tempfile.TemporaryDirectory(prefix="bench-speech-") as folder:
        root = Path(folder)
        PromptLibrary(root, engines={"en": Humming()}).build((*fixed(FIXED), *inventory(["en"], ["AZN"])))
        prompts = started(root)
        new, known = _joins(prompts)
        first, second = _starts(root)
    return [
        Row("speech: a new reply planned and joined, median", statistics.median(new), None, "ms", False),
        Row("speech: a new reply planned and joined, 99th percentile", _late(new), None, "ms", False),
        Row("speech: a known reply, median", statistics.median(known), None, "ms", False),
        Row("speech: the first reply after a start", first, second, "ms", False, "the second in the same process"),
        *_spelled(),
    ]


def _joins(prompts: PromptLibrary) -> tuple[list[float], list[float]]:
    """Milliseconds of each join: of replies that nobody heard before, and of the same again."""
    figures: tuple[list[float], list[float]] = ([], [])
    for side in figures:
        for number in range(REPLIES):
            begun = time.perf_counter()
            prompts.join(reply(number))
            side.append((time.perf_counter() - begun) * 1000)
    return figures


def _starts(root: Path) -> tuple[float, float]:
    """Median ms of the first and of the second reply of a process that is ready, each new."""
    firsts, seconds = [], []
    for start in range(STARTS):
        command = [sys.executable, "-c", _FIRST, str(root), str(10_000 + 2 * start)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=Path(__file__).resolve().parents[1])
        first, second = map(float, done.stdout.split())
        firsts.append(first)
        seconds.append(second)
    return statistics.median(firsts), statistics.median(seconds)


def _late(figures: list[float]) -> float:
    return sorted(figures)[int(len(figures) * 0.99)]


def _spelled() -> list[Row]:
    """Phrases a second on one core; beside num2words only whole numbers, the one kind that it says right in both languages."""
    try:
        from num2words import num2words
    except ImportError as error:
        raise Unavailable(f"num2words is missing ({error}): make test installs it") from error
    numbers = [(place * 7919) % 1_000_000 for place in range(PHRASES)]
    rows = []
    for language in ("az", "en", "ru"):
        amounts = [Money(number * 10_000, "AZN") for number in numbers]
        rate = take_turns(
            {"ours": lambda amounts=amounts, language=language: _rate(lambda: [spell.words(one, "", language) for one in amounts])}
        )  # type: ignore[misc]
        rows.append(Row(f"speech: amounts spelled, {language}", rate["ours"], None, "1/s"))
    for language in ("en", "ru"):
        sides: dict[str, Callable[[], float]] = {
            "ours": lambda language=language: _rate(lambda: [spell.words(one, "", language) for one in numbers]),  # type: ignore[misc]
            "peer": lambda language=language: _rate(lambda: [num2words(one, lang=language) for one in numbers[: PHRASES // 10]], 10),  # type: ignore[misc]
        }
        rates = take_turns(sides, 3)
        rows.append(Row(f"speech: whole numbers spelled, {language}", rates["ours"], rates["peer"], "1/s", peer_name="num2words"))
    return rows


def _rate(work: Callable[[], object], share: int = 1) -> float:
    begun = time.process_time()
    work()
    return PHRASES / share / (time.process_time() - begun)
