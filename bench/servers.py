"""The servers that the benchmarks drive, each a process of its own on a data folder of its own, and what the kernel says they used."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.load import LoadError, free_port, wait_for
from ivr.accounts import demo
from ivr.accounts.books import open_books
from ivr.accounts.transaction import Transaction
from ivr.clock import clock_of
from ivr.engine.values import Answer
from ivr.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
OPENING = 5_000_000
"""What a prepaid line of the benchmarks begins with, in hundredths: enough for half a million fees of 0.10."""
PREPAID: dict[str, object] = {
    "language": "en",
    "balance": f"{OPENING / 100:.2f}",
    "expires": "+103",
    "tariff": "GəncOL",
    "bonuses": [{"unit": "megabyte", "left": 1500, "until": "+39"}, {"unit": "message", "left": 50, "until": "+54"}],
}
POSTPAID: dict[str, object] = {
    "language": "en", "billed": "45.60", "current": "12.07", "advance": "20.00", "tariff": "Biznes 30", "due": "+28"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """`ivr serve` as it runs: where it listens, its process, its data folder."""

    pid: int
    port: int
    agi_port: int
    home: Path


def prepaid_lines(count: int) -> tuple[str, ...]:
    """Numbers of Azercell's that no demo line has."""
    return tuple(f"9945099{number:05}" for number in range(count))


def postpaid_lines(count: int) -> tuple[str, ...]:
    """The same for postpaid ones."""
    return tuple(f"9945098{number:05}" for number in range(count))


def add_lines(home: Path, prepaid: Iterable[str] = (), postpaid: Iterable[str] = ()) -> None:
    """Lines in the books of `home`, beside the demo lines; those of a kind are alike."""
    settings = Settings.from_environment({"IVR_HOME": str(home)})
    clock = clock_of(settings)
    rows = [("prepaid", {**PREPAID, "msisdn": msisdn}) for msisdn in prepaid]
    rows += [("postpaid", {**POSTPAID, "msisdn": msisdn}) for msisdn in postpaid]

    def write(transaction: Transaction) -> Answer:
        for kind, row in rows:
            demo._line(transaction, "azercell", kind, "AZN", row, clock.now().date())
        return Answer("ok", {})

    store = open_books(settings, clock)
    try:
        store.operate("bench", write, kind="setup", msisdn=None, at=clock.now())
    finally:
        store.close()


@contextlib.contextmanager
def our_server(folder: Path, prepaid: Sequence[str] = (), postpaid: Sequence[str] = ()) -> Iterator[Server]:
    """`ivr serve` as a user starts it, its log in a file, without Asterisk, with these lines in its books."""
    home = folder / "home"
    add_lines(home, prepaid, postpaid)
    port, agi_port = free_port(), free_port()
    command = [sys.executable, "-m", "ivr", "serve", "--port", str(port), "--agi-port", str(agi_port), "--no-asterisk"]
    with process(command, port, folder / "ours.log", {"IVR_HOME": str(home)}) as pid:
        yield Server(pid, port, agi_port, home)


@contextlib.contextmanager
def process(command: Sequence[str], port: int, log: Path, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """A program from when it listens on `port` to its end; its id. Raises LoadError with its last words where it never does."""
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env={**os.environ, **(environment or {})})
    try:
        try:
            asyncio.run(wait_for("127.0.0.1", port, lambda: child.poll() is None))
        except LoadError as fault:
            raise LoadError(f"{fault}; its last words: {log.read_text(errors='replace')[-500:]}") from fault
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def memory_mb(pid: int) -> float:
    """What the process holds in memory now (its own pages, RSS)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
