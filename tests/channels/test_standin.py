"""The stand-in caller: it hears, presses and hangs up as a person, and answers commands as Asterisk 22."""

from __future__ import annotations

import asyncio
import json
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.channels.agi_protocol import AgiRefused, HungUp, PromptMissing
from ivr.channels.agi_server import AgiConnection, AgiServer
from ivr.channels.standin import StandIn
from ivr.channels.standin_audio import alaw_table, prompt_samples, read_prompt
from ivr.channels.standin_record import Act, Moment, normalise
from ivr.engine.effects import Collect
from ivr.sessions.requests import Left, Open, Request, Silence, Typed
from tests.channels.agi_help import LINE, MENU, NUMBER, FakeDoor, FakePrompts, describe, run, say, serving

RECORDED = Path(__file__).parents[1] / "data" / "agi" / "standin_transcripts.json"


def call(door: FakeDoor, folder: Path, caller: StandIn) -> list[Request]:
    """Make the call; what the door heard."""

    async def made() -> None:
        async with serving(door, FakePrompts(folder)) as server:
            await caller.run(port=server.port)

    run(made())
    return door.heard


def test_keys_are_typed_group_by_group(tmp_path: Path) -> None:
    caller = StandIn("2112", LINE, "1 123456789 0 7#", describe=describe)
    door = FakeDoor(say("menu"), say("your number", NUMBER), say("menu"), say("amount", NUMBER), say("bye", None))
    heard = call(door, tmp_path, caller)
    assert heard == [Open("call", "2112", LINE), Typed("1"), Typed("123456789"), Typed("0"), Typed("7", ended=True)]
    assert [(row.said, row.language, row.key) for row in caller.rows] == [
        ("menu", "en", "1"),
        ("your number", "en", "123456789"),
        ("menu", "en", "0"),
        ("amount", "en", "7#"),
        ("bye", "en", None),
    ]
    assert caller.rows[0].files == (str(tmp_path / "menu"),)


def test_a_short_group_is_followed_by_silence(tmp_path: Path) -> None:
    heard = call(FakeDoor(say("number", NUMBER), say("bye", None)), tmp_path, StandIn("2112", LINE, "12 9"))
    assert heard[1:] == [Typed("12")]


def test_when_the_keys_run_out_the_caller_is_silent_and_nobody_sleeps(tmp_path: Path) -> None:
    caller = StandIn("2112", LINE, "")
    heard = call(FakeDoor(say("menu"), say("menu"), say("bye", None)), tmp_path, caller)
    assert heard[1:] == [Silence(), Silence()]
    assert caller.clock == 3 * 100 + 2 * 6000


def test_a_caller_may_leave_when_the_keys_run_out(tmp_path: Path) -> None:
    async def made() -> None:
        door = FakeDoor(say("menu"))
        async with serving(door, FakePrompts(tmp_path)) as server:
            await StandIn("2112", LINE, "1", leaves=True).run(port=server.port)
            await door.left.wait()
        assert door.heard[1:] == [Typed("1"), Left("hung_up")]

    run(made())


def test_the_language_of_one_call(tmp_path: Path) -> None:
    heard = call(FakeDoor(say("bye", None)), tmp_path, StandIn("2112", LINE, language="az"))
    assert heard == [Open("call", "2112", LINE, language="az")]


@pytest.mark.parametrize("keys", ["1a", "+", "1,2", "A"])
def test_keys_that_no_telephone_has(keys: str) -> None:
    with pytest.raises(ValueError):
        StandIn("2112", LINE, keys)


def test_barge_in_at_a_given_time(tmp_path: Path) -> None:
    caller = StandIn("2112", LINE, acts=[Act(0, 230, "4")])
    heard = call(FakeDoor(say("a long long menu"), say("bye", None)), tmp_path, caller)
    assert heard[1:] == [Typed("4")]
    assert caller.clock == 230 + 100
    assert ("STREAM FILE", "endpos=1840") in [(command[:11], reply[-11:]) for command, reply in caller.transcript]


def test_a_key_in_a_prompt_that_may_not_be_cut_waits(tmp_path: Path) -> None:
    caller = StandIn("2112", LINE, acts=[Act(0, 230, "4")])
    heard = call(FakeDoor(say("a long long menu", Collect(1, 6.0, 3.0, interrupt=False)), say("bye", None)), tmp_path, caller)
    assert heard[1:] == [Typed("4")]
    assert caller.clock == 400 + 100


def test_hang_up_at_a_given_time(tmp_path: Path) -> None:
    async def made() -> None:
        door = FakeDoor(say("a long long menu"))
        caller = StandIn("2112", LINE, acts=[Act(0, 150, None)])
        async with serving(door, FakePrompts(tmp_path)) as server:
            await caller.run(port=server.port)
            await door.left.wait()
        assert door.heard[1:] == [Left("hung_up")]
        assert normalise(caller.transcript)[-2:] == [('STREAM FILE "a_long_long_menu" "0123456789*#"', "200 result=-1"), ("", "HANGUP")]

    run(made())


def test_what_was_heard(tmp_path: Path) -> None:
    tone = (np.sin(np.arange(1600) / 3) * 8000).astype("<i2")
    (tmp_path / "menu.sln").write_bytes(tone.tobytes())
    (tmp_path / "bye.alaw").write_bytes(bytes([0xAA] * 800))
    caller = StandIn("2112", LINE, "1")
    call(FakeDoor(say("menu"), say("bye", None)), tmp_path, caller)
    caller.wav(tmp_path / "call.wav")
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(sound) == 1600 + 400 * 8 + 800
    assert (sound[:1600] == tone).all() and not sound[1600:-800].any() and (sound[-800:] == 32256).all()


def test_a_wav_ends_where_the_caller_cut_the_prompt(tmp_path: Path) -> None:
    caller = StandIn("2112", LINE, acts=[Act(0, 20, "1")])
    call(FakeDoor(say("a long long menu"), say("bye", None)), tmp_path, caller)
    assert [piece.samples for piece in caller.pieces] == [160, 800]


def test_alaw_as_the_standard_says() -> None:
    assert [int(alaw_table()[code]) for code in (0xD5, 0x55, 0xAA, 0x2A, 0x80, 0x00)] == [8, -8, 32256, -32256, 5504, -5504]
    assert (np.diff(alaw_table()[np.arange(128, 256) ^ 0x55].astype(int)) > 0).all()


def test_lengths(tmp_path: Path) -> None:
    assert prompt_samples(str(tmp_path / "none")) is None
    assert len(read_prompt(str(tmp_path / "none"))) == 0


async def commands(test: object, caller: StandIn) -> None:
    """Run `test(connection)` against the stand-in."""
    failed: list[BaseException] = []

    async def serve(connection: AgiConnection) -> None:
        try:
            await test(connection)  # type: ignore[operator]
        except BaseException as error:
            failed.append(error)

    server = AgiServer(serve)
    await server.start(port=0)
    await caller.run(port=server.port)
    await server.close()
    if failed:
        raise failed[0]


def test_every_command(tmp_path: Path) -> None:
    FakePrompts(tmp_path).file("hello")
    hello, none = str(tmp_path / "hello"), str(tmp_path / "none")
    (tmp_path / "empty.alaw").touch()

    async def test(asterisk: AgiConnection) -> None:
        assert (await asterisk.command("ANSWER")).result == 0
        assert (await asterisk.command("CHANNEL STATUS")).result == 6
        assert (await asterisk.command("SET VARIABLE", "X", 'a"b\\c (d) e')).result == 1
        assert await asterisk.get_variable("X") == 'a"b\\c (d) e'
        assert await asterisk.get_variable("Y") == ""
        assert await asterisk.stream_file(hello, "", 100) == ("", 100)
        assert await asterisk.stream_file(hello, "", 100, start=60) == ("", 100)
        assert (await asterisk.command("EXEC", "Background", f"{hello}&{hello}")).result == 0
        assert (await asterisk.command("EXEC", "Wait", "1.5")).result == 0
        assert (await asterisk.command("EXEC", "Nothing", "x")).result == -2
        assert (await asterisk.command("EXEC", "Dial", "Local/1@people")).result == 0
        assert await asterisk.get_variable("DIALSTATUS") == "BUSY"
        assert (await asterisk.command("GET DATA", hello, 3000, 2)).result == 12
        assert (await asterisk.command("GET DATA", hello, 3000, 4)).data == "timeout"
        for missing in (none, str(tmp_path / "empty")):
            with pytest.raises(PromptMissing):
                await asterisk.stream_file(missing, "", 100)
        for name, arguments, code in (("NONSENSE", (), 510), ("WAIT FOR DIGIT", (), 520), ("WAIT FOR DIGIT", ("x",), 520)):
            with pytest.raises(AgiRefused) as refused:
                await asterisk.command(name, *arguments)
            assert refused.value.code == code
        await asterisk.command("HANGUP")
        with pytest.raises(HungUp):
            await asterisk.command("ANSWER")

    caller = StandIn("2112", LINE, "12", dial_status="BUSY")
    run(commands(test, caller))
    assert caller.transcript[-1] == ("", "HANGUP")


def test_keys_between_commands_are_lost_unless_they_are_stored() -> None:
    async def test(asterisk: AgiConnection) -> None:
        caller.press("1")
        assert await asterisk.get_variable("KEYS") == ""
        await asterisk.command("EXEC", "StoreDTMF", "RX,KEYS")
        caller.press("2")
        assert await asterisk.get_variable("KEYS") == "2"
        caller.hang_up()
        assert await asterisk.gone == "hung_up"

    caller = StandIn("2112", LINE)
    run(commands(test, caller))


def test_after_a_hang_up_only_some_commands_work() -> None:
    async def made() -> None:
        reader, writer = asyncio.StreamReader(), None

        async def connected(read: asyncio.StreamReader, write: asyncio.StreamWriter) -> None:
            nonlocal reader, writer
            while (await read.readline()).strip():
                pass
            caller.hang_up()
            assert await read.readline() == b"HANGUP\n"
            for command, answer in ((b"CHANNEL STATUS\n", b"511"), (b"GET VARIABLE X\n", b"200"), (b"EXEC NoOp x\n", b"200")):
                write.write(command)
                assert (await read.readline()).startswith(answer)
            write.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        caller = StandIn("2112", LINE)
        await caller.run(port=server.sockets[0].getsockname()[1])
        server.close()

    run(made())


def test_a_person_presses_while_it_plays(tmp_path: Path) -> None:
    """In real time: the page's way. The person waits for the moment, not for the clock."""
    moments: list[Moment] = []

    def watch(moment: Moment) -> None:
        moments.append(moment)
        if moment.what == "play" and len(moments) == 1:
            asyncio.get_running_loop().call_soon(caller.press, "1")
        if moment.what == "wait":
            for key in "23":
                asyncio.get_running_loop().call_soon(caller.press, key)

    caller = StandIn("2112", LINE, pace="real", watch=watch)
    door = FakeDoor(say("a very long menu " * 5), say("two", Collect(2, 6.0, 3.0)), say("bye", None))
    heard = call(door, tmp_path, caller)
    assert heard[1:] == [Typed("1"), Typed("23")]
    assert [moment.what for moment in moments] == ["play", "key", "cut", "play", "wait", "key", "cut", "key", "play", "end"]


def test_a_person_hangs_up_while_it_plays(tmp_path: Path) -> None:
    async def made() -> None:
        def watch(moment: Moment) -> None:
            if moment.what == "play":
                asyncio.get_running_loop().call_soon(caller.hang_up)

        caller = StandIn("2112", LINE, pace="real", watch=watch)
        door = FakeDoor(say("a very long menu " * 5))
        async with serving(door, FakePrompts(tmp_path)) as server:
            await caller.run(port=server.port)
            await door.left.wait()
        assert door.heard[1:] == [Left("hung_up")]

    run(made())


def test_a_wait_in_real_time_ends(tmp_path: Path) -> None:
    heard = call(FakeDoor(say("menu", Collect(1, 0.05, 0.05)), say("bye", None)), tmp_path, StandIn("2112", LINE, pace="real"))
    assert heard[1:] == [Silence()]


def test_nobody_listens() -> None:
    async def made() -> None:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        with pytest.raises(OSError):
            await StandIn("2112", LINE).run(port=port)

    run(made())


def door_of(name: str) -> FakeDoor:
    """The scripts whose transcripts were recorded from Asterisk 22."""
    final = say("thank you and good bye", None)
    return {
        "silence": FakeDoor(say("menu one two"), say("menu one two", Collect(1, 1.0, 1.0)), final),
        "barge_in": FakeDoor(say("one two three four five six seven eight"), final),
        "hang_up": FakeDoor(say("one two three four five six seven eight nine ten eleven twelve"), final),
        "missing": FakeDoor(say("nothing"), final),
        "number": FakeDoor(say("a b c d e f g h i j k l m n o p q r s t u v w x y z", NUMBER), say("menu", MENU), final),
    }[name]


ACTS = {
    "silence": [],
    "barge_in": [Act(0, 500, "4")],
    "hang_up": [Act(0, 600, None)],
    "missing": [],
    "number": [Act(0, 600, "5"), Act(0, 950, "0"), Act(0, 1300, "1"), Act(0, 1650, "#"), Act(0, 2000, "9")],
}


@pytest.mark.parametrize("name", list(ACTS))
def test_the_same_transcript_as_asterisk(name: str, tmp_path: Path) -> None:
    async def made() -> None:
        door = door_of(name)
        async with serving(door, FakePrompts(tmp_path)) as server:
            await caller.run(port=server.port)

    caller = StandIn("2112", LINE, acts=ACTS[name])
    run(made())
    recorded = json.loads(RECORDED.read_text())[name]
    assert [list(exchange) for exchange in normalise(caller.transcript)] == recorded
