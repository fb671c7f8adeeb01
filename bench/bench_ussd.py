"""USSD over HTTP: requests for each CPU second of the server, ours beside npm's ussd-menu-builder, the same texts in both."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.load import LoadError, Measured, Target, dial, drive, free_port, wait_for
from bench.rows import Row, Unavailable, take_turns
from ivr.accounts import demo
from ivr.accounts.books import open_books
from ivr.accounts.transaction import Transaction
from ivr.clock import clock_of
from ivr.engine.values import Answer
from ivr.settings import Settings

HERE = Path(__file__).resolve().parent
NPM = HERE.parent / ".cache" / "bench-npm"
PEER = "ussd-menu-builder"
PEER_VERSION = "1.2.0"
REQUESTS = {"ours": 6_000, "peer": 30_000}
"""For each run: about a second of the server's time or more, so that the kernel's hundredths do not matter."""
CONNECTIONS = 32
LINES = tuple(f"9945099{number:05}" for number in range(CONNECTIONS))


def bench() -> list[Row]:
    """Three-step dialogs (menu, account, balance), CONNECTIONS at once."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ussd-")))
        ours, ours_pid = stack.enter_context(our_server(folder))
        replies = asyncio.run(dial(ours))
        peer, peer_pid = stack.enter_context(peer_server(folder, replies))
        latest: dict[str, Measured] = {}

        def side(name: str, target: Target, pid: int) -> Callable[[], float]:
            def measure() -> float:
                latest[name] = asyncio.run(drive(target, pid, REQUESTS[name], CONNECTIONS, replies))
                return latest[name].per_cpu_second

            return measure

        medians = take_turns({"ours": side("ours", ours, ours_pid), "peer": side("peer", peer, peer_pid)})
        p99 = {name: measured.p99_ms for name, measured in latest.items()}
    return [
        Row("ussd: requests per server CPU second", medians["ours"], medians["peer"], "1/s", peer_name=PEER),
        Row(f"ussd: p99 of an answer, {CONNECTIONS} at once", p99["ours"], p99["peer"], "ms", higher_is_better=False, peer_name=PEER),
    ]


@contextlib.contextmanager
def our_server(folder: Path) -> Iterator[tuple[Target, int]]:
    """`ivr serve` on a data folder of its own, without Asterisk, on the demo menus with one change: the balance costs nothing.

    Otherwise the line would be empty after some hundred dialogs, and every answer another one. The books are read each time.
    """
    menus = folder / "menus"
    shutil.copytree(HERE.parent / "menus", menus)
    operator = menus / "azercell" / "operator.yaml"
    text = operator.read_text(encoding="utf-8")
    priced, free = 'balance: {sms: "0.10", ussd: "0.10"', 'balance: {sms: "0.10", ussd: free'
    if priced not in text:
        raise LoadError(f"{operator.name} has no {priced!r} any more: write here how its balance is made free")
    operator.write_text(text.replace(priced, free), encoding="utf-8")
    home = folder / "home"
    add_lines(home)
    port = free_port()
    command = [sys.executable, "-m", "ivr", "serve", "--port", str(port), "--agi-port", str(free_port()), "--no-asterisk"]
    with _process(command, port, folder / "ours.log", {"IVR_HOME": str(home), "IVR_MENUS": str(menus)}) as pid:
        yield Target("127.0.0.1", port, service_code="*111#", lines=LINES), pid


def add_lines(home: Path) -> None:
    """LINES in the books of `home`, alike, beside the demo lines."""
    settings = Settings.from_environment({"IVR_HOME": str(home)})
    clock = clock_of(settings)
    row: dict[str, object] = {"language": "en", "balance": "12.34", "expires": "+103", "tariff": "GəncOL"}
    row |= {"bonuses": [{"unit": "megabyte", "left": 1500, "until": "+39"}, {"unit": "message", "left": 50, "until": "+54"}]}

    def write(transaction: Transaction) -> Answer:
        for msisdn in LINES:
            demo._line(transaction, "azercell", "prepaid", "AZN", {**row, "msisdn": msisdn}, clock.now().date())
        return Answer("ok", {})

    store = open_books(settings, clock)
    try:
        store.operate("bench", write, kind="setup", msisdn=None, at=clock.now())
    finally:
        store.close()


@contextlib.contextmanager
def peer_server(folder: Path, replies: list[str]) -> Iterator[tuple[Target, int]]:
    """ussd-menu-builder in node, answering `replies`. Raises Unavailable where node or npm is missing."""
    install_peer()
    texts = folder / "replies.json"
    texts.write_text(json.dumps(replies), encoding="utf-8")
    port = free_port()
    command = ["node", str(HERE / "bench_ussd_peer.js"), str(port), str(texts)]
    with _process(command, port, folder / "peer.log", {"BENCH_NPM": str(NPM)}) as pid:
        yield Target("127.0.0.1", port), pid


def install_peer() -> None:
    """The peer's package in .cache, once."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Unavailable(f"{PEER} needs node and npm (Debian: apt install nodejs npm)")
    if (NPM / "node_modules" / PEER / "package.json").is_file():
        return
    NPM.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(NPM), f"{PEER}@{PEER_VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise Unavailable(f"npm could not install {PEER}: {(done.stderr or done.stdout).strip()[-200:]}")


@contextlib.contextmanager
def _process(command: list[str], port: int, log: Path, environment: dict[str, str]) -> Iterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=HERE.parent, env={**os.environ, **environment})
    try:
        try:
            asyncio.run(wait_for("127.0.0.1", port, lambda: process.poll() is None))
        except LoadError as fault:
            raise LoadError(f"{fault}; its last words: {log.read_text(errors='replace')[-500:]}") from fault
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
