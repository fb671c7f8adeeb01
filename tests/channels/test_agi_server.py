"""The FastAGI server among bad neighbours: one connection never hurts another."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from pathlib import Path
from unittest.mock import patch

import pytest

from ivr.channels.agi_protocol import AgiArgumentError, AgiRefused, HungUp
from ivr.channels.agi_server import AgiConnection, AgiServer
from ivr.channels.standin import StandIn
from ivr.sessions.requests import Left, Open, Typed
from tests.channels.agi_help import LINE, FakeDoor, FakePrompts, Peer, run, say, serving

RUBBISH = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01" + bytes(500) + b"\n", b"x" * 50_000, b"\n\n\n", b"agi_a: \x00\n\n"]


async def good_call(server: AgiServer) -> None:
    """A call that must go well whatever the others do."""
    caller = StandIn("2112", LINE, "1")
    await caller.run(port=server.port)
    assert [row.key for row in caller.rows] == ["1", None]


def door() -> FakeDoor:
    return FakeDoor(say("menu"), say("bye", None))


def test_connect_and_close(tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(door(), FakePrompts(tmp_path)) as server:
            for _ in range(20):
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.close()
            await good_call(server)

    run(test())


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_costs_a_log_line_and_repeats_none_of_it(tmp_path: Path, rubbish: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def test() -> None:
        async with serving(door(), FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server, rubbish)
            if rubbish != b"\n\n\n":
                assert await peer.closed()
                assert len([record for record in caplog.records if record.name == "ivr.channels.agi_server"]) in (1, 2)
            await good_call(server)

    run(test())
    assert "Host" not in caplog.text and "xxx" not in caplog.text


def test_a_slow_environment_is_cut_off(tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(door(), FakePrompts(tmp_path), environment_seconds=0.1) as server:
            peer = await Peer.connect(server, b"agi_network: yes\n")
            dribble = asyncio.ensure_future(peer.closed())
            for number in itertools.count():
                peer.send(b"agi_x%d: 1\n" % number)
                if (await asyncio.wait([dribble], timeout=0.02))[0]:
                    break
            await good_call(server)
            assert server.connections <= 1

    run(test())


def test_the_number_of_connections_is_bounded(tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(door(), FakePrompts(tmp_path), limit=3) as server:
            held = [await Peer.connect(server) for _ in range(3)]
            for peer in held:
                await peer.expect("ANSWER", None)
            assert await (await Peer.connect(server)).closed()
            freed = asyncio.Event()

            def ended(connection: AgiConnection) -> None:
                AgiServer.ended(server, connection)
                freed.set()

            with patch.object(server, "ended", ended):
                held[0].writer.close()
                await freed.wait()
            await good_call(server)

    run(test())


@pytest.mark.parametrize(("peers", "welcome"), [(["127.0.0.0/8", "10.0.0.0/8"], True), (["10.0.0.0/8"], False)])
def test_only_known_networks_may_connect(peers: list[str], welcome: bool) -> None:
    async def test() -> None:
        probe = Probe()
        probe.done.set()
        server = AgiServer(probe, peers=peers)
        await server.start(port=0)
        assert await (await Peer.connect(server)).closed()
        assert probe.connected.done() is welcome
        await server.close()

    run(test())


def test_a_reply_that_nobody_asked_for_ends_the_call(tmp_path: Path) -> None:
    async def test() -> None:
        silent = FakeDoor(say("menu"))
        async with serving(silent, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.expect("ANSWER", "200 result=0\n200 result=0")
            assert [await peer.line()][0] in ("", 'SET VARIABLE "IVRDIGITS" ""')
        assert silent.heard == []

    run(test())


class Probe:
    """Serves one connection with the commands that a test sends."""

    def __init__(self) -> None:
        self.connected: asyncio.Future[AgiConnection] = asyncio.get_running_loop().create_future()
        self.done = asyncio.Event()

    async def __call__(self, connection: AgiConnection) -> None:
        self.connected.set_result(connection)
        await self.done.wait()


def test_refusals_arguments_and_order() -> None:
    async def test() -> None:
        probe = Probe()
        server = AgiServer(probe)
        await server.start(port=0)
        peer = await Peer.connect(server)
        connection = await probe.connected
        usage = "520-Invalid command syntax.  Proper usage follows:\nHANG UP\n520 End of proper usage."
        for answer, code in (("510 Invalid or unknown command", 510), (usage, 520)):
            command = asyncio.ensure_future(connection.command("NOOP", 'a "b" \\c'))
            assert await peer.expect("NOOP", answer) == 'NOOP "a \\"b\\" \\\\c"'
            with pytest.raises(AgiRefused) as refused:
                await command
            assert refused.value.code == code
        for argument in ("a\nHANGUP", "x" * 10_000, "\x1b"):
            with pytest.raises(AgiArgumentError):
                await connection.command("SET VARIABLE", "X", argument)
        command = asyncio.ensure_future(connection.command("NOOP"))
        await peer.expect("NOOP", None)
        with pytest.raises(RuntimeError):
            await connection.command("NOOP")
        peer.send("200 result=0")
        assert (await command).result == 0
        peer.send("HANGUP")
        assert await connection.gone == "hung_up"
        with pytest.raises(HungUp):
            await connection.command("NOOP")
        probe.done.set()
        assert await peer.closed()
        await server.close()

    run(test())


def test_asterisk_that_never_answers_a_command() -> None:
    async def test() -> None:
        probe = Probe()
        server = AgiServer(probe)
        await server.start(port=0)
        peer = await Peer.connect(server)
        connection = await probe.connected
        with pytest.raises(HungUp) as gone:
            await connection.command("ANSWER", seconds=0.05)
        assert gone.value.why == "aborted"
        probe.done.set()
        await peer.expect("ANSWER", None)
        assert await peer.closed()
        await server.close()

    run(test())


def test_a_cancelled_command_closes_the_connection() -> None:
    async def test() -> None:
        probe = Probe()
        server = AgiServer(probe)
        await server.start(port=0)
        peer = await Peer.connect(server)
        connection = await probe.connected
        command = asyncio.ensure_future(connection.command("ANSWER"))
        await peer.expect("ANSWER", None)
        command.cancel()
        assert await peer.closed()
        probe.done.set()
        await server.close()

    run(test())


def test_a_driver_that_raises_is_logged_without_what_it_says(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async def broken(connection: AgiConnection) -> None:
            raise KeyError(LINE)

        server = AgiServer(broken)
        await server.start(port=0)
        assert await (await Peer.connect(server)).closed()
        await server.close()

    run(test())
    assert "KeyError at test_agi_server.py" in caplog.text and LINE not in caplog.text


def test_two_calls_of_one_number_at_once(tmp_path: Path) -> None:
    async def test() -> None:
        shared = FakeDoor(say("bye", None))
        async with serving(shared, FakePrompts(tmp_path)) as server:
            await asyncio.gather(*(StandIn("2112", LINE).run(port=server.port) for _ in range(2)))
        sessions = {session for session, _ in shared.requests}
        assert len(sessions) == 2
        assert shared.heard == [Open("call", "2112", LINE)] * 2

    run(test())


def test_two_hundred_calls_at_once(tmp_path: Path) -> None:
    async def test() -> None:
        shared = FakeDoor(say("menu"))
        shared.leavers = 200
        prompts = FakePrompts(tmp_path)
        prompts.file("menu")
        async with serving(shared, prompts) as server:
            callers = [StandIn("2112", LINE, "1 2 3 4", leaves=True) for _ in range(200)]
            before = time.process_time()
            await asyncio.gather(*(caller.run(port=server.port) for caller in callers))
            print(f"{(time.process_time() - before) / 200 * 1000:.1f} ms of CPU a call, both sides")
            await shared.left.wait()
        assert len({session for session, _ in shared.requests}) == 200
        assert shared.heard.count(Left("hung_up")) == 200
        for key in "1234":
            assert shared.heard.count(Typed(key)) == 200

    run(test())
