"""Event streams and monitors' questions on the loop, and the pool that a stop does not wait for."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.records.metrics import Metrics
from ivr.threads import Daemons
from ivr.web import native, streams
from ivr.web.caller import Heard, NoSuchCall
from ivr.web.native import Native
from ivr.web.streams import Streams, call_events
from tests.web.fakes import site


class Client:
    """The other end of one request; `stuck`: it reads nothing after the head. `leave` closes it."""

    def __init__(self, stuck: bool = False) -> None:
        self.sent: list[dict] = []
        self.leave = asyncio.Event()
        self._stuck = stuck

    async def receive(self) -> dict:
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        if self._stuck and message["type"] == "http.response.body":
            await asyncio.Event().wait()
        self.sent.append(message)

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"data: 1\n\n"
        await asyncio.sleep(0.01)


def test_streams_end_when_woken_left_or_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PATIENCE", 0.05)

    async def story() -> None:
        metrics = Metrics.create()
        all_of_them = Streams(metrics.streams_open)
        stuck = Client(stuck=True)
        assert await asyncio.wait_for(all_of_them.serve(stuck.receive, stuck.send, endless()), 2) == 200
        left, woken = Client(), Client()
        first = asyncio.create_task(all_of_them.serve(left.receive, left.send, endless()))
        second = asyncio.create_task(all_of_them.serve(woken.receive, woken.send, endless()))
        await asyncio.sleep(0.03)
        assert metrics.streams_open._value.get() == 2
        left.leave.set()
        await asyncio.wait_for(first, 1)
        assert not second.done()
        all_of_them.wake()
        await asyncio.wait_for(second, 1)
        assert woken.sent[-1] == {"type": "http.response.body", "body": b""}
        assert metrics.streams_open._value.get() == 0
        late = Client()
        assert await all_of_them.serve(late.receive, late.send, endless()) == 503

    asyncio.run(story())


def test_there_is_a_limit_to_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST", 0)

    async def story() -> None:
        client = Client()
        assert await Streams(Metrics.create().streams_open).serve(client.receive, client.send, endless()) == 503

    asyncio.run(story())


def test_a_calls_events_go_on_after_the_last_one_seen() -> None:
    class Caller:
        rows = [Heard(1, "playing", "Salam", "az", ("a",)), Heard(2, "waiting", seconds=5.0), Heard(3, "ended")]

        async def events(self, call: str, after: int) -> list[Heard]:
            if call != "known":
                raise NoSuchCall(call)
            return self.rows[after:]

    async def read(call: str, after: int) -> list[dict]:
        chunks = [chunk async for chunk in call_events(Caller(), call, after)]
        return [json.loads(chunk.split(b"data: ")[1]) for chunk in chunks if b"data: " in chunk]

    assert [row["ordinal"] for row in asyncio.run(read("known", 0))] == [1, 2, 3]
    assert [row["state"] for row in asyncio.run(read("known", 1))] == ["waiting", "ended"]
    assert [(row["ordinal"], row["state"]) for row in asyncio.run(read("unknown", 7))] == [(8, "ended")]


def ask(of, path: str, headers: tuple = (), method: str = "GET") -> Client:
    async def story() -> Client:
        client = Client()
        route = Native(of).find(path)
        assert route is not None
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": list(headers)}
        assert await route(scope, client.receive, client.send) == client.status
        return client

    return asyncio.run(story())


def test_ready_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(site(tmp_path), "/readyz").status == 200
    unready = ask(site(tmp_path, ready=False), "/readyz")
    assert (unready.status, json.loads(unready.body)) == (503, {"ready": False, "release": "r1"})

    def fails() -> dict:
        raise OSError("the disk is gone")

    broken = ask(replace(site(tmp_path), ready=fails), "/readyz")
    assert (broken.status, json.loads(broken.body)) == (503, {"ready": False, "why": "OSError"})
    monkeypatch.setattr(native, "READY_SECONDS", 0.05)
    slow = ask(replace(site(tmp_path), ready=lambda: time.sleep(0.3) or {"ready": True}), "/readyz")
    assert slow.status == 503


def test_call_events_are_for_our_own_page_in_demo_mode(tmp_path: Path) -> None:
    path = "/api/call/call-0001/events"
    assert ask(site(tmp_path), path, ((b"sec-fetch-site", b"cross-site"),)).status == 403
    assert ask(site(tmp_path), path, method="POST").status == 405
    assert ask(site(tmp_path, demo=False), path).status == 404
    assert ask(replace(site(tmp_path), call=None), path).status == 404


def test_the_pool_gives_results_and_does_not_outlive_its_shutdown() -> None:
    pool = Daemons(2, "test")
    assert pool.submit(lambda: 7).result(1) == 7
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(1)
    busy = [pool.submit(time.sleep, 0.2) for _ in range(2)]
    waiting = pool.submit(lambda: 1)
    time.sleep(0.05)
    pool.shutdown(wait=True, cancel_futures=True)
    assert all(future.done() for future in busy)
    with pytest.raises(CancelledError):
        waiting.result(1)
    with pytest.raises(RuntimeError):
        pool.submit(lambda: 1)
