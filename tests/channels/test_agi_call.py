"""A call, command by command: what goes over the socket when the peer is Asterisk to the byte."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from ivr.channels.agi_protocol import Environment
from ivr.channels.call import Caller, mask, read_caller
from ivr.engine.effects import Collect
from ivr.sessions.requests import Left, Open, Reply, Silence, Typed
from tests.channels.agi_help import LINE, MENU, NUMBER, FakeDoor, FakePrompts, Peer, run, say, serving

KEYS = '"0123456789*#"'
GET = 'GET VARIABLE "IVRDIGITS"'


class Gate:
    """A look-up that takes until the test lets it go."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self) -> Reply:
        self.begun.set()
        await self.go.wait()
        return self.reply


def var(keys: str) -> str:
    return f"200 result=1 ({keys})"


def test_a_call_from_answer_to_hang_up(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("menu"), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            assert await peer.expect("STREAM FILE", "200 result=0 endpos=800") == f'STREAM FILE "{tmp_path}/menu" {KEYS}'
            await peer.expect(GET, var(""))
            await peer.expect('WAIT FOR DIGIT "6000"', "200 result=49")
            await peer.expect(GET, var("1"))
            assert await peer.expect("STREAM FILE", "200 result=0 endpos=800") == f'STREAM FILE "{tmp_path}/bye" ""'
            await peer.expect("HANGUP", "200 result=1")
            assert await peer.closed()
        assert door.heard == [Open("call", "2112", LINE), Typed("1")]
        assert door.requests[0][0].startswith("call:1.1:")

    run(call())


def test_a_key_cuts_the_prompt_short(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("menu"), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=55 endpos=320")
            await peer.expect(GET, var("7"))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1] == Typed("7")

    run(call())


def test_a_prompt_that_may_not_be_cut_is_played_whatever_was_pressed(tmp_path: Path) -> None:
    async def call() -> None:
        collect = Collect(1, 6.0, 3.0, interrupt=False)
        door = FakeDoor(say("terms", collect), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            assert (await peer.expect("STREAM FILE", "200 result=0 endpos=800")).endswith('terms" ""')
            await peer.expect(GET, var("4"))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1] == Typed("4")

    run(call())


def test_keys_typed_ahead_skip_prompts_and_are_used_once(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("menu"), say("submenu"), say("number", NUMBER), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=49 endpos=160")
            await peer.expect(GET, var("12345#"))
            # The two menus and the number have all they need; each looks once whether more was pressed.
            await peer.expect(GET, var("12345#"))
            await peer.expect(GET, var("12345#"))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1:] == [Typed("1"), Typed("2"), Typed("345", ended=True)]

    run(call())


def test_a_key_during_a_stalled_look_up_is_not_lost(tmp_path: Path) -> None:
    async def call() -> None:
        gate = Gate(say("result"))
        door = FakeDoor(say("menu"), gate, say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect(GET, var(""))
            await peer.expect("WAIT FOR DIGIT", "200 result=49")
            await peer.expect(GET, var("1"))
            await gate.begun.wait()
            gate.go.set()
            await peer.expect(GET, var("19"))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1:] == [Typed("1"), Typed("9")]

    run(call())


def test_a_key_between_two_commands_is_found_before_silence_is_declared(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("menu"), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect(GET, var(""))
            await peer.expect("WAIT FOR DIGIT", "200 result=0")
            await peer.expect(GET, var("3"))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1] == Typed("3")

    run(call())


def test_the_variable_knows_the_order(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("number", Collect(2, 6.0, 3.0)), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect(GET, var(""))
            await peer.expect("WAIT FOR DIGIT", "200 result=50")  # 1 was pressed between the two commands
            await peer.expect(GET, var("12"))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1] == Typed("12")

    run(call())


def test_silence_and_an_unfinished_number(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("number", NUMBER), say("number", NUMBER), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            for keys, result in (("", "0"), ("5", "53")):
                await peer.expect(GET, var(""))
                await peer.expect("STREAM FILE", "200 result=0 endpos=800")
                await peer.expect(GET, var(""))
                await peer.expect('WAIT FOR DIGIT "6000"', f"200 result={result}")
                await peer.expect(GET, var(keys))
            await peer.expect('WAIT FOR DIGIT "3000"', "200 result=0")
            await peer.expect(GET, var("5"))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1:] == [Silence(), Typed("5")]

    run(call())


def test_an_end_key_after_a_full_number_does_not_cut_the_next_prompt(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("number", Collect(2, 6.0, 3.0, end="#")), say("menu " * 40), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=50 endpos=160")
            await peer.expect(GET, var("12"))
            await peer.expect(GET, var("12"))
            await peer.expect("STREAM FILE", "200 result=35 endpos=4000")
            await peer.expect(GET, var("12#"))
            assert (await peer.expect("STREAM FILE", "200 result=35 endpos=20000")).endswith(f'{KEYS} "4000"')
            await peer.expect(GET, var("12##"))  # The second # is meant.
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1:] == [Typed("12"), Typed("#")]

    run(call())


def test_an_end_key_after_a_full_number_does_not_answer_a_prompt_that_may_not_be_cut(tmp_path: Path) -> None:
    async def call() -> None:
        terms = say("terms", Collect(1, 6.0, 3.0, interrupt=False))
        door = FakeDoor(say("number", Collect(2, 6.0, 3.0, end="#")), terms, say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var("12"))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect(GET, var("12#1"))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1:] == [Typed("12"), Typed("1")]

    run(call())


def test_a_secret_is_wiped_while_more_keys_wait(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("password", Collect(20, 6.0, 3.0, end="#", secret=True)), say("menu"), say("menu"), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect('SET VARIABLE "IVRSECRET" "1"', "200 result=1")
            await peer.expect(GET, var("4738#12"))
            await peer.expect(GET, var("4738#12"))
            await peer.expect('SET VARIABLE "IVRDIGITS" ""', "200 result=1")
            await peer.expect('SET VARIABLE "IVRSECRET" ""', "200 result=1")
            await peer.expect(GET, var(""))
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1:] == [Typed("4738", ended=True), Typed("1"), Typed("2")]

    run(call())


def test_without_storedtmf_what_the_commands_return_counts(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("number", Collect(3, 6.0, 3.0)), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.expect("ANSWER")
            await peer.expect("SET VARIABLE")
            await peer.expect("EXEC", "200 result=-2")
            await peer.expect("STREAM FILE", "200 result=49 endpos=160")
            await peer.expect("WAIT FOR DIGIT", "200 result=50")
            await peer.expect("WAIT FOR DIGIT", "200 result=65")  # A, a key that no telephone of ours has
            await peer.expect("WAIT FOR DIGIT", "200 result=51")
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
        assert door.heard[1] == Typed("123")

    run(call())


def test_a_secret_is_wiped_and_never_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def call() -> None:
        door = FakeDoor(say("password", Collect(20, 6.0, 3.0, end="#", secret=True)), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect('SET VARIABLE "IVRSECRET" "1"', "200 result=1")
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=52 endpos=160")
            await peer.expect(GET, var("473829#"))
            await peer.expect(GET, var("473829#"))
            await peer.expect('SET VARIABLE "IVRDIGITS" ""', "200 result=1")
            await peer.expect('SET VARIABLE "IVRSECRET" ""', "200 result=1")
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
            assert await peer.closed()
        assert door.heard[1] == Typed("473829", ended=True)

    run(call())
    assert "473829" not in caplog.text
    assert LINE not in caplog.text and "99450***01" in caplog.text


@pytest.mark.parametrize("how", ["result and HANGUP", "HANGUP and 511", "silent 511", "connection lost"])
def test_hang_up_in_a_prompt(tmp_path: Path, how: str) -> None:
    async def call() -> None:
        door = FakeDoor(say("menu"))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", None)
            if how == "result and HANGUP":
                peer.send("200 result=-1 endpos=4000")
                peer.send("HANGUP")
            elif how == "HANGUP and 511":
                peer.send("HANGUP")
                peer.send("511 Command Not Permitted on a dead channel or intercept routine")
            elif how == "silent 511":
                peer.send("200 result=-1 endpos=4000")
                await peer.expect("CHANNEL STATUS", "511 Command Not Permitted on a dead channel or intercept routine")
            else:
                peer.writer.close()
            await door.left.wait()
        assert door.heard[1:] == [Left("aborted" if how == "connection lost" else "hung_up")]

    run(call())


def test_hang_up_in_a_wait(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("menu"))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect(GET, var(""))
            await peer.expect("WAIT FOR DIGIT", "200 result=-1")
            peer.send("HANGUP")
            await door.left.wait()
        assert door.heard[1:] == [Left("hung_up")]

    run(call())


@pytest.mark.parametrize("ended", [False, True])
def test_hang_up_in_a_look_up_finishes_the_step_and_leaves_once(tmp_path: Path, ended: bool) -> None:
    async def call() -> None:
        gate = Gate(say("result", None if ended else MENU))
        door = FakeDoor(gate)
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await gate.begun.wait()
            peer.send("HANGUP")
            gate.go.set()
            assert await peer.closed()
        assert door.heard[1:] == ([] if ended else [Left("hung_up")])

    run(call())


@pytest.mark.parametrize(("reply", "status"), [("200 result=-1 endpos=0", "200 result=6"), ("200 result=0 endpos=0", None)])
def test_a_missing_or_empty_prompt_is_no_hang_up(tmp_path: Path, reply: str, status: str | None) -> None:
    async def call() -> None:
        door = FakeDoor(say("menu"))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", reply)
            if status:
                await peer.expect("CHANNEL STATUS", status)
            assert "sorry" in await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
            assert await peer.closed()
        assert door.heard[1:] == [Left("aborted")]

    run(call())


@pytest.mark.parametrize("apologises", [True, False])
@pytest.mark.parametrize("fault", ["door raises", "door hangs", "prompts", "510"])
def test_whatever_fails_the_caller_gets_an_apology(tmp_path: Path, fault: str, apologises: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def call() -> None:
        prompts = FakePrompts(tmp_path, apologises)
        faults: dict[str, Exception | Gate] = {"door raises": ValueError(f"{LINE} typed 4738"), "door hangs": Gate(say("menu"))}
        door = FakeDoor(faults.get(fault, say("menu")))
        prompts.broken = fault == "prompts"
        async with serving(door, prompts, longest_step=0.05) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            if fault == "510":
                await peer.expect(GET, "510 Invalid or unknown command")
            if apologises:
                assert "sorry" in await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
            assert await peer.closed()
        assert [request for request in door.heard if isinstance(request, Left)] == [Left("aborted")]

    run(call())
    assert LINE not in caplog.text and "4738" not in caplog.text


def test_a_call_that_lasts_too_long_ends_politely(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("menu"))
        async with serving(door, FakePrompts(tmp_path), longest=0.0) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var(""))
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect(GET, var(""))
            await peer.expect('WAIT FOR DIGIT "0"', "200 result=0")
            await peer.expect(GET, var(""))
            assert "good_bye" in await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")
            assert await peer.closed()
        assert door.heard[1:] == [Left("timed_out")]

    run(call())


@pytest.mark.parametrize("where", ["prompt", "look-up"])
def test_the_server_stops_and_the_dialplan_goes_on(tmp_path: Path, where: str) -> None:
    async def call() -> None:
        gate = Gate(say("menu"))
        door = FakeDoor(gate if where == "look-up" else say("menu"))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            if where == "prompt":
                await peer.expect(GET, var(""))
                await peer.expect("STREAM FILE", None)
            else:
                await gate.begun.wait()
            closing = asyncio.ensure_future(server.close(2.0))
            gate.go.set()
            assert await peer.closed()  # No HANGUP: the caller stays with Asterisk.
            await closing
        assert door.heard[1:] == [Left("aborted")]

    run(call())


@pytest.mark.parametrize(
    ("values", "caller"),
    [
        ({"arg_1": "2112", "arg_2": LINE, "callerid": "994559999999"}, Caller("2112", LINE)),
        ({"arg_1": "2112", "arg_2": "", "callerid": "994559999999"}, Caller("2112", "")),
        ({"dnid": "650", "extension": "s", "callerid": "994559999999"}, Caller("650", "")),
        ({"dnid": "unknown", "extension": "650"}, Caller("650", "")),
        ({"arg_1": "*111#", "arg_2": "+" + LINE, "arg_3": "az"}, Caller("*111#", LINE, "az")),
        ({"arg_1": "2112;x", "arg_2": "alice", "arg_3": "../az"}, Caller("", "")),
    ],
)
def test_who_calls_what(values: dict[str, str], caller: Caller) -> None:
    assert read_caller(Environment({f"agi_{name}": value for name, value in values.items()})) == caller


@pytest.mark.parametrize(("number", "masked"), [(LINE, "99450***01"), ("12345678", "***"), ("", "unknown")])
def test_numbers_in_logs(number: str, masked: str) -> None:
    assert mask(number) == masked


def test_keys_forever_are_wiped_before_asterisk_stops_storing(tmp_path: Path) -> None:
    async def call() -> None:
        door = FakeDoor(say("menu", Collect(250, 6.0, 3.0)), say("bye", None))
        async with serving(door, FakePrompts(tmp_path)) as server:
            peer = await Peer.connect(server)
            await peer.answer()
            await peer.expect(GET, var("1" * 250))
            await peer.expect(GET, var("1" * 250))
            await peer.expect('SET VARIABLE "IVRDIGITS" ""', "200 result=1")
            await peer.expect("STREAM FILE", "200 result=0 endpos=800")
            await peer.expect("HANGUP")

    run(call())
