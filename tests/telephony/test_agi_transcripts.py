"""What a real Asterisk says over AGI, line by line, against the transcripts in tests/data/agi.

The stand-in caller is built to say the same. `IVR_RECORD_TRANSCRIPTS=1` writes them anew; read the difference before you keep it.
Lines begin with `<` from Asterisk, `>` to it, `#` for what the caller did meanwhile. Prompts are in /prompts: one.alaw and two.alaw
are a tone of 1 s (8,000 samples), empty.alaw has no samples, there is no gone.alaw. Every call begins with the block in environment.txt.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.phones import g711
from tests.phones.agi_desk import AgiCall, AgiDesk
from tests.phones.fixtures import RealAsterisk
from tests.phones.rtp_phone import Call

DATA = Path(__file__).parents[1] / "data" / "agi"
AZ = "994501110001"

# What is another in every call, or depends on the moment: written as a fixed value of the same form.
_VOLATILE = [
    (re.compile(r"^(< agi_uniqueid: )[\d.]+$"), r"\g<1>1795305600.0"),
    (re.compile(r"^(< agi_channel: PJSIP/\d+)-[0-9a-f]{8}$"), r"\g<1>-00000000"),
    (re.compile(r"^(< agi_threadid: )\d+$"), r"\g<1>140000000000000"),
    (re.compile(r"^(< agi_version: ).*$"), r"\g<1>22.10.1"),
    (re.compile(r"^(< agi_request: agi://127.0.0.1):\d+"), r"\g<1>:4573"),
]

Talk = Callable[[AgiCall, Call], None]


def note(agi: AgiCall, text: str) -> None:
    agi.transcript.append(f"# {text}")


def answer(agi: AgiCall, call: Call) -> None:
    agi.ask("ANSWER")
    assert call.wait_answered()


def environment(agi: AgiCall, call: Call) -> None:
    """The block every call begins with; the empty line ends it."""


def variables(agi: AgiCall, call: Call) -> None:
    """Reading and setting, before and after the answer."""
    agi.ask("CHANNEL STATUS")
    agi.ask("GET VARIABLE NOT_SET")
    agi.ask("ANSWER")
    agi.ask("ANSWER")
    agi.ask("CHANNEL STATUS")
    agi.ask("SET VARIABLE COLOUR red")
    agi.ask("GET VARIABLE COLOUR")
    agi.ask('SET VARIABLE COLOUR ""')
    agi.ask("GET VARIABLE COLOUR")
    agi.ask('SET VARIABLE WORDS "two (words)"')
    agi.ask("GET VARIABLE WORDS")
    agi.ask("GET VARIABLE LINE")
    agi.ask("GET VARIABLE line")
    agi.ask("GET VARIABLE CHANNEL(language)")
    agi.ask("GET FULL VARIABLE ${CHANNEL(endpoint)}")
    agi.ask("GET FULL VARIABLE ${NOT_SET}")
    agi.ask("NOOP")
    agi.ask("SET MUSIC OFF")
    agi.ask('VERBOSE "seen" 1')


def faults(agi: AgiCall, call: Call) -> None:
    """What it says to commands that are wrong."""
    answer(agi, call)
    agi.ask("NONSENSE")
    agi.ask("STREAM FILE")
    agi.ask("WAIT FOR DIGIT")
    agi.ask("WAIT FOR DIGIT soon")
    agi.ask("GET VARIABLE")
    agi.ask("EXEC")
    agi.ask("EXEC NoSuchApplication")
    agi.ask("EXEC NoOp")
    agi.ask("EXEC Set COLOUR=red")
    agi.ask("noop")


def playing(agi: AgiCall, call: Call) -> None:
    """A file to its end, a missing one, an empty one, and what PLAYBACKSTATUS makes of a list."""
    answer(agi, call)
    agi.ask('STREAM FILE /prompts/one ""')
    agi.ask('STREAM FILE /prompts/one "" 4000')
    agi.ask('STREAM FILE /prompts/gone ""')
    agi.ask('STREAM FILE /prompts/empty ""')
    agi.ask('CONTROL STREAM FILE /prompts/gone ""')
    agi.ask("EXEC Playback /prompts/one&/prompts/two")
    agi.ask("GET VARIABLE PLAYBACKSTATUS")
    agi.ask("EXEC Playback /prompts/one&/prompts/gone")
    agi.ask("GET VARIABLE PLAYBACKSTATUS")
    agi.ask("EXEC Playback /prompts/gone")
    agi.ask("GET VARIABLE PLAYBACKSTATUS")
    agi.ask("EXEC Background /prompts/one&/prompts/two")
    agi.ask("EXEC Background /prompts/gone")
    agi.ask("GET VARIABLE BACKGROUNDSTATUS")


def keys(agi: AgiCall, call: Call) -> None:
    """Keys while it plays, while it waits, and between two commands."""

    def ask_pressing(command: str, pressed: str) -> None:
        note(agi, f"the caller presses {pressed}")
        call.press(pressed, at=time.monotonic() - (call.answered_at or 0.0) + 0.3)
        agi.ask(command)

    answer(agi, call)
    agi.ask("WAIT FOR DIGIT 300")
    ask_pressing("WAIT FOR DIGIT 2000", "5")
    ask_pressing("WAIT FOR DIGIT 2000", "#")
    ask_pressing("WAIT FOR DIGIT -1", "*")
    agi.ask("WAIT FOR DIGIT 0")
    ask_pressing('STREAM FILE /prompts/one "0123456789*#"', "1")
    ask_pressing('STREAM FILE /prompts/one "12"', "3")
    ask_pressing('STREAM FILE /prompts/one ""', "4")
    ask_pressing('GET OPTION /prompts/one "12" 2000', "2")
    agi.ask('GET OPTION /prompts/one "12" 300')
    ask_pressing("GET DATA /prompts/one 1000 3", "678")
    ask_pressing("GET DATA /prompts/one 500 5", "12")
    ask_pressing("GET DATA /prompts/one 1000 5", "12#")
    ask_pressing("EXEC Background /prompts/one&/prompts/two", "7")
    note(agi, "the caller presses 9 while no command runs")
    call.press("9")
    time.sleep(0.5)
    agi.ask("WAIT FOR DIGIT 300")
    agi.ask("EXEC StoreDTMF RX,KEYS")
    note(agi, "the caller presses 89 while no command runs")
    call.press("89")
    time.sleep(0.8)
    agi.ask("GET VARIABLE KEYS")
    agi.ask('SET VARIABLE KEYS ""')
    agi.ask("GET VARIABLE KEYS")
    ask_pressing("WAIT FOR DIGIT 2000", "6")
    agi.ask("GET VARIABLE KEYS")


def hang_up_idle(agi: AgiCall, call: Call) -> None:
    """The caller hangs up while no command runs; what still works afterwards."""
    answer(agi, call)
    agi.ask("SET VARIABLE COLOUR red")
    note(agi, "the caller hangs up")
    call.hang_up()
    agi.line()
    after_hang_up(agi)


def hang_up_playing(agi: AgiCall, call: Call) -> None:
    """The caller hangs up while a file plays."""
    hang_up_during(agi, call, 'STREAM FILE /prompts/one ""')
    after_hang_up(agi)


def hang_up_waiting(agi: AgiCall, call: Call) -> None:
    """The caller hangs up while a key is awaited."""
    hang_up_during(agi, call, "WAIT FOR DIGIT 5000")


def hang_up_background(agi: AgiCall, call: Call) -> None:
    """The caller hangs up while an application plays."""
    hang_up_during(agi, call, "EXEC Background /prompts/one&/prompts/two")


def hang_up_during(agi: AgiCall, call: Call, command: str) -> None:
    answer(agi, call)
    note(agi, "the caller hangs up during the next command")
    threading.Timer(0.3, call.hang_up).start()
    agi.ask(command)
    # The HANGUP line comes before or after the reply, as the two threads happen to be: both orders are right.
    if agi.hung_up_at is None:
        agi.line()


def after_hang_up(agi: AgiCall) -> None:
    agi.ask("GET VARIABLE COLOUR")
    agi.ask("CHANNEL STATUS")
    agi.ask("EXEC NoOp")
    agi.ask('STREAM FILE /prompts/one ""')
    agi.ask("WAIT FOR DIGIT 300")
    agi.ask("EXEC Background /prompts/one")
    agi.ask("ANSWER")
    agi.ask("HANGUP")
    agi.ask("NOOP")


def we_hang_up(agi: AgiCall, call: Call) -> None:
    """We hang up ourselves. The caller is told only when the connection is closed: the channel stays until the dialplan ends."""
    answer(agi, call)
    agi.ask("HANGUP")
    agi.line()
    agi.ask("NOOP")
    assert not call.ended
    agi.close()
    assert call.wait_ended()


SCENES: list[Talk] = [
    environment,
    variables,
    faults,
    playing,
    keys,
    hang_up_idle,
    hang_up_playing,
    hang_up_waiting,
    hang_up_background,
    we_hang_up,
]


@pytest.fixture
def prompts(tmp_path: Path) -> Iterator[Path]:
    tone = (8000 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000)).astype(np.int16)
    for name in ("one", "two"):
        (tmp_path / f"{name}.alaw").write_bytes(g711.encode(tone))
    (tmp_path / "empty.alaw").write_bytes(b"")
    yield tmp_path


def settled(line: str) -> str:
    """A line with what changes from call to call made the same."""
    for pattern, fixed in _VOLATILE:
        line = pattern.sub(fixed, line)
    return line


def compared(lines: list[str]) -> list[str]:
    """Lines as two runs must share them: where a key or a hang-up cut a file, and which line of two came first, may differ."""
    same = [line if line.endswith("endpos=8000") else re.sub(r"endpos=[1-9]\d*", "endpos=N", line) for line in lines]
    for place, line in enumerate(same[1:], start=1):
        if line.startswith("< 200 result=-1") and same[place - 1] == "< HANGUP":
            same[place - 1], same[place] = line, "< HANGUP"
    return same


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_asterisk_speaks_as_recorded(asterisk: RealAsterisk, desk: AgiDesk, prompts: Path, scene: Talk) -> None:
    with asterisk.phone(AZ) as phone:
        call = phone.dial("2112", wait=False)
        with desk.call() as agi:
            spoken = agi.ask
            agi.ask = lambda command, timeout=20.0: spoken(command.replace("/prompts", str(prompts)), timeout)  # type: ignore[method-assign]
            scene(agi, call)
            lines = [settled(line.replace(str(prompts), "/prompts")) for line in agi.transcript]
    if scene is not environment:
        lines = lines[lines.index("< ") + 1 :]
    path = DATA / f"{scene.__name__}.txt"
    if os.environ.get("IVR_RECORD_TRANSCRIPTS") == "1":
        path.write_text("\n".join([f"# {scene.__doc__}", *lines]) + "\n", encoding="utf-8")
    expected = path.read_text(encoding="utf-8").splitlines()[1:]
    assert compared(lines) == compared(expected)
