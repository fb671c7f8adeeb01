"""Load for an HTTP server that answers USSD in the Africa's Talking form: whole dialogs over kept-alive connections.

The client is raw asyncio, so that it does not become what is measured, and what counts is the CPU time of the *server's* process and
its children (from /proc), not the wall clock: on a small machine the client takes its share of the same cores.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

TICKS = os.sysconf("SC_CLK_TCK")
STEPS = ("", "1", "1*7")
"""The texts of one dialog, as the gateway accumulates them."""

_session = count(1)


class LoadError(Exception):
    """The server did not answer as it must; a figure from such a run would mean nothing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: how many requests, in how many seconds, at what cost in the server's CPU seconds, and times of answers in ms."""

    requests: int
    seconds: float
    cpu_seconds: float
    median_ms: float
    p99_ms: float

    @property
    def per_cpu_second(self) -> float:
        """Requests for each second of the server's CPU."""
        return self.requests / max(self.cpu_seconds, 1 / TICKS)


@dataclass(frozen=True, slots=True)
class Target:
    """What to dial: where the server listens, the code, and the lines that dial it, one a connection."""

    host: str
    port: int
    path: str = "/ussd"
    service_code: str = "*111#"
    lines: tuple[str, ...] = ("994501110001",)


def cpu_seconds(pid: int) -> float:
    """CPU seconds used so far by process `pid`, the children it has waited for, and those that live, with theirs."""
    # Field 2 is the program's name in brackets and may hold spaces: count from its end.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    total = sum(int(field) for field in fields[11:15]) / TICKS
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            try:
                total += cpu_seconds(int(child))
            except FileNotFoundError:  # it ended meanwhile; its time is in its parent's once waited for
                continue
    return total


def request_bytes(target: Target, session: str, line: str, text: str) -> bytes:
    """One request as it goes over the wire."""
    body = (
        f"sessionId={session}&phoneNumber={quote('+' + line)}&serviceCode={quote(target.service_code)}&networkCode=40001&text={quote(text)}"
    )
    head = f"POST {target.path} HTTP/1.1\r\nHost: {target.host}:{target.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


class Client(asyncio.Protocol):
    """One connection; `ask` sends a request and gives back the body of the answer, whole, by Content-Length or chunked."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LoadError(f"the server closed the connection in the middle of an answer: {exc or 'no reason'}"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            body = self._whole()
        except LoadError as fault:
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(fault)
            return
        if body is not None and self._answer is not None and not self._answer.done():
            self._buffer = b""
            self._answer.set_result(body)

    def _whole(self) -> bytes | None:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        status, *lines = head.split(b"\r\n")
        if b" 200" not in status:
            raise LoadError(f"the server answered {status.decode(errors='replace')}: {rest[:200].decode(errors='replace')}")
        for line in lines:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
                return rest[:length] if len(rest) >= length else None
            if name.lower() == b"transfer-encoding":
                return _unchunked(rest)
        raise LoadError("an answer without its length")

    async def ask(self, request: bytes) -> bytes:
        """The answer's body. Raises LoadError for any status but 200 and for a closed connection."""
        assert self._transport is not None
        if self._transport.is_closing():
            raise LoadError("the server closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def _unchunked(rest: bytes) -> bytes | None:
    body = b""
    while True:
        size, end, rest = rest.partition(b"\r\n")
        if not end:
            return None
        length = int(size, 16)
        if not length:
            return body
        if len(rest) < length + 2:
            return None
        body += rest[:length]
        rest = rest[length + 2 :]


async def dial(target: Target, steps: Sequence[str] = STEPS) -> list[str]:
    """One dialog; what the server answered to each step, with its CON or END."""
    client = await _connect(target)
    try:
        session = _new_session()
        async with asyncio.timeout(10):
            return [(await client.ask(request_bytes(target, session, target.lines[0], text))).decode() for text in steps]
    finally:
        client.close()


async def drive(
    target: Target,
    pid: int,
    requests: int,
    connections: int = 32,
    expected: Callable[[str, int], bytes] | None = None,
    steps: Sequence[str] = STEPS,
) -> Measured:
    """`requests` requests in whole dialogs of `steps` over `connections` connections.

    Every answer is compared with `expected(line, step)`, which is called once for each request, in the order of that line's.

    Each connection dials from a line of its own, as far as there are lines: a line has one dialog at a time, a new one ends it.
    Raises LoadError at the first wrong answer.
    """
    dialogs = iter(range(max(1, requests // len(steps))))
    times: list[float] = []
    clock = time.perf_counter

    async def caller(client: Client, line: str) -> None:
        for _ in dialogs:
            session = _new_session()
            for index, text in enumerate(steps):
                asked = clock()
                answer = await client.ask(request_bytes(target, session, line, text))
                times.append(clock() - asked)
                if expected is not None and answer != (wanted := expected(line, index)):
                    raise LoadError(f"step {text!r}: {answer.decode(errors='replace')!r} instead of {wanted.decode()!r}")

    clients = [await _connect(target) for _ in range(connections)]
    try:
        used, begun = cpu_seconds(pid), clock()
        async with asyncio.TaskGroup() as group:
            for number, client in enumerate(clients):
                group.create_task(caller(client, target.lines[number % len(target.lines)]))
        seconds, used = clock() - begun, cpu_seconds(pid) - used
    except ExceptionGroup as faults:
        raise LoadError(str(faults.exceptions[0])) from faults
    finally:
        for client in clients:
            client.close()
    times.sort()
    return Measured(len(times), seconds, used, times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000)


async def wait_for(host: str, port: int, alive: Callable[[], bool] = lambda: True, seconds: float = 60.0) -> None:
    """Until somebody listens there. Raises LoadError when nobody does in time, or at once when `alive` says that nobody will."""
    deadline = time.monotonic() + seconds
    while alive() and time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise LoadError(f"nobody listens on {host} port {port}")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _connect(target: Target) -> Client:
    _, client = await asyncio.get_running_loop().create_connection(Client, target.host, target.port)
    return client


def _new_session() -> str:
    return f"bench-{os.getpid()}-{next(_session)}"
