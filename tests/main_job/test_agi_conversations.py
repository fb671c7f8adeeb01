"""The stand-in caller and a real Asterisk have the same conversation with the server, command by command, for the same calls."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from ivr.channels.standin import StandIn
from ivr.channels.standin_record import Act, normalise
from tests.main_job.server import Server
from tests.main_job.tap import Tap
from tests.phones.fixtures import RealAsterisk, asterisk, free_ports, sip_lines, trunk_peers

__all__ = ["asterisk", "sip_lines", "trunk_peers"]

pytestmark = pytest.mark.slow

Transcript = list[tuple[str, str]]


@dataclass(frozen=True)
class Script:
    """A call from `line`: `cuts` are keys (None: hanging up) in mid-prompt, `keys` are pressed where it waits; then it hangs up."""

    line: str
    number: str
    keys: str = ""
    cuts: tuple[Act, ...] = ()
    leaves: bool = True


SCRIPTS = {
    # no key while anything plays
    "walks": Script("994501110003", "2112", "1"),
    "one wrong key": Script("994501110102", "650", "9"),
    "asked for its language, leaves": Script("994501110007", "2112"),
    # every prompt cut short
    "cuts": Script("994501110001", "2112", "", tuple(Act(number, 700, key) for number, key in enumerate("17*#1"))),
    "wrong keys to the end": Script("994501110004", "2112", "", (Act(0, 700, "*"), Act(1, 700, "*"), Act(2, 700, "*")), leaves=False),
    "hangs up in mid-prompt": Script("994501110101", "650", "", (Act(0, 1000, None),)),
    "a call for the other kind of line": Script("994501110103", "2112", leaves=False),
    "barred": Script("994501110006", "2112", leaves=False),
    "expired": Script("994501110005", "2112", leaves=False),
    "an unknown number": Script("994501110008", "999", leaves=False),
}


@pytest.fixture(scope="session")
def agi_port(server: Server) -> int:
    """Where the tap will listen; chosen once the server has its own ports."""
    return free_ports(1, socket.SOCK_STREAM)


@pytest.fixture(scope="module")
def real(server: Server, asterisk: RealAsterisk) -> Iterator[Mapping[str, Transcript]]:
    """All scripts at once through the real Asterisk."""
    tap = Tap(asterisk.agi_port, server.agi_port)
    try:
        with ThreadPoolExecutor(len(SCRIPTS)) as pool:
            yield dict(zip(SCRIPTS, pool.map(lambda script: _really(tap, asterisk, script), SCRIPTS.values()), strict=True))
    finally:
        tap.close()


def _really(tap: Tap, asterisk: RealAsterisk, script: Script) -> Transcript:
    with asterisk.phone(script.line) as phone:
        call = phone.dial(script.number, wait=False)
        tapped = tap.call(script.line)
        for act in script.cuts:
            tapped.wait_command("STREAM FILE")
            time.sleep(act.after / 1000)  # so far into the prompt
            if act.key is None:
                call.hang_up()
            else:
                call.press(act.key)
        for key in script.keys.split():
            tapped.wait_command("WAIT FOR DIGIT")
            time.sleep(0.3)  # the stand-in waits a moment too
            call.press(key)
            tapped.wait_command("STREAM FILE")
        if script.leaves and not call.ended:
            tapped.wait_command("WAIT FOR DIGIT")
            time.sleep(0.3)
            call.hang_up()
        assert call.wait_ended(30)
        assert tapped.over.wait(5)
        return tapped.transcript


def comparable(said: Transcript) -> Transcript:
    """Without what depends on who is faster after a hang-up: Asterisk says HANGUP again where it closes, and asked in the moment between
    `result=-1` and its first HANGUP whether the caller is there, it says 511."""
    kept: Transcript = []
    for command, reply in normalise(said):
        over = ("", "HANGUP") in kept or any(before == "HANGUP" for before, _ in kept)
        if (command == "" and over) or (command == "CHANNEL STATUS" and reply.startswith("511")):
            continue
        kept.append((command, reply))
    return kept


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_same_conversation(server: Server, real: Mapping[str, Transcript], name: str) -> None:
    script = SCRIPTS[name]
    caller = StandIn(script.number, script.line, script.keys, acts=script.cuts, leaves=script.leaves)
    asyncio.run(asyncio.wait_for(caller.run("127.0.0.1", server.agi_port), 20))
    assert any(command.startswith("STREAM FILE") for command, _ in caller.transcript)
    assert comparable(caller.transcript) == comparable(real[name])


def test_silence_and_wrong_keys_are_counted_apart(server: Server) -> None:
    """Two wrong keys and two silences are not four failures; the third silence ends the call."""
    caller = StandIn("2112", "994501110003", "* *")
    asyncio.run(asyncio.wait_for(caller.run("127.0.0.1", server.agi_port), 20))
    assert [row.key for row in caller.rows] == ["*", "*", None, None, None, None]
