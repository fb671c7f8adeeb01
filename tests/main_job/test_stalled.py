"""A look-up that takes 2 s: nothing has been played yet, the caller presses already, and the key counts."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.main_job.server import Server
from tests.main_job.words import Words

STALL = 2.0


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("slow"), environment={"IVR_SLOW_LOOKUP": f"accounts.balance={STALL}"})
    yield running
    running.stop()


def test_a_key_pressed_during_a_stalled_look_up_is_used(slow: Server) -> None:
    with slow.phone("994501110003") as phone:
        call = phone.dial("2112")
        assert call.answered_at is not None
        call.press("1", at=0.5)
        assert call.wait_audio(STALL + 3)
        assert call.first_audio_at is not None
        assert call.first_audio_at - call.answered_at > STALL - 0.3, "the look-up was not stalled"
        call.wait_ended(call.first_audio_at + 4.0 - time.monotonic())
        call.hang_up()
    words = Words("en")
    words.matches(call.recording, ["Your account.", "Balance: press | one"])
    words.absent(call.recording, "Your balance is", "Main menu.")


def test_hanging_up_during_a_stalled_look_up(slow: Server) -> None:
    since = len(slow.log)
    with slow.phone("994501110003") as phone:
        call = phone.dial("2112")
        assert call.status == 200
        assert not call.wait_ended(0.5)
        call.hang_up()
        assert call.first_audio_at is None
    assert "hung_up" in slow.log.wait(r"INFO ivr\.channels\.call call .* called 2112", STALL + 3, since)
    slow.wait_calls_over()
