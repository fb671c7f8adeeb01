"""SMS-money by telephone (services.md, B13): a softphone calls 202, keys a number, an amount and a password, and the money is there."""

from __future__ import annotations

import json

import pytest

from tests.main_job.server import Server
from tests.main_job.words import Words

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SENDER, RECIPIENT, PASSWORD = "992931110004", "992931110002", "73951"
KEYS = ((2.0, "1"), (5.0, f"{RECIPIENT}#"), (10.0, "12*50#"), (14.0, f"{PASSWORD}#"), (22.0, "1"))
"""Seconds after the answer: every question has begun by then, and a key cuts it short."""


def test_a_call_sends_money_and_keeps_the_password_to_itself(server: Server) -> None:
    status, answer = server.form("/sms", to="202", text=f"0*4444*{PASSWORD}", id="register", **{"from": SENDER})
    assert status == 200 and "registered" in answer, answer
    before = float(json.loads(server.ivr("account", SENDER, "--json"))["balance"])
    with server.phone(SENDER) as phone:
        call = phone.dial("202")
        assert call.answered_at is not None, call.status
        for at, keys in KEYS:
            call.press(keys, at)
        assert call.wait_silence(3.0, 90)
        call.hang_up()
    server.wait_calls_over()
    sender, recipient = (json.loads(server.ivr("account", line, "--json")) for line in (SENDER, RECIPIENT))
    assert float(sender["balance"]) == before - 12.5 and recipient["balance"] == "20.00", "by voice there is no fee"
    assert recipient["statement"][0]["information"] == SENDER and sender["statement"][0]["amount"] == "-12.50"
    told = json.loads(server.ivr("inbox", RECIPIENT, "--json"))
    assert len(told) == 1 and "12.50" in told[0]["text"] and SENDER in told[0]["text"]
    words = Words("en")
    words.matches(call.recording, ["SMS money.", "Send", "Sent"])
    assert PASSWORD not in server.log.text and not any(PASSWORD in row for row in server.books())
    assert json.loads(server.ivr("ledger", "audit", "--json"))["differences"] == []
