"""USSD over HTTP: requests for each CPU second of the server, ours beside npm's ussd-menu-builder, the same pages from both.

Ours is `ivr serve` with everything on: sessions kept on disk, the fee of `*111*1*7#` booked in the double-entry ledger and committed
with a sync before the page goes out, a log file, metrics. The peer keeps balances in a variable and nothing else. Every page of either is
compared octet by octet with what it must be, the balance after each fee included: a fee lost or taken twice ends the run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.load import LoadError, Measured, Target, dial, drive, free_port
from bench.rows import Row, Unavailable, take_turns
from bench.servers import OPENING, ROOT, our_server, postpaid_lines, prepaid_lines, process

NPM = ROOT / ".cache" / "bench-npm"
PEER = "ussd-menu-builder"
PEER_VERSION = "1.2.0"
REQUESTS = {"ours": 4_500, "peer": 18_000}
"""For each run: about a second of the server's time or more, so that the kernel's hundredths do not matter."""
CONNECTIONS = 32
FEE = 10
"""What `*111*1*7#` costs in hundredths (operator.yaml: fees, balance)."""
CHARGED = ("*111#", ("", "1", "1*7"))
FREE = ("*650#", ("", "3", "3*0"))


class Pages:
    """What each page must be. `{balance}` in a text is the line's own, less `FEE` each time it is shown."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self._balances: dict[str, int] = {}

    def __call__(self, line: str, step: int) -> bytes:
        """The page of that step, for that line, now."""
        text = self.texts[step]
        if "{balance}" in text:
            self._balances[line] = left = self._balances.get(line, OPENING) - FEE
            text = text.replace("{balance}", money(left))
        return text.encode()


def money(hundredths: int) -> str:
    """`49999.90`."""
    return f"{hundredths // 100}.{hundredths % 100:02}"


def bench() -> list[Row]:
    """Three-step dialogs, CONNECTIONS at once, once with a fee and once without."""
    prepaid, postpaid = prepaid_lines(CONNECTIONS + 1), postpaid_lines(CONNECTIONS + 1)
    rows: list[Row] = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ussd-")))
        server = stack.enter_context(our_server(folder, prepaid, postpaid))
        for name, lines, (code, steps) in (("a fee charged", prepaid, CHARGED), ("no fee", postpaid, FREE)):
            ours = Target("127.0.0.1", server.port, service_code=code, lines=lines[1:])
            texts = asyncio.run(dial(Target("127.0.0.1", server.port, service_code=code, lines=lines[:1]), steps))
            if code == CHARGED[0]:
                if money(OPENING - FEE) not in texts[2]:
                    raise LoadError(f"the fee of {money(FEE)} was not charged: {texts[2]!r}")
                texts[2] = texts[2].replace(money(OPENING - FEE), "{balance}")
            with peer_server(folder, texts, steps) as (peer_port, peer_pid):
                peer = Target("127.0.0.1", peer_port, service_code=code, lines=lines[1:])
                latest: dict[str, Measured] = {}

                def side(
                    who: str, target: Target, pid: int, pages: Pages, steps: tuple[str, ...] = steps, latest: dict[str, Measured] = latest
                ) -> Callable[[], float]:
                    def measure() -> float:
                        latest[who] = asyncio.run(drive(target, pid, REQUESTS[who], CONNECTIONS, pages, steps))
                        return latest[who].per_cpu_second

                    return measure

                sides = {"ours": side("ours", ours, server.pid, Pages(texts)), "peer": side("peer", peer, peer_pid, Pages(texts))}
                medians = take_turns(sides)
            p99 = {who: measured.p99_ms for who, measured in latest.items()}
            rows += [
                Row(f"ussd, {name}: requests per server CPU second", medians["ours"], medians["peer"], "1/s", peer_name=PEER),
                Row(f"ussd, {name}: p99, {CONNECTIONS} at once", p99["ours"], p99["peer"], "ms", higher_is_better=False, peer_name=PEER),
            ]
    return rows


@contextlib.contextmanager
def peer_server(folder: Path, texts: list[str], steps: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """ussd-menu-builder in node, answering `texts` to `steps`: its port and process. Raises Unavailable where node or npm is missing."""
    install_peer()
    file = folder / "pages.json"
    keys = [text.rpartition("*")[2] for text in steps[1:]]
    file.write_text(json.dumps({"texts": texts, "keys": keys, "opening": OPENING, "fee": FEE}), encoding="utf-8")
    port = free_port()
    command = ["node", str(ROOT / "bench" / "bench_ussd_peer.js"), str(port), str(file)]
    with process(command, port, folder / "peer.log", {"BENCH_NPM": str(NPM)}) as pid:
        yield port, pid


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
