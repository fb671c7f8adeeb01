"""The books: a transfer as an operation of the ledger beside the same rows written by plain sqlite3, one transaction a transfer.

CPU is that of the whole process, system time included; fsyncs are counted where SQLite makes them (bench/ledger_disk.py), in runs of their
own. After the first run both books must hold the same rows, and after the last one every audit must be clean.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.ledger_books import balances, copy_books, make_books
from bench.ledger_disk import Disk
from bench.ledger_enquiry import enquiries
from bench.ledger_hashing import hashing
from bench.ledger_plot import Line, plot
from bench.ledger_transfers import Ledger, Plain, Transfer, requests, rows_of
from bench.load import LoadError
from bench.rows import RUNS, Row, take_turns
from bench.run import RESULTS
from ivr.accounts.audit import audit
from ivr.accounts.store import Store

LINES, EACH = 1_000, 1_000_000_000
FLIGHTS = {1: 600, 8: 1_600, 256: 6_400}
"""How many transfers a run has, by how many are in flight."""
SIZES = (1_000, 10_000, 100_000)
PLAIN = "plain sqlite3, a transaction each"


def bench() -> list[Row]:
    """Transfers by how many are in flight, cost by how many lines there are, a fee's price, a hash's."""
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as folder:
        rows = transfers(Path(folder))
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as folder:
        rows += by_lines(Path(folder), SIZES)
    return [*rows, *enquiries(), *hashing()]


class Side:
    """Books and a way to write transfers into them; each call writes so many new ones and measures. They stay open in between."""

    def __init__(self, url: str, lines: int, threads: int | None) -> None:
        self.url, self.lines, self.done = url, lines, 0
        self.opening: Callable[[], Ledger | Plain] = (lambda: Plain(url)) if threads is None else (lambda: Ledger(url, threads))
        self.way = self.opening()
        self.speeds: list[float] = []

    def next(self, count: int) -> list[Transfer]:
        """Requests that were not made before, the same for every side of as many lines."""
        self.done += count
        return requests(self.done - count, count, self.lines)

    def cpu(self, count: int) -> float:
        """Microseconds of CPU for each of `count` transfers."""
        wanted = self.next(count)
        gc.collect()
        os.sync()  # else this side's fsyncs would wait for what another one has written
        begun, clock = _cpu(), time.perf_counter()
        self.way.run(wanted)
        used = _cpu() - begun
        self.speeds.append(count / (time.perf_counter() - clock))
        return used / count * 1e6

    def syncs(self, count: int) -> float:
        """fsyncs for each of `count` transfers, those of checkpoints and of opening and closing the file included."""
        wanted = self.next(count)
        self.way.close()
        with Disk() as disk:
            way = self.opening()
            way.run(wanted)
            way.close()
        return disk.syncs / count

    def finish(self) -> None:
        """Close, and raise LoadError where the books do not add up."""
        self.way.close()
        store = Store(self.url)
        try:
            found = audit(store)
            if found.differences or sum(balances(store).values()) != self.lines * EACH:
                raise LoadError(f"the books differ: {found.differences[:3]}")
        finally:
            store.close()


def transfers(folder: Path) -> list[Row]:
    """CPU, fsyncs and transfers a second at 1, 8 and 256 in flight."""
    empty = make_books(folder, LINES, EACH)
    sides = {flight: Side(copy_books(empty, folder / f"ours{flight}"), LINES, flight) for flight in FLIGHTS}
    peer = Side(copy_books(empty, folder / "plain"), LINES, None)
    for side in (sides[1], peer):
        side.cpu(FLIGHTS[1])
    if rows_of(sides[1].url) != rows_of(peer.url):
        raise LoadError("the two books do not hold the same rows")
    measures: dict[str, Callable[[], float]] = {"plain": lambda: peer.cpu(FLIGHTS[1])}
    for flight, side in sides.items():
        measures[str(flight)] = lambda side=side, count=FLIGHTS[flight]: side.cpu(count)  # type: ignore[misc]
    cpu = take_turns(measures)
    syncs = {str(flight): side.syncs(FLIGHTS[flight]) for flight, side in sides.items()} | {"plain": peer.syncs(FLIGHTS[1])}
    for side in (*sides.values(), peer):
        side.finish()
    rows = []
    for flight, side in sides.items():
        name, speed = f"ledger, {flight} in flight", statistics.median(side.speeds[-RUNS:])
        rows += [
            Row(f"{name}: CPU for each transfer", cpu[str(flight)], cpu["plain"], "µs", False, PLAIN),
            Row(f"{name}: fsyncs for each transfer", syncs[str(flight)], syncs["plain"], "", False, PLAIN),
            Row(f"{name}: transfers", speed, statistics.median(peer.speeds[-RUNS:]), "1/s", peer_name=PLAIN),
        ]
    return rows


def by_lines(folder: Path, sizes: tuple[int, ...], picture: str = "ledger.svg") -> list[Row]:
    """CPU for each transfer by how many lines the books have, ours (256 in flight) beside the plain loop; also as a picture."""
    ours, peers = {}, {}
    for lines in sizes:
        empty = make_books(folder / f"empty{lines}", lines, EACH)
        ours[lines] = Side(copy_books(empty, folder / f"ours{lines}"), lines, 256)
        peers[lines] = Side(copy_books(empty, folder / f"plain{lines}"), lines, None)
    measures: dict[str, Callable[[], float]] = {}
    for lines in sizes:
        measures[f"ours {lines}"] = lambda side=ours[lines]: side.cpu(6_400)  # type: ignore[misc]
        measures[f"plain {lines}"] = lambda side=peers[lines]: side.cpu(600)  # type: ignore[misc]
    cpu = take_turns(measures)
    for side in (*ours.values(), *peers.values()):
        side.finish()
    mine, others = ([cpu[f"{who} {lines}"] for lines in sizes] for who in ("ours", "plain"))
    drawn = plot(
        "CPU for each transfer, by lines in the books",
        "µs",
        [str(f"{lines:,}") for lines in sizes],
        [Line("the ledger, 256 in flight", mine), Line(PLAIN, others)],
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / picture).write_text(drawn, encoding="utf-8")
    rows = [
        Row(f"ledger, {lines:,} lines: CPU for each transfer, 256 in flight", mine[at], others[at], "µs", False, PLAIN)
        for at, lines in enumerate(sizes)
    ]
    name = f"ledger, {sizes[-1]:,} lines against {sizes[0]:,}: CPU for each transfer"
    return [*rows, Row(name, mine[-1] / mine[0], others[-1] / others[0], "x", False, PLAIN)]


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
