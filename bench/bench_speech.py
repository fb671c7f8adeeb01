"""Speech: a reply planned and joined, new and known, first after a start and later; values spelled, beside num2words where it is right;
`ivr say --jsonl` and a build with nothing to do as processes.

Prompts are hummed, so that no voice is needed: a join reads, puts together and writes the same number of files whoever spoke. Beside it
stands what one would write by hand: soundfile reads the same units, numpy puts them together, soundfile writes A-law and linear samples;
nothing is spelled, planned, remembered or bounded there. Times of replies leave out those in which another process had the core.
"""

from __future__ import annotations

import datetime
import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from bench.rows import Row, Unavailable, take_turns
from ivr.engine.effects import Pause, Slot, Spoken, Words
from ivr.engine.values import MICRO, Count, Money
from ivr.speech import spell
from ivr.speech.audio import Samples
from ivr.speech.inventory import fixed, inventory
from ivr.speech.library import PromptLibrary

REPLIES, STARTS, PHRASES = 200, 15, 20_000
LINES = 200
"""How often the shared cases are given to `ivr say --jsonl`."""
ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "data" / "spoken_cases.json"
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
        by_hand = _by_hand(prompts, root / "by-hand")
        first, second = _starts(root)
    return [
        Row("speech: a new reply planned and joined, median", statistics.median(new), statistics.median(by_hand), "ms", False, _BY_HAND),
        Row("speech: a new reply planned and joined, 99th percentile", _late(new), _late(by_hand), "ms", False, _BY_HAND),
        Row("speech: a known reply, median", statistics.median(known), None, "ms", False),
        Row("speech: the first reply after a start", first, second, "ms", False, "the second in the same process"),
        *_spelled(),
        Row("speech: ivr say --jsonl, its start included", _said(), None, "lines/s of CPU"),
        Row("speech: ivr prompts build with nothing to do", _warm(), None, "ms of CPU", False),
    ]


_BY_HAND = "soundfile and numpy"


def _by_hand(prompts: PromptLibrary, folder: Path) -> list[float]:
    """Milliseconds of each reply of other numbers put together by hand, from the same units as WAV files."""
    folder.mkdir()
    plans = [[one.id for one in prompts.join(reply(30_000 + number)).units] for number in range(REPLIES)]
    for name in {name for plan in plans for name in plan}:
        entry = prompts.manifest.get(name) or prompts.manifest.get(name.removesuffix("-final"))
        assert entry is not None
        samples = np.frombuffer((prompts.cache / entry.file).with_suffix(".sln").read_bytes(), "<i2")
        soundfile.write(folder / f"{name}.wav", samples, 8000, subtype="PCM_16")
    figures = []
    for number, plan in enumerate(plans):
        begun = _own_time()
        joined = np.concatenate([soundfile.read(folder / f"{name}.wav", dtype="int16")[0] for name in plan])
        soundfile.write(folder / f"{number}.sln", joined, 8000, format="RAW", subtype="PCM_16")
        soundfile.write(folder / f"{number}.alaw", joined, 8000, format="RAW", subtype="ALAW")
        figures.append(_own_time() - begun)
    return figures


def _said() -> float:
    """Lines that `ivr say --jsonl` answers in a second of its own processor time."""
    rows = json.loads(CASES.read_text("utf-8"))
    lines = "".join(json.dumps({name: row[name] for name in ("lang", "kind", "input")}, ensure_ascii=False) + "\n" for row in rows)
    return len(rows) * LINES / _cpu(["say", "--jsonl"], (lines * LINES).encode())


def _warm() -> float:
    """Milliseconds of processor time that a second build takes."""
    _cpu(["prompts", "build"])
    return statistics.median(_cpu(["prompts", "build"]) for _ in range(5)) * 1000


def _cpu(words: list[str], given: bytes = b"") -> float:
    """Seconds of processor time of a command, what it calls included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "ivr", *words], input=given, stdout=subprocess.DEVNULL, check=True, timeout=600, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _joins(prompts: PromptLibrary) -> tuple[list[float], list[float]]:
    """Milliseconds of each join: of replies that nobody heard before, and of the same again."""
    figures: tuple[list[float], list[float]] = ([], [])
    for side in figures:
        for number in range(REPLIES):
            begun = _own_time()
            prompts.join(reply(number))
            side.append(_own_time() - begun)
    return figures


def _own_time() -> float:
    """Milliseconds that pass for this thread, waiting for disks and locks included: less those in which it could have run and another
    process had the core (Linux, Documentation/scheduler/sched-stats.rst)."""
    now = time.perf_counter() * 1000
    try:
        return now - int(Path("/proc/thread-self/schedstat").read_bytes().split()[1]) / 1e6
    except (OSError, IndexError):
        return now


def _starts(root: Path) -> tuple[float, float]:
    """Median ms of the first and of the second reply of a process that is ready, each new."""
    firsts, seconds = [], []
    for start in range(STARTS):
        command = [sys.executable, "-c", _FIRST, str(root), str(10_000 + 2 * start)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT)
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
