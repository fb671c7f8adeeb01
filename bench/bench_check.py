"""`ivr check` on 100, 1,000 and 10,000 made-up menus in three languages, start of the process included; and one saved file of 1,000 menus.

The peer of the check reads the same files and checks nothing: PyYAML's C loader for the menus, Babel for the catalogs. Both are processes of
their own, and what counts is their CPU time. The reload is the server's own upkeep on one event loop with calls and USSD sessions going
through the real runner and books meanwhile: from the file's write to the release being current, and how long the loop stood still at most.
(Without prompts: words that are new must be spoken first, which takes the voice tens of milliseconds each.)
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.load import LoadError
from bench.models.operators import stem, write_operator
from bench.rows import Row, take_turns
from ivr.house import House
from ivr.serving import Upkeep
from ivr.sessions.door import AsyncDoor
from ivr.sessions.requests import Open, Typed
from ivr.settings import ROOT, Settings

SIZES = (100, 1_000, 10_000)
RUNS = {100: 5, 1_000: 5, 10_000: 2}
RELOADS = 15
LINES = tuple(f"9945011100{number:02}" for number in range(1, 8))
PEER = "CSafeLoader and Babel, nothing checked"
READ = """
import sys, yaml
from pathlib import Path
from babel.messages.pofile import read_po
home = Path(sys.argv[1])
for path in home.glob("menus/*/*.yaml"):
    yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
for path in home.glob("locales/*/*/*.po"):
    with path.open("rb") as file:
        read_po(file, locale=path.parent.parent.name)
"""


def bench() -> list[Row]:
    """CPU seconds of a check at each size beside the peer's, how they grow, and the reload."""
    rows, figures = [], {}
    with tempfile.TemporaryDirectory(prefix="bench-check-") as folder:
        for size in SIZES:
            home = Path(folder) / str(size)
            write_operator(home, size)
            sides = {
                "ours": lambda home=home: cpu("-m", "ivr", "check", str(home / "menus")),
                "peer": lambda home=home: cpu("-c", READ, str(home)),
            }
            figures[size] = take_turns(sides, RUNS[size])
            ours, peer = (figures[size][side] * 1000 for side in ("ours", "peer"))
            rows.append(Row(f"check, {size:,} menus x 3 languages: CPU of the process", ours, peer, "ms", False, PEER))
            rows.append(Row(f"check, {size:,} menus x 3 languages: CPU for each menu", ours / size, peer / size, "ms", False, PEER))
        grown = {side: figures[10_000][side] / figures[1_000][side] / 10 for side in ("ours", "peer")}
        rows.append(Row("check, 10,000 menus against ten times 1,000", grown["ours"], grown["peer"], "x", False, PEER))
        rows += reload_rows(Path(folder) / "1000")
    return rows


def cpu(*arguments: str) -> float:
    """CPU seconds of a Python process with these arguments. Raises LoadError where it ends with anything but 0."""
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise LoadError(f"{arguments[:3]} ended with {process.returncode}: {said[-500:].decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime


def reload_rows(home: Path) -> list[Row]:
    """One file of `home` saved again and again under a server with sessions."""
    settings = Settings.from_environment({"IVR_HOME": str(home / "data"), "IVR_MENUS": str(home / "menus")})
    house = House(settings)
    try:
        live, stalls, quiet, served = asyncio.run(_reloads(house, home / "menus" / "azercell" / f"{stem(7)}.yaml"))
    finally:
        house.close()
    return [
        Row("reload, one file of 1,000 menus x 3 languages: saved to current, median", statistics.median(live), None, "ms", False),
        Row("reload, one file of 1,000 menus x 3 languages: saved to current, longest", max(live), None, "ms", False),
        Row(
            "reload: longest standstill of the loop, median of the reloads",
            statistics.median(stalls),
            quiet,
            "ms",
            False,
            "without a reload",
        ),
        Row("reload: requests answered meanwhile", served, None, "1/s"),
    ]


async def _reloads(house: House, path: Path) -> tuple[list[float], list[float], float, float]:
    door, upkeep = AsyncDoor(house.runner), Upkeep(house)
    text, stopped, served, longest = path.read_text("utf-8"), asyncio.Event(), 0, 0.0  # noqa: ASYNC240

    async def sessions(line: str) -> None:
        nonlocal served
        for number in itertools.count():
            if stopped.is_set():
                return
            for request in (Open("ussd", "*111#", line, language="en"), Typed("1"), Typed("1")):
                reply = await door.call(f"{line}-{number}", request)
                if not any(getattr(effect, "text", "") for effect in reply.effects):
                    raise LoadError(f"no page: {reply}")
                served += 1
            await asyncio.sleep(0.02)

    async def heart() -> None:
        nonlocal longest
        while not stopped.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - begun - 0.001)

    await upkeep.start()
    tasks = [asyncio.create_task(work) for work in (heart(), *map(sessions, LINES))]
    await asyncio.sleep(1)
    quiets, live, stalls = [], [], []
    begun, before = time.perf_counter(), served
    for number in range(RELOADS):
        longest = 0.0
        await asyncio.sleep(0.37)  # no multiple of the upkeep's own beat
        quiets.append(longest)
        release = house.releases.current["azercell"].release
        longest, saved = 0.0, time.perf_counter()
        path.write_text(f"# saved {number} times\n{text}", "utf-8")  # noqa: ASYNC240
        while house.releases.current["azercell"].release == release:
            if time.perf_counter() - saved > 20:
                raise LoadError(f"not taken: {[str(fault) for fault in house.releases.faults[:3]]}")
            await asyncio.sleep(0.001)
        live.append((time.perf_counter() - saved) * 1000)
        stalls.append(longest * 1000)
    rate = (served - before) / (time.perf_counter() - begun)
    stopped.set()
    await asyncio.gather(*tasks)
    await upkeep.stop()
    await asyncio.to_thread(door.close)
    return live, stalls, statistics.median(quiets) * 1000, rate


if __name__ == "__main__":
    for row in bench():
        print(row.name, row.ours, row.peer, row.unit)
