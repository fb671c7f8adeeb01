"""Requests per CPU-second of `POST /ussd` with a fake door: what HTTP itself costs. `python -m bench.ussd_http [SECONDS] [CONNECTIONS]`.

The server is a process of its own; its CPU time is read from /proc, so that the load's own cost does not count.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import uvloop

BODY = b"sessionId=ATUid_%d&phoneNumber=%%2B994501110001&serviceCode=%%2A111%%23&networkCode=40001&text="
HEAD = b"POST /ussd HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"


class Client(asyncio.Protocol):
    """One connection that asks again as soon as it has been answered."""

    def __init__(self, number: int, times: list[float]) -> None:
        body = BODY % number
        self._request = HEAD % len(body) + body
        self._times = times
        self._transport: asyncio.Transport | None = None
        self._begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's."""
        self._transport = transport  # type: ignore[assignment]
        self._ask()

    def _ask(self) -> None:
        assert self._transport is not None
        self._begun = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """asyncio's: head and body of an answer come in one piece or two; the body ends with the menu's last line."""
        if data.endswith(b"Ana menyu"):
            self._times.append(time.perf_counter() - self._begun)
            self._ask()


def cpu_seconds(process: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(port: int, seconds: float, connections: int, process: int) -> tuple[list[float], float]:
    """Every answer's time, and the server's CPU seconds meanwhile."""
    times: list[float] = []
    loop = asyncio.get_running_loop()
    clients = [await loop.create_connection(partial(Client, number, times), "127.0.0.1", port) for number in range(connections)]
    await asyncio.sleep(0.5)
    times.clear()
    before = cpu_seconds(process)
    await asyncio.sleep(seconds)
    used = cpu_seconds(process) - before
    done = list(times)
    for transport, _ in clients:
        transport.abort()
    return done, used


def main() -> None:
    """Print one line of figures."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    connections = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([sys.executable, "-m", "tests.web.fakes", folder], stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            server.stdout.readline()
            port = int(server.stdout.readline().rsplit(":", 1)[1])
            times, used = uvloop.run(load(port, seconds, connections, server.pid))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(10)
    times.sort()
    late = times[int(len(times) * 0.99)] * 1000
    print(f"ussd over http: {len(times) / used:,.0f} requests per CPU-second, {len(times) / seconds:,.0f} a second, p99 {late:.1f} ms")


if __name__ == "__main__":
    main()
