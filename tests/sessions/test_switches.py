"""Feature switches: of the current release and turned by hand, at once, also in sessions that run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.sessions.requests import Open
from ivr.sessions.switches import SwitchesError, SwitchFile, read, turn
from tests.sessions.desk import LINE, Desk, Seconds, text
from tests.sessions.menus import CHANGES, FILES

Make = Callable[..., Desk]
OFF = "Start\n1. Form\n2. Receipt\n4. Info\n5. Person"
ON = "Start\n1. Form\n2. Receipt\n3. Offer\n4. Info\n5. Person"


@pytest.fixture
def desk(make: Make) -> Desk:
    return make(files=FILES, changes=CHANGES)


def test_a_switch_turned_by_hand_acts_in_a_session_that_runs(desk: Desk) -> None:
    assert text(desk.dial("a", "*700#")) == ON
    turn(desk.home / "switches.json", "azercell", "offers", False)
    desk.seconds.now += 0.3
    assert text(desk.type("a", "3")) == "There is no such choice.\n" + OFF
    turn(desk.home / "switches.json", "azercell", "offers", None)
    desk.seconds.now += 0.3
    assert text(desk.type("a", "3")).startswith("An offer.")


def test_a_menu_that_is_switched_off_meanwhile_is_not_entered(desk: Desk) -> None:
    turn(desk.home / "switches.json", "azercell", "offers", False)
    assert text(desk.dial("a", "*700*3#")).startswith("There is no such choice.\nStart")


def test_the_file_is_looked_at_four_times_a_second_at_the_most(tmp_path: Path) -> None:
    seconds, path = Seconds(), tmp_path / "switches.json"
    switches = SwitchFile(path, seconds)
    assert switches.of("azercell") == {}
    turn(path, "azercell", "offers", False)
    assert switches.of("azercell") == {}
    seconds.now += 0.26
    assert switches.of("azercell") == {"offers": False} and switches.of("tcell") == {}
    path.unlink()
    seconds.now += 0.26
    assert switches.of("azercell") == {}


def test_the_current_release_decides_and_not_the_pinned_one(desk: Desk) -> None:
    desk.dial("a", "*700#")
    operator = desk.menus / "azercell" / "operator.yaml"
    operator.write_text(operator.read_text("utf-8").replace("{offers: true", "{offers: false"), "utf-8")
    assert desk.releases.refresh()
    record = desk.runner.store.get("a")
    assert record is not None and record.release != desk.releases.current["azercell"].release
    assert text(desk.type("a", "9")).endswith(OFF)
    turn(desk.home / "switches.json", "azercell", "offers", True)
    desk.seconds.now += 0.3
    assert text(desk.type("a", "9")).endswith(ON)
    desk.runner.switches = {"offers": False}
    assert text(desk.dial("b", "*700#")) == OFF, "what a caller of the runner says stands above both"


def test_of_one_operator_only(desk: Desk) -> None:
    turn(desk.home / "switches.json", "tcell", "offers", False)
    assert text(desk.dial("a", "*700#")) == ON


@pytest.mark.parametrize("written", ["", "{", "[]", '{"azercell": []}', '{"azercell": {"offers": 0}}', "\ud800", "[" * 5000])
def test_a_file_that_cannot_be_read_changes_nothing(desk: Desk, caplog: pytest.LogCaptureFixture, written: str) -> None:
    path = desk.home / "switches.json"
    turn(path, "azercell", "offers", False)
    assert text(desk.dial("a", "*700#")) == OFF
    path.write_bytes(written.encode("utf-8", "surrogatepass"))
    desk.seconds.now += 0.3
    caplog.set_level(logging.ERROR)
    assert text(desk.dial("b", "*700#")) == OFF
    assert "the switches stay as they were" in caplog.text
    with pytest.raises(SwitchesError):
        read(path)
    with pytest.raises(SwitchesError):
        turn(path, "azercell", "offers", True)
    assert path.read_bytes() == written.encode("utf-8", "surrogatepass")


def test_two_commands_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "switches.json"
    threads = [threading.Thread(target=turn, args=(path, "azercell", f"s{number}", bool(number % 2))) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(path) == {"azercell": {f"s{number}": bool(number % 2) for number in range(20)}}
    for number in range(20):
        turn(path, "azercell", f"s{number}", None)
    assert read(path) == {} and {file.name for file in tmp_path.iterdir()} == {"switches.json", "switches.lock"}


def test_a_call_has_them_too(desk: Desk) -> None:
    before = desk.runner.call("c", Open("call", "700", LINE, language="en"))
    turn(desk.home / "switches.json", "azercell", "offers", False)
    desk.seconds.now += 0.3
    after = desk.runner.call("d", Open("call", "700", LINE, language="en"))
    assert before.speak is not None and after.speak is not None and len(after.speak.parts) < len(before.speak.parts)
