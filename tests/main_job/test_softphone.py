"""A softphone that others wrote: Debian's baresip registers, calls, presses a key and records."""

from __future__ import annotations

import time
from pathlib import Path

from tests.main_job.server import Server
from tests.main_job.words import Words


def test_baresip_hears_its_balance_and_walks_the_menu(server: Server, tmp_path: Path) -> None:
    since = len(server.log)
    with server.baresip("994501110003", tmp_path / "baresip") as phone:
        phone.wait_registered()
        phone.dial("2112")
        time.sleep(3.5)  # the amount takes 2.5 s; baresip does not tell what it hears
        phone.press("1")
        time.sleep(3.5)
        phone.hang_up()
        phone.wait_ended()
    assert "hung_up" in server.log.wait(r"INFO ivr\.channels\.call call .* called 2112", 3, since)
    words = Words("en")
    words.matches(phone.recording(), ["Your balance is", "one manat | and one gapik", "Your account.", "Balance: press | one"])
    words.absent(phone.recording(), "one hundred manats", "Main menu.")
