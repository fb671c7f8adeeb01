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

HERE = Path(__file__).resolve().parent
NPM = HERE.parent / ".cache" / "bench-npm"
PEER = "ussd-menu-builder"
PEER_VERSION = "1.2.0"
REQUESTS = 30_000


def bench() -> list[Row]:
    """Three-step dialogs (menu, account, balance) on 32 connections."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ussd-")))
        ours, ours_pid = stack.enter_context(our_server(folder))
        replies = asyncio.run(dial(ours))
        peer, peer_pid = stack.enter_context(peer_server(folder, replies))
        latest: dict[str, Measured] = {}

        def side(name: str, target: Target, pid: int) -> Callable[[], float]:
            def measure() -> float:
                latest[name] = asyncio.run(drive(target, pid, REQUESTS, expected=replies))
                return latest[name].per_cpu_second

            return measure

        medians = take_turns({"ours": side("ours", ours, ours_pid), "peer": side("peer", peer, peer_pid)})
        p99 = {name: measured.p99_ms for name, measured in latest.items()}
    return [
        Row("ussd: requests per server CPU second", medians["ours"], medians["peer"], "1/s", peer_name=PEER),
        Row("ussd: p99 of an answer, 32 at once", p99["ours"], p99["peer"], "ms", higher_is_better=False, peer_name=PEER),
    ]


@contextlib.contextmanager
def our_server(folder: Path) -> Iterator[tuple[Target, int]]:
    """`ivr serve` on a data folder of its own, without Asterisk."""
    port = free_port()
    command = [sys.executable, "-m", "ivr", "serve", "--port", str(port), "--agi-port", str(free_port()), "--no-asterisk"]
    with _process(command, port, folder / "ours.log", {"IVR_HOME": str(folder / "home")}) as pid:
        # The line's own language and a free balance page every time: see the menus of the demo operator.
        yield Target("127.0.0.1", port, service_code="*111#", lines=("994501110001",)), pid


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
